/*
 * What stands on disk when the n-th system call fails, or is the last one: for every n and
 * every operation that promises something. Sources and flags are for the linker:
 */
/* sources: tests/support/spool_dir.c tests/support/faultshim.c */
/* sources: tests/support/faultplay.c */
/* ldflags: -Wl,--wrap=openat,--wrap=mkdir,--wrap=mkdirat,--wrap=read,--wrap=pread */
/* ldflags: -Wl,--wrap=write,--wrap=pwrite,--wrap=fsync,--wrap=syncfs,--wrap=close */
/* ldflags: -Wl,--wrap=fallocate,--wrap=renameat,--wrap=renameat2,--wrap=unlinkat */
/* ldflags: -Wl,--wrap=fstat,--wrap=fstatat,--wrap=flock,--wrap=fdopendir */
/* ldflags: -Wl,--wrap=readdir */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "spool/journal.h"
#include "tests/support/faultplay.h"

#define LARGE 200000
#define NEXT  1795419407U

static char large[LARGE];

/* --- what is looked at afterwards --- */

static void expect_whole(const struct stage *s, const struct spool_entry *e)
{
	struct message m;
	struct fault f;
	struct buf content;

	if (message_open(&m, &s->dir.spool, e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
	content = spool_dir_content(&m);
	assert_int_equal(content.len, s->content_len);
	assert_memory_equal(buf_str(&content), s->content, s->content_len);
	assert_int_equal(m.envelope.facts.crc, crc32c(0, s->content, s->content_len));
	buf_release(&content);
	message_close(&m);
}

struct sighting {
	const struct stage *stage;
	size_t count;
	struct spool_entry last;
};

static bool sight(void *ctx, const struct spool_entry *e)
{
	struct sighting *seen = ctx;

	expect_whole(seen->stage, e);
	seen->last = *e;
	seen->count++;
	return true;
}

static void no_odd_name(void *ctx, enum spool_box box, const char *name)
{
	(void)ctx;
	fail_msg("%s/%s", spool_box_name(box), name);
}

/* Every message of the box is whole; returns how many there are. */
static size_t whole_messages(const struct stage *s, enum spool_box box)
{
	struct sighting seen = {.stage = s};
	struct spool_visitor v = {.entry = sight, .odd = no_odd_name, .ctx = &seen};
	struct fault f;

	if (spool_scan(&s->dir.spool, box, &v, &f) != 0)
		fail_msg("%s", f.text);
	return seen.count;
}

/* Whatever happened, the next message is accepted as if nothing had. */
static void expect_next_is_accepted(struct stage *s)
{
	struct spool_entry e;
	struct fault f;

	if (spool_dir_store(&s->dir.spool, (struct span){s->content, s->content_len}, &e,
		    &f) != 0)
		fail_msg("%s", f.text);
	expect_whole(s, &e);
}

/* --- submission --- */

static void prepare_nothing(struct stage *s)
{
	(void)s;
}

static void prepare_large(struct stage *s)
{
	s->content = large;
	s->content_len = sizeof(large);
}

static enum ending act_store(struct stage *s)
{
	return spool_dir_store(&s->dir.spool, (struct span){s->content, s->content_len},
		       &s->entry, &s->fault) == 0
		       ? SUCCEEDED
		       : FAILED;
}

static void check_store(struct stage *s, enum ending ending)
{
	size_t accepted = whole_messages(s, SPOOL_NEW);

	if (ending == SUCCEEDED)
		assert_int_equal(accepted, 1);
	if (ending == FAILED) {
		assert_int_equal(accepted, 0);
		assert_int_equal(spool_dir_count(&s->dir.spool, "tmp"), 0);
	}
	assert_true(accepted <= 1);
	expect_next_is_accepted(s);
}

/* The first message of a user: there is no spool yet. */
static void prepare_no_spool(struct stage *s)
{
	spool_close(&s->dir.spool);
	(void)snprintf(s->dir.path, sizeof(s->dir.path), "%s/a/b", s->dir.root);
}

static enum ending act_first(struct stage *s)
{
	if (spool_open(&s->dir.spool, s->dir.path, true, &s->fault) != 0) {
		s->dir.spool.fd = -1;
		return FAILED;
	}
	return act_store(s);
}

static void check_first(struct stage *s, enum ending ending)
{
	struct fault f;

	spool_close(&s->dir.spool);
	if (spool_open(&s->dir.spool, s->dir.path, true, &f) != 0)
		fail_msg("%s", f.text);
	check_store(s, ending);
}

/* --- messages --- */

static void prepare_message(struct stage *s)
{
	struct outcome o =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", "ok");
	struct journal j;

	s->entry = spool_dir_message(&s->dir.spool, s->content);
	journal_init(&j, &s->dir.spool, s->entry.id);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_DELIVERED, &o, &s->fault), 0);
	assert_int_equal(journal_sync(&j, &s->fault), 0);
	journal_close(&j);
	s->fault.text[0] = '\0';
}

static size_t places(const struct stage *s)
{
	return whole_messages(s, SPOOL_NEW) + whole_messages(s, SPOOL_CUR) +
	       whole_messages(s, SPOOL_HELD) + whole_messages(s, SPOOL_FAILED);
}

/* It stands in one place, whole, and nobody holds it. */
static void expect_one_free_message(struct stage *s)
{
	struct spool_entry e;
	struct message m;
	struct fault f;

	assert_int_equal(places(s), 1);
	assert_int_equal(spool_find(&s->dir.spool, s->entry.id, &e, &f), 1);
	if (message_claim(&m, &s->dir.spool, &e, NEXT + 999, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
	message_close(&m);
	assert_int_equal(spool_dir_count(&s->dir.spool, "journal"), 1);
}

static enum ending act_claim(struct stage *s)
{
	struct message m;
	enum message_result result =
		message_claim(&m, &s->dir.spool, &s->entry, NEXT, &s->fault);

	message_close(&m);
	/* this machine's trouble is never taken for the message's */
	if (result != MESSAGE_OPEN)
		assert_int_equal(result, MESSAGE_FAULT);
	return result == MESSAGE_OPEN ? SUCCEEDED : FAILED;
}

static enum ending act_open(struct stage *s)
{
	struct message m;
	enum message_result result =
		message_open(&m, &s->dir.spool, &s->entry, &s->fault);

	message_close(&m);
	if (result != MESSAGE_OPEN)
		assert_int_equal(result, MESSAGE_FAULT);
	return result == MESSAGE_OPEN ? SUCCEEDED : FAILED;
}

static enum ending act_postpone(struct stage *s)
{
	enum message_result result =
		message_postpone(&s->dir.spool, &s->entry, NEXT, 1, &s->fault);

	if (result != MESSAGE_OPEN)
		assert_int_equal(result, MESSAGE_FAULT);
	return result == MESSAGE_OPEN ? SUCCEEDED : FAILED;
}

static enum ending act_reschedule(struct stage *s)
{
	struct message m;
	int rc = -1;

	if (message_claim(&m, &s->dir.spool, &s->entry, NEXT, &s->fault) == MESSAGE_OPEN)
		rc = message_reschedule(&m, NEXT + 60, 1, &s->fault);
	message_close(&m);
	return rc == 0 ? SUCCEEDED : FAILED;
}

static void check_one(struct stage *s, enum ending ending)
{
	(void)ending;
	expect_one_free_message(s);
}

static enum ending act_hold(struct stage *s)
{
	struct message m;
	int rc = -1;

	if (message_claim(&m, &s->dir.spool, &s->entry, NEXT, &s->fault) == MESSAGE_OPEN)
		rc = message_move(&m, SPOOL_HELD, &s->fault);
	message_close(&m);
	return rc == 0 ? SUCCEEDED : FAILED;
}

static void check_hold(struct stage *s, enum ending ending)
{
	if (ending == SUCCEEDED)
		assert_int_equal(whole_messages(s, SPOOL_HELD), 1);
	expect_one_free_message(s);
}

static enum ending act_remove(struct stage *s)
{
	struct message m;
	int rc = -1;

	if (message_claim(&m, &s->dir.spool, &s->entry, NEXT, &s->fault) == MESSAGE_OPEN)
		rc = message_remove(&m, &s->fault);
	message_close(&m);
	return rc == 0 ? SUCCEEDED : FAILED;
}

/* A message that is still there must still know what was delivered. */
static void check_remove(struct stage *s, enum ending ending)
{
	if (ending == SUCCEEDED)
		assert_int_equal(places(s), 0);
	if (places(s) > 0)
		expect_one_free_message(s);
}

/* --- journal --- */

static void expected_text(size_t i, char text[32])
{
	(void)snprintf(text, 32, "the text of line %zu", i);
}

/* Go on after a failure, as a run does that has more to record. */
static enum ending act_journal(struct stage *s)
{
	struct journal j;
	struct fault f;
	bool has_failed;

	journal_init(&j, &s->dir.spool, s->entry.id);
	has_failed = journal_reserve(&j, FAULTPLAY_LINES, &s->fault) != 0;
	for (size_t i = 0; i < FAULTPLAY_LINES && !has_failed; i++) {
		struct outcome o =
			outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", "ok");

		expected_text(i, o.text);
		if (journal_append(&j, 1, i, JOURNAL_DELIVERED, &o, &f) != 0 ||
			journal_sync(&j, &f) != 0)
			s->fault = f;
		else
			s->has_synced[i] = true;
	}
	for (size_t i = 0; i < FAULTPLAY_LINES; i++)
		has_failed = has_failed || !s->has_synced[i];
	journal_close(&j);
	return has_failed ? FAILED : SUCCEEDED;
}

static void check_journal(struct stage *s, enum ending ending)
{
	struct outcome o = outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.0.0", "no");
	struct journal_state state;
	struct journal j;
	struct fault f;

	(void)ending;
	journal_init(&j, &s->dir.spool, s->entry.id);
	assert_int_equal(
		journal_append(&j, 9, FAULTPLAY_LINES, JOURNAL_FAILED, &o, &f), 0);
	journal_close(&j);
	assert_int_equal(
		journal_load(&s->dir.spool, s->entry.id, FAULTPLAY_LINES + 1, &state, &f),
		0);
	for (size_t i = 0; i < FAULTPLAY_LINES; i++) {
		char text[32];

		expected_text(i, text);
		if (s->has_synced[i])
			assert_int_equal(state.recipients[i].kind, OUTCOME_DELIVERED);
		if (state.recipients[i].kind == OUTCOME_DELIVERED)
			assert_string_equal(state.recipients[i].text, text);
		else
			assert_int_equal(state.recipients[i].kind, OUTCOME_PENDING);
	}
	assert_int_equal(state.recipients[FAULTPLAY_LINES].kind, OUTCOME_FAILED);
	journal_state_release(&state);
}

static void prepare_no_journal(struct stage *s)
{
	s->entry = spool_dir_message(&s->dir.spool, s->content);
}

/* What cannot be read must never look like "nothing was delivered yet". */
static enum ending act_load(struct stage *s)
{
	struct journal_state state;

	if (journal_load(&s->dir.spool, s->entry.id, 1, &state, &s->fault) != 0)
		return FAILED;
	assert_int_equal(state.recipients[0].kind, OUTCOME_DELIVERED);
	journal_state_release(&state);
	return SUCCEEDED;
}

/* --- lists --- */

static bool count_entry(void *ctx, const struct spool_entry *e)
{
	(void)e;
	++*(size_t *)ctx;
	return true;
}

/* A list that could not be read to its end is no list. */
static enum ending act_scan(struct stage *s)
{
	size_t count = 0;
	struct spool_visitor v = {.entry = count_entry, .ctx = &count};

	if (spool_scan(&s->dir.spool, SPOOL_NEW, &v, &s->fault) != 0)
		return FAILED;
	assert_int_equal(count, 1);
	return SUCCEEDED;
}

static enum ending act_find(struct stage *s)
{
	struct spool_entry e;
	int found = spool_find(&s->dir.spool, s->entry.id, &e, &s->fault);

	assert_int_not_equal(found, 0);
	return found == 1 ? SUCCEEDED : FAILED;
}

static void prepare_old(struct stage *s)
{
	struct message m;
	char name[SPOOL_NAME_MAX];
	long old_s = SPOOL_TMP_AGE_MAX_S + 60;

	prepare_message(s);
	if (message_claim(&m, &s->dir.spool, &s->entry, NEXT, &s->fault) != MESSAGE_OPEN)
		fail_msg("%s", s->fault.text);
	s->entry = m.entry;
	message_close(&m);
	(void)snprintf(name, sizeof(name), "journal/%s", s->entry.id);
	spool_dir_age(&s->dir.spool, name, old_s);
	spool_dir_put(&s->dir.spool, "tmp/6C3MK9G1NNHHL4", SPAN_LIT("x"));
	spool_dir_age(&s->dir.spool, "tmp/6C3MK9G1NNHHL4", old_s);
	spool_dir_age(&s->dir.spool, "cur", 60);
}

static enum ending act_sweep(struct stage *s)
{
	return spool_sweep(&s->dir.spool, clock_now_s(), 10, &s->fault) == 0 ? SUCCEEDED
									     : FAILED;
}

/* --- small files --- */

static void prepare_file(struct stage *s)
{
	assert_int_equal(file_replace(s->dir.spool.fd, "state/hosts",
				 SPAN_LIT("the old text"), &s->fault),
		0);
}

static enum ending act_replace(struct stage *s)
{
	return file_replace(s->dir.spool.fd, "state/hosts", SPAN_LIT("the new text!"),
		       &s->fault) == 0
		       ? SUCCEEDED
		       : FAILED;
}

static void check_replace(struct stage *s, enum ending ending)
{
	struct buf text = BUF_INIT(100);
	struct fault f;
	bool is_new;

	assert_int_equal(file_read(s->dir.spool.fd, "state/hosts", &text, &f), 0);
	is_new = span_is(buf_span(&text), "the new text!");
	assert_true(is_new || span_is(buf_span(&text), "the old text"));
	if (ending == SUCCEEDED)
		assert_true(is_new);
	buf_release(&text);
}

static const struct scene scenes[] = {
	{"a small submission", prepare_nothing, act_store, check_store},
	{"a large submission", prepare_large, act_store, check_store},
	{"the first submission", prepare_no_spool, act_first, check_first},
	{"open", prepare_message, act_open, check_one},
	{"claim", prepare_message, act_claim, check_one},
	{"postpone", prepare_message, act_postpone, check_one},
	{"reschedule", prepare_message, act_reschedule, check_one},
	{"hold", prepare_message, act_hold, check_hold},
	{"remove", prepare_message, act_remove, check_remove},
	{"journal", prepare_no_journal, act_journal, check_journal},
	{"load", prepare_message, act_load, check_one},
	{"scan", prepare_message, act_scan, check_one},
	{"find", prepare_message, act_find, check_one},
	{"sweep", prepare_old, act_sweep, check_one},
	{"replace", prepare_file, act_replace, check_replace},
};

static void every_call_may_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
		faultplay(&scenes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_may_fail),
	};

	/* a thousand spools: where a sync costs nothing, unless told otherwise */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
