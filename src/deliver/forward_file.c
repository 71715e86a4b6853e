#include "deliver/forward_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "mail/forward_answer.h"

#define NAME ".forward"

struct reading {
	const struct user *user;
	struct buf path;
	struct buf text;
};

static void tell(const struct reading *r, const char *why, const char *hint)
{
	log_event(LOG_LEVEL_WARNING, "forward", LOG_TEXT("user", r->user->name),
		LOG_TEXT("file", buf_str(&r->path)), LOG_TEXT("why", why),
		LOG_TEXT("hint", hint));
}

static enum forward_kind refuse(const struct reading *r, const char *why)
{
	tell(r, why, "the mail stays in the mailbox");
	return FORWARD_MAILBOX;
}

static enum forward_kind postpone(const struct reading *r, const char *why)
{
	tell(r, why, "the mail waits");
	return FORWARD_LATER;
}

/* A home that is away looks like one that never was; what is left passes, or may. */
static enum forward_kind judge_errno(const struct reading *r, int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return FORWARD_MAILBOX;
	case EACCES:
	case EPERM:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO: /* a socket, or a device that is not there */
	case ENODEV:
		return refuse(r, strerror(err));
	default:
		return postpone(r, strerror(err));
	}
}

/* Who can write it can have the user's mail; NULL: only who may. */
static const char *find_objection(const struct stat *st, uid_t uid)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != uid && st->st_uid != 0)
		return "the file belongs to somebody else";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "others can write it; chmod go-w mends that";
	if (st->st_size > (off_t)FORWARD_OCTETS_MAX)
		return "larger than 64 KiB";
	return NULL;
}

/* FORWARD_FOUND: the text is there. */
static enum forward_kind read_open(struct reading *r, int fd)
{
	const char *objection;
	struct stat st;
	struct fault f;

	if (fstat(fd, &st) != 0)
		return postpone(r, strerror(errno));
	objection = find_objection(&st, r->user->uid);
	if (objection)
		return refuse(r, objection);
	if (file_read_rest(fd, &r->text, NAME, &f) < 0)
		return postpone(r, f.text);
	return FORWARD_FOUND;
}

static enum forward_kind read_text(struct reading *r)
{
	enum forward_kind kind;
	int fd;

	if (!r->user->home)
		return FORWARD_MAILBOX;
	buf_addf(&r->path, "%s/" NAME, r->user->home);
	if (r->path.is_overfull)
		return FORWARD_MAILBOX;
	/* the file may be a FIFO, or a terminal that wants to control us */
	fd = open(buf_str(&r->path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return judge_errno(r, errno);
	kind = read_open(r, fd);
	file_close(fd);
	return kind;
}

/* The log of the machine is read by others than the user: where, and not what. */
static void note_line(void *ctx, unsigned line, const char *why)
{
	const struct reading *r = ctx;

	log_event(LOG_LEVEL_WARNING, "forward", LOG_TEXT("user", r->user->name),
		LOG_TEXT("file", buf_str(&r->path)), LOG_NUMBER("line", line),
		LOG_TEXT("why", why));
}

void forward_file_read(struct forward *ret, const struct user *user)
{
	struct reading r = {.user = user,
		.path = BUF_INIT(PATH_MAX - 1),
		.text = BUF_INIT(FORWARD_OCTETS_MAX)};
	const struct forward_critic critic = {note_line, &r};
	enum forward_kind kind = read_text(&r);

	if (kind == FORWARD_FOUND)
		forward_parse(ret, buf_span(&r.text), &critic);
	else
		*ret = (struct forward){.kind = kind};
	buf_release(&r.path);
	buf_release(&r.text);
}

/* Who has asked may be gone: then there is nobody to tell. */
static void send_all(int fd, struct span data)
{
	while (data.len) {
		ssize_t n = send(fd, data.data, data.len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return;
		data = span_from(data, n < 0 ? 0 : (size_t)n);
	}
}

void forward_file_serve(const struct user *user, int fd)
{
	struct buf answer = BUF_INIT(FORWARD_ANSWER_MAX);
	struct forward fw;

	forward_file_read(&fw, user);
	forward_answer_format(&answer, &fw);
	send_all(fd, buf_span(&answer));
	forward_release(&fw);
	buf_release(&answer);
}
