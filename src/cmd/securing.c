#include "cmd/securing.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/hostname.h"
#include "base/mem.h"
#include "conf/key.h"
#include "net/netaddr.h"
#include "net/resolver.h"

/* One section on its way to options. */
struct section {
	struct securing *securing;
	const struct conf *conf;
	const struct conf_relay *relay;
	const struct user *user;
	struct conf_problems *problems;
};

/* Nobody stands between us and a server of this machine, such as the end of a tunnel. */
static bool is_here(const struct conf_hop *hop)
{
	struct span name = span_of(hop->name);
	struct netaddr address;

	if (hop->kind != CONF_HOP_HOST)
		return hop->kind == CONF_HOP_SOCKET;
	if (netaddr_parse(name, 0, &address) == 0)
		return netaddr_is_loopback(&address);
	return hostname_is_localhost(name);
}

static bool is_direct(const struct conf_relay *relay)
{
	return relay->host.count == 0 || relay->host.items[0].kind == CONF_HOP_DIRECT;
}

static enum tls_level usual_level(const struct conf_relay *relay)
{
	if (relay->tls_fingerprints.count)
		return TLS_FINGERPRINT;
	if (is_direct(relay))
		return TLS_MAY;
	if (relay->host.items[0].kind == CONF_HOP_SOCKET && relay->host.count == 1)
		return TLS_NONE;
	/* who gives a login or a CA means to know the other side */
	if (relay->user || relay->tls_ca)
		return TLS_VERIFY;
	for (size_t i = 0; i < relay->host.count; i++)
		if (!is_here(&relay->host.items[i]))
			return TLS_VERIFY;
	return TLS_MAY;
}

/* About a key that was given. */
static void complain(const struct section *s, const char *key, const char *why)
{
	const struct conf_relay *route = s->relay->name ? s->relay : NULL;
	struct buf name = BUF_INIT(CONF_SECTION_NAME_MAX);
	struct buf where = BUF_INIT(PATH_MAX + 16);
	struct conf_place at = {.key = span_of(key)};

	conf_section_name(&name, route);
	at.section = buf_span(&name);
	conf_origin(
		&where, s->conf, route, conf_key_find(SPAN_LIT("relay"), span_of(key)));
	at.where = buf_str(&where);
	conf_problems_add(s->problems, &at, "%s", why);
	buf_release(&where);
	buf_release(&name);
}

/* `tls` is one that this build cannot keep: mail waits rather than go with less. */
static enum tls_level dane_level(const struct section *s)
{
	if (!RESOLVER_HAS_DNSSEC)
		complain(s, "tls",
			"this nullmta was built without DANE, for a C library that does "
			"not do DNSSEC; say verify");
	return TLS_DANE;
}

static enum tls_level level_of(const struct section *s)
{
	const struct conf_relay *relay = s->relay;

	switch (relay->tls) {
	case CONF_TLS_AUTO:
		return usual_level(relay);
	case CONF_TLS_NONE:
		return TLS_NONE;
	case CONF_TLS_MAY:
		return TLS_MAY;
	case CONF_TLS_ENCRYPT:
		return TLS_ENCRYPT;
	case CONF_TLS_VERIFY:
		return TLS_VERIFY;
	case CONF_TLS_FINGERPRINT:
		return TLS_FINGERPRINT;
	case CONF_TLS_DANE:
		return dane_level(s);
	}
	BUG("level of TLS");
}

static unsigned version_of(const struct conf_relay *relay)
{
	static const unsigned versions[] = {
		[CONF_TLS_VERSION_AUTO] = 0,
		[CONF_TLS_VERSION_1_0] = TLS_1_0,
		[CONF_TLS_VERSION_1_1] = TLS_1_1,
		[CONF_TLS_VERSION_1_2] = TLS_1_2,
		[CONF_TLS_VERSION_1_3] = TLS_1_3,
	};

	return versions[relay->tls_version];
}

/* NULL where the key has no value, or a bad one. */
static const char *absolute(const struct section *s, const char *key, const char *value)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);
	struct strv *paths = &s->securing->paths;
	const char *result = NULL;
	struct fault f;

	if (!value)
		return NULL;
	if (conf_path(&path, value, s->user->uid, s->user->home, &f) < 0) {
		complain(s, key, f.text);
	} else {
		strv_add(paths, buf_span(&path));
		result = paths->items[paths->count - 1];
	}
	buf_release(&path);
	return result;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct tls_options options_of(const struct section *s)
{
	const struct conf_relay *relay = s->relay;
	const char *ca = absolute(s, "tls_ca", relay->tls_ca);
	struct tls_options options = {
		.level = level_of(s),
		.cert_file = absolute(s, "tls_cert", relay->tls_cert),
		.key_file = absolute(s, "tls_key", relay->tls_key),
		.version_min = version_of(relay),
		.fingerprints = &relay->tls_fingerprints,
	};

	if (ca && is_directory(ca))
		options.ca_dir = ca;
	else
		options.ca_file = ca;
	return options;
}

void securing_load(struct securing *ret, const struct conf *conf, const struct user *user,
	struct conf_problems *problems)
{
	struct section s = {ret, conf, NULL, user, problems};

	*ret = (struct securing){
		.ways = mem_array(conf->route_count + 1, sizeof(*ret->ways))};
	for (size_t i = 0; i <= conf->route_count; i++) {
		s.relay = i < conf->route_count ? conf->routes[i] : &conf->relay;
		ret->ways[i] = options_of(&s);
	}
}

void securing_release(struct securing *s)
{
	free(s->ways);
	strv_release(&s->paths);
	*s = (struct securing){0};
}
