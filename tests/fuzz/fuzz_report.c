/*
 * A report about anything is in wire form, its status part has our fields only, and it
 * ends with its own boundary.
 */
#include <stdint.h>

#include "base/mem.h"
#include "mail/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_wire_form(struct span s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\r') {
			check(i + 1 < s.len && s.data[i + 1] == '\n', "bare CR");
			i++;
			column = 0;
		} else {
			check(s.data[i] != '\n', "bare LF");
			column++;
		}
	}
	check(column == 0, "no line end at the end");
}

static void check_status(const struct buf *report)
{
	static const char *const names[] = {"Reporting-MTA: ", "Original-Envelope-Id: ",
		"Arrival-Date: ", "X-Nullmta-Queue-Id: ", "Original-Recipient: ",
		"Final-Recipient: ", "Action: failed\r",
		"Status: ", "Remote-MTA: ", "Diagnostic-Code: ", "Last-Attempt-Date: "};
	static const char head[] = "Content-Type: message/delivery-status\r\n"
				   "Content-Transfer-Encoding: 7bit\r\n\r\n";
	const char *from = memmem(report->data, report->len, head, sizeof(head) - 1);
	struct span rest, line;

	check(from != NULL, "no status part");
	rest = span_from(
		buf_span(report), (size_t)(from - report->data) + sizeof(head) - 1);
	while (span_cut(&rest, '\n', &line)) {
		bool is_known = line.len == 1 || span_starts(line, " ");

		check(line.len <= 999, "a line of more than 998");
		if (span_starts(line, "--=_"))
			break;
		for (size_t i = 0; i < ARRAY_LEN(names) && !is_known; i++)
			is_known = span_starts(line, names[i]);
		check(is_known && !span_has_8bit(line), "a line that is not ours");
		check(line.len == 1 || span_trim(line).len, "a line of spaces");
	}
	check(rest.data != NULL, "no end of the status part");
}

/* The next string of the input, up to a NUL. */
static char *take_string(struct span *rest)
{
	struct span part = SPAN_NONE;

	(void)span_cut(rest, '\0', &part);
	return mem_copy(part.data ? part.data : "", part.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	char *s[8];

	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		s[i] = take_string(&rest);

	const struct recipient recipient = {.address = s[0], .orcpt = s[1]};
	const struct report_recipient rr = {.recipient = &recipient,
		.status = {5, 1, 1},
		.code = (int)(size % 2) * 550,
		.remote = s[2],
		.text = s[3],
		.time_s = 1};
	const struct report r = {.kind = REPORT_FAILED,
		.hostname = s[4],
		.from = s[5],
		.to = s[5],
		.unique = s[4],
		.queue_id = s[6],
		.envid = s[7],
		.content = rest,
		.is_full = size % 3 == 0,
		.recipients = &rr,
		.recipient_count = 1};
	struct buf out = BUF_INIT(REPORT_MAX);

	report_compose(&r, &out);
	check(!out.is_overfull, "overfull");
	check_wire_form(buf_span(&out));
	check_status(&out);
	buf_release(&out);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		free(s[i]);
	return 0;
}
