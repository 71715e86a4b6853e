#include "deliver/host_memory.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/log.h"

void host_memory_load(struct hosts *ret, const struct spool *spool, int64_t now_s)
{
	struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
	struct fault ignored;

	hosts_init(ret);
	if (file_read(spool->fd, "state/hosts", &text, &ignored) == 0)
		hosts_parse(ret, buf_span(&text));
	hosts_expire(ret, now_s);
	buf_release(&text);
}

void host_memory_save(const struct hosts *hosts, const struct spool *spool)
{
	struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
	struct fault f;
	int dir = openat(
		spool->fd, "state", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = -1;

	hosts_format(hosts, &text);
	if (dir < 0)
		fault_set(&f, FAULT_SYSTEM, errno, "cannot open state/");
	else
		rc = file_replace(dir, "hosts", buf_span(&text), &f);
	if (rc < 0)
		log_event(
			LOG_LEVEL_WARNING, "host-memory-failed", LOG_TEXT("why", f.text));
	file_close(dir);
	buf_release(&text);
}
