#include "mail/rewrite_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/address_lexer.h"
#include "mail/header.h"

#define NAME_MAX_LEN  4096
#define MAILBOXES_MAX 1000

/* One mailbox of the field and what becomes of it. */
struct mailbox {
	const struct address_place *place;
	const char *address; /* canonical, as it stands */
	char *new_address;
	bool is_merged; /* an earlier one has become the same */
};

struct value {
	const struct rewrite *r;
	struct address_places places;
	struct mailbox *mailboxes;
	bool has_merged;
	bool follows_template;
};

/* Append the words of a phrase as text: quotes undone, blanks as one space. */
static void add_phrase_text(struct buf *out, struct span phrase)
{
	struct address_lexer lexer = {.rest = phrase};
	struct address_token token = address_lexer_next(&lexer);
	const char *end = phrase.data;

	while (token.kind != ADDRESS_END && token.kind != ADDRESS_BAD) {
		if (out->len && token.text.data > end)
			buf_add_char(out, ' ');
		if (token.kind == ADDRESS_QUOTED)
			address_unquote(out, token.text);
		else
			buf_add_span(out, token.text);
		end = token.text.data + token.text.len;
		token = address_lexer_next(&lexer);
	}
}

/* What is in the comment behind an addr-spec: "root (Cron Daemon)". */
static struct span comment_of(const struct address_place *place)
{
	const char *end = place->spec.data + place->spec.len;
	struct span s =
		span_trim(span_from(place->whole, (size_t)(end - place->whole.data)));

	if (!span_starts(s, "(") || !span_ends(s, ")"))
		return SPAN_NONE;
	return span_head(span_from(s, 1), s.len - 2);
}

static void add_comment_text(struct buf *out, struct span comment)
{
	for (size_t i = 0; i < comment.len; i++) {
		if (comment.data[i] == '\\' && i + 1 < comment.len)
			i++;
		buf_add_char(out, comment.data[i]);
	}
}

/* Encoded-words (RFC 2047), which must stand as they are, outside quotes. */
static bool has_encoded_word(struct span s)
{
	return s.len && memmem(s.data, s.len, "=?", 2) != NULL;
}

/* atext and blanks: may stand in a phrase as it is */
static bool is_words(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!address_is_atext(s.data[i]) && s.data[i] != ' ')
			return false;
	return true;
}

/*
 * Append the name that stands there, or else the local part. True where it is a phrase
 * already, false where it is text.
 */
static bool add_old_name(const struct mailbox *m, struct buf *out)
{
	struct span phrase = m->place->phrase;
	struct span comment = comment_of(m->place);
	struct span local = address_local(span_of(m->address));

	if (phrase.len > NAME_MAX_LEN || comment.len > NAME_MAX_LEN)
		phrase = comment = SPAN_NONE;
	if (has_encoded_word(phrase)) {
		header_unfold(out, phrase);
		return true;
	}
	if (phrase.len)
		add_phrase_text(out, phrase);
	else
		add_comment_text(out, comment);
	if (span_trim(buf_span(out)).len)
		return has_encoded_word(buf_span(out)) && is_words(buf_span(out));
	buf_reset(out);
	if (span_starts(local, "\""))
		address_unquote(out, local);
	else
		buf_add_span(out, local);
	return false;
}

/* Cut to what a phrase may have, not within a character. */
static struct span phrase_head(struct span s)
{
	size_t n = HEADER_PHRASE_MAX;

	if (s.len <= n)
		return s;
	while (n && ((unsigned char)s.data[n] & 0xc0) == 0x80)
		n--;
	return span_head(s, n);
}

/* Append text, which is used up, to a phrase. */
static void add_to_phrase(struct buf *out, struct buf *text)
{
	struct span name;
	struct fault ignored;

	rewrite_flatten(text);
	name = phrase_head(span_trim(buf_span(text)));
	if (name.len && out->len)
		buf_add_char(out, ' ');
	/* neither too long nor with control octets any more */
	(void)header_add_phrase(out, name, &ignored);
	buf_reset(text);
}

static void add_phrase(struct buf *out, struct buf *phrase)
{
	rewrite_flatten(phrase);
	if (out->len)
		buf_add_char(out, ' ');
	buf_add_span(out, span_trim(buf_span(phrase)));
}

/* The name of a mailbox in From, by the template, as a phrase. */
static void add_new_name(const struct value *v, const struct mailbox *m, struct buf *out)
{
	struct span rest = span_of(v->r->name);
	struct buf text = BUF_INIT(3 * NAME_MAX_LEN);
	struct buf old = BUF_INIT(2 * NAME_MAX_LEN);
	bool is_phrase = add_old_name(m, &old);
	struct span literal;
	char letter;

	while (rewrite_template_next(&rest, &literal, &letter)) {
		buf_add_span(&text, literal);
		if (letter == 'n' && is_phrase) {
			add_to_phrase(out, &text);
			add_phrase(out, &old);
		} else if (letter == 'n') {
			buf_add_span(&text, buf_span(&old));
		} else if (letter == 'a') {
			buf_add_str(&text, m->address);
		} else {
			rewrite_template_add(v->r, letter, &text);
		}
	}
	add_to_phrase(out, &text);
	buf_release(&text);
	buf_release(&old);
}

/* A mailbox as it goes out. */
static void add_mailbox(const struct value *v, const struct mailbox *m, struct buf *out)
{
	const struct address_place *place = m->place;
	struct buf name = BUF_INIT(16 * NAME_MAX_LEN);
	size_t before = (size_t)(place->spec.data - place->whole.data);

	if (v->follows_template) {
		add_new_name(v, m, &name);
		if (name.len)
			buf_addf(out, "%s <%s>", buf_str(&name), m->new_address);
		else
			buf_add_str(out, m->new_address);
	} else {
		buf_add_span(out, span_head(place->whole, before));
		buf_add_str(out, m->new_address);
		buf_add_span(out, span_from(place->whole, before + place->spec.len));
	}
	buf_release(&name);
}

static bool is_changed(const struct value *v, const struct mailbox *m)
{
	return v->follows_template || strcmp(m->address, m->new_address) != 0;
}

/* Two that are one address and always were are not our business. */
static bool is_merged(const struct value *v, size_t i, size_t k)
{
	const struct mailbox *m = &v->mailboxes[i], *earlier = &v->mailboxes[k];

	return (is_changed(v, m) || is_changed(v, earlier)) &&
	       address_is_same(span_of(m->new_address), span_of(earlier->new_address));
}

static void find_merged(struct value *v)
{
	for (size_t i = 1; i < v->places.count; i++) {
		struct mailbox *m = &v->mailboxes[i];

		for (size_t k = 0; k < i && !m->is_merged; k++)
			m->is_merged = is_merged(v, i, k);
		v->has_merged |= m->is_merged;
	}
}

static void take_mailboxes(struct value *v, enum rewrite_role role)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);

	v->mailboxes = mem_array(v->places.count, sizeof(*v->mailboxes));
	for (size_t i = 0; i < v->places.count; i++) {
		struct mailbox *m = &v->mailboxes[i];

		m->place = &v->places.items[i];
		m->address = v->places.addresses.items[i];
		buf_reset(&address);
		rewrite_address(v->r, role, span_of(m->address), &address);
		m->new_address = mem_string(buf_str(&address));
	}
	buf_release(&address);
	find_merged(v);
}

/* The field anew, with one mailbox for each address; groups are not kept. */
static void add_list(const struct value *v, struct buf *out)
{
	for (size_t i = 0; i < v->places.count; i++) {
		if (v->mailboxes[i].is_merged)
			continue;
		buf_add_str(out, i ? ",\r\n " : " ");
		add_mailbox(v, &v->mailboxes[i], out);
	}
}

/* The field as it was, but for the mailboxes that change. */
static void add_in_place(const struct value *v, struct span value, struct buf *out)
{
	const char *from = value.data;

	for (size_t i = 0; i < v->places.count; i++) {
		const struct mailbox *m = &v->mailboxes[i];
		struct span whole = m->place->whole;

		if (!is_changed(v, m))
			continue;
		buf_add(out, from, (size_t)(whole.data - from));
		add_mailbox(v, m, out);
		from = whole.data + whole.len;
	}
	buf_add_span(out, span_from(value, (size_t)(from - value.data)));
}

static bool has_changed(const struct value *v)
{
	for (size_t i = 0; i < v->places.count; i++)
		if (is_changed(v, &v->mailboxes[i]))
			return true;
	return false;
}

static void value_release(struct value *v)
{
	for (size_t i = 0; i < v->places.count; i++)
		free(v->mailboxes[i].new_address);
	free(v->mailboxes);
	address_places_release(&v->places);
}

/* Parsed, and no more than anybody writes by hand: finding doubles is quadratic. */
static bool is_readable(struct value *v, struct span text)
{
	struct fault ignored;

	return address_field_places(text, v->r->own_domain, &v->places, &ignored) == 0 &&
	       v->places.count > 0 && v->places.count <= MAILBOXES_MAX;
}

bool rewrite_value(const struct rewrite *r, enum rewrite_role role, struct span value,
	struct buf *out)
{
	struct value v = {.r = r, .follows_template = role == REWRITE_FROM && r->name};
	bool changes = r->from && role != REWRITE_ANSWER;

	if (!is_readable(&v, value)) {
		/* one address for everything is one for what nobody can read, too */
		if (changes)
			buf_addf(out, " %s", r->from);
		address_places_release(&v.places);
		return changes;
	}
	take_mailboxes(&v, role);
	changes = has_changed(&v);
	if (v.has_merged)
		add_list(&v, out);
	else if (changes)
		add_in_place(&v, value, out);
	value_release(&v);
	return changes;
}
