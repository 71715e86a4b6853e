/*
 * Which system calls an operation makes, in which order, and how it does without those
 * that a file system does not have.
 */
/* sources: tests/support/spool_dir.c tests/support/faultshim.c */
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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "spool/journal.h"
#include "tests/support/faultshim.h"
#include "tests/support/spool_dir.h"

#define NEXT 1795419407U

static int make_spool(void **state)
{
	struct spool_dir *d = mem_alloc(sizeof(*d));

	spool_dir_make(d);
	*state = d;
	return 0;
}

static int remove_spool(void **state)
{
	spool_dir_remove(*state);
	free(*state);
	return 0;
}

static const struct faultshim_plan count_only = {.mode = FAULTSHIM_COUNT};

static struct spool_entry store(const struct spool *s, struct span content)
{
	struct spool_entry e;
	struct fault f;

	faultshim_arm(&count_only);
	if (spool_dir_store(s, content, &e, &f) != 0)
		fail_msg("%s", f.text);
	(void)faultshim_disarm();
	return e;
}

static void a_submission_is_one_write_and_two_syncs(void **state)
{
	const struct spool_dir *d = *state;
	static char large[200000];

	(void)store(&d->spool, SPAN_LIT("Subject: x\r\n\r\nbody\r\n"));
	assert_string_equal(faultshim_trace(),
		"openat write fsync close renameat2 openat fsync close");
	(void)store(&d->spool, (struct span){large, 65000});
	assert_string_equal(faultshim_trace(),
		"openat write fsync close renameat2 openat fsync close");
	(void)store(&d->spool, (struct span){large, sizeof(large)});
	assert_string_equal(faultshim_trace(),
		"openat write write write pwrite fsync close renameat2 "
		"openat fsync close");
}

/* tmp/ is made when all else is on disk: who finds it need not look further. */
static void the_first_submission_syncs_what_it_makes(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e;
	struct spool s;
	struct fault f;
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/other", d->root);
	faultshim_arm(&count_only);
	assert_int_equal(spool_open(&s, path, true, &f), 0);
	assert_int_equal(spool_dir_store(&s, SPAN_LIT("x\r\n"), &e, &f), 0);
	(void)faultshim_disarm();
	assert_non_null(strstr(faultshim_trace(),
		"mkdir openat fstat mkdirat mkdirat mkdirat mkdirat mkdirat mkdirat "
		"syncfs mkdirat openat write fsync close renameat2 openat fsync close"));

	assert_int_equal(unlinkat(s.fd, "tmp", AT_REMOVEDIR), 0);
	faultshim_arm(&count_only);
	assert_int_equal(spool_dir_store(&s, SPAN_LIT("x\r\n"), &e, &f), 0);
	(void)faultshim_disarm();
	assert_non_null(strstr(faultshim_trace(), "mkdirat syncfs mkdirat openat write"));
	spool_close(&s);
}

static void an_open_spool_is_not_looked_through(void **state)
{
	const struct spool_dir *d = *state;
	struct spool s;
	struct fault f;

	faultshim_arm(&count_only);
	assert_int_equal(spool_open(&s, d->path, true, &f), 0);
	(void)faultshim_disarm();
	assert_string_equal(faultshim_trace(), "openat fstat");
	spool_close(&s);
}

static void messages_cost_few_calls(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = store(&d->spool, SPAN_LIT("x\r\n"));
	struct message m;
	struct fault f;

	faultshim_arm(&count_only);
	assert_int_equal(message_open(&m, &d->spool, &e, &f), MESSAGE_OPEN);
	(void)faultshim_disarm();
	message_close(&m);
	assert_string_equal(faultshim_trace(), "openat fstat pread");

	faultshim_arm(&count_only);
	assert_int_equal(message_postpone(&d->spool, &e, NEXT, 1, &f), MESSAGE_OPEN);
	(void)faultshim_disarm();
	assert_string_equal(faultshim_trace(), "openat flock renameat2 close");

	e.box = SPOOL_CUR;
	e.next_s = NEXT;
	e.attempts = 1;
	faultshim_arm(&count_only);
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(message_remove(&m, &f), 0);
	(void)faultshim_disarm();
	message_close(&m);
	/* the sync stands between the message's end and its journal's */
	assert_string_equal(faultshim_trace(),
		"openat flock fstat fstatat pread renameat2 "
		"unlinkat openat fsync close unlinkat");
}

static void a_journal_is_entered_before_it_is_written(void **state)
{
	const struct spool_dir *d = *state;
	struct journal j;
	struct fault f;

	faultshim_arm(&count_only);
	journal_init(&j, &d->spool, "6C3MK9G1NNHHL4");
	assert_int_equal(journal_reserve(&j, 1, &f), 0);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_WARNED, NULL, &f), 0);
	assert_int_equal(journal_sync(&j, &f), 0);
	journal_close(&j);
	(void)faultshim_disarm();
	assert_string_equal(faultshim_trace(),
		"openat fstat openat fsync close fallocate write fsync close");

	faultshim_arm(&count_only);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_WARNED, NULL, &f), 0);
	journal_close(&j);
	(void)faultshim_disarm();
	assert_string_equal(faultshim_trace(), "openat fstat pread write close");
}

/* protocol.md row 182: a sync that fails once and then "succeeds" has lost the pages */
static void one_failed_call_fails_the_submission(void **state)
{
	const struct spool_dir *d = *state;
	static const struct faultshim_plan plans[] = {
		{.mode = FAULTSHIM_FAIL, .at = 1, .only = "fsync", .err = EIO},
		{.mode = FAULTSHIM_FAIL, .at = 2, .only = "fsync", .err = EIO},
		{.mode = FAULTSHIM_FAIL, .at = 1, .only = "close", .err = EDQUOT},
		{.mode = FAULTSHIM_FAIL, .at = 1, .only = "close", .err = EIO},
		{.mode = FAULTSHIM_FAIL, .at = 1, .only = "renameat2", .err = EIO},
		{.mode = FAULTSHIM_FAIL, .at = 1, .only = "renameat2", .err = EEXIST},
	};

	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct spool_entry e;
		struct fault f;

		faultshim_arm(&plans[i]);
		assert_int_equal(
			spool_dir_store(&d->spool, SPAN_LIT("x\r\n"), &e, &f), -1);
		(void)faultshim_disarm();
		assert_int_equal(f.kind, FAULT_SYSTEM);
		assert_int_equal(f.err, plans[i].err);
		assert_int_equal(spool_dir_count(&d->spool, "new"), 0);
		assert_int_equal(spool_dir_count(&d->spool, "tmp"), 0);
	}
}

/* EACCES and EROFS will not go away: FAULT_CREATE, exit 73; shortages are for later, 75 */
static void faults_tell_never_from_later(void **state)
{
	const struct spool_dir *d = *state;
	static const struct {
		int err;
		enum fault_kind kind;
	} cases[] = {
		{EACCES, FAULT_CREATE},
		{EROFS, FAULT_CREATE},
		{EMFILE, FAULT_SYSTEM},
		{ENFILE, FAULT_SYSTEM},
		{ENOSPC, FAULT_SYSTEM},
		{EDQUOT, FAULT_SYSTEM},
		{EIO, FAULT_SYSTEM},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct faultshim_plan plan = {
			.mode = FAULTSHIM_FAIL, .at = 1, .err = cases[i].err};
		struct spool_entry e;
		struct spool s;
		struct fault f;

		faultshim_arm(&plan);
		assert_int_equal(
			spool_dir_store(&d->spool, SPAN_LIT("x\r\n"), &e, &f), -1);
		(void)faultshim_disarm();
		assert_int_equal(f.kind, cases[i].kind);
		faultshim_arm(&plan);
		assert_int_equal(spool_open(&s, d->path, true, &f), -1);
		(void)faultshim_disarm();
		assert_int_equal(f.kind, cases[i].kind);
		assert_int_equal(f.err, cases[i].err);
	}
}

/* An id that another process is writing: the next one is taken. */
static void a_taken_id_is_passed_over(void **state)
{
	const struct spool_dir *d = *state;
	struct faultshim_plan plan = {
		.mode = FAULTSHIM_FAIL, .at = 1, .only = "openat", .err = EEXIST};
	struct spool_entry e;
	struct fault f;

	faultshim_arm(&plan);
	assert_int_equal(spool_dir_store(&d->spool, SPAN_LIT("x\r\n"), &e, &f), 0);
	(void)faultshim_disarm();
	plan.mode = FAULTSHIM_FAIL_ON;
	faultshim_arm(&plan);
	assert_int_equal(spool_dir_store(&d->spool, SPAN_LIT("x\r\n"), &e, &f), -1);
	(void)faultshim_disarm();
	assert_int_equal(f.err, EEXIST);
}

/* File systems without RENAME_NOREPLACE: the same promises by other calls. */
static void a_plain_rename_will_do(void **state)
{
	const struct spool_dir *d = *state;
	static const int errors[] = {EINVAL, ENOSYS};

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		const struct faultshim_plan plan = {.mode = FAULTSHIM_FAIL_ON,
			.at = 1,
			.only = "renameat2",
			.err = errors[i]};
		struct spool_entry e;
		struct message m;
		struct fault f;
		char name[SPOOL_NAME_MAX] = "held/";

		faultshim_arm(&plan);
		assert_int_equal(
			spool_dir_store(&d->spool, SPAN_LIT("x\r\n"), &e, &f), 0);
		assert_int_equal(
			message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
		memcpy(name + 5, e.id, sizeof(e.id));
		spool_dir_put(&d->spool, name, SPAN_LIT("precious"));
		assert_int_equal(message_move(&m, SPOOL_HELD, &f), -1);
		assert_int_equal(f.err, EEXIST);
		assert_int_equal(message_move(&m, SPOOL_NEW, &f), 0);
		message_close(&m);
		(void)faultshim_disarm();
	}
	assert_int_equal(spool_dir_count(&d->spool, "new"), ARRAY_LEN(errors));
	assert_int_equal(spool_dir_count(&d->spool, "tmp"), 0);
}

static void a_reserve_without_fallocate_asks_for_free_space(void **state)
{
	const struct spool_dir *d = *state;
	static const int errors[] = {EOPNOTSUPP, ENOSYS};
	struct journal j;
	struct fault f;

	journal_init(&j, &d->spool, "6C3MK9G1NNHHL4");
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		const struct faultshim_plan plan = {.mode = FAULTSHIM_FAIL,
			.at = 1,
			.only = "fallocate",
			.err = errors[i]};

		faultshim_arm(&plan);
		assert_int_equal(journal_reserve(&j, 3, &f), 0);
		(void)faultshim_disarm();
	}
	journal_close(&j);
}

/* A message that changes its name while we look slips past one look, not past two. */
static void a_list_with_a_hole_is_looked_at_again(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = store(&d->spool, SPAN_LIT("x\r\n"));
	const struct faultshim_plan plan = {
		.mode = FAULTSHIM_FAIL, .at = 1, .only = "fstatat", .err = ENOENT};
	struct spool_entry found;
	struct fault f;

	faultshim_arm(&plan);
	assert_int_equal(spool_find(&d->spool, e.id, &found, &f), 1);
	(void)faultshim_disarm();
	assert_int_equal(found.box, SPOOL_NEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_submission_is_one_write_and_two_syncs,
			make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(the_first_submission_syncs_what_it_makes,
			make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			an_open_spool_is_not_looked_through, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			messages_cost_few_calls, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(a_journal_is_entered_before_it_is_written,
			make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			one_failed_call_fails_the_submission, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			faults_tell_never_from_later, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_taken_id_is_passed_over, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_plain_rename_will_do, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_reserve_without_fallocate_asks_for_free_space, make_spool,
			remove_spool),
		cmocka_unit_test_setup_teardown(
			a_list_with_a_hole_is_looked_at_again, make_spool, remove_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
