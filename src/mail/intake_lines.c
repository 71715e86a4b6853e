#include "mail/intake_lines.h"

#include <string.h>

#include "base/bug.h"

#define HELD_MAX 2

/* one feed: what is left of the input, and where output goes */
struct run {
	const char *from;
	const char *end;
	const char *cr; /* the first CR at or behind `from`, else `end`; may be stale */
	char *to;
};

static const char *find_cr(const char *from, const char *end)
{
	const char *cr = memchr(from, '\r', (size_t)(end - from));

	return cr ? cr : end;
}

static void put(struct intake_lines *lines, struct run *run, char c)
{
	*run->to++ = c;
	lines->is_inside = true;
}

static void put_line_end(struct intake_lines *lines, struct run *run)
{
	*run->to++ = '\r';
	*run->to++ = '\n';
	lines->is_inside = false;
}

static void decide_cr(struct intake_lines *lines, struct run *run)
{
	lines->held = INTAKE_HELD_NOTHING;
	if (*run->from != '\n') {
		put(lines, run, ' ');
		return;
	}
	run->from++;
	put_line_end(lines, run);
}

/* as sendmail: a lone dot ends, "..x" loses a dot, ".x" is what it is */
static void decide_dot(struct intake_lines *lines, struct run *run)
{
	enum intake_held held = lines->held;
	char c = *run->from;

	lines->held = INTAKE_HELD_NOTHING;
	if (c == '\n') {
		lines->has_ended = true;
	} else if (held == INTAKE_HELD_DOT && c == '\r') {
		lines->held = INTAKE_HELD_DOT_CR;
		run->from++;
	} else {
		put(lines, run, '.');
		if (held == INTAKE_HELD_DOT_CR)
			put(lines, run, ' ');
		else if (c == '.')
			run->from++;
	}
}

/* Copy `n` octets, all of one line, and make spaces of the CRs among them. */
static void copy(struct run *run, size_t n)
{
	memcpy(run->to, run->from, n);
	if (run->cr < run->from)
		run->cr = find_cr(run->from, run->end);
	while (run->cr < run->from + n) {
		run->to[run->cr - run->from] = ' ';
		run->cr = find_cr(run->cr + 1, run->end);
	}
	run->from += n;
	run->to += n;
}

/* up to the end of the line or of the input */
static void take_line(struct intake_lines *lines, struct run *run)
{
	const char *lf = memchr(run->from, '\n', (size_t)(run->end - run->from));
	const char *end = lf ? lf : run->end;
	bool has_cr = end > run->from && end[-1] == '\r';
	size_t n = (size_t)(end - run->from) - (has_cr ? 1 : 0);

	copy(run, n);
	if (lf) {
		run->from = lf + 1;
		put_line_end(lines, run);
	} else {
		run->from = run->end;
		lines->held = has_cr ? INTAKE_HELD_CR : INTAKE_HELD_NOTHING;
		lines->is_inside = lines->is_inside || n > 0;
	}
}

void intake_lines_feed(struct intake_lines *lines, struct span data, struct buf *out)
{
	char *start = buf_reserve(out, 2 * data.len + HELD_MAX);
	struct run run;

	if (!start)
		BUG("no room for the lines of a message");
	if (data.len == 0)
		return;
	run.from = data.data;
	run.end = data.data + data.len;
	run.cr = find_cr(run.from, run.end);
	run.to = start;
	while (run.from < run.end && !lines->has_ended) {
		if (lines->held == INTAKE_HELD_CR) {
			decide_cr(lines, &run);
		} else if (lines->held != INTAKE_HELD_NOTHING) {
			decide_dot(lines, &run);
		} else if (lines->dot_ends && !lines->is_inside && *run.from == '.') {
			lines->held = INTAKE_HELD_DOT;
			run.from++;
		} else {
			take_line(lines, &run);
		}
	}
	buf_commit(out, (size_t)(run.to - start));
}

void intake_lines_finish(struct intake_lines *lines, struct buf *out)
{
	static const char *const written[] = {
		[INTAKE_HELD_NOTHING] = "",
		[INTAKE_HELD_CR] = " ",
		[INTAKE_HELD_DOT] = "", /* a lone dot in the last line, unended */
		[INTAKE_HELD_DOT_CR] = ". ",
	};

	if (written[lines->held][0] != '\0')
		lines->is_inside = true;
	buf_add_str(out, written[lines->held]);
	if (lines->is_inside)
		buf_add_str(out, "\r\n");
	lines->held = INTAKE_HELD_NOTHING;
	lines->is_inside = false;
}
