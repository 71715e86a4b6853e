/*
 * Whatever a person gives, the message has the fields that were asked for and no other, the
 * addresses in them are those of the envelope, and every line is one that SMTP takes.
 * Input: to, cc, from, subject, a field, a file name and content, with 0x01 between.
 */
#include <stdint.h>

#include "base/bug.h"
#include "base/mem.h"
#include "mail/address.h"
#include "mail/compose.h"
#include "mail/header.h"

#define DOMAIN  "client.test"
#define OUT_MAX (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum given { TO, CC, FROM, SUBJECT, FIELD, FILE_NAME, CONTENT, GIVEN_COUNT };

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_lines(struct span text, size_t octets_max)
{
	struct span line;

	while (span_cut(&text, '\n', &line) && text.data) {
		check(span_ends(line, "\r"), "a line end that is not CRLF");
		check(span_find(line, '\r') + 1 == (ptrdiff_t)line.len,
			"a CR amid a line");
		check(line.len - 1 <= octets_max, "a line that is too long");
	}
	check(line.len == 0 || octets_max > 76, "a header without its line end");
}

/* The addresses of a field, which must be those of the argument. */
static void check_addresses(const struct header_field *field, const char *argument)
{
	struct strv read = {0}, given = {0};
	struct fault f;

	check(address_list_parse(span_of(argument), DOMAIN, &given, &f) == 0, "argument");
	check(address_field_parse(field->value, NULL, &read, &f) == 0,
		"an address field");
	check(read.count == given.count, "the number of addresses");
	for (size_t i = 0; i < read.count; i++)
		check(address_is_same(span_of(read.items[i]), span_of(given.items[i])),
			"an address");
	strv_release(&read);
	strv_release(&given);
}

static void check_header(struct span text, char *const given[GIVEN_COUNT])
{
	static const char *const names[] = {
		[TO] = "To", [CC] = "Cc", [FROM] = "From", [SUBJECT] = "Subject"};
	unsigned seen[ARRAY_LEN(names)] = {0};
	struct header_field field;
	size_t others = 0;

	check_lines(text, 998);
	while (header_next(&text, &field)) {
		bool is_known = false;

		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			if (!header_is(&field, names[i]))
				continue;
			is_known = true;
			check(++seen[i] == 1, "a field twice");
			if (i != SUBJECT && *given[i])
				check_addresses(&field, given[i]);
		}
		others += !is_known;
	}
	check(text.len == 0, "what is no field");
	check(others == 1U + (*given[FIELD] != '\0'), "a field that nobody gave");
}

static void check_parts(const struct compose_options *o, char *const given[GIVEN_COUNT])
{
	struct span content = span_of(given[CONTENT]);
	struct buf out = BUF_INIT(OUT_MAX);
	struct compose_part part;
	const char *charset;
	enum mime_coding coding = compose_choose(o, content, true, &charset);

	compose_text(o, coding, charset, &part, &out);
	compose_add(&part, content, &out);
	compose_finish(&part, &out);
	compose_attachment(o, span_of(given[FILE_NAME]), "text/plain",
		span_head(content, 10), &part, &out);
	for (struct span rest = content; rest.len; rest = span_from(rest, 7))
		compose_add(&part, span_head(rest, 7), &out);
	compose_finish(&part, &out);
	compose_end(o, &out);
	check_lines(buf_span(&out), 998);
	check(!span_has_8bit(buf_span(&out)), "an octet over 127");
	buf_release(&out);
}

static void check_all(char *const given[GIVEN_COUNT])
{
	struct strv to = {0}, cc = {0}, fields = {0};
	struct buf out = BUF_INIT(OUT_MAX);
	struct fault f;
	struct compose_options o = {
		.to = &to,
		.cc = &cc,
		.fields = &fields,
		.from = *given[FROM] ? given[FROM] : NULL,
		.subject = given[SUBJECT],
		.domain = DOMAIN,
		.boundary = "B0UND",
	};

	if (*given[TO])
		strv_add(&to, span_of(given[TO]));
	if (*given[CC])
		strv_add(&cc, span_of(given[CC]));
	if (*given[FIELD])
		strv_add(&fields, span_of(given[FIELD]));
	if (compose_header(&o, &out, &f) == 0) {
		check_header(buf_span(&out), given);
		check_parts(&o, given);
	}
	strv_release(&to);
	strv_release(&cc);
	strv_release(&fields);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	char *given[GIVEN_COUNT];

	if (size == 0)
		return 0;
	for (size_t i = 0; i < GIVEN_COUNT; i++) {
		struct span part = SPAN_NONE;

		(void)span_cut(&rest, '\1', &part);
		given[i] = mem_copy(part.data ? part.data : "", part.len);
	}
	check_all(given);
	for (size_t i = 0; i < GIVEN_COUNT; i++)
		free(given[i]);
	return 0;
}
