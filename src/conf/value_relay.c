#include "conf/value_kind.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/hostname.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "conf/hop.h"
#include "conf/host.h"
#include "conf/provider.h"
#include "conf/relay.h"
#include "conf/url.h"

#define LIST_MAX        64
#define LOGIN_PART_MAX  255
#define PROXY_PORT      1080 /* RFC 1928 3 */
#define FINGERPRINT_LEN 64
#define LMTP_MAX        512

/* One word of a list: append what is kept of it. -1: it does not belong there. */
typedef int word_fn(const struct value_spec *spec, struct span word, struct strv *list);

static int parse_words(
	const struct value_spec *spec, struct span text, word_fn *add, void *field)
{
	struct strv list = {0};
	struct span word;

	while (span_word(&text, &word)) {
		if (list.count < LIST_MAX && add(spec, word, &list) == 0)
			continue;
		strv_release(&list);
		return -1;
	}
	strv_release(field);
	*(struct strv *)field = list;
	return 0;
}

int value_parse_hops(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct conf_hops hops;

	(void)spec;
	if (conf_hops_parse(text, &hops, want) < 0)
		return -1;
	conf_hops_release(field);
	*(struct conf_hops *)field = hops;
	return 0;
}

void value_format_hops(const struct value_spec *spec, const void *field, struct buf *out)
{
	(void)spec;
	conf_hops_format(field, out);
}

void value_release_hops(void *field)
{
	conf_hops_release(field);
}

/* "lmtp:host" beside the forms that a relay has. */
static int parse_lmtp(struct span text, struct conf_hops *ret)
{
	struct buf url = BUF_INIT(LMTP_MAX), ignored = BUF_INIT(LMTP_MAX);
	int rc = -1;

	buf_add_str(&url, span_istarts(text, "lmtp:/") ? "lmtp:" : "lmtp://");
	if (span_istarts(text, "lmtp:"))
		buf_add_span(&url, span_from(text, 5));
	/* one relay is one word */
	if (span_istarts(text, "lmtp:") && !url.is_overfull &&
		span_find(buf_span(&url), ' ') < 0)
		rc = conf_hops_parse(buf_span(&url), ret, &ignored);
	buf_release(&url);
	buf_release(&ignored);
	return rc;
}

int value_parse_local(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct conf_local local = {.kind = CONF_LOCAL_LMTP};

	for (int i = 0; spec->words[i]; i++)
		if (span_iis(text, spec->words[i]))
			local.kind = (enum conf_local_kind)i;
	if (local.kind == CONF_LOCAL_LMTP && parse_lmtp(text, &local.hops) < 0) {
		buf_add_str(want, "mailbox, forward-to-relay, auto, or lmtp: and a "
				  "server, such as lmtp:/run/lmtp.sock or "
				  "lmtp:localhost:24");
		return -1;
	}
	value_release_local(field);
	*(struct conf_local *)field = local;
	return 0;
}

void value_format_local(const struct value_spec *spec, const void *field, struct buf *out)
{
	const struct conf_local *local = field;

	if (local->kind == CONF_LOCAL_LMTP)
		conf_hops_format(&local->hops, out);
	else
		buf_add_str(out, spec->words[local->kind]);
}

void value_release_local(void *field)
{
	struct conf_local *local = field;

	conf_hops_release(&local->hops);
	*local = (struct conf_local){0};
}

int value_parse_provider(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	(void)spec;
	if (conf_provider_find(text, field))
		return 0;
	conf_provider_list(want);
	return -1;
}

void value_format_provider(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	(void)spec;
	buf_add_str(out, conf_provider_at(*(const unsigned *)field)->name);
}

int value_parse_text(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	(void)spec;
	(void)want; /* there is nothing wrong left */
	value_set_string(field, text);
	return 0;
}

void value_format_secret(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	(void)spec;
	if (*(char *const *)field)
		buf_add_str(out, "(set)");
}

static void wipe_string(char **string)
{
	if (*string)
		explicit_bzero(*string, strlen(*string));
	free(*string);
	*string = NULL;
}

void value_release_secret(void *field)
{
	wipe_string(field);
}

int value_parse_secret(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	wipe_string(field);
	return value_parse_text(spec, text, field, want);
}

static int family_of(struct span s)
{
	return host_is_ipv4(s) ? AF_INET : host_is_ipv6(s) ? AF_INET6 : AF_UNSPEC;
}

static int add_source(const struct value_spec *spec, struct span word, struct strv *list)
{
	int family = family_of(word);

	(void)spec;
	if (family == AF_UNSPEC)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (family_of(span_of(list->items[i])) == family)
			return -1;
	strv_add(list, word);
	return 0;
}

int value_parse_sources(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	int rc = parse_words(spec, text, add_source, field);

	if (rc < 0)
		buf_add_str(want, "an IP address of this machine, such as 192.0.2.7 or "
				  "2001:db8::7, or one of each family");
	return rc;
}

static int add_mechanism(
	const struct value_spec *spec, struct span word, struct strv *list)
{
	for (size_t i = 0; spec->words[i]; i++) {
		if (!span_iis(word, spec->words[i]))
			continue;
		strv_add(list, span_of(spec->words[i]));
		return 0;
	}
	return -1;
}

int value_parse_mechanisms(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	int rc = parse_words(spec, text, add_mechanism, field);

	if (rc < 0) {
		buf_add_str(want, "mechanisms between spaces, of these:");
		for (size_t i = 0; spec->words[i]; i++)
			buf_addf(want, " %s", spec->words[i]);
	}
	return rc;
}

/* As `openssl x509 -fingerprint' prints it, colons and all, or plain. */
static int add_fingerprint(
	const struct value_spec *spec, struct span word, struct strv *list)
{
	struct buf digits = BUF_INIT(FINGERPRINT_LEN);
	bool is_good = true;

	(void)spec;
	for (size_t i = 0; i < word.len; i++) {
		bool is_digit = hex_value(word.data[i]) >= 0;

		if (is_digit)
			buf_add_char(&digits, text_lower(word.data[i]));
		is_good = is_good && (is_digit || (word.data[i] == ':' && digits.len &&
							  digits.len % 2 == 0));
	}
	is_good = is_good && !digits.is_overfull && digits.len == FINGERPRINT_LEN;
	if (is_good)
		strv_add(list, buf_span(&digits));
	buf_release(&digits);
	return is_good ? 0 : -1;
}

int value_parse_fingerprints(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	int rc = parse_words(spec, text, add_fingerprint, field);

	if (rc < 0)
		buf_add_str(want, "SHA-256 fingerprints of certificates or public keys: "
				  "64 hexadecimal digits each, with or without colons");
	return rc;
}

static bool is_domain_pattern(struct span s)
{
	if (span_starts(s, "*."))
		s = span_from(s, 2);
	return hostname_is_strict(s) || (span_starts(s, "[") && span_ends(s, "]"));
}

/* `words` are what may stand there beside addresses and domains. */
static int add_pattern(const struct value_spec *spec, struct span word, struct strv *list)
{
	struct span domain = word;
	bool is_good;

	/* "@example.org" and "*@example.org" are that domain */
	if (span_starts(domain, "*@"))
		domain = span_from(domain, 1);
	if (span_starts(domain, "@"))
		domain = span_from(domain, 1);
	is_good = is_domain_pattern(domain) ||
		  (domain.len == word.len && value_is_address(word));
	for (size_t i = 0; spec->words[i]; i++)
		is_good = is_good || span_is(word, spec->words[i]);
	if (!is_good)
		return -1;
	strv_add(list, domain);
	return 0;
}

int value_parse_patterns(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	int rc = parse_words(spec, text, add_pattern, field);

	if (rc < 0) {
		buf_addf(want,
			"up to %d addresses or domains between spaces, such as "
			"me@example.org, example.org or, for all below it, *.example.org",
			LIST_MAX);
		for (size_t i = 0; spec->words[i]; i++)
			buf_addf(want, "; or %s", spec->words[i]);
	}
	return rc;
}

static int add_name(const struct value_spec *spec, struct span word, struct strv *list)
{
	(void)spec;
	strv_add(list, word);
	return 0;
}

int value_parse_users(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	int rc = parse_words(spec, text, add_name, field);

	if (rc < 0)
		buf_addf(want, "up to %d names of users between spaces", LIST_MAX);
	return rc;
}

static void proxy_release(struct conf_proxy *proxy)
{
	free(proxy->host);
	free(proxy->user);
	wipe_string(&proxy->password);
	*proxy = (struct conf_proxy){0};
}

void value_release_proxy(void *field)
{
	proxy_release(field);
}

/* One part of the login; a missing one stays NULL. */
static int decode_login(struct span part, char **ret)
{
	struct buf text = BUF_INIT(LOGIN_PART_MAX);
	int rc = url_decode(part, &text);

	if (rc == 0 && part.data)
		*ret = mem_string(buf_str(&text));
	buf_wipe(&text);
	return rc;
}

static int parse_socks(struct span text, struct conf_proxy *ret)
{
	struct conf_proxy proxy = {0};
	struct url url;

	if (url_parse(text, &url) < 0 || !span_iis(url.scheme, "socks5") ||
		url.host.len == 0 || (url.path.len && !span_is(url.path, "/")))
		return -1;
	if (decode_login(url.user, &proxy.user) < 0 ||
		decode_login(url.password, &proxy.password) < 0) {
		proxy_release(&proxy);
		return -1;
	}
	proxy.host = mem_copy(url.host.data, url.host.len);
	proxy.port = url.port ? url.port : PROXY_PORT;
	*ret = proxy;
	return 0;
}

int value_parse_proxy(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct conf_proxy proxy = {0};

	(void)spec;
	if (text.len && parse_socks(text, &proxy) < 0) {
		buf_add_str(want,
			"socks5://host:port or socks5://user:password@host:port "
			"(%40 in a password is an @, %25 a percent sign)");
		return -1;
	}
	proxy_release(field);
	*(struct conf_proxy *)field = proxy;
	return 0;
}

/* Without the login: nobody who sees this has to know it. */
void value_format_proxy(const struct value_spec *spec, const void *field, struct buf *out)
{
	const struct conf_proxy *proxy = field;

	(void)spec;
	if (!proxy->host)
		return;
	buf_addf(out, "socks5://%s", proxy->user ? "(set)@" : "");
	buf_addf(out, host_is_ipv6(span_of(proxy->host)) ? "[%s]" : "%s", proxy->host);
	buf_addf(out, ":%u", proxy->port);
}
