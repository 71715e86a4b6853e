#include "deliver/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

bool state_file_open(
	struct state_file *ret, const struct spool *spool, const char *name, size_t max)
{
	struct state_file s = {.text = BUF_INIT(max)};
	struct fault ignored;

	s.fd = openat(spool->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s.fd < 0)
		return false;
	if (file_lock(s.fd, name, &ignored) < 0) {
		file_close(s.fd);
		return false;
	}
	if (file_read_rest(s.fd, &s.text, name, &ignored) < 0)
		buf_reset(&s.text);
	*ret = s;
	return true;
}

void state_file_write(struct state_file *s, struct span text)
{
	struct fault ignored;

	/* half of it is as good as the lines in it are whole */
	if (ftruncate(s->fd, 0) == 0)
		(void)file_pwrite_all(s->fd, text, 0, "state", &ignored);
}

void state_file_close(struct state_file *s)
{
	file_close(s->fd);
	buf_release(&s->text);
}

bool state_file_is_empty(const struct spool *spool, const char *name)
{
	struct stat st;

	return fstatat(spool->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0;
}
