#include "cmd/explain_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/submit.h"
#include "mail/header.h"
#include "mail/intake.h"

#define BLOCK     (64 * 1024)
#define GIVEN_MAX (2 * INTAKE_HEADER_MAX)
#define WIRE_MAX  (4 * BLOCK + 2 * INTAKE_HEADER_MAX + INTAKE_ADDED_MAX)
#define ID        "(its id)" /* what %i would be */

static const char *const shown_fields[] = {
	"From", "Sender", "Reply-To", "Resent-From", "Resent-Sender"};

static int open_message(const char *path, struct fault *f)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
					: open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fault_set(f, FAULT_INPUT, errno, "%s", path);
	return fd;
}

/* The header section, CRLF CRLF behind it cut down to one; false while it is not whole. */
static bool has_header(const struct buf *wire, struct span *ret)
{
	const char *end = wire->len ? memmem(wire->data, wire->len, "\r\n\r\n", 4) : NULL;

	if (end)
		*ret = span_head(buf_span(wire), (size_t)(end - wire->data) + 2);
	return end != NULL;
}

/* Feed until the header is there; what follows is of no interest. */
static int read_header(struct explain_message *m, struct intake *in, int fd,
	struct buf *wire, struct fault *f)
{
	char *block = mem_alloc(BLOCK);
	struct span header;
	int rc = 0;

	while (rc == 0 && !has_header(wire, &header)) {
		ssize_t n = file_read_some(fd, block, BLOCK, "the message", f);

		rc = n < 0 ? -1 : 0;
		if (n <= 0)
			break;
		buf_add(&m->given, block, (size_t)n);
		rc = intake_feed(in, (struct span){block, (size_t)n}, wire, f);
	}
	if (rc >= 0 && !has_header(wire, &header))
		rc = intake_finish(in, wire, f);
	free(block);
	return rc < 0 ? -1 : 0;
}

int explain_message_read(struct explain_message *ret, const char *path,
	const struct setup *setup, const struct rewrite *rules, const char *sender,
	struct fault *f)
{
	struct buf name = BUF_INIT(2 * USER_FULL_NAME_MAX);
	struct buf wire = BUF_INIT(WIRE_MAX);
	struct intake_options options = {
		.takes_recipients = true,
		.octets_max = setup->conf.nullmta.message_size,
		.recipients_max = setup->conf.nullmta.recipients,
		.now_s = clock_now_s(),
		.hostname = setup->identity.hostname,
		.domain = setup->identity.domain,
		.from = sender,
	};
	struct span header = SPAN_NONE;
	struct intake *in;
	int rc = -1;
	int fd;

	*ret = (struct explain_message){
		.given = BUF_INIT(GIVEN_MAX), .leaves = BUF_INIT(4 * GIVEN_MAX)};
	user_full_name(&setup->user, &name);
	options.full_name = buf_str(&name);
	in = intake_new(&options);
	fd = open_message(path, f);
	if (fd >= 0)
		rc = read_header(ret, in, fd, &wire, f);
	if (rc == 0) {
		const struct strv *found = intake_recipients(in);

		for (size_t i = 0; i < found->count; i++)
			strv_add(&ret->recipients, span_of(found->items[i]));
		(void)has_header(&wire, &header);
		rewrite_header(rules, header, ID, &ret->leaves);
	}
	file_close(fd);
	intake_free(in);
	buf_release(&wire);
	buf_release(&name);
	return rc;
}

void explain_message_release(struct explain_message *m)
{
	buf_release(&m->given);
	buf_release(&m->leaves);
	strv_release(&m->recipients);
}

/* Equal but for line ends. */
static bool is_same(const struct header_field *a, const struct header_field *b)
{
	struct buf left = BUF_INIT(GIVEN_MAX), right = BUF_INIT(GIVEN_MAX);
	bool same = span_ieq(a->name, b->name);

	if (same) {
		header_unfold(&left, a->value);
		header_unfold(&right, b->value);
		same = span_eq(span_trim(buf_span(&left)), span_trim(buf_span(&right)));
	}
	buf_release(&left);
	buf_release(&right);
	return same;
}

static bool has_field(struct span section, const struct header_field *wanted)
{
	struct header_field field;

	while (header_next(&section, &field))
		if (is_same(&field, wanted))
			return true;
	return false;
}

static bool is_shown(const struct header_field *field)
{
	for (size_t i = 0; i < ARRAY_LEN(shown_fields); i++)
		if (header_is(field, shown_fields[i]))
			return true;
	return false;
}

static void add_line(struct buf *out, char mark, const struct header_field *field)
{
	struct buf value = BUF_INIT(GIVEN_MAX);

	header_unfold(&value, field->value);
	buf_addf(out, "  %c ", mark);
	text_clean(out, field->name);
	buf_add_str(out, ": ");
	text_clean(out, span_trim(buf_span(&value)));
	buf_add_char(out, '\n');
	buf_release(&value);
}

/* Without the line that mbox puts before a message. */
static struct span given_section(const struct explain_message *m)
{
	struct span given = buf_span(&m->given), line;

	if (span_starts(given, "From ") || span_starts(given, ">From "))
		(void)span_cut(&given, '\n', &line);
	return given;
}

void explain_message_compare(const struct explain_message *m, struct buf *out)
{
	struct span given = given_section(m);
	struct span rest = given;
	struct header_field field;

	while (header_next(&rest, &field))
		if (!has_field(buf_span(&m->leaves), &field))
			add_line(out, '-', &field);
	rest = buf_span(&m->leaves);
	while (header_next(&rest, &field)) {
		bool was_there = has_field(given, &field);

		if (!was_there || is_shown(&field))
			add_line(out, was_there ? '=' : '+', &field);
	}
}
