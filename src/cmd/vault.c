#include "cmd/vault.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "cmd/credential.h"

/* What was read for one section. */
struct vault_entry {
	char *name; /* of [route NAME]; NULL: [relay] */
	struct secret secret;
	struct fault fault; /* why there is none; no text: there is one */
};

/* The order of struct securing: the routes, then [relay]. */
static const struct conf_relay *section_at(const struct conf *conf, size_t i)
{
	return i < conf->route_count ? conf->routes[i] : &conf->relay;
}

/* Such a path is the same for all users, and none of them decides where it leads. */
static bool is_fixed(const char *path)
{
	return !path || (path[0] == '/' && !strchr(path, '%'));
}

static void complain(const struct conf_relay *relay, const char *why)
{
	struct buf section = BUF_INIT(CONF_SECTION_NAME_MAX);

	conf_section_name(&section, relay->name ? relay : NULL);
	log_event(LOG_LEVEL_WARNING, "secret-unusable",
		LOG_TEXT("section", buf_str(&section)), LOG_TEXT("why", why),
		LOG_TEXT("hint", "mail that goes this way stays queued"));
	buf_release(&section);
}

static void load_secret(
	struct vault *v, const struct conf_relay *relay, const struct user *nobody)
{
	const struct credential_owner owner = {
		.user = nobody, .credentials_dir = getenv("CREDENTIALS_DIRECTORY")};
	struct vault_entry e = {0};

	/* what stands in the configuration itself needs no second place */
	if (relay->password_command || relay->password || !is_fixed(relay->password_file))
		return;
	if (credential_read(&e.secret, &owner, relay, &e.fault) < 0) {
		complain(relay, e.fault.text);
		/* to root, who may read everything, "not allowed" is a fault like others */
		e.fault.kind = FAULT_CONFIG;
	} else if (!e.secret.data) {
		return;
	} else {
		e.fault.text[0] = '\0';
	}
	e.name = mem_string(relay->name);
	v->items = mem_regrow(v->items, v->count + 1, sizeof(e));
	v->items[v->count++] = e;
}

static bool has_fixed_files(const struct conf_relay *relay)
{
	return (relay->tls_ca || relay->tls_cert) && is_fixed(relay->tls_ca) &&
	       is_fixed(relay->tls_cert) && is_fixed(relay->tls_key);
}

/*
 * CAs in a directory are found by name while a certificate is verified, which a child does
 * with a user's rights. They are no secret, so that is told rather than worked around.
 */
static void check_ca_dir(const struct conf_relay *relay, const char *dir)
{
	struct buf why = BUF_INIT(PATH_MAX + 200);
	struct stat st;

	if (!dir || stat(dir, &st) != 0 || (st.st_mode & 05) == 05)
		return;
	buf_addf(&why,
		"tls_ca: users cannot read the directory %s, and their mail is verified "
		"with their rights; chmod 755 %s, or name a file",
		dir, dir);
	complain(relay, buf_str(&why));
	buf_release(&why);
}

static void load_tls(struct vault *v, const struct conf_relay *relay,
	const struct tls_options *options)
{
	struct fault f;

	if (!has_fixed_files(relay) || options->level == TLS_NONE)
		return;
	check_ca_dir(relay, options->ca_dir);
	if (!v->tls)
		v->tls = tls_cache_new();
	if (tls_cache_load(v->tls, options, &f) < 0)
		complain(relay, f.text);
	else if (options->cert_file)
		strv_add(&v->certificates, span_of(options->cert_file));
}

void vault_load(struct vault *ret, const struct conf *conf)
{
	struct user nobody = {.uid = 0};    /* has no home that a path could lead to */
	struct conf_problems ignored = {0}; /* of paths that are not looked at here */
	struct securing securing;

	*ret = (struct vault){.refusals_fd = -1};
	securing_load(&securing, conf, &nobody, &ignored);
	for (size_t i = 0; i <= conf->route_count; i++) {
		load_secret(ret, section_at(conf, i), &nobody);
		load_tls(ret, section_at(conf, i), &securing.ways[i]);
	}
	securing_release(&securing);
	conf_problems_release(&ignored);
}

static void release_entry(struct vault_entry *e)
{
	secret_wipe(&e->secret);
	free(e->name);
	*e = (struct vault_entry){0};
}

void vault_release(struct vault *v)
{
	for (size_t i = 0; i < v->count; i++)
		release_entry(&v->items[i]);
	free(v->items);
	tls_cache_free(v->tls);
	strv_release(&v->certificates);
	*v = (struct vault){0};
}

static bool is_of(const struct vault_entry *e, const struct conf_relay *relay)
{
	if (!e->name || !relay->name)
		return e->name == relay->name;
	return strcmp(e->name, relay->name) == 0;
}

static bool is_wanted(const struct vault_entry *e, const struct conf *conf)
{
	for (size_t i = 0; i <= conf->route_count; i++)
		if (is_of(e, section_at(conf, i)))
			return section_at(conf, i)->keeps_login;
	return false;
}

/* A section of the user's would log in with root's certificate, wherever it leads. */
static bool lends_certificate(const struct vault *v, const struct conf_relay *relay,
	const struct tls_options *way)
{
	return !relay->keeps_login && way->cert_file &&
	       strv_has(&v->certificates, span_of(way->cert_file));
}

void vault_narrow(
	struct vault *v, const struct conf *conf, const struct tls_options *ways)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->count; i++) {
		if (is_wanted(&v->items[i], conf))
			v->items[kept++] = v->items[i];
		else
			release_entry(&v->items[i]);
	}
	v->count = kept;
	for (size_t i = 0; i <= conf->route_count; i++) {
		if (!lends_certificate(v, section_at(conf, i), &ways[i]))
			continue;
		tls_cache_free(v->tls);
		v->tls = NULL;
		return;
	}
}

int vault_read(const struct vault *v, const struct conf_relay *relay, struct secret *ret,
	struct fault *f)
{
	const struct vault_entry *e = NULL;

	for (size_t i = 0; i < v->count && !e; i++)
		if (is_of(&v->items[i], relay))
			e = &v->items[i];
	if (!e || !relay->keeps_login)
		return 0;
	if (e->fault.text[0]) {
		*f = e->fault;
		return -1;
	}
	secret_copy(ret, secret_span(&e->secret));
	return 1;
}

struct tls_cache *vault_take_tls(struct vault *v)
{
	struct tls_cache *tls = v->tls;

	v->tls = NULL;
	return tls;
}
