/*
 * route_choose and route_key: the submission program wants them without the library for
 * international domain names that route_resolve brings along.
 */
#include "policy/route.h"

#include "base/codec.h"
#include "base/text.h"

#define KEY_TEXT_MAX 16384
#define KEY_TAIL     9 /* "~" and a checksum */

static struct span domain_of(struct span address)
{
	size_t at = address.len;

	while (at && address.data[at - 1] != '@')
		at--;
	return at ? span_from(address, at) : SPAN_NONE;
}

/* RFC 5321 2.4 lets local parts differ by case alone; no administrator means that. */
static bool fits(struct span pattern, struct span address)
{
	struct span domain = domain_of(address);

	if (span_is(pattern, "*"))
		return true;
	if (span_is(pattern, "<>"))
		return address.len == 0;
	if (span_find(pattern, '@') >= 0)
		return span_ieq(pattern, address);
	if (!span_starts(pattern, "*."))
		return domain.len && span_ieq(pattern, domain);
	pattern = span_from(pattern, 1); /* ".domain", and something in front of it */
	return domain.len > pattern.len &&
	       span_ieq(span_from(domain, domain.len - pattern.len), pattern);
}

static bool fits_any(const struct strv *patterns, struct span address)
{
	if (!patterns || patterns->count == 0)
		return true;
	for (size_t i = 0; i < patterns->count; i++)
		if (fits(span_of(patterns->items[i]), address))
			return true;
	return false;
}

static bool has_user(const struct strv *users, const char *user)
{
	return !users || users->count == 0 || (user && strv_has(users, span_of(user)));
}

const struct route_way *route_choose(
	const struct route_options *options, struct span sender, struct span recipient)
{
	const struct route_way *way = options->ways;

	if (options->forced)
		return options->forced;
	if (options->way_count == 0)
		return NULL;
	for (; way < options->ways + options->way_count - 1; way++)
		if (fits_any(way->senders, sender) &&
			fits_any(way->recipients, recipient) &&
			has_user(way->local_users, options->local_user))
			return way;
	return way;
}

/* "*" is everything, and so no word about this address. */
static bool names_any(const struct strv *patterns, struct span address)
{
	for (size_t i = 0; patterns && i < patterns->count; i++)
		if (!span_is(span_of(patterns->items[i]), "*") &&
			fits(span_of(patterns->items[i]), address))
			return true;
	return false;
}

bool route_is_local(const struct route_options *options, const struct route_way *way,
	struct span recipient)
{
	return options->local && !options->forced &&
	       alias_is_this_machine(options->local->scope, domain_of(recipient)) &&
	       !(way && names_any(way->recipients, recipient));
}

static void add_hop(struct buf *out, const struct route_hop *hop)
{
	switch (hop->kind) {
	case ROUTE_HOP_HOST:
		buf_addf(out, "%s[%s]:%u%s", hop->is_lmtp ? "lmtp:" : "", hop->name,
			(unsigned)hop->port, hop->is_implicit ? "+tls" : "");
		break;
	case ROUTE_HOP_MX:
		buf_addf(out, "mx:%s:%u", hop->name, (unsigned)hop->port);
		break;
	case ROUTE_HOP_SRV:
		buf_addf(out, "srv:%s", hop->name);
		break;
	case ROUTE_HOP_SOCKET:
		buf_addf(out, "lmtp:%s", hop->name);
		break;
	}
}

static void add_route(struct buf *out, const struct route *route)
{
	const struct route_way *way = route->way;

	if (way && way->name[0])
		buf_addf(out, "%s/", way->name);
	switch (route->kind) {
	case ROUTE_RELAY:
		buf_add_str(out, "relay:");
		for (size_t i = 0; i < way->hop_count; i++) {
			buf_add_str(out, i ? "," : "");
			add_hop(out, &way->hops[i]);
		}
		break;
	case ROUTE_MX:
		buf_addf(out, "mx:%s:%u", route->name, (unsigned)route->port);
		break;
	case ROUTE_LITERAL:
		buf_addf(out, "literal:[%s]:%u", route->name, (unsigned)route->port);
		break;
	case ROUTE_MAILBOX:
		buf_addf(out, "mailbox:%s", route->name);
		break;
	}
	if (way && way->identity[0])
		buf_addf(out, "#%08x",
			(unsigned)crc32c(0, way->identity, span_of(way->identity).len));
	if (route->wish == TLS_WISH_REQUIRED)
		buf_add_str(out, "+requiretls");
	else if (route->wish == TLS_WISH_OPTIONAL)
		buf_add_str(out, "+tls-optional");
}

/* It stands between blanks in a file, and paths may hold anything. */
static void make_one_word(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] <= ' ' || text->data[i] >= 0x7f)
			text->data[i] = '?';
}

void route_note_wish(
	const struct route_options *options, struct route *route, enum tls_wish wish)
{
	bool is_idle = options->ignores_tls_optional || route->kind == ROUTE_RELAY;

	if (route->kind == ROUTE_MAILBOX || (wish == TLS_WISH_OPTIONAL && is_idle))
		wish = TLS_WISH_USUAL;
	route->wish = wish;
}

void route_key(const struct route *route, char ret[ROUTE_KEY_SIZE])
{
	struct buf text = BUF_INIT(KEY_TEXT_MAX);
	uint32_t checksum;

	add_route(&text, route);
	checksum = crc32c(0, text.data, text.len);
	make_one_word(&text);
	if (text.len >= ROUTE_KEY_SIZE) {
		buf_truncate(&text, ROUTE_KEY_SIZE - 1 - KEY_TAIL);
		buf_addf(&text, "~%08x", (unsigned)checksum);
	}
	(void)text_copy(ret, ROUTE_KEY_SIZE, buf_span(&text));
	buf_release(&text);
}
