/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "deliver/bounce.h"
#include "tests/support/fake_world.h"

#define CONTENT "Subject: about the weather\r\n\r\nIt rains.\r\n"

static int make_world(void **state)
{
	struct fake_world *w = mem_alloc(sizeof(*w));

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

/* Claim a message all of whose recipients have just failed. */
static void claim_failed(
	struct claim *c, struct fake_world *w, const struct fake_mail *mail)
{
	struct spool_entry e = fake_world_mail(w, mail);
	struct outcome o =
		outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1", "no such user");
	struct fault f;

	if (claim_take(c, &w->flush, &e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
	for (size_t i = 0; i < c->past.count; i++)
		claim_record(c, &w->flush, i, &o);
}

/* Report on all recipients of such a message. */
static enum bounce_result bounce(struct fake_world *w, const struct fake_mail *mail,
	enum report_kind kind, struct fault *why)
{
	static const size_t numbers[FAKE_RECIPIENTS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
	struct claim c;
	enum bounce_result result;

	claim_failed(&c, w, mail);
	result = bounce_file(&w->flush, &c, kind, numbers, c.past.count, why);
	claim_release(&c);
	return result;
}

static bool keep_entry(void *ctx, const struct spool_entry *e)
{
	*(struct spool_entry *)ctx = *e;
	return true;
}

/* The one message that was submitted: its envelope and its content. */
static struct buf submitted(struct fake_world *w, struct envelope *ret)
{
	struct spool_entry e;
	const struct spool_visitor visitor = {.entry = keep_entry, .ctx = &e};
	struct message m;
	struct buf content;
	struct fault f;

	assert_int_equal(spool_dir_count(&w->dir.spool, "new"), 1);
	assert_int_equal(spool_scan(&w->dir.spool, SPOOL_NEW, &visitor, &f), 0);
	if (message_open(&m, &w->dir.spool, &e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
	content = spool_dir_content(&m);
	*ret = m.envelope;
	m.envelope = (struct envelope){0};
	message_close(&m);
	return content;
}

/* Who reads it: mailbox, the envelope sender, somebody, or nobody. */
static void the_reader_is_who_can_read(void **state)
{
	static const struct {
		const char *why;
		const char *to; /* [bounce] to */
		bool has_mailbox;
		const char *sender;
		const char *reader; /* NULL: the mailbox; "": nobody */
	} cases[] = {
		{"the local user first", "auto", true, "a@example.org", NULL},
		{"nobody reads mail here", "auto", false, "a@example.org",
			"a@example.org"},
		{"the sender is of this machine", "auto", false, "root@client.test", ""},
		{"the same in other letters", "auto", false, "root@CLIENT.Test", ""},
		{"localhost is nobody's name", "auto", false, "root@localhost", ""},
		{"nor is a name without a dot", "auto", false, "root@box", ""},
		{"the user is asked for", "user", true, "a@example.org", NULL},
		{"the user alone", "user", false, "a@example.org", ""},
		{"the sender is asked for", "sender", true, "a@example.org",
			"a@example.org"},
		{"an address", "boss@example.com", true, "a@example.org",
			"boss@example.com"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_mail mail = {.sender = cases[i].sender, .content = CONTENT};
		bool is_local = !cases[i].reader;
		bool is_nobody = cases[i].reader && !*cases[i].reader;
		struct fault why = {0};
		struct fake_world w;
		enum bounce_result result;

		fake_world_make(&w, NULL);
		fake_world_set(&w.conf.bounce.to, cases[i].to);
		if (!cases[i].has_mailbox)
			fake_world_lose_mailbox(&w);
		result = bounce(&w, &mail, REPORT_FAILED, &why);
		if (result != (is_nobody ? BOUNCE_IMPOSSIBLE : BOUNCE_DONE))
			fail_msg("%s: %s", cases[i].why, why.text);
		if (is_nobody && !why.text[0])
			fail_msg("%s: no word of why", cases[i].why);
		if (fake_world_report_count(&w) != is_local)
			fail_msg("%s: mailbox", cases[i].why);
		if (!is_local && !is_nobody) {
			struct envelope e;
			struct buf content = submitted(&w, &e);

			assert_string_equal(e.recipients[0].address, cases[i].reader);
			buf_release(&content);
			envelope_release(&e);
		} else {
			assert_int_equal(spool_dir_count(&w.dir.spool, "new"), 0);
		}
		fake_world_remove(&w);
	}
}

static void a_report_by_mail_is_never_answered(void **state)
{
	struct fake_world *w = *state;
	struct envelope e;
	struct buf content;
	struct fault f;

	fake_world_set(&w->conf.bounce.to, "sender");
	assert_int_equal(
		bounce(w, &(struct fake_mail){.content = CONTENT}, REPORT_FAILED, &f),
		BOUNCE_DONE);
	content = submitted(w, &e);
	assert_string_equal(e.sender, "");
	assert_int_equal(e.recipient_count, 1);
	assert_int_equal(e.recipients[0].notify, DSN_NEVER);
	assert_int_equal(e.arrival_s, FAKE_NOW);
	assert_int_equal(e.facts.octets, content.len);
	assert_false(e.facts.needs_utf8);
	assert_true(e.facts.longest_line > 20 && e.facts.longest_line < 998);
	assert_non_null(strstr(buf_str(&content), "From: "));
	assert_non_null(strstr(buf_str(&content), "mailer-daemon@example.org"));
	assert_non_null(strstr(buf_str(&content), "\r\nTo: <a@example.org>\r\n"));
	assert_non_null(strstr(buf_str(&content), "Auto-Submitted: auto-replied"));
	assert_non_null(strstr(buf_str(&content), "Reporting-MTA: dns; client.test"));
	assert_non_null(strstr(buf_str(&content), "no such user"));
	buf_release(&content);
	envelope_release(&e);
}

static void an_address_outside_ascii_is_told_so(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.sender = "\xc3\xa9@example.org"};
	struct envelope e;
	struct buf content;
	struct fault f;

	fake_world_set(&w->conf.bounce.to, "sender");
	assert_int_equal(bounce(w, &mail, REPORT_FAILED, &f), BOUNCE_DONE);
	content = submitted(w, &e);
	assert_true(e.facts.needs_utf8);
	buf_release(&content);
	envelope_release(&e);
}

static void the_message_comes_back_as_far_as_wanted(void **state)
{
	static const struct {
		const char *why;
		enum dsn_return ret;
		enum report_kind kind;
		bool is_full;
	} cases[] = {
		{"nothing was asked", DSN_RETURN_UNSET, REPORT_FAILED, true},
		{"RET=FULL", DSN_RETURN_FULL, REPORT_FAILED, true},
		{"RET=HDRS", DSN_RETURN_HEADERS, REPORT_FAILED, false},
		{"a delay: the header does", DSN_RETURN_FULL, REPORT_DELAYED, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_world w;
		struct buf text;
		struct fault f;

		fake_world_make(&w, NULL);
		assert_int_equal(bounce(&w,
					 &(struct fake_mail){
						 .ret = cases[i].ret, .content = CONTENT},
					 cases[i].kind, &f),
			BOUNCE_DONE);
		text = fake_world_reports(&w);
		if (!strstr(buf_str(&text), "Subject: about the weather"))
			fail_msg("%s: no header", cases[i].why);
		if (!strstr(buf_str(&text), "It rains.") == cases[i].is_full)
			fail_msg("%s: body", cases[i].why);
		buf_release(&text);
		fake_world_remove(&w);
	}
}

static void a_large_message_comes_back_as_its_header(void **state)
{
	struct fake_world *w = *state;
	size_t n = 400 * 1024;
	char *content = mem_alloc(n + 1);
	struct buf text;
	struct fault f;

	memset(content, 'x', n);
	for (size_t i = 64; i < n; i += 66)
		memcpy(content + i - 2, "\r\n", 2);
	memcpy(content, CONTENT, strlen(CONTENT));
	memcpy(content + n - 2, "\r\n", 2);
	assert_int_equal(
		bounce(w, &(struct fake_mail){.content = content}, REPORT_FAILED, &f),
		BOUNCE_DONE);
	text = fake_world_reports(w);
	assert_non_null(strstr(buf_str(&text), "Subject: about the weather"));
	assert_null(strstr(buf_str(&text), "xxxx"));
	buf_release(&text);
	free(content);
}

static void an_empty_message_can_be_reported(void **state)
{
	struct fake_world *w = *state;
	struct fault f;

	assert_int_equal(bounce(w, &(struct fake_mail){.content = ""}, REPORT_FAILED, &f),
		BOUNCE_DONE);
	assert_int_equal(fake_world_report_count(w), 1);
}

/* Each recipient has said what it wants to be told (RFC 3461 4.1). */
static void only_those_who_want_a_report_are_in_it(void **state)
{
	static const struct {
		unsigned notify;
		bool of_failure;
		bool of_delay;
	} cases[] = {
		{0, true, true},
		{DSN_FAILURE, true, false},
		{DSN_DELAY, false, true},
		{DSN_FAILURE | DSN_DELAY, true, true},
		{DSN_SUCCESS, false, false},
		{DSN_NEVER, false, false},
	};
	struct fake_world *w = *state;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_mail mail = {.notify = cases[i].notify};
		struct fault f;

		assert_int_equal(bounce(w, &mail, REPORT_FAILED, &f), BOUNCE_DONE);
		assert_int_equal(
			fake_world_report_count(w), count += cases[i].of_failure);
		assert_int_equal(bounce(w, &mail, REPORT_DELAYED, &f), BOUNCE_DONE);
		assert_int_equal(fake_world_report_count(w), count += cases[i].of_delay);
	}
}

static void the_null_sender_gets_none(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.sender = ""};
	struct fault why = {0};

	assert_int_equal(bounce(w, &mail, REPORT_FAILED, &why), BOUNCE_IMPOSSIBLE);
	assert_non_null(strstr(why.text, "null sender"));
	mail.notify = DSN_NEVER;
	assert_int_equal(bounce(w, &mail, REPORT_FAILED, &why), BOUNCE_IMPOSSIBLE);
	fake_world_set(&w->conf.bounce.to, "boss@example.com");
	assert_int_equal(bounce(w, &mail, REPORT_FAILED, &why), BOUNCE_IMPOSSIBLE);
	assert_int_equal(fake_world_report_count(w), 0);
	assert_int_equal(spool_dir_count(&w->dir.spool, "new"), 0);
}

static void an_address_without_end_is_nobody(void **state)
{
	struct fake_world *w = *state;
	char *address = mem_alloc(3000);
	struct fault why = {0};

	memset(address, 'a', 2990);
	memcpy(address + 2980, "@example.", 9);
	fake_world_set(&w->conf.bounce.to, address);
	assert_int_equal(bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why),
		BOUNCE_IMPOSSIBLE);
	assert_non_null(strstr(why.text, "too long"));
	free(address);
}

static void the_cap_counts_by_the_hour(void **state)
{
	struct fake_world *w = *state;
	struct fault why;

	w->conf.bounce.per_hour = 3;
	for (int i = 0; i < 3; i++)
		assert_int_equal(bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why),
			BOUNCE_DONE);
	assert_int_equal(
		bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why), BOUNCE_LATER);
	assert_non_null(strstr(why.text, "this hour"));
	fake_world_advance(3600);
	assert_int_equal(
		bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why), BOUNCE_DONE);
	/* nonsense in the file is no reason to be silent */
	spool_dir_put(
		&w->dir.spool, "state/reports", SPAN_LIT("99999999999999999999 x\n"));
	assert_int_equal(
		bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why), BOUNCE_DONE);
}

static void what_cannot_be_filed_now_comes_later(void **state)
{
	struct fake_world *w = *state;
	char path[160];
	struct fault why;

	(void)snprintf(path, sizeof(path), "%s/Maildir/tmp", w->dir.root);
	assert_int_equal(symlink("/nonexistent", path), 0);
	assert_int_equal(
		bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why), BOUNCE_LATER);
	assert_non_null(strstr(why.text, "Maildir"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
		bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why), BOUNCE_DONE);
	/* the spool: a report by mail cannot be stored */
	fake_world_set(&w->conf.bounce.to, "sender");
	(void)snprintf(path, sizeof(path), "%s/tmp", w->dir.path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/nonexistent", path), 0);
	assert_int_equal(
		bounce(w, &(struct fake_mail){0}, REPORT_FAILED, &why), BOUNCE_LATER);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_world, remove_world)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reader_is_who_can_read),
		TEST(a_report_by_mail_is_never_answered),
		TEST(an_address_outside_ascii_is_told_so),
		cmocka_unit_test(the_message_comes_back_as_far_as_wanted),
		TEST(a_large_message_comes_back_as_its_header),
		TEST(an_empty_message_can_be_reported),
		TEST(only_those_who_want_a_report_are_in_it),
		TEST(the_null_sender_gets_none),
		TEST(an_address_without_end_is_nobody),
		TEST(the_cap_counts_by_the_hour),
		TEST(what_cannot_be_filed_now_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
