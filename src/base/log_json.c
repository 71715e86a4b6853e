#include "base/log_json.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

/* ends an object that was cut */
#define TRUNCATED ",\"truncated\":true"

/* less room than this for a value is not worth a key */
#define VALUE_MIN 32

/* "2026-11-23T07:36:47.123Z" (RFC 3339) */
static void add_time(struct buf *out, int64_t time_us)
{
	char date[CLOCK_TEXT_MAX];

	clock_format_iso(time_us / 1000000, date, sizeof(date));
	buf_addf(out, "%.19s.%03dZ", date, (int)(time_us / 1000 % 1000));
}

static void add_head(struct buf *out, const struct log_json_head *head)
{
	static const char *const levels[] = {"error", "warning", "info", "debug"};

	buf_add_str(out, "{\"time\":\"");
	add_time(out, head->time_us);
	buf_addf(out, "\",\"level\":\"%s\",\"program\":\"nullmta\",\"pid\":%ld",
		levels[head->level], head->pid);
	buf_addf(out, ",\"event\":\"%s\"", head->event);
}

/* The longest beginning, in whole characters, that takes at most `room` octets. */
static struct span cut_to(struct span text, size_t room)
{
	struct buf one = BUF_INIT(64);
	uint32_t ignored;
	size_t taken = 0, used = 0;

	while (taken < text.len) {
		struct span rest = span_from(text, taken);
		size_t n = text_utf8(rest, &ignored);
		struct span character = span_head(rest, n ? n : 1);

		buf_reset(&one);
		json_add_string(&one, character);
		used += one.len - 2; /* its quotes */
		if (used > room)
			break;
		taken += character.len;
	}
	buf_release(&one);
	return span_head(text, taken);
}

/* False where it had to be cut; `end` is where `out` has to end at the latest. */
static bool add_text(struct buf *out, const struct log_field *field, size_t end)
{
	struct span text = span_of(field->text);
	struct span part;

	buf_addf(out, ",\"%s\":", field->key);
	part = cut_to(text, end - out->len - 2);
	json_add_string(out, part);
	return part.len == text.len;
}

static bool add_field(struct buf *out, const struct log_field *field, size_t end)
{
	if (!field->is_number && !field->text)
		return true;
	if (out->len + span_of(field->key).len + VALUE_MIN > end)
		return false;
	if (!field->is_number)
		return add_text(out, field, end);
	buf_addf(out, ",\"%s\":%" PRId64, field->key, field->number);
	return true;
}

void log_json_add(struct buf *out, const struct log_json_head *head,
	const struct log_field *fields, size_t max)
{
	size_t end = out->len + max - sizeof(TRUNCATED "}");
	bool is_whole = true;

	add_head(out, head);
	for (; is_whole && fields->key; fields++)
		is_whole = add_field(out, fields, end);
	buf_add_str(out, is_whole ? "}" : TRUNCATED "}");
}
