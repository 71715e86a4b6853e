/* sources: tests/support/spool_dir.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/mem.h"
#include "tests/support/spool_dir.h"

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

/* Store `size` octets in pieces of `piece` and compare what message_open finds. */
static void round_trip(
	const struct spool *s, size_t size, size_t piece, size_t recipients)
{
	struct content_facts facts = {
		.octets = 1, .crc = 1, .longest_line = 7, .has_8bit = true};
	struct envelope e = spool_dir_envelope(recipients);
	char *content = mem_alloc(size);
	struct message m;
	struct draft d;
	struct fault f;
	struct spool_entry entry;
	struct buf got;

	for (size_t i = 0; i < size; i++)
		content[i] = (char)(i * 7 + i / 251);
	assert_int_equal(draft_begin(&d, s, &f), 0);
	assert_int_equal(draft_envelope(&d, &e, &f), 0);
	assert_string_equal(e.id, d.id);
	for (size_t at = 0; at < size; at += piece)
		assert_int_equal(draft_content(&d,
					 (struct span){content + at,
						 size - at < piece ? size - at : piece},
					 &f),
			0);
	assert_int_equal(draft_commit(&d, &facts, &f), 0);
	draft_abandon(&d);
	assert_true(spool_entry_parse(d.id, SPOOL_NEW, &entry));
	assert_int_equal(message_open(&m, s, &entry, &f), MESSAGE_OPEN);
	assert_int_equal(m.envelope.facts.octets, size);
	assert_int_equal(m.envelope.facts.crc, crc32c(0, content, size));
	assert_int_equal(m.envelope.facts.longest_line, 7);
	assert_true(m.envelope.facts.has_8bit);
	assert_int_equal(m.envelope.recipient_count, recipients);
	got = spool_dir_content(&m);
	assert_int_equal(got.len, size);
	assert_memory_equal(buf_str(&got), content, size);
	assert_int_equal(spool_dir_count(s, "tmp"), 0);
	buf_release(&got);
	message_close(&m);
	envelope_release(&e);
	free(content);
}

static void what_is_stored_is_read_again(void **state)
{
	const struct spool_dir *d = *state;
	static const struct {
		size_t size, piece, recipients;
		const char *why;
	} cases[] = {
		{0, 1, 1, "no content at all"},
		{1, 1, 1, "one octet"},
		{2000, 333, 3, "a small message in one write"},
		{65536 - 250, 1000, 1, "about one block"},
		{65536, 65536, 1, "one piece of a block behind the head"},
		{200000, 200000, 1, "one piece of several blocks"},
		{200000, 70001, 1, "odd pieces"},
		{300000, 1234, 5, "small pieces of a large message"},
		{10, 10, 5000, "a head larger than a block"},
		{100000, 65536, 10000, "a large head and content"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		round_trip(&d->spool, cases[i].size, cases[i].piece, cases[i].recipients);
	assert_int_equal(spool_dir_count(&d->spool, "new"), ARRAY_LEN(cases));
}

static void an_abandoned_draft_leaves_nothing(void **state)
{
	const struct spool_dir *dir = *state;
	struct envelope e = spool_dir_envelope(1);
	char *content = mem_alloc(100000);
	struct draft d;
	struct fault f;

	assert_int_equal(draft_begin(&d, &dir->spool, &f), 0);
	assert_int_equal(spool_dir_count(&dir->spool, "tmp"), 1);
	assert_int_equal(draft_envelope(&d, &e, &f), 0);
	assert_int_equal(draft_content(&d, (struct span){content, 100000}, &f), 0);
	draft_abandon(&d);
	draft_abandon(&d);
	assert_int_equal(spool_dir_count(&dir->spool, "tmp"), 0);
	assert_int_equal(spool_dir_count(&dir->spool, "new"), 0);
	envelope_release(&e);
	free(content);
}

static void a_zeroed_draft_can_be_abandoned(void **state)
{
	struct draft d = {0};

	(void)state;
	draft_abandon(&d);
	assert_null(d.spool);
}

static void an_envelope_the_flush_would_refuse_is_refused(void **state)
{
	const struct spool_dir *dir = *state;
	static const struct {
		const char *sender, *recipient, *envid, *orcpt, *why;
	} cases[] = {
		{"a@example.org\nto <evil@example.org>", "b@example.org", NULL, NULL,
			"a line in the sender"},
		{"a@example.org", "b@example.org>\nto <c@example.org", NULL, NULL,
			"a line in the recipient"},
		{"a@example.org", "", NULL, NULL, "the null address as recipient"},
		{"a@example.org", NULL, NULL, NULL, "no recipient"},
		{"a@example.org", "b@example.org", "x y", NULL, "a space in envid"},
		{"a@example.org", "b@example.org", NULL, "rfc822;a b",
			"a space in orcpt"},
		{"not an address", "b@example.org", NULL, NULL, "a bad sender"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct envelope e = {.sender = mem_string(cases[i].sender),
			.envid = mem_string(cases[i].envid)};
		struct draft d;
		struct fault f = {0};

		if (cases[i].recipient)
			envelope_add_recipient(
				&e, span_of(cases[i].recipient), 0, cases[i].orcpt);
		assert_int_equal(draft_begin(&d, &dir->spool, &f), 0);
		if (draft_envelope(&d, &e, &f) != -1)
			fail_msg("%s", cases[i].why);
		assert_int_equal(f.kind, FAULT_DATA);
		draft_abandon(&d);
		envelope_release(&e);
	}
	assert_int_equal(spool_dir_count(&dir->spool, "tmp"), 0);
}

static void missing_boxes_are_made_again(void **state)
{
	const struct spool_dir *d = *state;

	assert_int_equal(unlinkat(d->spool.fd, "new", AT_REMOVEDIR), 0);
	(void)spool_dir_message(&d->spool, "x\r\n");
	assert_int_equal(spool_dir_count(&d->spool, "new"), 1);
	assert_int_equal(unlinkat(d->spool.fd, "tmp", AT_REMOVEDIR), 0);
	(void)spool_dir_message(&d->spool, "y\r\n");
	assert_int_equal(spool_dir_count(&d->spool, "new"), 2);
}

enum { SUBMITTERS = 4, EACH = 25 };

/* In a child: the first messages of a user, from many programs at once. */
static int submit(const char *path)
{
	struct spool s;
	struct fault f;

	for (int i = 0; i < EACH; i++) {
		struct spool_entry e;

		if (spool_open(&s, path, true, &f) != 0 ||
			spool_dir_store(&s, SPAN_LIT("x\r\n"), &e, &f) != 0)
			return 1;
		spool_close(&s);
	}
	return 0;
}

static void many_submit_at_once(void **state)
{
	const struct spool_dir *d = *state;
	pid_t pids[SUBMITTERS];
	struct spool s;
	struct fault f;
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/not/yet/there", d->root);
	for (size_t i = 0; i < SUBMITTERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(submit(path));
	}
	for (size_t i = 0; i < SUBMITTERS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(spool_open(&s, path, false, &f), 0);
	assert_int_equal(spool_dir_count(&s, "new"), SUBMITTERS * EACH);
	assert_int_equal(spool_dir_count(&s, "tmp"), 0);
	spool_close(&s);
}

static void a_file_is_private(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "x\r\n");
	char name[SPOOL_NAME_MAX];
	struct stat st;

	spool_entry_path(&e, name);
	assert_int_equal(fstatat(d->spool.fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_nlink, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_stored_is_read_again, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			an_abandoned_draft_leaves_nothing, make_spool, remove_spool),
		cmocka_unit_test(a_zeroed_draft_can_be_abandoned),
		cmocka_unit_test_setup_teardown(
			an_envelope_the_flush_would_refuse_is_refused, make_spool,
			remove_spool),
		cmocka_unit_test_setup_teardown(
			missing_boxes_are_made_again, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			many_submit_at_once, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_file_is_private, make_spool, remove_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
