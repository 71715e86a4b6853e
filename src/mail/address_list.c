#include "mail/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/address_lexer.h"

#define EXCERPT_MAX 120

struct list_parser {
	struct address_lexer lexer;
	struct address_token token; /* the next one, not yet taken */
	const char *domain;         /* for bare names */
	struct span member;         /* the text from the member being read on */
	const char *taken_end;      /* behind the last token taken */
	const char *angle;          /* the last '<' */
	struct strv found;
	struct address_places *places; /* NULL: nobody asks */
	bool is_in_group;
};

static void advance(struct list_parser *p)
{
	if (p->token.text.data)
		p->taken_end = p->token.text.data + p->token.text.len;
	p->token = address_lexer_next(&p->lexer);
}

static bool is_at(const struct list_parser *p, char special)
{
	return address_token_is(p->token, special);
}

static bool is_word(struct address_token token)
{
	return token.kind == ADDRESS_ATOM || token.kind == ADDRESS_QUOTED;
}

/* Show the member in question, cut at the comma behind what has been read of it. */
static int list_fault(const struct list_parser *p, const char *why, struct fault *f)
{
	struct span shown = p->member;
	size_t taken = shown.len - p->lexer.rest.len;
	ptrdiff_t comma = span_find(span_from(shown, taken), ',');

	if (comma >= 0)
		shown = span_head(shown, taken + (size_t)comma);
	shown = span_trim(shown);
	fault_set(f, FAULT_DATA, 0, "'%.*s'%s: %s",
		SPAN_ARGS(span_head(shown, EXCERPT_MAX)),
		shown.len > EXCERPT_MAX ? "..." : "",
		p->lexer.error ? p->lexer.error : why);
	return -1;
}

/* word *("." word), the words unquoted: RFC 5322 4.4 obs-local-part */
static int parse_local(struct list_parser *p, struct buf *local, struct fault *f)
{
	if (is_at(p, '@'))
		return list_fault(p, "there is nothing before the '@'", f);
	for (;;) {
		if (!is_word(p->token))
			return list_fault(p,
				local->len || is_at(p, '.')
					? "a '.' at either end of a local part, or "
					  "beside another '.', needs quotes"
					: "there is no address",
				f);
		if (p->token.kind == ADDRESS_QUOTED)
			address_unquote(local, p->token.text);
		else
			buf_add_span(local, p->token.text);
		advance(p);
		if (!is_at(p, '.'))
			break;
		buf_add_char(local, '.');
		advance(p);
	}
	if (is_word(p->token))
		return list_fault(p,
			"a blank in an address needs quotes; several addresses are "
			"separated by ','",
			f);
	return 0;
}

/* What stands behind an '@'; a trailing dot is left out. */
static int parse_domain(struct list_parser *p, struct buf *domain, struct fault *f)
{
	if (p->token.kind == ADDRESS_LITERAL) {
		buf_add_span(domain, p->token.text);
		advance(p);
		return 0;
	}
	if (p->token.kind != ADDRESS_ATOM)
		return list_fault(p, "there is no domain behind the '@'", f);
	for (;;) {
		buf_add_span(domain, p->token.text);
		advance(p);
		if (!is_at(p, '.'))
			return 0;
		advance(p);
		if (is_at(p, '.'))
			return list_fault(p, "the domain has two dots in a row", f);
		if (p->token.kind != ADDRESS_ATOM)
			return 0;
		buf_add_char(domain, '.');
	}
}

/* "@a,@b:" before an addr-spec means nothing any more (RFC 5321 appendix C) */
static int skip_route(struct list_parser *p, struct fault *f)
{
	struct buf ignored = BUF_INIT(ADDRESS_DOMAIN_MAX);
	int rc = 0;

	while (rc == 0 && (is_at(p, '@') || is_at(p, ','))) {
		bool is_hop = is_at(p, '@');

		advance(p);
		if (is_hop)
			rc = parse_domain(p, &ignored, f);
	}
	if (rc == 0 && !is_at(p, ':'))
		rc = list_fault(p, "there is nothing before the '@'", f);
	if (rc == 0)
		advance(p);
	buf_release(&ignored);
	return rc;
}

/* The text between two places of it. */
static struct span between(const char *begin, const char *end)
{
	return (struct span){begin, (size_t)(end - begin)};
}

/* The mailbox that has been found last: its addr-spec has just been taken. */
static void add_place(struct list_parser *p, const char *begin, bool is_bare)
{
	struct address_places *places = p->places;

	if (!places)
		return;
	if (places->count == places->cap) {
		places->cap = places->cap ? 2 * places->cap : 4;
		places->items = mem_regrow(
			places->items, places->cap, sizeof(struct address_place));
	}
	places->items[places->count++] = (struct address_place){
		.spec = between(begin, p->taken_end), .is_bare = is_bare};
}

/* The same mailbox, when what follows it is known. */
static void finish_place(struct list_parser *p, bool has_angle)
{
	const char *end =
		p->token.kind == ADDRESS_END ? p->lexer.rest.data : p->token.text.data;
	struct address_place *place;

	if (!p->places)
		return;
	place = &p->places->items[p->places->count - 1];
	place->whole = span_trim(between(p->member.data, end));
	if (has_angle)
		place->phrase = span_trim(between(p->member.data, p->angle));
}

static int add_found(struct list_parser *p, const struct buf *local, struct span domain,
	struct fault *f)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	int rc = -1;

	if (local->is_overfull)
		(void)list_fault(p, "the local part has more than 64 octets", f);
	else if (address_compose(buf_span(local), domain, &address, f) == 0)
		rc = 0;
	if (rc == 0)
		strv_add(&p->found, buf_span(&address));
	buf_release(&address);
	return rc;
}

/* an addr-spec, or a bare local part, which gets the domain of this machine */
static int parse_spec(struct list_parser *p, struct fault *f)
{
	struct buf local = BUF_INIT(2 * ADDRESS_LOCAL_MAX);
	struct buf domain = BUF_INIT(2 * ADDRESS_DOMAIN_MAX);
	int rc = is_at(p, '@') ? skip_route(p, f) : 0;
	const char *begin = p->token.text.data;
	bool is_bare = false;

	if (rc == 0)
		rc = parse_local(p, &local, f);
	if (rc == 0 && is_at(p, '@')) {
		advance(p);
		rc = parse_domain(p, &domain, f);
		if (rc == 0 && domain.is_overfull)
			rc = list_fault(p, "the domain has more than 255 octets", f);
		if (rc == 0 && is_at(p, '@'))
			rc = list_fault(p, "there is a second '@'", f);
	} else if (rc == 0) {
		is_bare = true;
		if (p->domain)
			buf_add_str(&domain, p->domain);
		if (domain.len == 0)
			rc = list_fault(p, "there is no '@' and domain", f);
	}
	if (rc == 0)
		rc = add_found(p, &local, buf_span(&domain), f);
	if (rc == 0)
		add_place(p, begin, is_bare);
	buf_release(&local);
	buf_release(&domain);
	return rc;
}

/* "<" [route] addr-spec ">" with the name before it, which may be any text: it is common
 * to find names with dots, brackets or an '@' that should be in quotes and are not */
static int parse_angle(struct list_parser *p, struct fault *f)
{
	while (!is_at(p, '<'))
		advance(p);
	p->angle = p->token.text.data;
	advance(p);
	if (is_at(p, '>'))
		return list_fault(p, "there is no address in the '<>'", f);
	if (parse_spec(p, f) < 0)
		return -1;
	if (!is_at(p, '>'))
		return list_fault(p, "a '<' without its '>'", f);
	advance(p);
	return 0;
}

static int begin_group(struct list_parser *p, struct fault *f)
{
	if (p->is_in_group)
		return list_fault(p, "a group within a group", f);
	if (is_at(p, ':'))
		return list_fault(p, "a ':' without the name of a group before it", f);
	while (is_word(p->token) || is_at(p, '.'))
		advance(p);
	if (!is_at(p, ':'))
		return list_fault(p, "the name of a group has an '@' or a bracket", f);
	p->is_in_group = true;
	p->member = p->lexer.rest;
	advance(p);
	return 0;
}

/* Which of "<:" shows what the member is; something else, or 0, where none does. */
static char deciding_special(const struct list_parser *p)
{
	struct address_lexer ahead = p->lexer;
	struct address_token token = p->token;

	while (token.kind != ADDRESS_END && token.kind != ADDRESS_BAD) {
		if (token.kind == ADDRESS_SPECIAL && strchr("<>:;,", token.text.data[0]))
			return token.text.data[0];
		token = address_lexer_next(&ahead);
	}
	return '\0';
}

static int expect_separator(const struct list_parser *p, struct fault *f)
{
	if (p->token.kind == ADDRESS_END || is_at(p, ',') || is_at(p, ';'))
		return 0;
	return list_fault(
		p, "text behind the address; addresses are separated by ','", f);
}

static int parse_member(struct list_parser *p, struct fault *f)
{
	char special = deciding_special(p);
	bool is_end_of_group = is_at(p, ';');

	if (is_end_of_group) {
		if (!p->is_in_group)
			return list_fault(p,
				"a ';' that ends no group; addresses are separated by "
				"','",
				f);
		p->is_in_group = false;
		p->member = p->lexer.rest;
		advance(p);
	} else if (special == ':' && !is_at(p, '@')) {
		return begin_group(p, f);
	} else if (special == '<') {
		if (parse_angle(p, f) < 0)
			return -1;
	} else if (parse_spec(p, f) < 0) {
		return -1;
	}
	if (expect_separator(p, f) < 0)
		return -1;
	if (!is_end_of_group)
		finish_place(p, special == '<');
	return 0;
}

/*
 * A group that the end of the text leaves open is accepted: "To: undisclosed-recipients:"
 * is common, and there is only one way to read it.
 */
static int parse_list(struct list_parser *p, struct fault *f)
{
	p->member = p->lexer.rest;
	advance(p);
	while (p->token.kind != ADDRESS_END) {
		if (is_at(p, ',')) {
			p->member = p->lexer.rest;
			advance(p);
		} else if (parse_member(p, f) < 0) {
			return -1;
		}
	}
	return 0;
}

static int parse_into(struct list_parser *p, struct span s, bool allows_tabs,
	struct strv *ret, struct fault *f)
{
	const char *error = address_control_error(s, allows_tabs);
	int rc;

	p->member = s;
	p->lexer.rest = error ? span_from(s, s.len) : s;
	rc = error ? list_fault(p, error, f) : parse_list(p, f);
	for (size_t i = 0; rc == 0 && i < p->found.count; i++)
		strv_add(ret, span_of(p->found.items[i]));
	strv_release(&p->found);
	return rc;
}

int address_list_parse(
	struct span s, const char *domain, struct strv *ret, struct fault *f)
{
	struct list_parser p = {.domain = domain};

	return parse_into(&p, s, false, ret, f);
}

int address_field_parse(
	struct span s, const char *domain, struct strv *ret, struct fault *f)
{
	struct list_parser p = {.domain = domain};

	return parse_into(&p, s, true, ret, f);
}

int address_field_places(
	struct span s, const char *domain, struct address_places *ret, struct fault *f)
{
	struct address_places places = {0};
	struct list_parser p = {.domain = domain, .places = &places};
	int rc = parse_into(&p, s, true, &places.addresses, f);

	if (rc == 0)
		*ret = places;
	else
		address_places_release(&places);
	return rc;
}

void address_places_release(struct address_places *places)
{
	free(places->items);
	strv_release(&places->addresses);
	*places = (struct address_places){0};
}

int address_parse(struct span s, const char *domain, struct buf *ret, struct fault *f)
{
	struct list_parser p = {.domain = domain, .lexer.rest = s, .member = s};
	bool is_null = span_is(s, "") || span_is(span_trim(s), "<>");
	int rc = 0;

	if (span_has_control(s))
		rc = list_fault(&p, "a control character", f);
	else if (!is_null)
		rc = parse_list(&p, f);
	if (rc == 0 && !is_null && p.found.count != 1) {
		p.member = s;
		rc = list_fault(
			&p, p.found.count ? "more than one address" : "no address", f);
	}
	if (rc == 0) {
		buf_reset(ret);
		if (!is_null)
			buf_add_str(ret, p.found.items[0]);
	}
	strv_release(&p.found);
	return rc;
}
