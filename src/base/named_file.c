#include "base/named_file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"

int named_file_read(const char *path, struct buf *ret, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int rc = -1;

	if (fd < 0 || fstat(fd, &st) != 0)
		fault_set(f, FAULT_CONFIG, errno, "cannot be read");
	else if (!S_ISREG(st.st_mode))
		fault_set(f, FAULT_CONFIG, 0, "is no regular file");
	else
		rc = file_read_rest(fd, ret, "it", f);
	file_close(fd);
	return rc;
}
