#include "mail/intake_header.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/qualify.h"

#define DATE_SHOWN_MAX 60 /* octets of a date that is none */

/* What is done with the fields of a name. */
enum rule {
	RULE_KEEP,
	RULE_DROP,
	RULE_FIRST, /* the first goes out */
	RULE_ONE,   /* a second one is refused */
	RULE_MERGE, /* all go out as one */
};

enum known {
	KNOWN_FROM,
	KNOWN_DATE,
	KNOWN_MESSAGE_ID,
	KNOWN_SENDER,
	KNOWN_TO,
	KNOWN_CC,
	KNOWN_BCC,
	KNOWN_REPLY_TO,
	KNOWN_SUBJECT,
	KNOWN_IN_REPLY_TO,
	KNOWN_REFERENCES,
	KNOWN_RECEIVED,
	KNOWN_RETURN_PATH,
	KNOWN_CONTENT_LENGTH,
	KNOWN_RESENT_FROM,
	KNOWN_RESENT_DATE,
	KNOWN_RESENT_MESSAGE_ID,
	KNOWN_RESENT_SENDER,
	KNOWN_RESENT_TO,
	KNOWN_RESENT_CC,
	KNOWN_RESENT_BCC,
	KNOWN_NOT,
};

/*
 * A second From is how one author hides behind another, so nobody gets to choose which
 * one is read; of the other fields that may stand once (RFC 5322 3.6) the first one counts,
 * as most readers have it. Blank fields of some names are as good as missing.
 */
static const struct {
	const char *name;
	enum rule rule;
	bool is_missing_if_blank;
	bool has_addresses; /* that go out: bare names get a domain */
} known_fields[] = {
	[KNOWN_FROM] = {"From", RULE_ONE, true, true},
	[KNOWN_DATE] = {"Date", RULE_FIRST, true, false},
	[KNOWN_MESSAGE_ID] = {"Message-ID", RULE_FIRST, true, false},
	[KNOWN_SENDER] = {"Sender", RULE_FIRST, true, true},
	[KNOWN_TO] = {"To", RULE_MERGE, false, true},
	[KNOWN_CC] = {"Cc", RULE_MERGE, false, true},
	[KNOWN_BCC] = {"Bcc", RULE_DROP, false, false},
	[KNOWN_REPLY_TO] = {"Reply-To", RULE_FIRST, false, true},
	[KNOWN_SUBJECT] = {"Subject", RULE_FIRST, false, false},
	[KNOWN_IN_REPLY_TO] = {"In-Reply-To", RULE_FIRST, false, false},
	[KNOWN_REFERENCES] = {"References", RULE_FIRST, false, false},
	[KNOWN_RECEIVED] = {"Received", RULE_KEEP, false, false},
	[KNOWN_RETURN_PATH] = {"Return-Path", RULE_DROP, false, false},
	[KNOWN_CONTENT_LENGTH] = {"Content-Length", RULE_DROP, false, false},
	[KNOWN_RESENT_FROM] = {"Resent-From", RULE_KEEP, false, true},
	[KNOWN_RESENT_DATE] = {"Resent-Date", RULE_KEEP, false, false},
	[KNOWN_RESENT_MESSAGE_ID] = {"Resent-Message-ID", RULE_KEEP, false, false},
	[KNOWN_RESENT_SENDER] = {"Resent-Sender", RULE_KEEP, false, true},
	[KNOWN_RESENT_TO] = {"Resent-To", RULE_KEEP, false, true},
	[KNOWN_RESENT_CC] = {"Resent-Cc", RULE_KEEP, false, true},
	[KNOWN_RESENT_BCC] = {"Resent-Bcc", RULE_DROP, false, false},
	[KNOWN_NOT] = {NULL, RULE_KEEP, false, false},
};

struct field {
	struct header_field text;
	enum known known;
};

struct section {
	const struct intake_options *options;
	struct buf *out;
	struct buf *oddities;
	struct field *fields;
	size_t count;
	bool has[KNOWN_NOT + 1];         /* one of them goes out */
	bool has_dropped[KNOWN_NOT + 1]; /* another one does not, and that was told */
	size_t domains_room;             /* octets that bare names may still get */
};

/* Fields of one resending, which stand together above an earlier one (RFC 5322 3.6.6). */
struct resent_block {
	size_t begin;
	size_t end;
	bool has[KNOWN_NOT + 1];
};

static enum known known_of(const struct header_field *field)
{
	for (size_t i = 0; i < KNOWN_NOT; i++)
		if (header_is(field, known_fields[i].name))
			return (enum known)i;
	return KNOWN_NOT;
}

static bool is_resent(const struct field *field)
{
	return span_istarts(field->text.name, "Resent-");
}

static bool is_trace(const struct field *field)
{
	return field->known == KNOWN_RECEIVED || field->known == KNOWN_RETURN_PATH;
}

static bool is_resent_recipient(const struct field *field)
{
	return field->known == KNOWN_RESENT_TO || field->known == KNOWN_RESENT_CC ||
	       field->known == KNOWN_RESENT_BCC;
}

static bool is_recipient(const struct field *field)
{
	return field->known == KNOWN_TO || field->known == KNOWN_CC ||
	       field->known == KNOWN_BCC;
}

static void take_fields(struct section *s, struct span header)
{
	struct field *field = s->fields;

	while (s->count < INTAKE_FIELDS_MAX && header_next(&header, &field->text)) {
		field->known = known_of(&field->text);
		field++;
		s->count++;
	}
}

static int check_fields(const struct section *s, struct fault *f)
{
	size_t received = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct field *field = &s->fields[i];

		if (span_find(field->text.whole, '\0') >= 0) {
			fault_set(f, FAULT_DATA, 0, "the header field %.*s has a NUL",
				SPAN_ARGS(span_head(field->text.name, 80)));
			return -1;
		}
		if (field->known == KNOWN_RECEIVED && ++received > INTAKE_RECEIVED_MAX) {
			fault_set(f, FAULT_DATA, 0,
				"5.4.6 more than %d Received fields: the message is "
				"going round in a loop",
				INTAKE_RECEIVED_MAX);
			return -1;
		}
	}
	return 0;
}

/* name and colon without the blanks that were between them (RFC 5322 4.5.8), value as is */
static void add_start(struct buf *out, const struct header_field *field)
{
	buf_add_span(out, field->name);
	buf_add_char(out, ':');
}

/* A header full of commas and bare names would grow to a hundred times its size. */
static int add_value(
	struct section *s, const struct field *field, struct span value, struct fault *f)
{
	if (!known_fields[field->known].has_addresses) {
		buf_add_span(s->out, value);
		return 0;
	}
	if (qualify_field(s->out, value, s->options->domain, &s->domains_room) == 0)
		return 0;
	fault_set(
		f, FAULT_DATA, 0, "5.3.4 the header has too many names without a domain");
	return -1;
}

static void merge(const struct section *s, size_t first, struct buf *out)
{
	struct span before = SPAN_NONE;

	for (size_t i = first; i < s->count; i++) {
		const struct header_field *field = &s->fields[i].text;

		if (s->fields[i].known != s->fields[first].known ||
			header_is_blank(field))
			continue;
		if (before.len) {
			buf_add_str(out, span_ends(before, ",") ? "\r\n " : ",\r\n ");
			buf_add_span(out, span_trim(field->value));
		} else {
			buf_add_span(out, field->value);
		}
		before = span_trim(field->value);
	}
	if (!before.len)
		buf_add_span(out, s->fields[first].text.value);
}

/* Bare names are looked for in the whole: that is what others will read. */
static int add_merged(struct section *s, size_t first, struct fault *f)
{
	struct buf value = BUF_INIT(2 * INTAKE_HEADER_MAX);
	int rc;

	merge(s, first, &value);
	rc = add_value(s, &s->fields[first], buf_span(&value), f);
	buf_release(&value);
	return rc;
}

static void begin_oddity(struct section *s)
{
	if (s->oddities->len)
		buf_add_str(s->oddities, "; ");
}

/* RFC 6409 8.2 lets us replace it; what it should say, its writer may still tell. */
static void tell_of_date(struct section *s, const struct header_field *date)
{
	if (date_is_valid(date->value))
		return;
	begin_oddity(s);
	buf_addf(s->oddities, "Date is no date (RFC 5322 3.3): %.*s",
		SPAN_ARGS(span_head(span_trim(date->value), DATE_SHOWN_MAX)));
}

static void tell_of_dropped(struct section *s, enum known known)
{
	if (s->has_dropped[known])
		return;
	s->has_dropped[known] = true;
	begin_oddity(s);
	buf_addf(s->oddities, "a second %s field is left out", known_fields[known].name);
}

static int add_field(struct section *s, size_t i, struct fault *f)
{
	const struct field *field = &s->fields[i];
	enum rule rule = known_fields[field->known].rule;
	int rc;

	if (known_fields[field->known].is_missing_if_blank &&
		header_is_blank(&field->text))
		return 0;
	if (rule == RULE_ONE && s->has[field->known]) {
		fault_set(f, FAULT_DATA, 0,
			"the message has two %s fields; it may have one (RFC 5322 3.6)",
			known_fields[field->known].name);
		return -1;
	}
	if (rule == RULE_FIRST && s->has[field->known])
		tell_of_dropped(s, field->known);
	if (rule == RULE_DROP || (rule != RULE_KEEP && s->has[field->known]))
		return 0;
	if (field->known == KNOWN_DATE)
		tell_of_date(s, &field->text);
	s->has[field->known] = true;
	add_start(s->out, &field->text);
	rc = rule == RULE_MERGE ? add_merged(s, i, f)
				: add_value(s, field, field->text.value, f);
	buf_add_str(s->out, "\r\n");
	return rc;
}

static void add_date(struct section *s, const char *name)
{
	char date[CLOCK_TEXT_MAX];

	clock_format_rfc5322(s->options->now_s, date, sizeof(date));
	header_add(s->out, name, span_of(date));
}

static void add_message_id(struct section *s, const char *name)
{
	struct buf id = BUF_INIT(512);
	unsigned char random[16];

	rand_fill(random, sizeof(random));
	buf_addf(&id, "<%" PRId64 ".", s->options->now_s);
	for (size_t i = 0; i < sizeof(random); i++)
		buf_addf(&id, "%02x", random[i]);
	buf_addf(&id, "@%s>", s->options->hostname);
	header_add(s->out, name, buf_span(&id));
	buf_release(&id);
}

static void add_from(struct section *s, const char *name, struct span phrase)
{
	struct buf value = BUF_INIT(8 * HEADER_PHRASE_MAX + ADDRESS_OCTETS_MAX);

	if (phrase.len) {
		buf_add_span(&value, phrase);
		buf_addf(&value, " <%s>", s->options->from);
	} else {
		buf_add_str(&value, s->options->from);
	}
	header_add(s->out, name, buf_span(&value));
	buf_release(&value);
}

/* Whether From names several people; one that cannot be parsed goes out as it is. */
static bool has_several_authors(const struct section *s)
{
	struct strv authors = {0};
	struct fault ignored;
	bool has_several = false;

	for (size_t i = 0; i < s->count; i++) {
		if (s->fields[i].known != KNOWN_FROM)
			continue;
		if (address_field_parse(s->fields[i].text.value, s->options->domain,
			    &authors, &ignored) == 0)
			has_several = authors.count > 1;
	}
	strv_release(&authors);
	return has_several;
}

static void add_missing(struct section *s, struct span phrase)
{
	if (!s->has[KNOWN_DATE])
		add_date(s, "Date");
	if (!s->has[KNOWN_MESSAGE_ID])
		add_message_id(s, "Message-ID");
	if (!s->has[KNOWN_FROM])
		add_from(s, "From", phrase);
	else if (!s->has[KNOWN_SENDER] && has_several_authors(s))
		header_add(s->out, "Sender", span_of(s->options->from));
}

/*
 * The next block at or behind `from`: it ends above a trace field, which the next hop put
 * on top of it, and where a field that stands once in a block comes again. Returns false
 * when there is none.
 */
static bool next_resent_block(
	const struct section *s, size_t from, struct resent_block *ret)
{
	struct resent_block block = {.begin = from};

	while (block.begin < s->count && !is_resent(&s->fields[block.begin]))
		block.begin++;
	for (block.end = block.begin; block.end < s->count; block.end++) {
		const struct field *field = &s->fields[block.end];

		if (is_trace(field))
			break;
		if (!is_resent(field) || field->known == KNOWN_NOT)
			continue;
		if (block.has[field->known] && !is_resent_recipient(field))
			break;
		block.has[field->known] = true;
	}
	*ret = block;
	return block.begin < s->count;
}

/* A message being sent again now has its block above all trace fields: complete that. */
static void add_missing_resent(struct section *s, struct span phrase)
{
	struct resent_block block;

	if (!next_resent_block(s, 0, &block))
		return;
	for (size_t i = 0; i < block.begin; i++)
		if (is_trace(&s->fields[i]))
			return;
	if (!block.has[KNOWN_RESENT_DATE])
		add_date(s, "Resent-Date");
	if (!block.has[KNOWN_RESENT_FROM])
		add_from(s, "Resent-From", phrase);
	if (!block.has[KNOWN_RESENT_MESSAGE_ID])
		add_message_id(s, "Resent-Message-ID");
}

static int take_recipients_of(const struct section *s, const struct field *field,
	struct strv *recipients, struct fault *f)
{
	if (address_field_parse(field->text.value, s->options->domain, recipients, f) <
		0) {
		fault_prefix(f, "%s", known_fields[field->known].name);
		return -1;
	}
	if (recipients->count > s->options->recipients_max) {
		fault_set(f, FAULT_DATA, 0, "the header names more than %zu recipients",
			s->options->recipients_max);
		return -1;
	}
	return 0;
}

/* of the topmost block that has any, else the plain ones (RFC 5322 3.6.6) */
static int take_recipients(
	const struct section *s, struct strv *recipients, struct fault *f)
{
	bool (*is_wanted)(const struct field *) = is_recipient;
	struct resent_block block = {0};
	size_t begin = 0, end = s->count;

	while (is_wanted == is_recipient && next_resent_block(s, block.end, &block)) {
		if (!block.has[KNOWN_RESENT_TO] && !block.has[KNOWN_RESENT_CC] &&
			!block.has[KNOWN_RESENT_BCC])
			continue;
		is_wanted = is_resent_recipient;
		begin = block.begin;
		end = block.end;
	}
	for (size_t i = begin; i < end; i++)
		if (is_wanted(&s->fields[i]) &&
			take_recipients_of(s, &s->fields[i], recipients, f) < 0)
			return -1;
	return 0;
}

static int complete(
	struct section *s, struct span phrase, struct strv *recipients, struct fault *f)
{
	if (check_fields(s, f) < 0)
		return -1;
	if (s->options->takes_recipients && take_recipients(s, recipients, f) < 0)
		return -1;
	add_missing_resent(s, phrase);
	for (size_t i = 0; i < s->count; i++)
		if (add_field(s, i, f) < 0)
			return -1;
	add_missing(s, phrase);
	return 0;
}

int intake_header_complete(struct span header, const struct intake_options *options,
	struct buf *out, struct strv *recipients, struct buf *oddities, struct fault *f)
{
	struct section s = {.options = options,
		.out = out,
		.oddities = oddities,
		.domains_room = INTAKE_DOMAINS_MAX};
	struct buf phrase = BUF_INIT(8 * HEADER_PHRASE_MAX);
	int rc;

	/* before it is known whether it is used: a bad -F is refused with any message */
	rc = header_add_phrase(&phrase, span_of(options->full_name), f);
	if (rc == 0) {
		s.fields = mem_array(INTAKE_FIELDS_MAX + 1, sizeof(*s.fields));
		take_fields(&s, header);
		rc = complete(&s, buf_span(&phrase), recipients, f);
	}
	free(s.fields);
	buf_release(&phrase);
	return rc;
}
