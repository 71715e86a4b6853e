#include "receiver/letter.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "lib/loopback.h"

#define NAME_MAX_LEN 32

void letter_init(struct letter *l)
{
	*l = (struct letter){
		.hello = BUF_INIT(LETTER_ENVELOPE_MAX),
		.sender = BUF_INIT(LETTER_ENVELOPE_MAX),
		.recipients = BUF_INIT(LETTER_ENVELOPE_MAX),
		.content = BUF_INIT(LETTER_CONTENT_MAX),
	};
}

void letter_release(struct letter *l)
{
	buf_release(&l->hello);
	buf_release(&l->sender);
	buf_release(&l->recipients);
	buf_release(&l->content);
}

void letter_reset(struct letter *l)
{
	buf_reset(&l->sender);
	buf_reset(&l->recipients);
	buf_reset(&l->content);
	l->recipient_count = 0;
	l->has_bare_cr = false;
	l->has_bare_lf = false;
}

void letter_set_hello(struct letter *l, struct span line)
{
	buf_reset(&l->hello);
	buf_add_span(&l->hello, line);
}

void letter_set_sender(struct letter *l, struct span path_and_parameters)
{
	letter_reset(l);
	buf_add_span(&l->sender, path_and_parameters);
}

void letter_add_recipient(struct letter *l, struct span path_and_parameters)
{
	buf_add_str(&l->recipients, "to ");
	buf_add_span(&l->recipients, path_and_parameters);
	buf_add_char(&l->recipients, '\n');
	l->recipient_count++;
}

static void note_flaws(struct letter *l, struct span line)
{
	struct span text = line;
	bool ends_right = span_ends(line, "\r\n");

	text.len -= ends_right ? 2 : 1;
	if (!ends_right)
		l->has_bare_lf = true;
	if (span_find(text, '\r') >= 0)
		l->has_bare_cr = true;
}

bool letter_read_content(struct letter *l, struct peer *p)
{
	struct span line = SPAN_NONE;
	bool is_line_start = true;

	while (peer_read_line(p, &line)) {
		if (is_line_start && span_is(line, ".\r\n")) {
			peer_logf(p, "content of %zu octets", l->content.len);
			return true;
		}
		note_flaws(l, line);
		if (is_line_start && span_starts(line, "."))
			line = span_from(line, 1);
		buf_add_span(&l->content, line);
		if (l->content.is_overfull)
			errx(2, "content over %d octets", LETTER_CONTENT_MAX);
		/* a bare LF starts no line: <LF>.<CRLF> is no end of the content */
		is_line_start = span_ends(line, "\r\n");
	}
	return false;
}

/* Not synced, unlike file_replace: a receiver that is killed is only a failed test. */
static void store_file(int dir, const char *name, struct span content)
{
	char hidden[NAME_MAX_LEN + 1];
	struct fault f;
	int fd;

	(void)snprintf(hidden, sizeof(hidden), ".%s", name); /* fits */
	fd = openat(dir, hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		err(2, "%s", hidden);
	if (file_write_all(fd, content, hidden, &f) < 0)
		errx(2, "%s", f.text);
	file_close(fd);
	if (renameat(dir, hidden, dir, name) < 0)
		err(2, "%s", name);
}

void letter_store(const struct letter *l, const struct peer *p)
{
	unsigned number = atomic_fetch_add(&p->receiver->shared->letters, 1) + 1;
	struct buf envelope = BUF_INIT(LETTER_ENVELOPE_MAX * 2);
	char name[NAME_MAX_LEN];
	char local[LOOPBACK_TEXT_MAX];

	loopback_local_text(p->fd, local);
	buf_addf(&envelope, "connection %u\nat %s\nhello %s\nfrom %s\n", p->number, local,
		buf_str(&l->hello), buf_str(&l->sender));
	buf_add_span(&envelope, buf_span(&l->recipients));
	(void)snprintf(name, sizeof(name), "%04u.env", number); /* fits */
	store_file(p->receiver->dir, name, buf_span(&envelope));
	(void)snprintf(name, sizeof(name), "%04u.eml", number); /* fits */
	store_file(p->receiver->dir, name, buf_span(&l->content));
	peer_logf(p, "stored %s", name);
	buf_release(&envelope);
}
