#include "fake_homes.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "mail/forward_answer.h"

/* The rest of the line of `user`; false: there is none. */
static bool find(const struct fake_homes *h, const char *user, struct span *ret)
{
	struct span rest = span_of(h->homes), line, name;

	while (rest.len && span_cut(&rest, '\n', &line))
		if (span_word(&line, &name) && span_is(name, user)) {
			*ret = span_trim(line);
			return true;
		}
	return false;
}

static int find_user(void *ctx, const char *name, struct fault *f)
{
	struct span ignored;

	(void)f;
	return find(ctx, name, &ignored);
}

static void note(void *ctx, unsigned line, const char *why)
{
	(void)ctx, (void)line, (void)why;
}

static void add_answer(struct buf *out, struct span text)
{
	const struct forward_critic critic = {note, NULL};
	struct forward fw = {.kind = FORWARD_LATER};

	if (!span_is(text, "!later"))
		forward_parse(&fw, text, &critic);
	forward_answer_format(out, &fw);
	if (span_is(text, "!half"))
		buf_truncate(out, out->len - 1);
	forward_release(&fw);
}

static void say(int fd, struct span text)
{
	struct buf out = BUF_INIT(4 * FORWARD_ANSWER_MAX);

	if (span_is(text, "!babble"))
		buf_add_str(&out, "found\naddress joe\nend\n");
	else if (span_is(text, "!flood"))
		for (size_t i = 0; i <= FORWARD_ANSWER_MAX; i++)
			buf_add_char(&out, 'x');
	else if (!span_is(text, "!gone"))
		add_answer(&out, text);
	if (send(fd, out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
		BUG("an answer does not fit a socket");
	buf_release(&out);
}

static bool is_ours(void *ctx, const char *user)
{
	struct span text;

	return find(ctx, user, &text) && !span_is(text, "!left");
}

static int refuse(enum fault_kind kind, struct fault *f)
{
	fault_set(f, kind, 0, "no way to that home");
	return -1;
}

static int open_door(void *ctx, enum local_task task, const char *user, struct fault *f)
{
	struct fake_homes *h = ctx;
	struct span text;
	int pair[2];

	if (task != LOCAL_FORWARD || !find(h, user, &text))
		BUG("nobody is there");
	h->asked++;
	if (span_is(text, "!denied"))
		return refuse(FAULT_ACCESS, f);
	if (span_is(text, "!trouble"))
		return refuse(FAULT_SYSTEM, f);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		BUG("socketpair");
	if (span_is(text, "!silent") && h->silent_count < FAKE_HOMES_SILENT_MAX) {
		h->silent[h->silent_count++] = pair[1];
		return pair[0];
	}
	say(pair[1], text);
	(void)close(pair[1]);
	return pair[0];
}

/* Each look at the clock is longer than anybody waits for an answer. */
static int64_t hurried_ms(void)
{
	static int64_t now_ms;

	return now_ms += FORWARDS_PATIENCE_MS;
}

void fake_homes_init(
	struct fake_homes *h, const char *homes, const struct alias_scope *scope)
{
	*h = (struct fake_homes){
		.homes = homes,
		.door = {.is_ours = is_ours, .open = open_door, .ctx = h},
		.local = {.scope = scope, .find_user = find_user, .ctx = h},
	};
	forwards_init(&h->forwards, &h->door, hurried_ms);
}

void fake_homes_release(struct fake_homes *h)
{
	forwards_release(&h->forwards);
	while (h->silent_count)
		(void)close(h->silent[--h->silent_count]);
}
