#include "mail/rewrite.h"

#include "base/bug.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/header.h"
#include "mail/own_domain.h"
#include "mail/rewrite_parts.h"

#define VALUE_MAX (1024 * 1024) /* more than any header section */

static const struct {
	const char *name;
	enum rewrite_role role;
} roles[] = {
	{"From", REWRITE_FROM},
	{"Sender", REWRITE_SENDER},
	{"Resent-From", REWRITE_SENDER},
	{"Resent-Sender", REWRITE_SENDER},
	{"Reply-To", REWRITE_ANSWER},
};

static enum rewrite_rule find_rule(const struct rewrite *r, enum rewrite_role role,
	struct span address, const struct generic_entry **ret_entry)
{
	bool has_own_domain = own_domain_has(r->own, address_domain(address));

	*ret_entry = r->map ? generic_map_find(r->map, address, has_own_domain) : NULL;
	if (*ret_entry)
		return REWRITE_BY_MAP;
	if (r->from && (has_own_domain || role != REWRITE_ANSWER))
		return REWRITE_BY_FROM;
	return r->domain && has_own_domain ? REWRITE_BY_DOMAIN : REWRITE_BY_NONE;
}

/* A domain that makes it too long leaves it as it is. */
static void move(const char *domain, struct span address, struct buf *out)
{
	struct buf moved = BUF_INIT(ADDRESS_OCTETS_MAX);

	buf_add_span(&moved, address_local(address));
	buf_addf(&moved, "@%s", domain);
	buf_add_span(
		out, address_is_canonical(buf_span(&moved)) ? buf_span(&moved) : address);
	buf_release(&moved);
}

void rewrite_address(const struct rewrite *r, enum rewrite_role role, struct span address,
	struct buf *out)
{
	const struct generic_entry *entry;

	switch (find_rule(r, role, address, &entry)) {
	case REWRITE_BY_MAP:
		generic_entry_apply(entry, address, out);
		break;
	case REWRITE_BY_FROM:
		buf_add_str(out, r->from);
		break;
	case REWRITE_BY_DOMAIN:
		move(r->domain, address, out);
		break;
	case REWRITE_BY_NONE:
		buf_add_span(out, address);
		break;
	}
}

void rewrite_sender(const struct rewrite *r, struct span sender, struct buf *out)
{
	if (sender.len)
		rewrite_address(r, REWRITE_SENDER, sender, out);
}

enum rewrite_rule rewrite_sender_rule(const struct rewrite *r, struct span sender,
	const struct generic_entry **ret_entry)
{
	*ret_entry = NULL;
	return sender.len ? find_rule(r, REWRITE_SENDER, sender, ret_entry)
			  : REWRITE_BY_NONE;
}

bool rewrite_template_next(struct span *rest, struct span *ret_literal, char *ret_letter)
{
	ptrdiff_t percent = span_find(*rest, '%');

	if (rest->len == 0)
		return false;
	*ret_letter = '\0';
	*ret_literal = *rest;
	if (percent >= 0) {
		*ret_literal = span_head(*rest, (size_t)percent);
		*rest = span_from(*rest, (size_t)percent + 1);
		if (rest->len)
			*ret_letter = rest->data[0];
	}
	*rest = span_from(*rest, percent < 0 ? rest->len : 1);
	return true;
}

void rewrite_template_add(const struct rewrite *r, char letter, struct buf *out)
{
	switch (letter) {
	case 'h':
		buf_add_str(out, r->hostname);
		break;
	case 'u':
		buf_add_str(out, r->user);
		break;
	case '%':
	case '|':
		buf_add_char(out, letter);
		break;
	default:
		break;
	}
}

void rewrite_flatten(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text_is_control(text->data[i]))
			text->data[i] = ' ';
}

static enum rewrite_role role_of(const struct header_field *field)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (header_is(field, roles[i].name))
			return roles[i].role;
	return REWRITE_NOT;
}

/* "Name: template" */
static struct span name_of(const char *entry)
{
	struct span rest = span_of(entry);
	struct span name;

	(void)span_cut(&rest, ':', &name);
	return span_trim(name);
}

static bool has_name(const struct strv *list, struct span name)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (span_ieq(name_of(list->items[i]), name))
			return true;
	return false;
}

static void add_field(struct buf *out, struct span name, struct buf *value)
{
	struct buf field_name = BUF_INIT(HEADER_NAME_MAX);

	rewrite_flatten(value);
	buf_add_span(&field_name, name);
	header_add(out, buf_str(&field_name), buf_span(value));
	buf_release(&field_name);
}

/* The value of one configured field. */
static void add_configured(
	const struct rewrite *r, const char *entry, const char *id, struct buf *out)
{
	struct span name = name_of(entry);
	struct span rest = span_trim(span_from(span_of(entry), name.len + 1));
	struct buf value = BUF_INIT(VALUE_MAX);
	struct span literal;
	char letter;

	while (rewrite_template_next(&rest, &literal, &letter)) {
		buf_add_span(&value, literal);
		if (letter == 'i')
			buf_add_str(&value, id);
		else
			rewrite_template_add(r, letter, &value);
	}
	add_field(out, name, &value);
	buf_release(&value);
}

static void add_all(const struct rewrite *r, const struct strv *entries, struct span name,
	const char *id, struct buf *out)
{
	for (size_t i = 0; entries && i < entries->count; i++)
		if (!name.data || span_ieq(name_of(entries->items[i]), name))
			add_configured(r, entries->items[i], id, out);
}

static void add_original(struct span value, struct buf *out)
{
	struct buf line = BUF_INIT(VALUE_MAX);

	header_unfold(&line, value);
	add_field(out, SPAN_LIT(REWRITE_ORIGINAL), &line);
	buf_release(&line);
}

/* A field of one line is folded where it needs to be; one with folds keeps them. */
static void add_changed(struct span name, struct buf *value, struct buf *out)
{
	if (span_find(buf_span(value), '\n') < 0) {
		add_field(out, name, value);
		return;
	}
	buf_add_span(out, name);
	buf_add_char(out, ':');
	buf_add_span(out, buf_span(value));
	buf_add_str(out, "\r\n");
}

static void add_rewritten(
	const struct rewrite *r, const struct header_field *field, struct buf *out)
{
	enum rewrite_role role = role_of(field);
	struct buf value = BUF_INIT(VALUE_MAX);

	if (role != REWRITE_NOT && rewrite_value(r, role, field->value, &value)) {
		add_changed(field->name, &value, out);
		if (role == REWRITE_FROM && r->keeps_original)
			add_original(field->value, out);
	} else {
		buf_add_span(out, field->whole);
	}
	buf_release(&value);
}

/* The first field of the name; data NULL where there is none. */
static struct span find_field(struct span section, struct span name)
{
	struct header_field field;

	while (header_next(&section, &field))
		if (span_ieq(field.name, name))
			return field.whole;
	return SPAN_NONE;
}

static void add_what_was_not_there(
	const struct rewrite *r, struct span section, const char *id, struct buf *out)
{
	for (size_t i = 0; r->set && i < r->set->count; i++)
		if (!find_field(section, name_of(r->set->items[i])).data)
			add_configured(r, r->set->items[i], id, out);
	add_all(r, r->added, SPAN_NONE, id, out);
}

void rewrite_header(
	const struct rewrite *r, struct span section, const char *id, struct buf *out)
{
	struct span rest = section;
	struct header_field field;

	while (header_next(&rest, &field)) {
		if (has_name(r->removed, field.name))
			continue;
		if (!has_name(r->set, field.name))
			add_rewritten(r, &field, out);
		else if (find_field(section, field.name).data == field.whole.data)
			add_all(r, r->set, field.name, id, out);
	}
	buf_add_span(out, rest);
	add_what_was_not_there(r, section, id, out);
}
