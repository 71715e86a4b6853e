/* sources: tests/support/intake_case.c */
/*
 * Any message comes out in wire form with facts that are true, whatever way it is cut; it
 * comes in again and goes out the same. The first octet has the options, the second the
 * length of the parts.
 */
#include <stdint.h>

#include "base/bug.h"
#include "base/strv.h"
#include "mail/header.h"
#include "mail/intake.h"
#include "intake_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	struct buf wire;
	struct content_facts facts;
	size_t recipients;
	int rc;
};

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static struct result run(
	const struct intake_options *options, struct span input, size_t part_octets)
{
	struct result r = {.wire = BUF_INIT(1 << 22)};
	struct intake *in = intake_new(options);
	struct fault f;

	while (r.rc == 0 && input.len) {
		struct span part = span_head(input, part_octets);

		r.rc = intake_feed(in, part, &r.wire, &f);
		input = span_from(input, part.len);
	}
	if (r.rc >= 0 && intake_finish(in, &r.wire, &f) < 0)
		r.rc = -1;
	r.facts = *intake_facts(in);
	r.recipients = intake_recipients(in)->count;
	intake_case_hide_random(&r.wire);
	intake_free(in);
	return r;
}

static void check_facts(const struct result *r)
{
	struct span rest = buf_span(&r->wire), line;
	size_t longest = 0;

	check(rest.len == r->facts.octets, "octets");
	check(span_has_8bit(rest) == r->facts.has_8bit, "has_8bit");
	check((span_find(rest, '\0') >= 0) == r->facts.has_nul, "has_nul");
	while (rest.len && span_cut(&rest, '\n', &line)) {
		check(line.len && span_find(line, '\r') == (ptrdiff_t)line.len - 1,
			"line end");
		longest = line.len - 1 > longest ? line.len - 1 : longest;
	}
	check(rest.data != NULL, "the last line has no end");
	check(longest == r->facts.longest_line, "longest_line");
}

/* a header that is complete and hides nobody */
static void check_header(struct span rest)
{
	unsigned from = 0, date = 0, id = 0;
	struct header_field field;

	while (header_next(&rest, &field)) {
		from += header_is(&field, "From");
		date += header_is(&field, "Date");
		id += header_is(&field, "Message-ID");
		check(!header_is(&field, "Bcc") && !header_is(&field, "Resent-Bcc"),
			"Bcc");
	}
	check(span_starts(rest, "\r\n"), "no empty line");
	check(from == 1 && date == 1 && id == 1, "From, Date, Message-ID");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct intake_options options = intake_case_options();
	struct result whole, split, again;
	struct span input;

	if (size < 2)
		return 0;
	input = (struct span){(const char *)data + 2, size - 2};
	options.dot_ends = data[0] & 1;
	options.takes_recipients = data[0] & 2;
	options.recipients_max = data[0] & 4 ? 3 : 9999;
	whole = run(&options, input, SIZE_MAX);
	split = run(&options, input, 1 + data[1]);
	check((whole.rc < 0) == (split.rc < 0), "a split decides");
	if (whole.rc >= 0) {
		check(span_eq(buf_span(&whole.wire), buf_span(&split.wire)),
			"a split shows");
		check(memcmp(&whole.facts, &split.facts, sizeof(whole.facts)) == 0,
			"facts");
		check(whole.recipients == split.recipients, "recipients");
		check_facts(&whole);
		check_header(buf_span(&whole.wire));
		options.dot_ends = false;
		options.takes_recipients = false;
		again = run(&options, buf_span(&whole.wire), SIZE_MAX);
		check(again.rc >= 0 &&
				span_eq(buf_span(&again.wire), buf_span(&whole.wire)),
			"completed twice");
		buf_release(&again.wire);
	}
	buf_release(&whole.wire);
	buf_release(&split.wire);
	return 0;
}
