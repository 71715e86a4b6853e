/*
 * A line of the log for machines: one JSON object (RFC 8259), such as
 *
 *	{"time":"2026-11-23T07:36:47.123Z","level":"info","program":"nullmta","pid":412,
 *	 "event":"queued","id":"6C3MLHR9M9G68G","to":"a@example.org","recipients":1}
 */
#ifndef BASE_LOG_JSON_H
#define BASE_LOG_JSON_H

#include "base/buf.h"
#include "base/log.h"

/* What goes before the fields. */
struct log_json_head {
	int64_t time_us; /* since the epoch */
	enum log_level level;
	long pid;
	const char *event;
};

/*
 * Append the object, without line end, in at most `max` octets; valid whatever octets the
 * values have. A value that does not fit is cut, what is behind it left out, and the last
 * member is then "truncated":true. `max` is at least LOG_JSON_MIN.
 */
#define LOG_JSON_MIN 512
void log_json_add(struct buf *out, const struct log_json_head *head,
	const struct log_field *fields, size_t max);

#endif
