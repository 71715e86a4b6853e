/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* ldflags: -Wl,--wrap=fsync -Wl,--wrap=fallocate */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "deliver/claim.h"
#include "tests/support/fake_world.h"

/* What the disk does today. */
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

static int make_world(void **state)
{
	struct fake_world *w = mem_alloc(sizeof(*w));

	disk_cannot_sync = false;
	disk_is_full = false;
	fake_world_make(w, NULL);
	*state = w;
	return 0;
}

static int remove_world(void **state)
{
	fake_world_remove(*state);
	free(*state);
	return 0;
}

static void take(struct claim *c, struct fake_world *w, const struct spool_entry *e)
{
	struct fault f;

	if (claim_take(c, &w->flush, e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
}

static void record(
	struct fake_world *w, struct claim *c, size_t number, const struct outcome *o)
{
	claim_record(c, &w->flush, number, o);
	claim_sync(c);
}

static void a_claim_counts_the_try_and_keeps_others_out(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});
	struct spool_entry now;
	struct claim c, other;
	struct fault f;

	take(&c, w, &e);
	assert_true(fake_world_find(w, e.id, &now));
	assert_int_equal(now.box, SPOOL_CUR);
	assert_int_equal(now.attempts, 1);
	/* the first step of the schedule, 10 % either way */
	assert_in_range(now.next_s, FAKE_NOW + 54, FAKE_NOW + 66);
	assert_int_equal(c.message.entry.next_s, now.next_s);
	assert_true(claim_is_pending(&c, 0));
	assert_int_equal(claim_take(&other, &w->flush, &now, &f), MESSAGE_BUSY);
	assert_int_equal(claim_take(&other, &w->flush, &e, &f), MESSAGE_GONE);
	claim_release(&c);
	take(&c, w, &now);
	assert_int_equal(c.message.entry.attempts, 2);
	claim_release(&c);
}

static void what_is_damaged_is_set_aside_and_what_is_newer_stays(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry bad = fake_world_mail(w, &(struct fake_mail){0});
	struct spool_entry newer = fake_world_mail(w, &(struct fake_mail){.age_s = 1});
	char name[SPOOL_NAME_MAX];
	struct claim c;
	struct fault f;

	spool_entry_path(&bad, name);
	spool_dir_put(&w->dir.spool, name, SPAN_LIT("nullmta 1\nid nonsense\n\n"));
	spool_entry_path(&newer, name);
	spool_dir_put(&w->dir.spool, name, SPAN_LIT("nullmta 2\nanything\n\n"));
	assert_int_equal(claim_take(&c, &w->flush, &bad, &f), MESSAGE_BAD);
	assert_string_equal(fake_world_box(w, bad.id), "failed");
	assert_int_equal(fake_world_logged(w, "event=damaged"), 1);
	assert_int_equal(claim_take(&c, &w->flush, &newer, &f), MESSAGE_UNKNOWN);
	assert_string_equal(fake_world_box(w, newer.id), "new");
}

static void a_journal_that_cannot_be_read_stops_the_delivery(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});
	char name[SPOOL_NAME_MAX] = "journal/";
	struct claim c;
	struct fault f;

	memcpy(name + strlen(name), e.id, sizeof(e.id));
	assert_int_equal(symlinkat("/dev/null", w->dir.spool.fd, name), 0);
	assert_int_equal(claim_take(&c, &w->flush, &e, &f), MESSAGE_FAULT);
	/* and the claim has ended */
	assert_true(fake_world_find(w, e.id, &e));
	assert_int_equal(unlinkat(w->dir.spool.fd, name, 0), 0);
	take(&c, w, &e);
	claim_release(&c);
}

/* Which outcomes have to be known beside the message. */
static void only_what_must_be_remembered_is_written(void **state)
{
	static const struct {
		const char *why;
		const char *event; /* NULL: no line */
		enum outcome_kind kind;
		enum outcome_scope scope;
		bool has_company;
		bool is_shared;
		bool is_uncertain;
	} cases[] = {
		{"removing the message is the record", NULL, OUTCOME_DELIVERED,
			OUTCOME_MESSAGE, false, false, false},
		{"the others stay", "delivered", OUTCOME_DELIVERED, OUTCOME_MESSAGE, true,
			false, false},
		{"the run must hear of it", "delivered", OUTCOME_DELIVERED,
			OUTCOME_MESSAGE, true, true, false},
		{"reported at once", NULL, OUTCOME_FAILED, OUTCOME_RECIPIENT, false,
			false, false},
		{"the others stay", "failed", OUTCOME_FAILED, OUTCOME_RECIPIENT, true,
			false, false},
		{"why it waits", "deferred", OUTCOME_DEFERRED, OUTCOME_RECIPIENT, false,
			false, false},
		{"a host's trouble stands in state/hosts", NULL, OUTCOME_DEFERRED,
			OUTCOME_HOST, true, false, false},
		{"so does a route's", NULL, OUTCOME_DEFERRED, OUTCOME_ROUTE, false, false,
			false},
		{"the run knows only the journal", "deferred", OUTCOME_DEFERRED,
			OUTCOME_HOST, true, true, false},
		{"a second copy is possible", "uncertain", OUTCOME_DEFERRED,
			OUTCOME_MESSAGE, false, false, true},
	};
	struct fake_world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_mail mail = {.to = {"r@dest.example"}};
		struct outcome o = outcome_make(
			cases[i].kind, cases[i].scope, "4.0.0", "because of %zu", i);
		struct spool_entry e;
		struct buf journal;
		struct claim c;

		mail.to[1] = cases[i].has_company ? "s@dest.example" : NULL;
		e = fake_world_mail(w, &mail);
		take(&c, w, &e);
		c.is_shared = cases[i].is_shared;
		o.may_be_delivered = cases[i].is_uncertain;
		record(w, &c, 0, &o);
		assert_int_equal(c.past.recipients[0].kind, cases[i].kind);
		assert_string_equal(c.past.recipients[0].text, o.text);
		claim_release(&c);
		journal = fake_world_journal(w, e.id);
		if (cases[i].event ? !strstr(buf_str(&journal), cases[i].event)
				   : journal.len > 0)
			fail_msg("%s: %s", cases[i].why, buf_str(&journal));
		buf_release(&journal);
	}
}

static void the_journal_tells_the_next_claim(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {
		.to = {"a@dest.example", "b@dest.example", "c@dest.example"}};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct outcome done =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.0.0", "ok");
	struct outcome never =
		outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1", "nobody");
	struct claim c;
	struct fault f;

	take(&c, w, &e);
	record(w, &c, 0, &done);
	record(w, &c, 1, &never);
	assert_false(claim_is_pending(&c, 0));
	assert_false(claim_is_pending(&c, 1));
	claim_release(&c);
	assert_true(fake_world_find(w, e.id, &e));
	take(&c, w, &e);
	assert_false(claim_is_pending(&c, 0));
	assert_false(claim_is_pending(&c, 1));
	assert_true(claim_is_pending(&c, 2));
	assert_string_equal(c.past.recipients[1].text, "nobody");
	/* what a worker writes meanwhile is seen when it is read again */
	{
		struct journal beside;

		journal_init(&beside, &w->dir.spool, e.id);
		assert_int_equal(journal_append(&beside, FAKE_NOW, 2, JOURNAL_DELIVERED,
					 &done, &f),
			0);
		journal_close(&beside);
	}
	assert_int_equal(claim_reload(&c, &f), 0);
	assert_false(claim_is_pending(&c, 2));
	claim_release(&c);
}

static void room_is_reserved_only_where_there_is_company(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry alone = fake_world_mail(w, &(struct fake_mail){0});
	struct spool_entry two = fake_world_mail(
		w, &(struct fake_mail){.to = {"a@dest.example", "b@dest.example"}});
	struct claim c;
	struct fault f;

	disk_is_full = true;
	take(&c, w, &alone);
	assert_int_equal(claim_reserve(&c, 1, &f), 0);
	claim_release(&c);
	assert_int_equal(spool_dir_count(&w->dir.spool, "journal"), 0);
	take(&c, w, &two);
	assert_int_equal(claim_reserve(&c, 2, &f), -1);
	assert_int_equal(f.err, ENOSPC);
	disk_is_full = false;
	assert_int_equal(claim_reserve(&c, 2, &f), 0);
	claim_release(&c);
}

static void a_delivery_that_cannot_be_synced_is_a_lost_record(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example"}};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct outcome done =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.0.0", "ok");
	struct claim c;
	struct fault f;

	take(&c, w, &e);
	assert_int_equal(claim_reserve(&c, 2, &f), 0);
	claim_record(&c, &w->flush, 0, &done);
	assert_true(c.is_dirty);
	assert_false(c.has_lost_record);
	disk_cannot_sync = true;
	claim_sync(&c);
	assert_true(c.has_lost_record);
	assert_int_equal(fake_world_logged(w, "event=journal-failed"), 1);
	disk_cannot_sync = false;
	claim_release(&c);
}

static void every_outcome_is_logged(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){.age_s = 30});
	struct outcome o =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.7.1", "later");
	struct claim c;

	take(&c, w, &e);
	record(w, &c, 0, &o);
	claim_release(&c);
	assert_int_equal(fake_world_logged(w, "event=deferred"), 1);
	assert_int_equal(fake_world_logged(w, "to=r@dest.example"), 1);
	assert_int_equal(fake_world_logged(w, "status=4.7.1"), 1);
	assert_int_equal(fake_world_logged(w, "delay=30"), 1);
	assert_int_equal(fake_world_logged(w, "reply=later"), 1);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_world, remove_world)
	const struct CMUnitTest tests[] = {
		TEST(a_claim_counts_the_try_and_keeps_others_out),
		TEST(what_is_damaged_is_set_aside_and_what_is_newer_stays),
		TEST(a_journal_that_cannot_be_read_stops_the_delivery),
		TEST(only_what_must_be_remembered_is_written),
		TEST(the_journal_tells_the_next_claim),
		TEST(room_is_reserved_only_where_there_is_company),
		TEST(a_delivery_that_cannot_be_synced_is_a_lost_record),
		TEST(every_outcome_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
