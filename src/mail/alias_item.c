#include "base/text.h"
#include "mail/address.h"
#include "mail/address_lexer.h"
#include "mail/alias_parts.h"

#define EXCERPT_MAX 120
#define TEXT_MAX    (FAULT_TEXT_MAX + EXCERPT_MAX)
#define ITEM_MAX    4096 /* octets of a quoted item: a command, say */
#define ANY_DOMAIN  "x"  /* stands in for the domain that a bare name gets later */

/* Where a text is while it is read octet by octet. */
struct place {
	bool is_quoted;
	bool is_escaped;
	unsigned comments; /* that are open */
	unsigned brackets; /* <> and [] */
};

/* Move over one octet; whether it means itself, outside of quotes and all that. */
static bool step(struct place *p, char c)
{
	bool is_plain = !p->is_quoted && !p->is_escaped && !p->comments;

	if (p->is_escaped)
		p->is_escaped = false;
	else if (c == '\\')
		p->is_escaped = true;
	else if (c == '"' && !p->comments)
		p->is_quoted = !p->is_quoted;
	else if (c == '(' && !p->is_quoted)
		p->comments++;
	else if (c == ')' && p->comments)
		p->comments--;
	else if (is_plain && (c == '<' || c == '['))
		p->brackets++;
	else if (is_plain && (c == '>' || c == ']') && p->brackets)
		p->brackets--;
	return is_plain && !p->brackets;
}

/* The first octet `c` that means itself, or -1. */
static ptrdiff_t find_plain(struct span s, char c)
{
	struct place place = {0};

	for (size_t i = 0; i < s.len; i++)
		if (step(&place, s.data[i]) && s.data[i] == c)
			return (ptrdiff_t)i;
	return -1;
}

ptrdiff_t alias_colon(struct span line)
{
	return find_plain(line, ':');
}

size_t alias_comment_start(struct span line)
{
	struct place place = {0};

	for (size_t i = 0; i < line.len; i++) {
		bool is_plain = step(&place, line.data[i]);
		bool is_behind_blank =
			i && (line.data[i - 1] == ' ' || line.data[i - 1] == '\t');

		if (is_plain && line.data[i] == '#' && is_behind_blank &&
			span_find(span_from(line, i), '<') < 0)
			return i;
	}
	return line.len;
}

bool alias_list_next(struct span *rest, struct span *ret_item)
{
	while (rest->len) {
		ptrdiff_t comma = find_plain(*rest, ',');
		size_t len = comma < 0 ? rest->len : (size_t)comma;

		*ret_item = span_trim(span_head(*rest, len));
		*rest = span_from(*rest, comma < 0 ? len : len + 1);
		if (ret_item->len)
			return true;
	}
	return false;
}

static void refuse(struct alias_item *item, enum alias_target_kind kind, struct span text,
	const char *why)
{
	item->kind = kind;
	item->why = why;
	buf_reset(&item->text);
	buf_add_char(&item->text, '\'');
	text_clean(&item->text, span_head(text, EXCERPT_MAX));
	buf_addf(&item->text, "%s': %s", text.len > EXCERPT_MAX ? "..." : "", why);
}

/* ":include:/path"; the other words with a colon are Exim's. */
static void take_colon(struct alias_item *item, struct span text)
{
	struct span path = span_from(text, sizeof(":include:") - 1);

	if (!span_istarts(text, ":include:")) {
		refuse(item, ALIAS_REFUSED, text,
			"nullmta knows :include:/path only; give an address, or "
			"/dev/null to discard mail");
		return;
	}
	path = span_trim(path);
	buf_add_span(&item->text, path);
	item->is_include = span_starts(path, "/") && !span_has_control(path) &&
			   !item->text.is_overfull;
	if (!item->is_include)
		refuse(item, ALIAS_UNKNOWN, text,
			"an included file needs its absolute path, of at most 600 "
			"octets");
}

/* What is no address in any mailer. False: it may be one. */
static bool take_special(struct alias_item *item, struct span text)
{
	if (span_starts(text, "|")) {
		refuse(item, ALIAS_REFUSED, text,
			"nullmta runs no programs for mail; give an address instead");
	} else if (span_is(text, "/dev/null") || span_iis(text, ":blackhole:")) {
		item->kind = ALIAS_NOTHING;
	} else if (span_starts(text, "/") && span_find(text, '@') < 0) {
		refuse(item, ALIAS_REFUSED, text,
			"nullmta writes mail to no files; give an address instead");
	} else if (span_starts(text, ":")) {
		take_colon(item, text);
	} else if (span_istarts(text, "error:")) {
		refuse(item, ALIAS_REFUSED, text,
			"nullmta accepts all mail and rejects none by alias; give an "
			"address, or /dev/null to discard mail");
	} else {
		return false;
	}
	return true;
}

/* "|/usr/bin/program with arguments" and the like: special only without its quotes. */
static bool take_quoted_special(struct alias_item *item, struct span text)
{
	struct buf inner = BUF_INIT(ITEM_MAX);
	struct address_lexer lexer = {.rest = text};
	struct address_token token = address_lexer_next(&lexer);
	bool is_taken = false;

	if (token.kind == ADDRESS_QUOTED && token.text.len == text.len) {
		address_unquote(&inner, text);
		is_taken = take_special(item, span_trim(buf_span(&inner)));
	}
	buf_release(&inner);
	return is_taken;
}

/* One mailbox: append its name, or the canonical address where it has a domain. */
static int parse_mailbox(
	struct span text, struct buf *out, bool *ret_is_bare, struct fault *f)
{
	struct address_places places;
	struct span address;

	if (address_field_places(text, ANY_DOMAIN, &places, f) < 0)
		return -1;
	if (places.count != 1) {
		fault_set(f, FAULT_DATA, 0, "'%.*s': %s",
			SPAN_ARGS(span_head(text, EXCERPT_MAX)),
			places.count ? "more than one address" : "no address");
		address_places_release(&places);
		return -1;
	}
	address = span_of(places.addresses.items[0]);
	*ret_is_bare = places.items[0].is_bare;
	buf_add_span(out, *ret_is_bare ? address_local(address) : address);
	address_places_release(&places);
	return 0;
}

static void take_address(struct alias_item *item, struct span text)
{
	bool is_bare = false;
	struct fault f;

	if (alias_colon(text) >= 0) {
		/* else the address grammar would take it for a group, and deliver */
		refuse(item, ALIAS_REFUSED, text,
			"a ':' within a list; an entry of its own begins in the first "
			"column");
	} else if (parse_mailbox(text, &item->text, &is_bare, &f) < 0) {
		item->kind = ALIAS_REFUSED;
		item->why = "not an address";
		buf_add_str(&item->text, f.text);
	} else {
		item->kind = is_bare ? ALIAS_NAME : ALIAS_ADDRESS;
	}
}

void alias_item_parse(struct alias_item *ret, struct span text)
{
	*ret = (struct alias_item){.text = BUF_INIT(TEXT_MAX)};
	if (take_quoted_special(ret, text) || take_special(ret, text))
		return;
	if (span_starts(text, "\\")) {
		ret->is_final = true;
		text = span_from(text, 1);
	}
	take_address(ret, text);
}

int alias_name_parse(struct span text, struct buf *out, struct fault *f)
{
	struct buf name = BUF_INIT(ADDRESS_OCTETS_MAX);
	bool is_bare;
	int rc = parse_mailbox(text, &name, &is_bare, f);

	if (rc == 0 && span_starts(buf_span(&name), "*@")) {
		fault_set(f, FAULT_DATA, 0, "the wildcard '*' has no domain");
		rc = -1;
	}
	if (rc == 0)
		text_add_lower(out, buf_span(&name));
	buf_release(&name);
	return rc;
}
