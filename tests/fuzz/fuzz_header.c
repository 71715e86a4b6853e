/*
 * Fields follow one another without a gap, values unfold to one line, and what is added
 * for any name is read back as the same one field.
 */
#include <stdint.h>

#include "base/bug.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_fields(struct span text)
{
	struct buf value = BUF_INIT(1 << 22);
	struct span rest = text;
	struct header_field field;

	while (header_next(&rest, &field)) {
		check(field.whole.data == text.data, "a gap");
		check(field.name.len && field.name.len < HEADER_NAME_MAX,
			"the name's length");
		check(field.name.data == field.whole.data, "the name's place");
		check(field.value.data > field.name.data &&
				field.value.data + field.value.len <= rest.data,
			"the value's place");
		buf_reset(&value);
		header_unfold(&value, field.value);
		check(span_find(buf_span(&value), '\n') < 0, "a line end");
		text = span_from(text, field.whole.len);
		check(text.len == rest.len, "the rest");
	}
	buf_release(&value);
}

static void check_phrase(struct span name)
{
	struct buf phrase = BUF_INIT(4096), header = BUF_INIT(8192),
		   value = BUF_INIT(8192);
	struct header_field field;
	struct span rest;
	struct fault f;

	if (header_add_phrase(&phrase, name, &f) < 0) {
		check(phrase.len == 0, "added on failure");
		return;
	}
	check(!phrase.is_overfull && !span_has_8bit(buf_span(&phrase)), "not a phrase");
	header_add(&header, "From", buf_span(&phrase));
	rest = buf_span(&header);
	check(header_next(&rest, &field) && rest.len == 0, "not one field");
	header_unfold(&value, field.value);
	check(span_eq(span_trim(buf_span(&value)), buf_span(&phrase)), "another value");
	buf_release(&phrase);
	buf_release(&header);
	buf_release(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	check_fields(text);
	check_phrase(text);
	return 0;
}
