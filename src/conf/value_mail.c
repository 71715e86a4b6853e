#include "conf/value_kind.h"

#include <stdlib.h>
#include <string.h>

#include "base/hostname.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"

#define LIST_MAX       64
#define FIELD_NAME_MAX 76 /* behind it goes a value, in a line of 78 (RFC 5322 2.1.1) */

/*
 * Fields that a message may not lose or get from here: what the content says of itself,
 * what intake and delivery write, and From, for which [rewrite] has the rules.
 */
static const char *const reserved_fields[] = {"From", "Date", "Message-ID", "Bcc",
	"Received", "Return-Path", "MIME-Version", "Content-*", "Resent-*",
	"DKIM-Signature", NULL};

static int take_list(struct strv *list, int rc, void *field)
{
	if (rc < 0) {
		strv_release(list);
		return -1;
	}
	strv_release(field);
	*(struct strv *)field = *list;
	return 0;
}

static bool is_domain_entry(struct span s)
{
	return hostname_is_strict(span_starts(s, ".") ? span_from(s, 1) : s);
}

int value_parse_domains(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct strv list = {0};
	struct span word;
	int rc = 0;

	(void)spec;
	while (rc == 0 && span_word(&text, &word)) {
		if (list.count == LIST_MAX || !is_domain_entry(word))
			rc = -1;
		else
			strv_add(&list, word);
	}
	if (rc < 0)
		buf_addf(want,
			"up to %d domains between spaces, such as box.example.org or, "
			"for all below it, .example.org",
			LIST_MAX);
	return take_list(&list, rc, field);
}

/* RFC 5322 3.6.8: ftext */
static bool is_field_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] <= ' ' || s.data[i] >= 0x7f || s.data[i] == ':')
			return false;
	return s.len > 0 && s.len <= FIELD_NAME_MAX;
}

static bool is_reserved(struct span name)
{
	for (size_t i = 0; reserved_fields[i]; i++) {
		struct span reserved = span_of(reserved_fields[i]);

		if (span_ends(reserved, "*")) {
			reserved.len--;
			if (span_ieq(span_head(name, reserved.len), reserved))
				return true;
		} else if (span_ieq(name, reserved)) {
			return true;
		}
	}
	return false;
}

static int add_name(struct strv *list, struct span name)
{
	if (list->count == LIST_MAX || !is_field_name(name) || is_reserved(name))
		return -1;
	strv_add(list, name);
	return 0;
}

static void want_other_fields(struct buf *want)
{
	buf_add_str(want, "; not one of ");
	for (size_t i = 0; reserved_fields[i]; i++)
		buf_addf(want, "%s%s", i ? ", " : "", reserved_fields[i]);
}

int value_parse_names(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct strv list = {0};
	struct span word;
	int rc = 0;

	(void)spec;
	while (rc == 0 && span_word(&text, &word))
		rc = add_name(&list, word);
	if (rc < 0) {
		buf_addf(want,
			"up to %d names of header fields between spaces, such as "
			"X-Mailer",
			LIST_MAX);
		want_other_fields(want);
	}
	return take_list(&list, rc, field);
}

static bool is_placeholder(const struct value_spec *spec, struct span s)
{
	for (size_t i = 0; spec->words[i]; i++)
		if (span_starts(s, spec->words[i]))
			return true;
	return false;
}

static bool is_template(const struct value_spec *spec, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '%')
			continue;
		if (!is_placeholder(spec, span_from(text, i)))
			return false;
		i++;
	}
	return span_is_utf8(text);
}

static void want_placeholders(const struct value_spec *spec, struct buf *want)
{
	buf_add_str(want, " (");
	for (size_t i = 0; spec->words[i]; i++)
		buf_addf(want, "%s%s", i ? ", " : "", spec->words[i]);
	buf_add_str(want, " have a meaning)");
}

int value_parse_template(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	if (!is_template(spec, text)) {
		buf_add_str(want, "text in UTF-8 such as \"%n via %h\"");
		want_placeholders(spec, want);
		return -1;
	}
	value_set_string(field, text);
	return 0;
}

/* Take what stands before the next bar, "%|" being none, off `*rest`. */
static struct span next_entry(struct span *rest)
{
	struct span entry = *rest;
	size_t n = 0;

	while (n < rest->len && rest->data[n] != '|')
		n += rest->data[n] == '%' ? 2 : 1;
	entry = span_head(entry, n);
	*rest = span_from(*rest, n + 1);
	return span_trim(entry);
}

/* "Name: value" */
static int add_field(const struct value_spec *spec, struct span entry, struct strv *list)
{
	struct span value = entry;
	struct span name;

	(void)span_cut(&value, ':', &name);
	name = span_trim(name);
	if (list->count == LIST_MAX || !value.data || !is_field_name(name) ||
		is_reserved(name) || !is_template(spec, value))
		return -1;
	strv_add(list, entry);
	return 0;
}

int value_parse_fields(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct strv list = {0};
	int rc = 0;

	while (rc == 0 && text.len)
		rc = add_field(spec, next_entry(&text), &list);
	if (rc < 0) {
		buf_add_str(want,
			"header fields with a bar between them, such as \"X-Host: %h | "
			"X-Use: tests\"");
		want_placeholders(spec, want);
		want_other_fields(want);
	}
	return take_list(&list, rc, field);
}

void value_format_fields(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	const struct strv *list = field;

	(void)spec;
	for (size_t i = 0; i < list->count; i++)
		buf_addf(out, "%s%s", i ? " | " : "", list->items[i]);
}
