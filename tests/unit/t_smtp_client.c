/*
 * What the engine promises beside the dialogue: the order of events, deadlines, large
 * writes, and exactness about what has left. Dialogues are in tests/transcripts.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "smtp/client.h"

static struct recipient one = {.address = (char *)(uintptr_t) "one@example.org"};
static const struct recipient *const recipients[] = {&one};

static struct smtp_message message_of(size_t octets)
{
	return (struct smtp_message){
		.sender = "s@client.example",
		.recipients = recipients,
		.recipient_count = 1,
		.facts = {.octets = octets},
	};
}

static struct smtp_client *new_client(void)
{
	struct smtp_client_options options = {
		.hello_name = "client.example", .remote = "mx.example.org"};

	return smtp_client_new(&options);
}

static enum smtp_event_kind next(struct smtp_client *c, struct smtp_event *ev)
{
	smtp_client_next(c, ev);
	return ev->kind;
}

static void hear(struct smtp_client *c, const char *replies)
{
	smtp_client_received(c, span_of(replies));
}

/* The next event is WRITE with this output; all of it leaves. */
static void expect_write(struct smtp_client *c, const char *output)
{
	struct smtp_event ev;

	assert_int_equal(next(c, &ev), SMTP_WRITE);
	assert_true(span_is(ev.output, output));
	smtp_client_written(c, ev.output.len);
}

static void expect_read(struct smtp_client *c)
{
	struct smtp_event ev;

	assert_int_equal(next(c, &ev), SMTP_READ);
}

/* Up to NEXT, with PIPELINING. */
static void open_session(struct smtp_client *c)
{
	struct smtp_event ev;

	expect_read(c);
	assert_false(smtp_client_is_up(c));
	hear(c, "220 mx\r\n");
	expect_write(c, "EHLO client.example\r\n");
	assert_false(smtp_client_is_up(c));
	hear(c, "250-mx\r\n250 PIPELINING\r\n");
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	assert_true(smtp_client_is_up(c));
}

/* Up to CONTENT of the message. */
static void open_content(struct smtp_client *c, const struct smtp_message *m)
{
	struct smtp_event ev;

	open_session(c);
	smtp_client_message(c, m);
	expect_write(c, "MAIL FROM:<s@client.example>\r\n"
			"RCPT TO:<one@example.org>\r\nDATA\r\n");
	hear(c, "250 ok\r\n250 ok\r\n354 go\r\n");
	assert_int_equal(next(c, &ev), SMTP_CONTENT);
	assert_true(ev.offset == 0);
}

static void test_outcome_and_done_come_before_output(void **state)
{
	struct smtp_message first = message_of(3), second = message_of(3);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	first.tag = &first;
	second.tag = &second;
	open_content(c, &first);
	smtp_client_content(c, SPAN_LIT("a\r\n"), true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_message(c, &second);
	expect_write(c, "a\r\n.\r\nMAIL FROM:<s@client.example>\r\n"
			"RCPT TO:<one@example.org>\r\nDATA\r\n");
	hear(c, "250 2.6.0 done\r\n250 ok\r\n250 ok\r\n354 go\r\n");
	assert_int_equal(next(c, &ev), SMTP_OUTCOME);
	assert_ptr_equal(ev.tag, &first);
	assert_int_equal(ev.outcome.kind, OUTCOME_DELIVERED);
	assert_string_equal(ev.outcome.text, "2.6.0 done");
	assert_string_equal(ev.outcome.remote, "mx.example.org");
	assert_int_equal(next(c, &ev), SMTP_DONE);
	assert_ptr_equal(ev.tag, &first);
	assert_int_equal(next(c, &ev), SMTP_CONTENT);
	assert_ptr_equal(ev.tag, &second);
	smtp_client_content(c, SPAN_LIT("b\r\n"), true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	expect_write(c, "b\r\n.\r\n");
	/* QUIT is not said before the reply to the dot */
	expect_read(c);
	smtp_client_free(c);
}

/* The owner is asked once more when there is time to wait for a message. */
static void test_a_message_may_come_later(void **state)
{
	struct smtp_message m = message_of(3);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	open_content(c, &m);
	smtp_client_content(c, SPAN_LIT("a\r\n"), true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	assert_false(ev.is_idle);
	smtp_client_message_later(c);
	expect_write(c, "a\r\n.\r\n");
	expect_read(c);
	hear(c, "250 ok\r\n");
	assert_int_equal(next(c, &ev), SMTP_OUTCOME);
	assert_int_equal(next(c, &ev), SMTP_DONE);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	assert_true(ev.is_idle);
	smtp_client_message(c, &m);
	expect_write(c,
		"MAIL FROM:<s@client.example>\r\nRCPT TO:<one@example.org>\r\nDATA\r\n");
	hear(c, "250 ok\r\n250 ok\r\n354 go\r\n");
	assert_int_equal(next(c, &ev), SMTP_CONTENT);
	smtp_client_content(c, SPAN_LIT("b\r\n"), true);
	/* and each time anew */
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	assert_false(ev.is_idle);
	smtp_client_message_later(c);
	expect_write(c, "b\r\n.\r\n");
	hear(c, "250 ok\r\n");
	assert_int_equal(next(c, &ev), SMTP_OUTCOME);
	assert_int_equal(next(c, &ev), SMTP_DONE);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	expect_write(c, "QUIT\r\n");
	smtp_client_free(c);
}

/* Content and dot are 6 octets: what is certain after n of them have left? */
static void test_only_a_whole_dot_is_uncertain(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 6; n++) {
		struct smtp_message m = message_of(3);
		struct smtp_client *c = new_client();
		struct smtp_event ev;

		open_content(c, &m);
		smtp_client_content(c, SPAN_LIT("a\r\n"), true);
		assert_int_equal(next(c, &ev), SMTP_NEXT);
		smtp_client_no_message(c);
		assert_int_equal(next(c, &ev), SMTP_WRITE);
		assert_int_equal(ev.output.len, 6);
		smtp_client_written(c, n);
		smtp_client_lost(c, SMTP_LOST_ERROR, "Broken pipe");
		assert_int_equal(next(c, &ev), SMTP_OUTCOME);
		assert_int_equal(ev.outcome.kind, OUTCOME_DEFERRED);
		assert_int_equal(ev.outcome.may_be_delivered, n == 6);
		assert_int_equal(
			ev.outcome.scope, n == 6 ? OUTCOME_MESSAGE : OUTCOME_HOST);
		assert_int_equal(next(c, &ev), SMTP_DONE);
		assert_int_equal(next(c, &ev), SMTP_CLOSE);
		assert_int_equal(ev.outcome.scope, OUTCOME_HOST);
		/* it stays so */
		assert_int_equal(next(c, &ev), SMTP_CLOSE);
		smtp_client_free(c);
	}
}

/* The loss was noticed before the reply was digested: the reply counts. */
static void test_a_reply_before_the_loss_counts(void **state)
{
	struct smtp_message m = message_of(3);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	open_content(c, &m);
	smtp_client_content(c, SPAN_LIT("a\r\n"), true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	expect_write(c, "a\r\n.\r\n");
	hear(c, "250 ok\r\n");
	smtp_client_lost(c, SMTP_LOST_CLOSED, NULL);
	smtp_client_lost(c, SMTP_LOST_ERROR, "told twice");
	assert_int_equal(next(c, &ev), SMTP_OUTCOME);
	assert_int_equal(ev.outcome.kind, OUTCOME_DELIVERED);
	assert_int_equal(next(c, &ev), SMTP_DONE);
	assert_int_equal(next(c, &ev), SMTP_CLOSE);
	assert_int_equal(ev.outcome.kind, OUTCOME_PENDING);
	smtp_client_free(c);
}

/* A reply counts as early by when it came, not by when it was digested. */
static void test_a_reply_before_the_dot_is_early_though_digested_later(void **state)
{
	struct smtp_message m = message_of(3);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	open_content(c, &m);
	smtp_client_content(c, SPAN_LIT("a\r\n"), true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	assert_int_equal(next(c, &ev), SMTP_WRITE);
	hear(c, "250 forged\r\n");
	smtp_client_written(c, ev.output.len);
	assert_int_equal(next(c, &ev), SMTP_OUTCOME);
	assert_int_equal(ev.outcome.kind, OUTCOME_DEFERRED);
	/* the dot has left all the same: nobody knows what the server makes of it */
	assert_true(ev.outcome.may_be_delivered);
	smtp_client_free(c);
}

/* The tail of a reply and the next reply may share a packet. */
static void test_a_split_reply_makes_the_next_no_early_one(void **state)
{
	struct smtp_message m = message_of(3);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	open_session(c);
	smtp_client_message(c, &m);
	assert_int_equal(next(c, &ev), SMTP_WRITE);
	smtp_client_written(c, 30); /* MAIL */
	hear(c, "250 o");
	assert_int_equal(next(c, &ev), SMTP_WRITE);
	smtp_client_written(c, ev.output.len);
	hear(c, "k\r\n250 ok\r\n354 go\r\n");
	assert_int_equal(next(c, &ev), SMTP_CONTENT);
	smtp_client_free(c);
}

static void test_a_deadline_is_for_a_whole_reply(void **state)
{
	struct smtp_client *c = new_client();
	struct smtp_event ev;
	unsigned id;

	(void)state;
	assert_int_equal(next(c, &ev), SMTP_READ);
	assert_int_equal(ev.patience_s, 300);
	id = ev.patience_id;
	hear(c, "220-mx\r\n220");
	assert_int_equal(next(c, &ev), SMTP_READ);
	assert_int_equal(ev.patience_id, id);
	hear(c, " x\r\n");
	assert_int_equal(next(c, &ev), SMTP_WRITE);
	assert_int_not_equal(ev.patience_id, id);
	assert_int_equal(ev.patience_s, 180);
	id = ev.patience_id;
	smtp_client_written(c, 3);
	assert_int_equal(next(c, &ev), SMTP_WRITE);
	assert_int_equal(ev.patience_id, id);
	smtp_client_written(c, ev.output.len);
	assert_int_equal(next(c, &ev), SMTP_READ);
	assert_int_not_equal(ev.patience_id, id);
	smtp_client_free(c);
}

/* Row 70 of the bad input: ten octets a second must not go on for ever. */
static void test_a_trickle_is_given_one_deadline_a_block(void **state)
{
	struct smtp_message m = message_of(200 * 1024);
	char *block = mem_alloc(200 * 1024);
	struct smtp_client *c = new_client();
	struct smtp_event ev;
	unsigned last = 0, deadlines = 0;

	(void)state;
	open_content(c, &m);
	smtp_client_content(c, (struct span){block, 200 * 1024}, true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	while (next(c, &ev) == SMTP_WRITE) {
		assert_int_equal(ev.patience_s, 180);
		deadlines += ev.patience_id != last;
		last = ev.patience_id;
		smtp_client_written(c, ev.output.len < 100 ? ev.output.len : 100);
	}
	assert_int_equal(deadlines, 4);
	smtp_client_free(c);
	free(block);
}

/* Blocks of 32 KiB or more, whatever the owner reads at a time; nothing lost or moved. */
static void test_large_content_is_written_in_large_blocks(void **state)
{
	const size_t total = 20 * 1024 * 1024;
	struct smtp_message m = message_of(total);
	char *block = mem_alloc(8192);
	struct smtp_client *c = new_client();
	struct smtp_event ev;
	uint64_t written = 0;
	size_t given = 0;

	(void)state;
	open_content(c, &m);
	while (next(c, &ev) != SMTP_READ) {
		if (ev.kind == SMTP_CONTENT) {
			assert_true(ev.offset == given);
			given += 8192;
			smtp_client_content(
				c, (struct span){block, 8192}, given == total);
		} else if (ev.kind == SMTP_NEXT) {
			smtp_client_no_message(c);
		} else {
			assert_int_equal(ev.kind, SMTP_WRITE);
			assert_true(ev.output.len >= 32 * 1024 || given == total);
			assert_true(ev.output.len <= 128 * 1024);
			smtp_client_written(c, ev.output.len / 2 + 1);
			written += ev.output.len / 2 + 1;
		}
	}
	assert_true(written == total + 5); /* CRLF, dot, CRLF */
	smtp_client_free(c);
	free(block);
}

static void test_a_flood_ends_the_session(void **state)
{
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		hear(c, "220 a greeting again and again\r\n");
	assert_int_equal(next(c, &ev), SMTP_CLOSE);
	assert_int_equal(ev.outcome.kind, OUTCOME_DEFERRED);
	smtp_client_free(c);
}

/* More at once than the engine keeps. */
static void test_a_huge_packet_ends_the_session(void **state)
{
	const size_t size = 2 * 1024 * 1024;
	char *data = mem_alloc(size);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	smtp_client_received(c, (struct span){data, size});
	assert_int_equal(next(c, &ev), SMTP_CLOSE);
	assert_int_equal(ev.outcome.kind, OUTCOME_DEFERRED);
	smtp_client_free(c);
	free(data);
}

static void test_a_message_for_nobody_is_done(void **state)
{
	struct smtp_message m = message_of(3);
	struct smtp_client *c = new_client();
	struct smtp_event ev;

	(void)state;
	m.recipient_count = 0;
	open_session(c);
	smtp_client_message(c, &m);
	assert_int_equal(next(c, &ev), SMTP_DONE);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	expect_write(c, "QUIT\r\n");
	smtp_client_free(c);
	smtp_client_free(NULL);
}

static void note_command(void *ctx, struct span command)
{
	buf_addf(ctx, "C:%.*s\n", SPAN_ARGS(command));
}

static void note_reply(void *ctx, int code, struct span text)
{
	buf_addf(ctx, "S:%d %.*s\n", code, SPAN_ARGS(text));
}

static void test_an_observer_sees_the_dialogue(void **state)
{
	struct buf seen = BUF_INIT(4096);
	const struct smtp_observer observer = {note_command, note_reply, &seen};
	struct smtp_client_options options = {.hello_name = "client.example",
		.remote = "mx.example.org",
		.observer = &observer};
	struct smtp_message m = message_of(3);
	struct smtp_client *c = smtp_client_new(&options);
	struct smtp_event ev;

	(void)state;
	open_content(c, &m);
	smtp_client_content(c, SPAN_LIT("a\r\n"), true);
	assert_int_equal(next(c, &ev), SMTP_NEXT);
	smtp_client_no_message(c);
	expect_write(c, "a\r\n.\r\n");
	hear(c, "250 done\r\n");
	while (next(c, &ev) != SMTP_WRITE)
		;
	assert_string_equal(buf_str(&seen), "S:220 mx\n"
					    "C:EHLO client.example\n"
					    "S:250 mx\nPIPELINING\n"
					    "C:MAIL FROM:<s@client.example>\n"
					    "C:RCPT TO:<one@example.org>\n"
					    "C:DATA\n"
					    "S:250 ok\n"
					    "S:250 ok\n"
					    "S:354 go\n"
					    "C:.\n"
					    "S:250 done\n"
					    "C:QUIT\n");
	smtp_client_free(c);
	buf_release(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome_and_done_come_before_output),
		cmocka_unit_test(test_a_message_may_come_later),
		cmocka_unit_test(test_only_a_whole_dot_is_uncertain),
		cmocka_unit_test(test_a_reply_before_the_loss_counts),
		cmocka_unit_test(
			test_a_reply_before_the_dot_is_early_though_digested_later),
		cmocka_unit_test(test_a_split_reply_makes_the_next_no_early_one),
		cmocka_unit_test(test_a_deadline_is_for_a_whole_reply),
		cmocka_unit_test(test_a_trickle_is_given_one_deadline_a_block),
		cmocka_unit_test(test_large_content_is_written_in_large_blocks),
		cmocka_unit_test(test_a_flood_ends_the_session),
		cmocka_unit_test(test_a_huge_packet_ends_the_session),
		cmocka_unit_test(test_a_message_for_nobody_is_done),
		cmocka_unit_test(test_an_observer_sees_the_dialogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
