#include "cmd/refusals.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define NAME "logins"

/* Nobody else has made it, nor can anybody put another one in its place. */
static bool is_ours(int fd, mode_t type, mode_t closed)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type &&
	       st.st_uid == geteuid() && !(st.st_mode & closed) &&
	       (type == S_IFDIR || st.st_nlink == 1);
}

static int open_file(int dir)
{
	int fd = openat(
		dir, NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd >= 0 && is_ours(fd, S_IFREG, 077))
		return fd;
	file_close(fd);
	return -1;
}

/* Whatever our umask is: users have to reach the sockets in it. */
static int open_directory(const char *path)
{
	bool is_new = mkdir(path, 0755) == 0; /* else it is there, or cannot be opened */
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0 && is_ours(dir, S_IFDIR, 022)) {
		if (is_new)
			(void)fchmod(dir, 0755);
		return dir;
	}
	file_close(dir);
	return -1;
}

int refusals_open(const char *directory)
{
	int dir = open_directory(directory);
	int fd = dir >= 0 ? open_file(dir) : -1;

	file_close(dir);
	return fd >= 0 ? fd : memfd_create(NAME, MFD_CLOEXEC);
}
