/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* ldflags: -Wl,--wrap=unlinkat -Wl,--wrap=fsync */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "deliver/claim.h"
#include "tests/support/fake_world.h"

#define DAY_S 86400

static bool disk_is_read_only;

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	errno = EROFS;
	return disk_is_read_only ? -1 : __real_unlinkat(dir, name, flags);
}

static bool disk_is_bad;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	errno = EIO;
	return disk_is_bad ? -1 : __real_fsync(fd);
}

static int make_world(void **state)
{
	struct fake_world *w = mem_alloc(sizeof(*w));

	disk_is_read_only = disk_is_bad = false;
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

/* What a try brings to the recipients in order, and what becomes of it. */
enum fate { UNTRIED, DELIVERED, RELAYED, LATER, HOST_DOWN, UNCERTAIN, NEVER };

static struct outcome outcome_of(enum fate fate)
{
	struct outcome o;

	switch (fate) {
	case DELIVERED:
		return outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.0.0", "ok");
	case RELAYED:
		o = outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.6.0", "taken");
		o.is_relayed = true;
		return o;
	case LATER:
		return outcome_make(
			OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.7.1", "come back");
	case HOST_DOWN:
		return outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "refused");
	case UNCERTAIN:
		o = outcome_make(OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.4.2", "no reply");
		o.may_be_delivered = true;
		return o;
	default:
		return outcome_make(
			OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1", "no such user");
	}
}

static void take(struct claim *c, struct fake_world *w, const char *id)
{
	struct spool_entry e;
	struct fault f;

	assert_true(fake_world_find(w, id, &e));
	if (claim_take(c, &w->flush, &e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
}

static void record_all(struct fake_world *w, struct claim *c, const enum fate *fates)
{
	for (size_t i = 0; i < c->past.count; i++) {
		struct outcome o = outcome_of(fates[i]);

		if (fates[i] != UNTRIED && claim_is_pending(c, i))
			claim_record(c, &w->flush, i, &o);
	}
	claim_sync(c);
}

/* One try of the message from its claim to its end. */
static void try_once(struct fake_world *w, const char *id, const enum fate *fates)
{
	struct claim c;

	w->flush.started_s = w->world.now_s();
	take(&c, w, id);
	record_all(w, &c, fates);
	claim_settle(&c, &w->flush);
}

#define TRY(w_, id_, ...) \
	try_once((w_), (id_), (const enum fate[FAKE_RECIPIENTS_MAX]){__VA_ARGS__})

static void expect_report(struct fake_world *w, const char *words, bool is_there)
{
	struct buf text = fake_world_reports(w);

	if (!strstr(buf_str(&text), words) == is_there)
		fail_msg("\"%s\" is%s in %s", words, is_there ? " not" : "",
			buf_str(&text));
	buf_release(&text);
}

static void all_delivered_leaves_nothing(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry one = fake_world_mail(w, &(struct fake_mail){0});
	struct spool_entry two = fake_world_mail(
		w, &(struct fake_mail){.to = {"a@dest.example", "b@dest.example"}});

	TRY(w, one.id, DELIVERED);
	TRY(w, two.id, DELIVERED, DELIVERED);
	assert_string_equal(fake_world_box(w, one.id), "gone");
	assert_string_equal(fake_world_box(w, two.id), "gone");
	assert_int_equal(spool_dir_count(&w->dir.spool, "journal"), 0);
	assert_int_equal(fake_world_report_count(w), 0);
}

static void what_failed_is_reported_and_gone(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});

	TRY(w, e.id, NEVER);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 1);
	expect_report(w, "no such user", true);
	expect_report(w, "Final-Recipient: rfc822; r@dest.example", true);
	assert_int_equal(spool_dir_count(&w->dir.spool, "journal"), 0);
}

static void one_report_for_all_that_failed_and_the_rest_goes_on(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example",
					 "c@dest.example", "d@dest.example"}};
	struct spool_entry e = fake_world_mail(w, &mail);

	TRY(w, e.id, NEVER, DELIVERED, LATER, NEVER);
	assert_string_equal(fake_world_box(w, e.id), "cur");
	assert_int_equal(fake_world_report_count(w), 1);
	expect_report(w, "a@dest.example", true);
	expect_report(w, "d@dest.example", true);
	expect_report(w, "rfc822; c@dest.example", false);
	/* the next try is of the third alone, and the first two are not told again */
	fake_world_advance(60);
	TRY(w, e.id, DELIVERED, NEVER, NEVER, DELIVERED);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 2);
	assert_int_equal(fake_world_logged(w, "event=failed"), 3);
	assert_int_equal(fake_world_logged(w, "event=delivered"), 1);
}

static void what_waits_has_its_place_in_the_schedule(void **state)
{
	static const int64_t steps_s[] = {60, 300, 900, 1800, 3600, 7200, 14400, 14400};
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});

	for (size_t i = 0; i < ARRAY_LEN(steps_s); i++) {
		int64_t wait_s;

		TRY(w, e.id, LATER);
		wait_s = fake_world_wait_s(w, e.id);
		assert_in_range(wait_s, steps_s[i] - steps_s[i] / 10,
			steps_s[i] + steps_s[i] / 10);
		fake_world_advance(wait_s);
	}
}

static void a_dead_host_decides_when_it_is_tried_again(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.attempts = 5};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct claim c;

	take(&c, w, e.id);
	record_all(w, &c, (const enum fate[]){HOST_DOWN});
	c.host_next_s = FAKE_NOW + 77;
	claim_settle(&c, &w->flush);
	assert_int_equal(fake_world_wait_s(w, e.id), 77);
}

static void what_may_be_delivered_waits_longer(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});
	struct claim c;

	TRY(w, e.id, UNCERTAIN);
	assert_int_equal(fake_world_wait_s(w, e.id), CLAIM_UNCERTAIN_WAIT_S);
	/* even when its host is tried again earlier */
	fake_world_advance(CLAIM_UNCERTAIN_WAIT_S);
	take(&c, w, e.id);
	record_all(w, &c, (const enum fate[]){UNCERTAIN});
	c.host_next_s = (uint32_t)w->world.now_s() + 60;
	claim_settle(&c, &w->flush);
	assert_true(fake_world_wait_s(w, e.id) >= CLAIM_UNCERTAIN_WAIT_S);
	/* and not later than its schedule says where that is later still */
	fake_world_advance(CLAIM_UNCERTAIN_WAIT_S);
	for (int i = 0; i < 4; i++)
		TRY(w, e.id, LATER);
	TRY(w, e.id, UNCERTAIN);
	assert_in_range(fake_world_wait_s(w, e.id), 14400 - 1440, 14400 + 1440);
}

static void too_old_fails_only_after_a_real_try(void **state)
{
	static const struct {
		const char *why;
		int64_t age_s;
		unsigned attempts;
		enum fate fate;
		const char *box;
	} cases[] = {
		{"young", DAY_S, 10, LATER, "cur"},
		{"old, tried", 5 * DAY_S + 1, 10, LATER, "gone"},
		{"old, tried, a dead host", 5 * DAY_S + 1, 10, HOST_DOWN, "gone"},
		{"old, may be delivered", 5 * DAY_S + 1, 10, UNCERTAIN, "gone"},
		{"old, not tried now", 5 * DAY_S + 1, 10, UNTRIED, "cur"},
		{"old, but its first try", 5 * DAY_S + 1, 0, LATER, "new or cur"},
		{"old, and delivered after all", 5 * DAY_S + 1, 10, DELIVERED, "gone"},
	};
	struct fake_world *w = *state;
	size_t reports = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spool_entry e =
			fake_world_mail(w, &(struct fake_mail){.age_s = cases[i].age_s,
						   .attempts = cases[i].attempts,
						   .notify = DSN_FAILURE});

		try_once(w, e.id, &cases[i].fate);
		if (!strstr(cases[i].box, fake_world_box(w, e.id)))
			fail_msg("%s: %s", cases[i].why, fake_world_box(w, e.id));
		reports +=
			strcmp(cases[i].box, "gone") == 0 && cases[i].fate != DELIVERED;
		if (fake_world_report_count(w) != reports)
			fail_msg("%s: reports", cases[i].why);
	}
	expect_report(w, "Status: 4.4.7", true);
	expect_report(w, "the last try said: come back", true);
	expect_report(w, "the last try said: refused", true);
}

static void a_delay_is_told_once(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){.attempts = 1});

	fake_world_advance(4 * 3600 - 1);
	TRY(w, e.id, LATER);
	assert_int_equal(fake_world_report_count(w), 0);
	fake_world_advance(1);
	TRY(w, e.id, LATER);
	assert_int_equal(fake_world_report_count(w), 1);
	expect_report(w, "Action: delayed", true);
	expect_report(w, "come back", true);
	fake_world_advance(3600);
	TRY(w, e.id, LATER);
	TRY(w, e.id, HOST_DOWN);
	assert_int_equal(fake_world_report_count(w), 1);
	assert_string_equal(fake_world_box(w, e.id), "cur");
}

static void a_delay_is_not_told_to_who_does_not_want_it(void **state)
{
	static const struct {
		const char *why;
		const char *sender;
		unsigned notify;
		int64_t warn_after_s;
	} cases[] = {
		{"a report", "", 0, 3600},
		{"NOTIFY=NEVER", NULL, DSN_NEVER, 3600},
		{"NOTIFY=FAILURE", NULL, DSN_FAILURE, 3600},
		{"warn_after = never", NULL, 0, 0},
	};
	struct fake_world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spool_entry e =
			fake_world_mail(w, &(struct fake_mail){.sender = cases[i].sender,
						   .notify = cases[i].notify,
						   .age_s = 5 * 3600});

		w->conf.spool.warn_after_s = cases[i].warn_after_s;
		TRY(w, e.id, LATER);
		if (fake_world_report_count(w))
			fail_msg("%s", cases[i].why);
		assert_string_equal(fake_world_box(w, e.id), "cur");
	}
}

/* The mailbox cannot be written to just now: the failure is kept, nothing is sent again. */
static void a_report_that_cannot_be_filed_now_is_filed_later(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});
	char maildir[128], new_box[160];
	struct buf journal;
	struct claim c;

	(void)snprintf(maildir, sizeof(maildir), "%s/Maildir", w->dir.root);
	(void)snprintf(new_box, sizeof(new_box), "%s/new", maildir);
	assert_int_equal(symlink("/nonexistent", new_box), 0);
	TRY(w, e.id, NEVER);
	assert_string_equal(fake_world_box(w, e.id), "cur");
	assert_int_equal(fake_world_wait_s(w, e.id), 900);
	assert_int_equal(fake_world_logged(w, "event=report-failed"), 1);
	for (int i = 0; i < 3; i++) {
		fake_world_advance(900);
		w->flush.started_s = w->world.now_s();
		take(&c, w, e.id);
		assert_false(claim_is_pending(&c, 0)); /* it is not sent again */
		claim_settle(&c, &w->flush);
		assert_string_equal(fake_world_box(w, e.id), "cur");
	}
	/* and what is known is not written again and again */
	journal = fake_world_journal(w, e.id);
	assert_ptr_equal(strchr(buf_str(&journal), '\n'), journal.data + journal.len - 1);
	buf_release(&journal);
	assert_int_equal(unlink(new_box), 0);
	fake_world_advance(900);
	TRY(w, e.id, UNTRIED);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 1);
	expect_report(w, "no such user", true);
}

static void a_report_that_can_never_be_filed_parks_the_message(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});
	char new_box[160];

	(void)snprintf(new_box, sizeof(new_box), "%s/Maildir/new", w->dir.root);
	assert_int_equal(symlink("/nonexistent", new_box), 0);
	TRY(w, e.id, NEVER);
	fake_world_advance(2 * 5 * DAY_S + 1);
	TRY(w, e.id, UNTRIED);
	assert_string_equal(fake_world_box(w, e.id), "failed");
	assert_int_equal(fake_world_logged(w, "event=parked"), 1);
}

static void with_nobody_to_tell_it_is_parked(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e;
	struct buf journal;

	fake_world_lose_mailbox(w);
	/* auto: the sender is of this machine, so mail to it would come back */
	e = fake_world_mail(w, &(struct fake_mail){.sender = "root@client.test"});
	TRY(w, e.id, NEVER);
	assert_string_equal(fake_world_box(w, e.id), "failed");
	assert_int_equal(fake_world_logged(w, "event=parked"), 1);
	assert_int_equal(fake_world_logged(w, "event=report-failed"), 1);
	/* why it failed is still to be read */
	journal = fake_world_journal(w, e.id);
	assert_non_null(strstr(buf_str(&journal), "no such user"));
	buf_release(&journal);
}

static void the_null_sender_is_never_answered(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry failed = fake_world_mail(w, &(struct fake_mail){.sender = ""});
	struct spool_entry never = fake_world_mail(
		w, &(struct fake_mail){.sender = "", .notify = DSN_NEVER});
	struct spool_entry old = fake_world_mail(
		w, &(struct fake_mail){.sender = "", .age_s = DAY_S + 1, .attempts = 5});

	TRY(w, failed.id, NEVER);
	TRY(w, never.id, NEVER);
	TRY(w, old.id, LATER); /* the lifetime of reports is shorter */
	assert_string_equal(fake_world_box(w, failed.id), "failed");
	assert_string_equal(fake_world_box(w, never.id), "failed");
	assert_string_equal(fake_world_box(w, old.id), "failed");
	assert_int_equal(fake_world_report_count(w), 0);
	assert_int_equal(spool_dir_count(&w->dir.spool, "new"), 0);
}

static void notify_never_means_no_report(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e =
		fake_world_mail(w, &(struct fake_mail){.notify = DSN_NEVER});

	TRY(w, e.id, NEVER);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 0);
}

static void who_wants_to_know_is_told_of_relaying(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.notify = DSN_SUCCESS | DSN_FAILURE};
	struct spool_entry e = fake_world_mail(w, &mail);

	TRY(w, e.id, RELAYED);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 1);
	expect_report(w, "Action: relayed\nStatus: 2.6.0\n", true);
	assert_int_equal(fake_world_logged(w, "event=relay-notice"), 1);
	assert_int_equal(spool_dir_count(&w->dir.spool, "journal"), 0);
}

static void who_does_not_ask_is_not_told_of_relaying(void **state)
{
	static const struct fake_mail mails[] = {
		{.notify = 0},
		{.notify = DSN_FAILURE | DSN_DELAY},
		{.notify = DSN_NEVER},
		{.notify = DSN_SUCCESS, .sender = ""},
	};
	struct fake_world *w = *state;
	struct spool_entry e;

	for (size_t i = 0; i < ARRAY_LEN(mails); i++) {
		e = fake_world_mail(w, &mails[i]);
		TRY(w, e.id, RELAYED);
		assert_string_equal(fake_world_box(w, e.id), "gone");
	}
	/* the next host tells */
	e = fake_world_mail(w, &(struct fake_mail){.notify = DSN_SUCCESS});
	TRY(w, e.id, DELIVERED);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 0);
	assert_int_equal(fake_world_logged(w, "event=report-failed"), 0);
}

static void relaying_and_failing_are_two_reports(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.notify = DSN_SUCCESS | DSN_FAILURE,
		.to = {"a@dest.example", "b@dest.example", "c@dest.example"}};
	struct spool_entry e = fake_world_mail(w, &mail);

	TRY(w, e.id, RELAYED, NEVER, LATER);
	assert_string_equal(fake_world_box(w, e.id), "cur");
	assert_int_equal(fake_world_report_count(w), 2);
	/* each of them once */
	fake_world_advance(60);
	TRY(w, e.id, UNTRIED, UNTRIED, RELAYED);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 3);
}

/* What is delivered is never sent again for the sake of a report. */
static void a_relay_report_waits_but_not_for_ever(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.notify = DSN_SUCCESS};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct spool_entry never = fake_world_mail(w, &mail);
	struct claim c;

	w->conf.bounce.per_hour = 0;
	TRY(w, e.id, RELAYED);
	TRY(w, never.id, RELAYED);
	assert_string_equal(fake_world_box(w, e.id), "cur");
	assert_int_equal(fake_world_report_count(w), 0);
	fake_world_advance(900);
	take(&c, w, e.id);
	assert_false(claim_is_pending(&c, 0));
	w->conf.bounce.per_hour = 10;
	claim_settle(&c, &w->flush);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 1);
	/* nor does it trouble a person in the end */
	w->conf.bounce.per_hour = 0;
	fake_world_advance(2 * 5 * DAY_S + 1);
	TRY(w, never.id, UNTRIED);
	assert_string_equal(fake_world_box(w, never.id), "gone");
	assert_int_equal(fake_world_logged(w, "event=parked"), 0);
}

static void a_relay_report_without_a_reader_is_given_up(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e;

	fake_world_lose_mailbox(w);
	e = fake_world_mail(w,
		&(struct fake_mail){.sender = "root@client.test", .notify = DSN_SUCCESS});
	TRY(w, e.id, RELAYED);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_logged(w, "event=parked"), 0);
}

static void there_is_a_cap_on_reports_in_an_hour(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e[3];

	w->conf.bounce.per_hour = 2;
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		e[i] = fake_world_mail(w, &(struct fake_mail){0});
		TRY(w, e[i].id, NEVER);
	}
	assert_int_equal(fake_world_report_count(w), 2);
	assert_string_equal(fake_world_box(w, e[1].id), "gone");
	assert_string_equal(fake_world_box(w, e[2].id), "cur");
	fake_world_advance(3600);
	TRY(w, e[2].id, UNTRIED);
	assert_int_equal(fake_world_report_count(w), 3);
	assert_string_equal(fake_world_box(w, e[2].id), "gone");
}

static void a_lost_record_parks_what_is_pending(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example"}};
	struct spool_entry pending = fake_world_mail(w, &mail);
	struct spool_entry done = fake_world_mail(w, &mail);
	struct claim c;

	take(&c, w, pending.id);
	record_all(w, &c, (const enum fate[]){DELIVERED, LATER});
	c.has_lost_record = true;
	claim_settle(&c, &w->flush);
	assert_string_equal(fake_world_box(w, pending.id), "failed");
	/* where nobody is pending there is nothing that could be sent twice */
	take(&c, w, done.id);
	record_all(w, &c, (const enum fate[]){DELIVERED, DELIVERED});
	c.has_lost_record = true;
	claim_settle(&c, &w->flush);
	assert_string_equal(fake_world_box(w, done.id), "gone");
}

/* The message cannot be removed: that it is delivered must be known to the next run. */
static void what_cannot_be_removed_is_not_sent_again(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry delivered = fake_world_mail(w, &(struct fake_mail){0});
	struct spool_entry failed = fake_world_mail(w, &(struct fake_mail){0});
	struct claim c;

	disk_is_read_only = true;
	TRY(w, delivered.id, DELIVERED);
	TRY(w, failed.id, NEVER);
	disk_is_read_only = false;
	assert_int_equal(fake_world_logged(w, "event=remove-failed"), 2);
	fake_world_advance(3600);
	take(&c, w, delivered.id);
	assert_false(claim_is_pending(&c, 0));
	claim_settle(&c, &w->flush);
	assert_string_equal(fake_world_box(w, delivered.id), "gone");
	take(&c, w, failed.id);
	assert_false(claim_is_pending(&c, 0));
	claim_settle(&c, &w->flush);
	assert_string_equal(fake_world_box(w, failed.id), "gone");
	/* the failure has been told already */
	assert_int_equal(fake_world_report_count(w), 1);
}

/* A disk that did not take the journal: only a delivery must not be forgotten. */
static void only_a_lost_delivery_parks(void **state)
{
	static const struct {
		const char *why;
		enum fate first;
		const char *box;
		size_t reports;
	} cases[] = {
		{"it would be delivered again", DELIVERED, "failed", 0},
		{"it would only be refused again", NEVER, "cur", 1},
		{"it would only wait longer", UNCERTAIN, "cur", 1},
	};
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example"}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spool_entry e = fake_world_mail(w, &mail);
		struct outcome first = outcome_of(cases[i].first);
		struct outcome second = outcome_of(LATER);
		struct claim c;

		take(&c, w, e.id);
		claim_record(&c, &w->flush, 0, &first);
		claim_record(&c, &w->flush, 1, &second);
		disk_is_bad = true;
		claim_sync(&c);
		disk_is_bad = false;
		claim_settle(&c, &w->flush);
		if (strcmp(fake_world_box(w, e.id), cases[i].box) != 0)
			fail_msg("%s", cases[i].why);
		assert_int_equal(fake_world_report_count(w), cases[i].reports);
	}
	assert_int_equal(fake_world_logged(w, "event=journal-failed"), 3);
}

/* Nothing can be written to the journals from now on, whoever we are. */
static void lose_journals(const struct fake_world *w)
{
	const struct spool *spool = w->flush.spool;

	assert_int_equal(renameat(spool->fd, "journal", spool->fd, "journals"), 0);
	spool_dir_put(spool, "journal", SPAN_LIT(""));
}

/* Neither removed nor written down: the next run would deliver it again. */
static void what_nobody_would_know_to_be_delivered_is_parked(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry alone = fake_world_mail(w, &(struct fake_mail){0});
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example"}};
	struct spool_entry unreported = fake_world_mail(w, &mail);
	char new_box[160];
	struct claim c[2];

	(void)snprintf(new_box, sizeof(new_box), "%s/Maildir/new", w->dir.root);
	assert_int_equal(symlink("/nonexistent", new_box), 0);
	take(&c[0], w, alone.id);
	take(&c[1], w, unreported.id);
	lose_journals(w);
	disk_is_read_only = true;
	record_all(w, &c[0], (const enum fate[]){DELIVERED});
	claim_settle(&c[0], &w->flush);
	assert_string_equal(fake_world_box(w, alone.id), "failed");
	record_all(w, &c[1], (const enum fate[]){DELIVERED, NEVER});
	claim_settle(&c[1], &w->flush);
	assert_string_equal(fake_world_box(w, unreported.id), "failed");
}

/* Days of tries of many recipients have filled the journal: no more tries are written. */
static void a_full_journal_does_not_keep_old_mail_for_ever(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@other.example"},
		.age_s = 5 * DAY_S + 1,
		.attempts = 40};
	struct spool_entry e = fake_world_mail(w, &mail);
	char name[SPOOL_NAME_MAX] = "journal/";
	char *zeros = mem_alloc(JOURNAL_TRIES_MAX);
	struct claim c;
	struct fault f;

	memset(zeros, '\n', JOURNAL_TRIES_MAX);
	memcpy(name + strlen(name), e.id, sizeof(e.id));
	spool_dir_put(&w->dir.spool, name, (struct span){zeros, JOURNAL_TRIES_MAX});
	free(zeros);
	take(&c, w, e.id);
	c.is_shared = true;
	assert_int_equal(claim_reserve(&c, 4, &f), 0);
	record_all(w, &c, (const enum fate[]){LATER, LATER});
	/* as the run does it when the workers are done */
	assert_int_equal(claim_reload(&c, &f), 0);
	claim_settle(&c, &w->flush);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_int_equal(fake_world_report_count(w), 1);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_world, remove_world)
	const struct CMUnitTest tests[] = {
		TEST(all_delivered_leaves_nothing),
		TEST(what_failed_is_reported_and_gone),
		TEST(one_report_for_all_that_failed_and_the_rest_goes_on),
		TEST(what_waits_has_its_place_in_the_schedule),
		TEST(a_dead_host_decides_when_it_is_tried_again),
		TEST(what_may_be_delivered_waits_longer),
		TEST(too_old_fails_only_after_a_real_try),
		TEST(a_delay_is_told_once),
		TEST(a_delay_is_not_told_to_who_does_not_want_it),
		TEST(a_report_that_cannot_be_filed_now_is_filed_later),
		TEST(a_report_that_can_never_be_filed_parks_the_message),
		TEST(with_nobody_to_tell_it_is_parked),
		TEST(the_null_sender_is_never_answered),
		TEST(notify_never_means_no_report),
		TEST(who_wants_to_know_is_told_of_relaying),
		TEST(who_does_not_ask_is_not_told_of_relaying),
		TEST(relaying_and_failing_are_two_reports),
		TEST(a_relay_report_waits_but_not_for_ever),
		TEST(a_relay_report_without_a_reader_is_given_up),
		TEST(there_is_a_cap_on_reports_in_an_hour),
		TEST(a_lost_record_parks_what_is_pending),
		TEST(what_cannot_be_removed_is_not_sent_again),
		TEST(only_a_lost_delivery_parks),
		TEST(what_nobody_would_know_to_be_delivered_is_parked),
		TEST(a_full_journal_does_not_keep_old_mail_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
