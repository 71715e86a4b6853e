/* sources: tests/support/spool_dir.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "spool/journal_line.h"
#include "tests/support/spool_dir.h"

#define ID    "6C3MK9G1NNHHL4"
#define OTHER "6C3MK9G1NNHHL5"
#define NAME  "journal/" ID

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

static struct outcome refused(void)
{
	struct outcome o = outcome_make(
		OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1", "no \"such\" user");

	o.code = 550;
	memcpy(o.remote, "mx.example.org[192.0.2.1]:25", 29);
	return o;
}

static struct journal_state load(const struct spool *s, size_t recipients)
{
	struct journal_state state;
	struct fault f;

	if (journal_load(s, ID, recipients, &state, &f) != 0)
		fail_msg("%s", f.text);
	return state;
}

static void what_is_appended_is_loaded(void **state)
{
	const struct spool_dir *d = *state;
	struct outcome o = refused();
	struct journal_state s;
	struct journal j;
	struct fault f;
	struct outcome again;

	s = load(&d->spool, 3);
	assert_false(s.exists);
	assert_int_equal(s.recipients[2].kind, OUTCOME_PENDING);
	journal_state_release(&s);

	journal_init(&j, &d->spool, ID);
	assert_int_equal(journal_sync(&j, &f), 0);
	assert_int_equal(journal_reserve(&j, 3, &f), 0);
	assert_int_equal(journal_append(&j, 1795419407, 2, JOURNAL_FAILED, &o, &f), 0);
	o = outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", "ok");
	assert_int_equal(journal_append(&j, 1795419408, 0, JOURNAL_DELIVERED, &o, &f), 0);
	assert_int_equal(
		journal_append(&j, 1795419409, 2, JOURNAL_REPORTED, NULL, &f), 0);
	assert_int_equal(journal_append(&j, 1795419410, 1, JOURNAL_WARNED, NULL, &f), 0);
	assert_int_equal(journal_sync(&j, &f), 0);
	journal_close(&j);
	journal_close(&j);

	s = load(&d->spool, 3);
	assert_true(s.exists);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.recipients[0].kind, OUTCOME_DELIVERED);
	assert_null(s.recipients[0].remote);
	assert_int_equal(s.recipients[1].kind, OUTCOME_PENDING);
	assert_true(s.recipients[1].is_warned);
	assert_int_equal(s.recipients[2].kind, OUTCOME_FAILED);
	assert_true(s.recipients[2].is_reported);
	assert_int_equal(s.recipients[2].time_s, 1795419407);
	again = journal_outcome(&s.recipients[2]);
	assert_int_equal(again.code, 550);
	assert_int_equal(again.status.class, 5);
	assert_string_equal(again.text, "no \"such\" user");
	assert_string_equal(again.remote, "mx.example.org[192.0.2.1]:25");
	journal_state_release(&s);
}

static void add_line(struct buf *out, const char *id, size_t recipient)
{
	const struct journal_line line = {
		.event = JOURNAL_DELIVERED, .recipient = recipient, .status = {2, 0, 0}};

	journal_line_format(&line, id, out);
}

static size_t delivered(const struct spool *s, struct span text)
{
	struct journal_state state;
	size_t count = 0;

	spool_dir_put(s, NAME, text);
	state = load(s, 5);
	for (size_t i = 0; i < 5; i++)
		count += state.recipients[i].kind == OUTCOME_DELIVERED;
	journal_state_release(&state);
	return count;
}

/* Whatever octet is hit: that line is lost, no other, and nothing is made up. */
static void a_damaged_line_costs_itself_alone(void **state)
{
	const struct spool_dir *d = *state;
	struct buf text = BUF_INIT(JOURNAL_MAX);
	size_t line_length;

	add_line(&text, ID, 0);
	line_length = text.len;
	for (size_t i = 1; i < 5; i++)
		add_line(&text, ID, i);
	assert_int_equal(delivered(&d->spool, buf_span(&text)), 5);
	for (size_t at = line_length; at < 2 * line_length; at++) {
		char c = text.data[at];
		/* a missing line end joins two lines: both are lost */
		size_t left = at == 2 * line_length - 1 ? 3 : 4;

		text.data[at] = c == 'x' ? 'y' : 'x';
		assert_int_equal(delivered(&d->spool, buf_span(&text)), left);
		text.data[at] = c;
	}
	buf_release(&text);
}

static void a_torn_end_is_normal(void **state)
{
	const struct spool_dir *d = *state;
	struct buf text = BUF_INIT(JOURNAL_MAX);
	struct outcome o =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", "ok");
	size_t first;

	add_line(&text, ID, 0);
	first = text.len;
	add_line(&text, ID, 1);
	for (size_t n = 0; n <= text.len; n++) {
		size_t whole = n >= text.len - 1 ? 2 : n >= first - 1 ? 1 : 0;
		struct journal_state s;
		struct journal j;
		struct fault f;

		assert_int_equal(
			delivered(&d->spool, span_head(buf_span(&text), n)), whole);
		journal_init(&j, &d->spool, ID);
		assert_int_equal(journal_append(&j, 7, 4, JOURNAL_DELIVERED, &o, &f), 0);
		assert_int_equal(journal_append(&j, 7, 3, JOURNAL_DELIVERED, &o, &f), 0);
		journal_close(&j);
		s = load(&d->spool, 5);
		assert_int_equal(s.recipients[0].kind,
			n >= first - 1 ? OUTCOME_DELIVERED : OUTCOME_PENDING);
		assert_int_equal(s.recipients[3].kind, OUTCOME_DELIVERED);
		assert_int_equal(s.recipients[4].kind, OUTCOME_DELIVERED);
		journal_state_release(&s);
	}
	buf_release(&text);
}

/* Two workers, one descriptor: what one of them could not finish is not the other's line. */
static void a_line_of_another_process_is_not_continued(void **state)
{
	const struct spool_dir *d = *state;
	struct outcome o =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", "ok");
	struct journal_state s;
	struct journal j;
	struct fault f;

	journal_init(&j, &d->spool, ID);
	assert_int_equal(journal_reserve(&j, 2, &f), 0);
	j.is_shared = true;
	assert_int_equal(write(j.fd, "1795419407 0 deliv", 18), 18);
	assert_int_equal(journal_append(&j, 7, 1, JOURNAL_DELIVERED, &o, &f), 0);
	journal_close(&j);
	s = load(&d->spool, 2);
	assert_int_equal(s.recipients[0].kind, OUTCOME_PENDING);
	assert_int_equal(s.recipients[1].kind, OUTCOME_DELIVERED);
	journal_state_release(&s);
}

static void what_is_not_of_this_message_counts_for_nothing(void **state)
{
	const struct spool_dir *d = *state;
	static const char zeros[4096];
	struct buf text = BUF_INIT(JOURNAL_MAX);

	add_line(&text, OTHER, 0);
	assert_int_equal(delivered(&d->spool, buf_span(&text)), 0);
	add_line(&text, ID, 5);
	add_line(&text, ID, 9999);
	assert_int_equal(delivered(&d->spool, buf_span(&text)), 0);
	buf_add(&text, zeros, sizeof(zeros));
	buf_add_str(&text, "\n");
	add_line(&text, ID, 1);
	assert_int_equal(delivered(&d->spool, buf_span(&text)), 1);
	assert_int_equal(delivered(&d->spool, SPAN_LIT("\n\n\n")), 0);
	assert_int_equal(delivered(&d->spool, SPAN_LIT("00000000\n")), 0);
	assert_int_equal(delivered(&d->spool, SPAN_LIT(" 00000000\n")), 0);
	buf_release(&text);
}

static void collect(void *ctx, struct span text)
{
	struct buf *out = ctx;

	buf_add_span(out, text);
	buf_add_char(out, '|');
}

static void the_history_is_shown(void **state)
{
	const struct spool_dir *d = *state;
	struct buf out = BUF_INIT(JOURNAL_MAX);
	struct buf text = BUF_INIT(JOURNAL_MAX);
	struct fault f;

	assert_int_equal(journal_show(&d->spool, ID, collect, &out, &f), 0);
	assert_int_equal(out.len, 0);
	add_line(&text, ID, 1);
	buf_add_str(&text, "rubbish\n");
	add_line(&text, ID, 2);
	spool_dir_put(&d->spool, NAME, buf_span(&text));
	assert_int_equal(journal_show(&d->spool, ID, collect, &out, &f), 0);
	assert_string_equal(buf_str(&out),
		"0 1 delivered 2.0.0 0 - \"\"|0 2 delivered 2.0.0 0 - \"\"|");
	buf_release(&out);
	buf_release(&text);
}

/* A number behind the envelope's is somebody only by its own line, and for good. */
static void expansions_have_numbers_of_their_own(void **state)
{
	const struct spool_dir *d = *state;
	struct outcome done = outcome_make(
		OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", "queued as 1");
	struct journal_state s;
	struct journal j;
	struct fault f;

	journal_init(&j, &d->spool, ID);
	assert_int_equal(journal_append(&j, 1, 2, JOURNAL_DELIVERED, &done, &f), 0);
	assert_int_equal(journal_expand(&j, 1, 2, 0, "a@one.test", &f), 0);
	assert_int_equal(journal_expand(&j, 1, 4, 1, "\"b c\"@two.test", &f), 0);
	assert_int_equal(journal_append(&j, 1, 4, JOURNAL_DELIVERED, &done, &f), 0);
	/* neither a second time, nor for nobody, nor in the envelope's place */
	assert_int_equal(journal_expand(&j, 1, 4, 0, "c@three.test", &f), 0);
	assert_int_equal(journal_expand(&j, 1, 5, 2, "d@four.test", &f), 0);
	assert_int_equal(journal_expand(&j, 1, 1, 0, "e@five.test", &f), 0);
	assert_int_equal(journal_expand(&j, 1, 6, 0, "no address", &f), 0);
	assert_int_equal(
		journal_expand(&j, 1, JOURNAL_RECIPIENTS_MAX, 0, "f@six.test", &f), 0);
	journal_close(&j);

	s = load(&d->spool, 2);
	assert_int_equal(s.envelope_count, 2);
	assert_int_equal(s.count, 5);
	assert_null(s.recipients[1].address);
	assert_int_equal(s.recipients[1].kind, OUTCOME_PENDING);
	assert_string_equal(s.recipients[2].address, "a@one.test");
	assert_int_equal(s.recipients[2].parent, 0);
	assert_int_equal(s.recipients[2].kind, OUTCOME_PENDING);
	assert_null(s.recipients[3].address);
	assert_string_equal(s.recipients[4].address, "\"b c\"@two.test");
	assert_int_equal(s.recipients[4].parent, 1);
	assert_int_equal(s.recipients[4].kind, OUTCOME_DELIVERED);
	journal_state_release(&s);
}

/* What cannot be read must not pass for "nothing was delivered yet". */
static void an_unreadable_journal_is_a_fault(void **state)
{
	const struct spool_dir *d = *state;
	struct journal_state s;
	struct journal j;
	struct fault f;
	int fd;

	assert_int_equal(mkdirat(d->spool.fd, NAME, 0700), 0);
	assert_int_equal(journal_load(&d->spool, ID, 1, &s, &f), -1);
	assert_int_equal(journal_show(&d->spool, ID, collect, NULL, &f), -1);
	assert_int_equal(unlinkat(d->spool.fd, NAME, AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("other", d->spool.fd, NAME), 0);
	assert_int_equal(journal_load(&d->spool, ID, 1, &s, &f), -1);
	journal_init(&j, &d->spool, ID);
	assert_int_equal(journal_reserve(&j, 1, &f), -1);
	assert_int_equal(unlinkat(d->spool.fd, NAME, 0), 0);
	assert_int_equal(mkfifoat(d->spool.fd, NAME, 0600), 0);
	assert_int_equal(journal_load(&d->spool, ID, 1, &s, &f), -1);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_WARNED, NULL, &f), -1);
	assert_int_equal(unlinkat(d->spool.fd, NAME, 0), 0);
	spool_dir_put(&d->spool, NAME, SPAN_NONE);
	fd = openat(d->spool.fd, NAME, O_WRONLY);
	assert_int_equal(ftruncate(fd, JOURNAL_MAX + 1), 0);
	(void)close(fd);
	assert_int_equal(journal_load(&d->spool, ID, 1, &s, &f), -1);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_FAILED, NULL, &f), -1);
	journal_close(&j);
}

/* Ten thousand recipients deferred for days must leave room for what is final. */
static void tries_fill_no_journal(void **state)
{
	const struct spool_dir *d = *state;
	struct outcome o = refused();
	struct journal j;
	struct fault f;
	struct stat st;
	int fd;

	spool_dir_put(&d->spool, NAME, SPAN_NONE);
	fd = openat(d->spool.fd, NAME, O_WRONLY);
	assert_int_equal(ftruncate(fd, JOURNAL_TRIES_MAX), 0);
	journal_init(&j, &d->spool, ID);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_DEFERRED, &o, &f), 0);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_UNCERTAIN, &o, &f), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, JOURNAL_TRIES_MAX);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_FAILED, &o, &f), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > JOURNAL_TRIES_MAX);
	journal_close(&j);
	(void)close(fd);
}

static void a_reserve_takes_blocks_but_no_size(void **state)
{
	const struct spool_dir *d = *state;
	struct journal j;
	struct fault f;
	struct stat st;

	journal_init(&j, &d->spool, ID);
	assert_int_equal(journal_reserve(&j, 100, &f), 0);
	assert_int_equal(fstat(j.fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_true(st.st_blocks * 512 >= 100 * JOURNAL_LINE_MAX);
	assert_int_equal(journal_reserve(&j, 100, &f), 0);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_WARNED, NULL, &f), 0);
	assert_int_equal(fstat(j.fd, &st), 0);
	assert_int_equal(st.st_size, j.size);
	journal_close(&j);
	/* the directory may have gone */
	assert_int_equal(unlinkat(d->spool.fd, NAME, 0), 0);
	assert_int_equal(unlinkat(d->spool.fd, "journal", AT_REMOVEDIR), 0);
	assert_int_equal(journal_reserve(&j, 1, &f), 0);
	journal_close(&j);
}

static void fill_disk(const struct spool *s)
{
	static const char block[4096] = "x";
	int fd = openat(s->fd, "state/filler", O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	(void)close(fd);
}

/* What was reserved can be written when the disk is full, and nothing else is promised. */
static void a_reserve_holds_on_a_full_disk(void **state)
{
	const struct spool_dir *d = *state;
	struct outcome o = refused();
	struct journal j, late;
	struct spool full;
	struct spool_entry e;
	struct journal_state s;
	struct fault f;
	char path[200];

	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
		mount("none", "/", "none", MS_REC | MS_PRIVATE, "") != 0)
		skip();
	(void)snprintf(path, sizeof(path), "%s/small", d->root);
	assert_int_equal(mkdir(path, 0700), 0);
	if (mount("none", path, "tmpfs", 0, "size=512k,mode=0700") != 0)
		skip();
	assert_int_equal(spool_open(&full, path, true, &f), 0);
	assert_int_equal(spool_make_boxes(&full, &f), 0);
	journal_init(&j, &full, ID);
	assert_int_equal(journal_reserve(&j, 50, &f), 0);
	fill_disk(&full);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(journal_append(&j, 1, i, JOURNAL_FAILED, &o, &f), 0);
	assert_int_equal(journal_sync(&j, &f), 0);
	assert_int_equal(journal_load(&full, ID, 50, &s, &f), 0);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(s.recipients[i].kind, OUTCOME_FAILED);
	journal_state_release(&s);
	journal_init(&late, &full, OTHER);
	assert_int_equal(journal_reserve(&late, 50, &f), -1);
	assert_int_equal(f.err, ENOSPC);
	assert_int_equal(spool_dir_store(&full, SPAN_LIT("x\r\n"), &e, &f), -1);
	assert_int_equal(f.kind, FAULT_SYSTEM);
	assert_int_equal(spool_dir_count(&full, "tmp"), 0);
	assert_int_equal(spool_dir_count(&full, "new"), 0);
	journal_close(&late);
	journal_close(&j);
	spool_close(&full);
	assert_int_equal(umount(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_appended_is_loaded, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_damaged_line_costs_itself_alone, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_torn_end_is_normal, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_line_of_another_process_is_not_continued, make_spool,
			remove_spool),
		cmocka_unit_test_setup_teardown(
			what_is_not_of_this_message_counts_for_nothing, make_spool,
			remove_spool),
		cmocka_unit_test_setup_teardown(
			the_history_is_shown, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			expansions_have_numbers_of_their_own, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			an_unreadable_journal_is_a_fault, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			tries_fill_no_journal, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_reserve_takes_blocks_but_no_size, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_reserve_holds_on_a_full_disk, make_spool, remove_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
