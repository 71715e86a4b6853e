#include "deliver/letter.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define BLOCK        (64 * 1024)
#define OWN_LINE_MAX 4096 /* of our own lines: addresses, cleaned */

/* Gathers lines into blocks; after the first trouble it takes no more. */
struct sink {
	int fd;
	const char *what;
	struct fault *fault;
	struct buf pending;
	int rc;
};

static void sink_init(struct sink *s, int fd, const char *what, struct fault *f)
{
	*s = (struct sink){.fd = fd, .what = what, .fault = f};
	buf_init(&s->pending, BLOCK);
}

static void sink_put(struct sink *s, struct span data)
{
	if (s->rc == 0)
		s->rc = file_write_all(s->fd, data, s->what, s->fault);
}

static void sink_flush(struct sink *s)
{
	sink_put(s, buf_span(&s->pending));
	buf_reset(&s->pending);
}

static void sink_add(struct sink *s, struct span data)
{
	if (data.len > BLOCK - s->pending.len)
		sink_flush(s);
	if (data.len > BLOCK)
		sink_put(s, data);
	else
		buf_add_span(&s->pending, data);
}

/* Write what is left; the result of all that was added. */
static int sink_finish(struct sink *s)
{
	sink_flush(s);
	buf_release(&s->pending);
	return s->rc;
}

/* The address stands where a space would end it and a line end would start a field. */
static void add_from_line(struct sink *s, const struct letter *l)
{
	const char *sender = l->return_path[0] ? l->return_path : "MAILER-DAEMON";
	struct buf line = BUF_INIT(OWN_LINE_MAX);
	char date[CLOCK_TEXT_MAX];

	text_clean(&line, span_of(sender));
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] == ' ')
			line.data[i] = '-';
	clock_format_ctime(l->now_s, date, sizeof(date));
	buf_addf(&line, " %s\n", date);
	sink_add(s, SPAN_LIT("From "));
	sink_add(s, buf_span(&line));
	buf_release(&line);
}

static void add_address_field(struct sink *s, const char *name, const char *address)
{
	struct buf line = BUF_INIT(OWN_LINE_MAX);

	buf_addf(&line, "%s: ", name);
	text_clean(&line, span_of(address));
	buf_add_char(&line, '\n');
	sink_add(s, buf_span(&line));
	buf_release(&line);
}

static void add_trace(struct sink *s, const struct letter *l)
{
	struct buf path = BUF_INIT(OWN_LINE_MAX);

	buf_addf(&path, "<%s>", l->return_path);
	add_address_field(s, "Return-Path", buf_str(&path));
	if (l->delivered_to)
		add_address_field(s, "Delivered-To", l->delivered_to);
	buf_release(&path);
}

static bool needs_quote(struct span line)
{
	while (span_starts(line, ">"))
		line = span_from(line, 1);
	return span_starts(line, "From ");
}

/* Line by line, so that the message ends with a line end whatever it was. */
static void add_content(struct sink *s, struct span content, bool quotes_from)
{
	struct span line;

	while (content.len && span_cut(&content, '\n', &line)) {
		if (span_ends(line, "\r"))
			line.len--;
		if (quotes_from && needs_quote(line))
			sink_add(s, SPAN_LIT(">"));
		sink_add(s, line);
		sink_add(s, SPAN_LIT("\n"));
	}
}

int letter_write(const struct letter *l, int fd, const char *what, struct fault *f)
{
	struct sink s;

	sink_init(&s, fd, what, f);
	add_trace(&s, l);
	add_content(&s, l->content, false);
	return sink_finish(&s);
}

int letter_write_mbox(const struct letter *l, int fd, const char *what, struct fault *f)
{
	struct sink s;

	sink_init(&s, fd, what, f);
	add_from_line(&s, l);
	add_trace(&s, l);
	add_content(&s, l->content, true);
	sink_add(&s, SPAN_LIT("\n"));
	return sink_finish(&s);
}
