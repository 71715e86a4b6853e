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

/*
 * By fcntl: a lock of flock(2) would be shared by all who have inherited the descriptor, as
 * its position is, which is used under the lock only.
 */
static bool lock_adopted(int fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_SETLKW, &lock) == 0;
}

bool state_file_adopt(struct state_file *ret, int fd, size_t max)
{
	struct state_file s = {.fd = fd, .is_adopted = true, .text = BUF_INIT(max)};
	struct fault ignored;

	if (!lock_adopted(fd, F_WRLCK))
		return false;
	if (lseek(fd, 0, SEEK_SET) != 0 ||
		file_read_rest(fd, &s.text, "state", &ignored) < 0)
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
	if (s->is_adopted)
		(void)lock_adopted(s->fd, F_UNLCK); /* it goes with the process, too */
	else
		file_close(s->fd);
	buf_release(&s->text);
}

bool state_file_is_empty(const struct spool *spool, const char *name)
{
	struct stat st;

	return fstatat(spool->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0;
}
