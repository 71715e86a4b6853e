#include "receiver/receiver.h"

#include <err.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#define NOTE_MAX 8192

void receiver_note(const struct receiver *r, const char *name, struct span line)
{
	struct buf text = BUF_INIT(NOTE_MAX);
	int fd = openat(r->dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct fault f;

	if (fd < 0)
		err(2, "%s", name);
	text_clean(&text, line);
	buf_add_char(&text, '\n');
	if (file_write_all(fd, buf_span(&text), name, &f) < 0)
		errx(2, "%s", f.text);
	file_close(fd);
	buf_release(&text);
}
