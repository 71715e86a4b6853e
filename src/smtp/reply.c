#include "smtp/reply.h"

#include <string.h>

#include "base/text.h"

#define CODE_LEN 3

void smtp_reply_parser_init(struct smtp_reply_parser *p)
{
	*p = (struct smtp_reply_parser){
		.line = BUF_INIT(SMTP_REPLY_LINE_MAX),
		.text = BUF_INIT(SMTP_REPLY_OCTETS_MAX),
	};
}

void smtp_reply_parser_set_line_max(struct smtp_reply_parser *p, size_t line_max)
{
	p->line.max = line_max;
}

void smtp_reply_parser_release(struct smtp_reply_parser *p)
{
	buf_release(&p->line);
	buf_release(&p->text);
}

static void begin_reply(struct smtp_reply_parser *p)
{
	buf_reset(&p->line);
	buf_reset(&p->text);
	p->code = 0;
	p->lines = 0;
	p->octets = 0;
	p->is_done = false;
}

/*
 * Whether `line`, complete or not, is the beginning of `[2-5][0-5][0-9]` and '-', SP or
 * the end (RFC 5321 4.2). Tested on unfinished lines too, so that a server of another
 * protocol is not waited for until its deadline.
 */
static bool may_be_reply_line(struct span line)
{
	const char *s = line.data;

	return (line.len < 1 || (s[0] >= '2' && s[0] <= '5')) &&
	       (line.len < 2 || (s[1] >= '0' && s[1] <= '5')) &&
	       (line.len < 3 || text_is_digit(s[2])) &&
	       (line.len < 4 || s[3] == '-' || s[3] == ' ');
}

static bool may_be_unfinished_line(struct span line)
{
	/* the CR of an empty text has come, its LF has not */
	if (line.len == CODE_LEN + 1 && line.data[CODE_LEN] == '\r')
		line.len--;
	return may_be_reply_line(line);
}

static int line_code(struct span line)
{
	return (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 +
	       (line.data[2] - '0');
}

/* C.S.D in front of `text`, of class `class`; its length, or 0. */
static size_t status_length(struct span text, int class, struct outcome_status *ret)
{
	struct outcome_status status;
	ptrdiff_t space = span_find(text, ' ');
	struct span word = space < 0 ? text : span_head(text, (size_t)space);

	if (outcome_status_parse(word, &status) < 0 || status.class != class)
		return 0;
	*ret = status;
	return word.len;
}

static struct span first_line(struct span text)
{
	ptrdiff_t end = span_find(text, '\n');

	return end < 0 ? text : span_head(text, (size_t)end);
}

static void finish_reply(const struct smtp_reply_parser *p, struct smtp_reply *ret)
{
	int class = p->code / 100;

	*ret = (struct smtp_reply){.code = p->code, .text = buf_span(&p->text)};
	if (class == 3)
		return;
	ret->status.class = (unsigned short)class;
	(void)status_length(first_line(ret->text), class, &ret->status); /* or C.0.0 */
}

/* One line without its LF. */
static enum smtp_reply_progress take_line(struct smtp_reply_parser *p, struct span line)
{
	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	if (line.len < CODE_LEN || !may_be_reply_line(line))
		return SMTP_REPLY_GARBAGE;
	/* RFC 5321 4.2.1: the same code in every line */
	if (p->lines && line_code(line) != p->code)
		return SMTP_REPLY_GARBAGE;
	p->code = line_code(line);
	if (p->lines++)
		buf_add_char(&p->text, '\n');
	/* text may be empty, and so may the place of the separator (RFC 5321 4.2) */
	buf_add_span(&p->text, span_from(line, CODE_LEN + 1));
	if (line.len > CODE_LEN && line.data[CODE_LEN] == '-')
		return SMTP_REPLY_PARTIAL;
	p->is_done = true;
	return SMTP_REPLY_COMPLETE;
}

/* Keep a beginning of a line until the rest comes. */
static enum smtp_reply_progress keep(struct smtp_reply_parser *p, struct span part)
{
	size_t room = p->line.max - p->line.len;

	buf_add_span(&p->line, span_head(part, room));
	if (!may_be_unfinished_line(buf_span(&p->line)))
		return SMTP_REPLY_GARBAGE;
	return part.len > room ? SMTP_REPLY_ENDLESS : SMTP_REPLY_PARTIAL;
}

/* Take the next line of `*data`, or its beginning when the LF is not there. */
static enum smtp_reply_progress take_next(struct smtp_reply_parser *p, struct span *data)
{
	ptrdiff_t end = span_find(*data, '\n');
	struct span part = end < 0 ? *data : span_head(*data, (size_t)end);
	enum smtp_reply_progress progress;

	*data = span_from(*data, end < 0 ? data->len : (size_t)end + 1);
	p->octets += part.len + (end >= 0);
	if (p->octets > SMTP_REPLY_OCTETS_MAX || p->lines >= SMTP_REPLY_LINES_MAX)
		return SMTP_REPLY_ENDLESS;
	progress = keep(p, part);
	if (end < 0 || progress != SMTP_REPLY_PARTIAL)
		return progress;
	if (p->line.len + 1 > p->line.max)
		return SMTP_REPLY_ENDLESS;
	progress = take_line(p, buf_span(&p->line));
	if (progress != SMTP_REPLY_GARBAGE)
		buf_reset(&p->line);
	return progress;
}

enum smtp_reply_progress smtp_reply_feed(
	struct smtp_reply_parser *p, struct span *data, struct smtp_reply *ret)
{
	enum smtp_reply_progress progress = SMTP_REPLY_PARTIAL;

	if (p->is_done)
		begin_reply(p);
	while (data->len && progress == SMTP_REPLY_PARTIAL)
		progress = take_next(p, data);
	if (progress == SMTP_REPLY_COMPLETE)
		finish_reply(p, ret);
	return progress;
}

struct span smtp_reply_parser_line(const struct smtp_reply_parser *p)
{
	return buf_span(&p->line);
}

bool smtp_reply_parser_is_amid(const struct smtp_reply_parser *p)
{
	return !p->is_done && p->octets;
}

void smtp_reply_text(const struct smtp_reply *reply, char *out, size_t size)
{
	struct outcome_status status;
	struct span rest = reply->text, line;
	size_t used = 0;

	out[0] = '\0';
	while (span_cut(&rest, '\n', &line)) {
		if (used)
			line = span_from(
				line, status_length(line, reply->code / 100, &status));
		line = span_trim(line);
		if (line.len == 0)
			continue;
		if (used && used + 1 < size)
			out[used++] = ' ';
		text_clean_into(out + used, size - used, line);
		used += strlen(out + used);
	}
}

struct outcome smtp_reply_outcome(
	const struct smtp_reply *reply, enum outcome_kind kind, enum outcome_scope scope)
{
	static const unsigned short classes[] = {
		[OUTCOME_PENDING] = 4,
		[OUTCOME_DELIVERED] = 2,
		[OUTCOME_DEFERRED] = 4,
		[OUTCOME_FAILED] = 5,
	};
	struct outcome o = {.kind = kind, .scope = scope, .code = reply->code};

	o.status = reply->status;
	o.status.class = classes[kind];
	smtp_reply_text(reply, o.text, sizeof(o.text));
	return o;
}
