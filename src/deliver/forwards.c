#include "deliver/forwards.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/flush.h"
#include "mail/forward_answer.h"

void forwards_init(
	struct forwards *fs, const struct local_door *door, int64_t (*mono_ms)(void))
{
	*fs = (struct forwards){.door = door, .mono_ms = mono_ms};
}

void forwards_release(struct forwards *fs)
{
	for (size_t i = 0; i < fs->count; i++) {
		struct forwards_answer *a = fs->answers[i];

		forward_release(&a->forward);
		free(a->user);
		free(a->why);
		free(a);
	}
	free(fs->answers);
	*fs = (struct forwards){0};
}

/* Until there is something to read. 0, or -1 and a fault. */
static int wait_for(
	const struct forwards *fs, int fd, int64_t deadline_ms, struct fault *f)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left_ms = deadline_ms - fs->mono_ms();
		int n = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);

		if (n > 0)
			return 0;
		if (n == 0 || errno != EINTR || flush_is_stopping())
			break;
	}
	fault_set(f, FAULT_SYSTEM, 0, "no answer in time");
	return -1;
}

/* All of the answer. The process behind may do what its user has made it do. */
static int hear(const struct forwards *fs, int fd, struct buf *text, struct fault *f)
{
	int64_t left_ms = FORWARDS_PATIENCE_MS - fs->waited_ms;
	int64_t deadline_ms =
		fs->mono_ms() + (left_ms > FORWARDS_LAST_MS ? left_ms : FORWARDS_LAST_MS);

	while (!forward_answer_is_whole(buf_span(text))) {
		size_t room = text->max - text->len;
		ssize_t n;

		if (wait_for(fs, fd, deadline_ms, f) < 0)
			return -1;
		n = room ? file_read_some(fd, buf_reserve(text, room), room, "it", f) : 0;
		if (n < 0)
			return -1;
		if (n == 0) {
			fault_set(f, FAULT_SYSTEM, 0, "no whole answer");
			return -1;
		}
		buf_commit(text, (size_t)n);
	}
	return 0;
}

static int converse(
	struct forwards *fs, const char *user, struct forward *ret, struct fault *f)
{
	struct buf text = BUF_INIT(FORWARD_ANSWER_MAX);
	int64_t begun_ms = fs->mono_ms();
	int fd = fs->door->open(fs->door->ctx, LOCAL_FORWARD, user, f);
	int rc = fd < 0 ? -1 : hear(fs, fd, &text, f);

	if (rc == 0)
		rc = forward_answer_parse(ret, buf_span(&text), f);
	else
		fs->waited_ms += fs->mono_ms() - begun_ms;
	file_close(fd);
	buf_release(&text);
	return rc;
}

static void ask(struct forwards *fs, struct forwards_answer *a)
{
	struct fault f;

	if (!fs->door->is_ours(fs->door->ctx, a->user)) {
		a->is_left = true;
	} else if (converse(fs, a->user, &a->forward, &f) < 0) {
		a->is_left = f.kind == FAULT_ACCESS;
		a->forward.kind = FORWARD_LATER;
		a->why = mem_string(f.text);
	} else if (a->forward.kind == FORWARD_LATER) {
		a->why = mem_string("it cannot be read");
	}
}

const struct forwards_answer *forwards_ask(struct forwards *fs, const char *user)
{
	struct forwards_answer *a;

	for (size_t i = 0; i < fs->count; i++)
		if (strcmp(fs->answers[i]->user, user) == 0)
			return fs->answers[i];
	if (fs->count == fs->cap) {
		fs->cap = fs->cap ? 2 * fs->cap : 16;
		fs->answers = mem_regrow(fs->answers, fs->cap, sizeof(*fs->answers));
	}
	a = mem_alloc(sizeof(*a));
	*a = (struct forwards_answer){.user = mem_string(user)};
	ask(fs, a);
	fs->answers[fs->count++] = a;
	return a;
}
