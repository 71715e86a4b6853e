#include "spool/journal_line.h"

#include <inttypes.h>
#include <string.h>

#include "base/codec.h"
#include "base/text.h"

#define CRC_DIGITS 8
#define TIME_MAX_S 253402300799 /* the end of the year 9999 */
#define CODE_MAX   999

/* what stands where there is nothing to say */
#define NONE "-"

_Static_assert(OUTCOME_REMOTE_MAX + OUTCOME_TEXT_MAX + 128 <= JOURNAL_LINE_MAX,
	"the longest line must fit into what journal_reserve counts for it");

static const char *const event_names[] = {
	[JOURNAL_DELIVERED] = "delivered",
	[JOURNAL_DEFERRED] = "deferred",
	[JOURNAL_FAILED] = "failed",
	[JOURNAL_UNCERTAIN] = "uncertain",
	[JOURNAL_REPORTED] = "reported",
	[JOURNAL_WARNED] = "warned",
	[JOURNAL_RELEASED] = "released",
	[JOURNAL_RELAYED] = "relayed",
	[JOURNAL_EXPANDED] = "expanded",
};

static uint32_t checksum(const char *id, struct span line)
{
	return crc32c(crc32c(0, id, strlen(id)), line.data, line.len);
}

/*
 * What was cleaned where it entered passes unchanged. Anything else must neither end the
 * word or the line nor make the line one that journal_line_parse refuses.
 */
static void add_text(struct buf *out, struct span s, bool is_word)
{
	bool is_utf8 = span_is_utf8(s);

	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];
		bool is_wrong = text_is_control(c) || (is_word && c == ' ') ||
				(!is_utf8 && (unsigned char)c >= 0x80);

		buf_add_char(out, is_wrong ? '?' : c);
	}
}

static void add_status(struct buf *out, struct outcome_status status)
{
	char text[OUTCOME_STATUS_TEXT_MAX];
	struct outcome_status checked;

	outcome_status_format(status, text);
	buf_add_str(
		out, outcome_status_parse(span_of(text), &checked) == 0 ? text : NONE);
}

void journal_line_format(const struct journal_line *line, const char *id, struct buf *out)
{
	size_t start = out->len;

	buf_addf(out, "%" PRId64 " %zu %s ", line->time_s < 0 ? 0 : line->time_s,
		line->recipient, event_names[line->event]);
	add_status(out, line->status);
	buf_addf(out, " %d ", line->code < 0 || line->code > CODE_MAX ? 0 : line->code);
	add_text(out, line->remote.len ? line->remote : SPAN_LIT(NONE), true);
	buf_add_str(out, " \"");
	add_text(out, line->text, false);
	buf_add_str(out, "\" ");
	buf_addf(out, "%08" PRIx32 "\n", checksum(id, span_from(buf_span(out), start)));
}

/* The text of a line without its checksum, if that is right. */
static bool check_line(struct span line, const char *id, struct span *ret)
{
	uint32_t crc;
	size_t n;

	if (line.len <= CRC_DIGITS + 1)
		return false;
	n = line.len - CRC_DIGITS;
	if (hex_to_uint32(span_from(line, n), &crc) < 0 || line.data[n - 1] != ' ' ||
		crc != checksum(id, span_head(line, n)))
		return false;
	*ret = span_head(line, n - 1);
	return true;
}

/*
 * Every line stands for itself, the one behind a torn one too: each tells what has
 * happened to one recipient, and forgetting "delivered" would send twice.
 */
bool journal_line_next(struct span *rest, const char *id, struct span *ret)
{
	struct span line;

	while (span_cut(rest, '\n', &line))
		if (check_line(line, id, ret))
			return true;
	return false;
}

static bool parse_event(struct span word, enum journal_event *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(event_names); i++)
		if (span_is(word, event_names[i])) {
			*ret = (enum journal_event)i;
			return true;
		}
	return false;
}

static bool parse_status(struct span word, struct outcome_status *ret)
{
	*ret = (struct outcome_status){0};
	return span_is(word, NONE) || outcome_status_parse(word, ret) == 0;
}

bool journal_line_parse(struct span text, struct journal_line *ret)
{
	struct journal_line line = {0};
	struct span time, recipient, event, status, code;
	uint64_t time_s, number, code_number;

	if (!span_cut(&text, ' ', &time) || !span_cut(&text, ' ', &recipient) ||
		!span_cut(&text, ' ', &event) || !span_cut(&text, ' ', &status) ||
		!span_cut(&text, ' ', &code) || !span_cut(&text, ' ', &line.remote))
		return false;
	if (span_to_uint(time, TIME_MAX_S, &time_s) < 0 ||
		span_to_uint(recipient, JOURNAL_RECIPIENTS_MAX, &number) < 0 ||
		!parse_event(event, &line.event) || !parse_status(status, &line.status) ||
		span_to_uint(code, CODE_MAX, &code_number) < 0)
		return false;
	if (text.len < 2 || text.data[0] != '"' || text.data[text.len - 1] != '"')
		return false;
	line.time_s = (int64_t)time_s;
	line.recipient = (size_t)number;
	line.code = (int)code_number;
	line.text = span_from(span_head(text, text.len - 1), 1);
	if (span_is(line.remote, NONE))
		line.remote = SPAN_LIT("");
	if (line.remote.len >= OUTCOME_REMOTE_MAX || line.text.len >= OUTCOME_TEXT_MAX ||
		span_has_control(line.remote) || span_has_control(line.text) ||
		!span_is_utf8(line.remote) || !span_is_utf8(line.text))
		return false;
	*ret = line;
	return true;
}
