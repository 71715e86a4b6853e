/* sources: tests/support/spool_dir.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "spool/journal.h"
#include "tests/support/spool_dir.h"

#define ID   "6C3MK9G1NNHHL4"
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

static struct spool_entry entry_of(const char *name, enum spool_box box)
{
	struct spool_entry e;

	assert_true(spool_entry_parse(name, box, &e));
	return e;
}

/* The text of a message file with this id, as another nullmta would have written it. */
static struct buf file_of(const char *id, const char *content)
{
	struct envelope e = spool_dir_envelope(1);
	struct buf out = BUF_INIT(ENVELOPE_MAX);
	size_t at;

	memcpy(e.id, id, sizeof(e.id));
	e.facts.octets = strlen(content);
	envelope_format(&e, &out, &at);
	buf_add_str(&out, content);
	envelope_release(&e);
	return out;
}

static void expect(const struct spool *s, enum spool_box box, const char *name,
	enum message_result wanted, const char *why)
{
	struct spool_entry entry = entry_of(name, box);
	struct message m;
	struct fault f = {0};

	if (message_open(&m, s, &entry, &f) != wanted)
		fail_msg("open, %s: %s", why, f.text);
	if (wanted != MESSAGE_OPEN && !f.text[0])
		fail_msg("open, %s: no word of why", why);
	message_close(&m);
	message_close(&m);
	if (message_claim(&m, s, &entry, NEXT, &f) != wanted)
		fail_msg("claim, %s: %s", why, f.text);
	message_close(&m);
}

static void damaged_files_are_bad(void **state)
{
	const struct spool_dir *d = *state;
	struct buf text = file_of(ID, "Subject: x\r\n\r\nbody\r\n");
	struct buf other = file_of("6C3MK9G1NNHHL5", "x\r\n");
	const struct spool *s = &d->spool;

	spool_dir_put(s, "new/" ID, span_head(buf_span(&text), text.len - 1));
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "the last octet is missing");
	spool_dir_put(s, "new/" ID, span_head(buf_span(&text), 100));
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "cut within the envelope");
	spool_dir_put(s, "new/" ID, SPAN_NONE);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "empty");
	spool_dir_put(s, "new/" ID, buf_span(&other));
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "another id inside");
	buf_add_char(&text, 'x');
	spool_dir_put(s, "new/" ID, buf_span(&text));
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "an octet too many");
	spool_dir_put(s, "new/" ID, SPAN_LIT("nullmta 2\nanything\n\n"));
	expect(s, SPOOL_NEW, ID, MESSAGE_UNKNOWN, "a newer version");
	assert_true(spool_dir_has(s, "new/" ID));
	buf_truncate(&text, text.len - 1);
	spool_dir_put(s, "new/" ID, buf_span(&text));
	expect(s, SPOOL_NEW, ID, MESSAGE_OPEN, "whole");
	expect(s, SPOOL_NEW, ID, MESSAGE_GONE, "it was claimed: it has another name");
	buf_release(&text);
	buf_release(&other);
}

static void put_message(const struct spool *s, const char *name)
{
	struct buf text = file_of(ID, "x\r\n");

	spool_dir_put(s, name, buf_span(&text));
	buf_release(&text);
}

static void bind_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_true(snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) <
		    (int)sizeof(address.sun_path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

/* protocol.md L3: what is no plain file of the owner is refused and holds nothing up */
static void what_is_no_plain_file_is_bad(void **state)
{
	const struct spool_dir *d = *state;
	const struct spool *s = &d->spool;
	char path[300];

	assert_int_equal(symlinkat("/etc/passwd", s->fd, "new/" ID), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "a link");
	assert_int_equal(unlinkat(s->fd, "new/" ID, 0), 0);
	assert_int_equal(symlinkat("nowhere", s->fd, "new/" ID), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "a link to nowhere");
	assert_int_equal(unlinkat(s->fd, "new/" ID, 0), 0);
	assert_int_equal(mkfifoat(s->fd, "new/" ID, 0600), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "a FIFO");
	assert_int_equal(unlinkat(s->fd, "new/" ID, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/new/" ID, s->path);
	bind_socket(path);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "a socket");
	assert_int_equal(unlinkat(s->fd, "new/" ID, 0), 0);
	assert_int_equal(mkdirat(s->fd, "new/" ID, 0700), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "a directory");
	assert_int_equal(unlinkat(s->fd, "new/" ID, AT_REMOVEDIR), 0);
	put_message(s, "new/" ID);
	assert_int_equal(linkat(s->fd, "new/" ID, s->fd, "held/" ID, 0), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "a hard link");
	assert_int_equal(unlinkat(s->fd, "held/" ID, 0), 0);
	assert_int_equal(fchmodat(s->fd, "new/" ID, 0620, 0), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "its group may write");
	assert_int_equal(fchmodat(s->fd, "new/" ID, 0602, 0), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_BAD, "others may write");
	assert_int_equal(fchmodat(s->fd, "new/" ID, 0644, 0), 0);
	expect(s, SPOOL_NEW, ID, MESSAGE_OPEN, "others may read: the spool may not");
}

static void anothers_file_is_bad(void **state)
{
	const struct spool_dir *d = *state;

	if (geteuid() != 0)
		skip();
	put_message(&d->spool, "new/" ID);
	assert_int_equal(fchownat(d->spool.fd, "new/" ID, 12345, (gid_t)-1, 0), 0);
	expect(&d->spool, SPOOL_NEW, ID, MESSAGE_BAD, "of another user");
}

static void a_bad_message_can_be_parked(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = entry_of(ID, SPOOL_NEW);
	struct message m;
	struct fault f;

	spool_dir_put(&d->spool, "new/" ID, SPAN_LIT("rubbish rubbish rubbish rubbish"));
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_BAD);
	assert_int_equal(message_move(&m, SPOOL_FAILED, &f), 0);
	message_close(&m);
	assert_true(spool_dir_has(&d->spool, "failed/" ID));
	assert_false(spool_dir_has(&d->spool, "new/" ID));
	/* the same of what could not even be opened */
	assert_int_equal(unlinkat(d->spool.fd, "failed/" ID, 0), 0);
	assert_int_equal(symlinkat("nowhere", d->spool.fd, "new/" ID), 0);
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_BAD);
	assert_int_equal(message_move(&m, SPOOL_FAILED, &f), 0);
	message_close(&m);
	assert_true(spool_dir_has(&d->spool, "failed/" ID));
}

static void a_claim_counts_and_excludes(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "x\r\n");
	struct message first, second;
	struct fault f;
	char name[SPOOL_NAME_MAX], expected[SPOOL_NAME_MAX];

	assert_int_equal(message_claim(&first, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	(void)snprintf(expected, sizeof(expected), "cur/%s:%u.1", e.id, NEXT);
	spool_entry_path(&first.entry, name);
	assert_string_equal(name, expected);
	assert_true(spool_dir_has(&d->spool, name));
	assert_int_equal(
		message_claim(&second, &d->spool, &first.entry, NEXT, &f), MESSAGE_BUSY);
	message_close(&second);
	assert_int_equal(
		message_postpone(&d->spool, &first.entry, NEXT + 9, 1, &f), MESSAGE_BUSY);
	/* to look at it is allowed */
	assert_int_equal(
		message_open(&second, &d->spool, &first.entry, &f), MESSAGE_OPEN);
	message_close(&second);
	assert_int_equal(message_claim(&second, &d->spool, &e, NEXT, &f), MESSAGE_GONE);
	assert_int_equal(message_reschedule(&first, NEXT + 60, 4, &f), 0);
	(void)snprintf(expected, sizeof(expected), "cur/%s:%u.4", e.id, NEXT + 60);
	assert_true(spool_dir_has(&d->spool, expected));
	/* the same name again: nothing to do, no complaint */
	assert_int_equal(message_reschedule(&first, NEXT + 60, 4, &f), 0);
	e = first.entry;
	message_close(&first);
	assert_int_equal(message_claim(&second, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(second.entry.attempts, 5);
	message_close(&second);
}

static void tries_are_counted_to_a_limit(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "x\r\n");
	struct message m;
	struct fault f;

	assert_int_equal(message_postpone(&d->spool, &e, NEXT, 100000, &f), MESSAGE_OPEN);
	e.box = SPOOL_CUR;
	e.next_s = NEXT;
	e.attempts = SPOOL_ATTEMPTS_MAX;
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(m.entry.attempts, SPOOL_ATTEMPTS_MAX);
	message_close(&m);
}

/* A file of the same id stands in cur/ already, restored by hand: neither is lost. */
static void nothing_is_ever_replaced(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "x\r\n");
	struct message m;
	struct fault f;
	char name[SPOOL_NAME_MAX];

	(void)snprintf(name, sizeof(name), "cur/%s:%u.1", e.id, NEXT);
	spool_dir_put(&d->spool, name, SPAN_LIT("precious"));
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_FAULT);
	assert_int_equal(message_postpone(&d->spool, &e, NEXT, 1, &f), MESSAGE_FAULT);
	(void)snprintf(name, sizeof(name), "held/%s", e.id);
	spool_dir_put(&d->spool, name, SPAN_LIT("precious"));
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT + 1, &f), MESSAGE_OPEN);
	assert_int_equal(message_move(&m, SPOOL_HELD, &f), -1);
	assert_int_equal(m.entry.box, SPOOL_CUR);
	message_close(&m);
	assert_int_equal(spool_dir_count(&d->spool, "cur"), 2);
	assert_int_equal(spool_dir_count(&d->spool, "held"), 1);
}

static void a_removed_message_is_gone_with_its_journal(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "x\r\n");
	struct journal j;
	struct message m;
	struct fault f;

	journal_init(&j, &d->spool, e.id);
	assert_int_equal(journal_append(&j, 1, 0, JOURNAL_WARNED, NULL, &f), 0);
	journal_close(&j);
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(message_remove(&m, &f), 0);
	/* what its user removed meanwhile is removed */
	assert_int_equal(message_remove(&m, &f), 0);
	message_close(&m);
	assert_int_equal(spool_dir_count(&d->spool, "cur"), 0);
	assert_int_equal(spool_dir_count(&d->spool, "journal"), 0);
}

static void a_message_moves_between_boxes(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "x\r\n");
	struct message m;
	struct fault f;

	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(message_move(&m, SPOOL_HELD, &f), 0);
	assert_int_equal(message_move(&m, SPOOL_HELD, &f), 0);
	assert_int_equal(m.entry.box, SPOOL_HELD);
	assert_int_equal(spool_dir_count(&d->spool, "held"), 1);
	e = m.entry;
	message_close(&m);
	assert_int_equal(unlinkat(d->spool.fd, "new", AT_REMOVEDIR), 0);
	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(message_move(&m, SPOOL_NEW, &f), 0);
	message_close(&m);
	assert_int_equal(spool_dir_count(&d->spool, "new"), 1);
	assert_int_equal(spool_dir_count(&d->spool, "cur"), 0);
}

static void content_is_read_and_never_cut(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry e = spool_dir_message(&d->spool, "0123456789");
	struct message m;
	struct fault f;
	char to[20], name[SPOOL_NAME_MAX];
	int fd;

	assert_int_equal(message_claim(&m, &d->spool, &e, NEXT, &f), MESSAGE_OPEN);
	assert_int_equal(message_read(&m, 0, to, sizeof(to), &f), 10);
	assert_memory_equal(to, "0123456789", 10);
	assert_int_equal(message_read(&m, 7, to, 2, &f), 2);
	assert_memory_equal(to, "78", 2);
	assert_int_equal(message_read(&m, 10, to, 2, &f), 0);
	assert_int_equal(message_read(&m, UINT64_MAX, to, 2, &f), 0);
	spool_entry_path(&m.entry, name);
	fd = openat(d->spool.fd, name, O_RDWR | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "more", 4), 4);
	assert_int_equal(message_read(&m, 5, to, sizeof(to), &f), 5);
	assert_int_equal(ftruncate(fd, (off_t)m.content_at + 9), 0);
	assert_int_equal(message_read(&m, 5, to, sizeof(to), &f), -1);
	assert_int_equal(message_read(&m, 5, to, 4, &f), 4);
	(void)close(fd);
	message_close(&m);
}

enum { RACERS = 4, PRIZES = 60 };

/* In a child: claim what can be claimed; the number of claims that were won. */
static int race(const struct spool *s, const struct spool_entry *list, size_t start)
{
	int won = 0;

	for (size_t i = 0; i < PRIZES; i++) {
		struct message m;
		struct fault f;

		won += message_claim(&m, s, &list[(start + i) % PRIZES], NEXT, &f) ==
		       MESSAGE_OPEN;
		message_close(&m);
	}
	return won;
}

/* protocol.md row 179: two runs at once, and each message is taken once */
static void each_message_is_claimed_by_one(void **state)
{
	const struct spool_dir *d = *state;
	struct spool_entry list[PRIZES];
	pid_t pids[RACERS];
	int won = 0;

	for (size_t i = 0; i < PRIZES; i++)
		list[i] = spool_dir_message(&d->spool, "x\r\n");
	for (size_t i = 0; i < RACERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(race(&d->spool, list, i));
	}
	for (size_t i = 0; i < RACERS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		won += WEXITSTATUS(status);
	}
	assert_int_equal(won, PRIZES);
	assert_int_equal(spool_dir_count(&d->spool, "cur"), PRIZES);
}

static void a_zeroed_message_can_be_closed(void **state)
{
	struct message m = {0};

	(void)state;
	message_close(&m);
	assert_null(m.spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			damaged_files_are_bad, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			what_is_no_plain_file_is_bad, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			anothers_file_is_bad, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_bad_message_can_be_parked, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_claim_counts_and_excludes, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			tries_are_counted_to_a_limit, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			nothing_is_ever_replaced, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			a_removed_message_is_gone_with_its_journal, make_spool,
			remove_spool),
		cmocka_unit_test_setup_teardown(
			a_message_moves_between_boxes, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			content_is_read_and_never_cut, make_spool, remove_spool),
		cmocka_unit_test_setup_teardown(
			each_message_is_claimed_by_one, make_spool, remove_spool),
		cmocka_unit_test(a_zeroed_message_can_be_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
