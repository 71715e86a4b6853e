/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* ldflags: -Wl,--wrap=fsync -Wl,--wrap=fallocate */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/job.h"
#include "tests/support/fake_world.h"

#define BLOCK (64 * 1024)

static bool disk_cannot_sync;
static bool disk_is_full;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fallocate(int fd, int mode, off_t at, off_t n);
int __wrap_fallocate(int fd, int mode, off_t at, off_t n);

int __wrap_fsync(int fd)
{
	errno = EIO;
	return disk_cannot_sync ? -1 : __real_fsync(fd);
}

int __wrap_fallocate(int fd, int mode, off_t at, off_t n)
{
	errno = ENOSPC;
	return disk_is_full ? -1 : __real_fallocate(fd, mode, at, n);
}

struct scene {
	struct fake_world w;
	struct plan plan;
	struct destination *d;
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct route route = {.kind = ROUTE_MX, .port = 25, .name = "dest.example"};

	disk_cannot_sync = false;
	disk_is_full = false;
	fake_world_make(&s->w, NULL);
	s->d = plan_destination(&s->plan, &route);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	plan_release(&s->plan);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

static struct job *begin(struct scene *s, const struct spool_entry *e)
{
	const struct plan_job planned = {*e, PLAN_NOT_SHARED};

	return job_begin(&s->w.flush, s->d, &planned, NULL);
}

static struct outcome delivered(void)
{
	return outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.0.0", "ok");
}

/* The whole content as the engine asks for it; false when it cannot be given. */
static bool read_all(struct job *j, size_t block, struct buf *out, struct outcome *why)
{
	char *to = mem_alloc(block);
	bool is_last = false;
	ssize_t n = 0;

	buf_reset(out);
	if (job_prepare(j, &(struct smtp_extensions){0}, why) < 0)
		n = -1;
	while (!is_last && n >= 0) {
		n = job_content(j, out->len, to, block, &is_last, why);
		if (n > 0)
			buf_add(out, to, (size_t)n);
	}
	free(to);
	return n >= 0;
}

static void the_trace_field_comes_first(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(
		&s->w, &(struct fake_mail){
			       .content = "Subject: x\r\n\r\nbody\r\n", .age_s = 60});
	struct buf content = BUF_INIT(BLOCK);
	struct buf expected = BUF_INIT(BLOCK);
	struct outcome why;
	struct job *j;

	(void)setenv("TZ", "UTC", 1);
	j = begin(s, &e);
	assert_non_null(j);
	assert_true(read_all(j, BLOCK, &content, &why));
	/* the owner is the directory's; the time is of the submission */
	buf_addf(&expected,
		"Received: by client.test (nullmta, from uid %lu)\r\n"
		"\tid %s; Mon, 23 Nov 2026 07:35:47 +0000\r\n"
		"Subject: x\r\n\r\nbody\r\n",
		(unsigned long)s->w.dir.spool.owner, e.id);
	assert_string_equal(buf_str(&content), buf_str(&expected));
	/* SIZE= counts it too (RFC 1870 3) */
	assert_int_equal(j->message.facts.octets, content.len);
	job_end(j, 0);
	buf_release(&content);
	buf_release(&expected);
}

static void content_is_read_in_blocks_and_again(void **state)
{
	struct scene *s = *state;
	size_t n = 300 * 1000;
	char *text = mem_alloc(n + 1);
	struct spool_entry e;
	struct buf once = BUF_INIT(2 * n);
	struct buf again = BUF_INIT(2 * n);
	struct outcome why;
	struct job *j;

	for (size_t i = 0; i < n; i++)
		text[i] = i % 50 == 48   ? '\r'
			  : i % 50 == 49 ? '\n'
					 : (char)('a' + i % 26);
	e = fake_world_mail(&s->w, &(struct fake_mail){.content = text});
	j = begin(s, &e);
	assert_true(read_all(j, BLOCK, &once, &why));
	/* a message of several transactions is asked for from the start again */
	assert_true(read_all(j, 4096, &again, &why));
	assert_true(span_eq(buf_span(&once), buf_span(&again)));
	assert_true(span_ends(buf_span(&once), text));
	job_end(j, 0);
	buf_release(&once);
	buf_release(&again);
	free(text);
}

static void an_empty_message_is_its_trace_field(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){.content = ""});
	struct buf content = BUF_INIT(BLOCK);
	struct outcome why;
	struct job *j = begin(s, &e);

	assert_true(read_all(j, BLOCK, &content, &why));
	assert_int_equal(content.len, j->trace.len);
	job_end(j, 0);
	buf_release(&content);
}

/* Change one octet of the content behind the envelope. */
static void damage(struct scene *s, const char *id)
{
	struct spool_entry e;
	char name[SPOOL_NAME_MAX];
	off_t end;
	int fd;

	assert_true(fake_world_find(&s->w, id, &e));
	spool_entry_path(&e, name);
	fd = openat(s->w.dir.spool.fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	end = lseek(fd, 0, SEEK_END);
	assert_int_equal(pwrite(fd, "X", 1, end - 3), 1);
	file_close(fd);
}

static void what_is_not_what_was_accepted_is_set_aside(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct buf content = BUF_INIT(BLOCK);
	struct outcome why;
	struct job *j;

	damage(s, e.id);
	j = begin(s, &e);
	/* the last octets are never given, so the final dot is never sent */
	assert_false(read_all(j, BLOCK, &content, &why));
	assert_int_equal(why.kind, OUTCOME_DEFERRED);
	assert_int_equal(why.scope, OUTCOME_MESSAGE);
	assert_non_null(strstr(why.text, "damaged"));
	job_outcome(j, 0, &why);
	assert_false(job_is_undecided(j));
	job_end(j, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	assert_int_equal(fake_world_logged(&s->w, "event=damaged"), 1);
	assert_int_equal(fake_world_report_count(&s->w), 0);
	buf_release(&content);
}

static void what_became_shorter_is_set_aside(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct buf content = BUF_INIT(BLOCK);
	struct spool_entry now;
	char path[256], name[SPOOL_NAME_MAX];
	struct outcome why;
	struct job *j = begin(s, &e);

	assert_true(fake_world_find(&s->w, e.id, &now));
	spool_entry_path(&now, name);
	(void)snprintf(path, sizeof(path), "%s/%s", s->w.dir.path, name);
	assert_int_equal(truncate(path, (off_t)j->own.message.content_at + 5), 0);
	assert_false(read_all(j, BLOCK, &content, &why));
	job_outcome(j, 0, &why);
	job_end(j, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	buf_release(&content);
}

/* Claimed by the run, as the worker of one destination has it. */
static void claim_shared(struct scene *s, struct claim *c, const struct spool_entry *e)
{
	struct fault f;

	assert_int_equal(claim_take(c, &s->w.flush, e, &f), MESSAGE_OPEN);
	c->is_shared = true;
	assert_int_equal(claim_reserve(c, 4, &f), 0);
}

static struct job *begin_shared(
	struct scene *s, struct claim *mine, const struct claim *runs)
{
	struct claim *shared[] = {mine};
	const struct plan_job planned = {runs->message.entry, 0};
	struct fault f;

	/* what fork(2) does: the same open files, memory of one's own */
	*mine = *runs;
	mine->message.fd = dup(runs->message.fd);
	mine->journal.fd = dup(runs->journal.fd);
	mine->past = (struct journal_state){0};
	mine->addressees = (struct expansion){0};
	mine->message.envelope = (struct envelope){
		.arrival_s = runs->message.envelope.arrival_s,
		.facts = runs->message.envelope.facts,
		.sender = mem_string(runs->message.envelope.sender),
	};
	memcpy(mine->message.envelope.id, runs->message.envelope.id, ENVELOPE_ID_LEN + 1);
	for (size_t i = 0; i < runs->message.envelope.recipient_count; i++)
		envelope_add_recipient(&mine->message.envelope,
			span_of(runs->message.envelope.recipients[i].address), 0, NULL);
	assert_int_equal(claim_reload(mine, &f), 0);
	expansion_make(
		&mine->addressees, &s->w.flush, &mine->message.envelope, &mine->past);
	return job_begin(&s->w.flush, s->d, &planned, shared);
}

static struct spool_entry shared_mail(struct scene *s)
{
	return fake_world_mail(
		&s->w, &(struct fake_mail){.to = {"a@dest.example", "b@other.example"}});
}

static void a_worker_leaves_a_shared_message_to_the_run(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = shared_mail(s);
	struct outcome ok = delivered();
	struct claim runs, mine;
	struct fault f;
	struct job *j;

	claim_shared(s, &runs, &e);
	j = begin_shared(s, &mine, &runs);
	assert_int_equal(j->count, 1);
	assert_string_equal(j->recipients[0]->address, "a@dest.example");
	job_outcome(j, 0, &ok);
	assert_false(job_is_undecided(j));
	job_end(j, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(claim_reload(&runs, &f), 0);
	assert_false(claim_is_pending(&runs, 0));
	assert_true(claim_is_pending(&runs, 1));
	claim_settle(&runs, &s->w.flush);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
}

static void a_shared_message_with_a_lost_record_is_not_sent_again(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = shared_mail(s);
	struct outcome ok = delivered();
	struct claim runs, mine;
	struct fault f;
	struct job *j;

	claim_shared(s, &runs, &e);
	j = begin_shared(s, &mine, &runs);
	job_outcome(j, 0, &ok);
	disk_cannot_sync = true;
	claim_sync(j->claim);
	disk_cannot_sync = false;
	job_end(j, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	/* the run finds it set aside and leaves it there */
	assert_int_equal(claim_reload(&runs, &f), 0);
	claim_settle(&runs, &s->w.flush);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	assert_int_equal(fake_world_logged(&s->w, "event=parked"), 1);
	assert_int_equal(fake_world_logged(&s->w, "event=reschedule-failed"), 0);
}

static void a_shared_message_that_is_damaged_is_set_aside(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = shared_mail(s);
	struct buf content = BUF_INIT(BLOCK);
	struct claim runs, mine;
	struct outcome why;
	struct job *j;

	claim_shared(s, &runs, &e);
	damage(s, e.id);
	j = begin_shared(s, &mine, &runs);
	assert_false(read_all(j, BLOCK, &content, &why));
	job_outcome(j, 0, &why);
	job_end(j, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	claim_settle(&runs, &s->w.flush);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	buf_release(&content);
}

static void only_pending_recipients_of_this_destination_are_tried(void **state)
{
	struct scene *s = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@DEST.example",
					 "c@other.example", "d@dest.example"}};
	struct spool_entry e = fake_world_mail(&s->w, &mail);
	struct outcome ok = delivered();
	struct journal journal;
	struct fault f;
	struct job *j;

	journal_init(&journal, &s->w.dir.spool, e.id);
	assert_int_equal(
		journal_append(&journal, FAKE_NOW, 0, JOURNAL_DELIVERED, &ok, &f), 0);
	journal_close(&journal);
	j = begin(s, &e);
	assert_int_equal(j->count, 2);
	assert_int_equal(j->message.recipient_count, 2);
	assert_string_equal(j->recipients[0]->address, "b@DEST.example");
	assert_string_equal(j->recipients[1]->address, "d@dest.example");
	job_leave(j);
}

static void what_is_done_already_is_settled_without_a_session(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct outcome ok = delivered();
	struct journal journal;
	struct fault f;

	journal_init(&journal, &s->w.dir.spool, e.id);
	assert_int_equal(
		journal_append(&journal, FAKE_NOW, 0, JOURNAL_DELIVERED, &ok, &f), 0);
	journal_close(&journal);
	assert_null(begin(s, &e));
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
}

static void what_is_not_ours_gives_no_job(void **state)
{
	struct scene *s = *state;
	struct spool_entry busy = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct spool_entry gone = busy;
	char name[SPOOL_NAME_MAX];
	int fd;

	spool_entry_path(&busy, name);
	fd = openat(s->w.dir.spool.fd, name, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_null(begin(s, &busy));
	file_close(fd);
	gone.id[ENVELOPE_ID_LEN - 1] ^= 1;
	assert_null(begin(s, &gone));
	/* both are no news */
	assert_int_equal(fake_world_logged(&s->w, "event=not-tried"), 0);
}

static void on_a_full_disk_nothing_is_started(void **state)
{
	struct scene *s = *state;
	struct spool_entry two = fake_world_mail(
		&s->w, &(struct fake_mail){.to = {"a@dest.example", "b@dest.example"}});
	struct spool_entry one = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct job *j;

	disk_is_full = true;
	assert_null(begin(s, &two));
	assert_int_equal(fake_world_logged(&s->w, "event=not-tried"), 1);
	assert_string_equal(fake_world_box(&s->w, two.id), "cur");
	/* a single recipient needs no journal */
	j = begin(s, &one);
	assert_non_null(j);
	job_leave(j);
	/* and the claim of the other one has ended */
	disk_is_full = false;
	assert_true(fake_world_find(&s->w, two.id, &two));
	j = begin(s, &two);
	assert_non_null(j);
	job_leave(j);
}

static void what_a_host_said_waits_for_the_next_host(void **state)
{
	struct scene *s = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example",
					 "c@dest.example", "d@dest.example"}};
	struct spool_entry e = fake_world_mail(&s->w, &mail);
	struct outcome ok = delivered();
	struct outcome too_large =
		outcome_make(OUTCOME_FAILED, OUTCOME_HOST, "5.3.4", "too large");
	struct outcome untried =
		outcome_make(OUTCOME_PENDING, OUTCOME_HOST, "4.3.0", "not tried");
	struct outcome uncertain =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.2", "no reply");
	struct job *j = begin(s, &e);

	uncertain.may_be_delivered = true;
	job_outcome(j, 2, &uncertain); /* never another host at once (RFC 1047) */
	job_outcome(j, 0, &ok);
	job_outcome(j, 1, &too_large);
	job_outcome(j, 3, &untried);
	assert_true(job_is_undecided(j));
	assert_int_equal(j->count, 2);
	assert_int_equal(j->message.recipient_count, 2);
	assert_string_equal(j->recipients[0]->address, "b@dest.example");
	assert_string_equal(j->recipients[1]->address, "d@dest.example");
	assert_true(job_is_untried(j));
	/* the next host takes the one, and there is no further one */
	job_outcome(j, 1, &ok);
	assert_true(job_is_undecided(j));
	assert_false(job_is_untried(j));
	assert_string_equal(j->recipients[0]->address, "b@dest.example");
	job_give_up(j, NULL);
	assert_false(job_is_undecided(j));
	job_end(j, 0);
	assert_int_equal(s->d->slot->delivered, 2);
	assert_int_equal(s->d->slot->failed, 1);
	assert_int_equal(s->d->slot->deferred, 1);
	assert_string_equal(s->d->slot->last_failure.text, "too large");
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(fake_world_report_count(&s->w), 1);
}

static void who_was_not_asked_is_deferred_in_the_end(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct outcome untried =
		outcome_make(OUTCOME_PENDING, OUTCOME_HOST, "4.3.0", "not tried");
	struct job *j = begin(s, &e);

	job_outcome(j, 0, &untried);
	assert_true(job_is_undecided(j));
	job_give_up(j, NULL);
	job_end(j, 0);
	assert_int_equal(s->d->slot->deferred, 1);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
}

/* A run that is stopped: nothing expires because of it. */
static void what_is_left_keeps_its_time(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(
		&s->w, &(struct fake_mail){.age_s = 9 * 86400, .attempts = 20});
	struct outcome untried =
		outcome_make(OUTCOME_PENDING, OUTCOME_HOST, "4.3.0", "not tried");
	struct job *j = begin(s, &e);

	job_outcome(j, 0, &untried);
	job_leave(j);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(fake_world_report_count(&s->w), 0);
	assert_true(fake_world_find(&s->w, e.id, &e));
	j = begin(s, &e); /* its claim has ended */
	assert_non_null(j);
	job_leave(j);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(the_trace_field_comes_first),
		TEST(content_is_read_in_blocks_and_again),
		TEST(an_empty_message_is_its_trace_field),
		TEST(what_is_not_what_was_accepted_is_set_aside),
		TEST(what_became_shorter_is_set_aside),
		TEST(a_worker_leaves_a_shared_message_to_the_run),
		TEST(a_shared_message_with_a_lost_record_is_not_sent_again),
		TEST(a_shared_message_that_is_damaged_is_set_aside),
		TEST(only_pending_recipients_of_this_destination_are_tried),
		TEST(what_is_done_already_is_settled_without_a_session),
		TEST(what_is_not_ours_gives_no_job),
		TEST(on_a_full_disk_nothing_is_started),
		TEST(what_a_host_said_waits_for_the_next_host),
		TEST(who_was_not_asked_is_deferred_in_the_end),
		TEST(what_is_left_keeps_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
