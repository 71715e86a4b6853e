#include "conf/hop.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/hostname.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/host.h"
#include "conf/url.h"

#define NAME_MAX_LEN 1024

/* What a word may begin with. */
struct opening {
	const char *text;
	enum conf_hop_kind kind;
	enum conf_hop_start start;
	bool is_lmtp;
};

static const struct opening schemes[] = {
	{"smtp", CONF_HOP_HOST, CONF_START_BY_PORT, false},
	{"smtps", CONF_HOP_HOST, CONF_START_IMPLICIT, false},
	{"smtp+starttls", CONF_HOP_HOST, CONF_START_STARTTLS, false},
	{"lmtp", CONF_HOP_HOST, CONF_START_BY_PORT, true},
};

/* An IP literal in the one form that inet_ntop(3) gives it, a name in lower case. */
static char *canonical_host(struct span host)
{
	int family = host_is_ipv6(host) ? AF_INET6 : AF_INET;
	struct buf name = BUF_INIT(NAME_MAX_LEN);
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	char *result;

	text_add_lower(&name, host);
	if (inet_pton(family, buf_str(&name), address) == 1 &&
		inet_ntop(family, address, text, sizeof(text))) {
		buf_reset(&name);
		buf_add_str(&name, text);
	}
	result = mem_string(buf_str(&name));
	buf_release(&name);
	return result;
}

static int parse_socket(struct span path, struct conf_hop *hop)
{
	/* behind lmtp: two would be the start of a host */
	while (span_starts(path, "//"))
		path = span_from(path, 1);
	if (!span_starts(path, "/") || path.len < 2 || path.len > CONF_HOP_PATH_MAX)
		return -1;
	hop->kind = CONF_HOP_SOCKET;
	hop->is_lmtp = true;
	hop->name = mem_copy(path.data, path.len);
	return 0;
}

static int parse_host(struct span text, struct conf_hop *hop)
{
	struct span host;

	if (host_split(text, &host, &hop->port) < 0)
		return -1;
	hop->name = canonical_host(host);
	return 0;
}

static int parse_url(struct span text, struct conf_hop *hop)
{
	struct url url;

	if (url_parse(text, &url) < 0 || url.user.data)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (!span_iis(url.scheme, schemes[i].text))
			continue;
		if (schemes[i].is_lmtp && url.host.len == 0)
			return parse_socket(url.path, hop);
		if (url.host.len == 0 || (url.path.len && !span_is(url.path, "/")))
			return -1;
		hop->start = schemes[i].start;
		hop->is_lmtp = schemes[i].is_lmtp;
		hop->port = url.port;
		hop->name = canonical_host(url.host);
		return 0;
	}
	return -1;
}

/* The domain behind "mx:" or "srv:". */
static int parse_domain(struct span text, enum conf_hop_kind kind, struct conf_hop *hop)
{
	struct span domain;
	unsigned port;

	if (host_split(text, &domain, &port) < 0 || !hostname_is_valid(domain) ||
		(port && kind == CONF_HOP_SRV))
		return -1;
	hop->kind = kind;
	hop->port = port;
	hop->name = canonical_host(domain);
	return 0;
}

static int parse_word(struct span word, struct conf_hop *ret)
{
	struct conf_hop hop = {.kind = CONF_HOP_HOST};
	int rc;

	if (span_istarts(word, "mx:"))
		rc = parse_domain(span_from(word, 3), CONF_HOP_MX, &hop);
	else if (span_istarts(word, "srv:"))
		rc = parse_domain(span_from(word, 4), CONF_HOP_SRV, &hop);
	else if (span_istarts(word, "lmtp:/") && !span_istarts(word, "lmtp://"))
		rc = parse_socket(span_from(word, 5), &hop);
	else if (span_find(word, '/') >= 0)
		rc = parse_url(word, &hop);
	else if (span_iis(word, "direct"))
		rc = -1; /* it stands alone, and is no host */
	else
		rc = parse_host(word, &hop);
	if (rc == 0)
		*ret = hop;
	return rc;
}

static void add(struct conf_hops *hops, struct conf_hop hop)
{
	hops->items = mem_regrow(hops->items, hops->count + 1, sizeof(*hops->items));
	hops->items[hops->count++] = hop;
}

/* What stands alone. */
static bool parse_whole(struct span text, struct conf_hops *ret)
{
	struct conf_hop hop = {.kind = CONF_HOP_DIRECT};

	if (span_istarts(text, "error:")) {
		struct span why = span_trim(span_from(text, 6));

		hop.kind = CONF_HOP_ERROR;
		if (why.len == 0 || !span_is_utf8(why) || why.len > NAME_MAX_LEN)
			return false;
		hop.name = mem_copy(why.data, why.len);
	} else if (span_iis(text, "discard:")) {
		hop.kind = CONF_HOP_DISCARD;
	} else if (!span_iis(text, "direct")) {
		return false;
	}
	add(ret, hop);
	return true;
}

int conf_hops_parse(struct span text, struct conf_hops *ret, struct buf *want)
{
	struct conf_hops hops = {0};
	struct span rest = text, word;
	struct conf_hop hop = {0};

	if (parse_whole(text, &hops)) {
		*ret = hops;
		return 0;
	}
	while (span_word(&rest, &word)) {
		if (hops.count == CONF_HOPS_MAX || parse_word(word, &hop) < 0) {
			conf_hops_release(&hops);
			buf_addf(want,
				"up to %d relays between spaces, such as "
				"mail.example.org, "
				"mail.example.org:587, smtps://mail.example.org, "
				"mx:example.org, srv:example.org or lmtp:/run/lmtp.sock "
				"(no user in it); or direct, discard: or error:TEXT "
				"alone",
				CONF_HOPS_MAX);
			return -1;
		}
		add(&hops, hop);
	}
	*ret = hops;
	return 0;
}

static void format_host(const struct conf_hop *hop, struct buf *out)
{
	bool needs_brackets = span_find(span_of(hop->name), ':') >= 0;

	if (hop->is_lmtp)
		buf_add_str(out, "lmtp://");
	else if (hop->start == CONF_START_IMPLICIT)
		buf_add_str(out, "smtps://");
	else if (hop->start == CONF_START_STARTTLS)
		buf_add_str(out, "smtp+starttls://");
	else
		needs_brackets = needs_brackets && hop->port;
	buf_addf(out, needs_brackets ? "[%s]" : "%s", hop->name);
}

static void format_hop(const struct conf_hop *hop, struct buf *out)
{
	switch (hop->kind) {
	case CONF_HOP_HOST:
		format_host(hop, out);
		break;
	case CONF_HOP_MX:
		buf_addf(out, "mx:%s", hop->name);
		break;
	case CONF_HOP_SRV:
		buf_addf(out, "srv:%s", hop->name);
		break;
	case CONF_HOP_DIRECT:
		buf_add_str(out, "direct");
		break;
	case CONF_HOP_SOCKET:
		buf_addf(out, "lmtp:%s", hop->name);
		break;
	case CONF_HOP_DISCARD:
		buf_add_str(out, "discard:");
		break;
	case CONF_HOP_ERROR:
		buf_addf(out, "error:%s", hop->name);
		break;
	}
	if (hop->port)
		buf_addf(out, ":%u", hop->port);
}

void conf_hops_format(const struct conf_hops *hops, struct buf *out)
{
	for (size_t i = 0; i < hops->count; i++) {
		if (i)
			buf_add_char(out, ' ');
		format_hop(&hops->items[i], out);
	}
}

void conf_hops_release(struct conf_hops *hops)
{
	for (size_t i = 0; i < hops->count; i++)
		free(hops->items[i].name);
	free(hops->items);
	*hops = (struct conf_hops){0};
}
