/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd/mailq.h"
#include "policy/hosts.h"
#include "spool/journal.h"
#include "tests/support/fake_world.h"

#define LIST_MAX (1024 * 1024)

static int make_world(void **state)
{
	struct fake_world *w = mem_alloc(sizeof(*w));
	char conf[128];
	struct buf text = BUF_INIT(1024);
	int fd;

	fake_world_make(w, NULL);
	(void)snprintf(conf, sizeof(conf), "%s/conf", w->dir.root);
	buf_addf(&text, "[spool]\ndir = %s\n[log]\ntarget = none\n", w->dir.path);
	fd = open(conf, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text.data, text.len), text.len);
	file_close(fd);
	buf_release(&text);
	(void)setenv("NULLMTA_CONF", conf, 1);
	(void)setenv("NULLMTA_LOCAL_ALIASES", "none", 1);
	(void)setenv("TZ", "UTC", 1);
	*state = w;
	return 0;
}

static int remove_world(void **state)
{
	fake_world_remove(*state);
	free(*state);
	return 0;
}

/* What mailq prints; it says that all is well. */
static struct buf list(struct fake_world *w)
{
	struct buf text = BUF_INIT(LIST_MAX);
	char path[128];
	struct fault f;
	int saved = dup(STDOUT_FILENO);
	int fd, code;

	(void)snprintf(path, sizeof(path), "%s/list", w->dir.root);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && saved >= 0);
	(void)fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	code = cmd_mailq();
	(void)fflush(stdout);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	file_close(saved);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(file_read_rest(fd, &text, "the list", &f), 0);
	file_close(fd);
	assert_int_equal(code, EX_OK);
	return text;
}

static bool matches(const char *text, const char *pattern)
{
	regex_t compiled;
	bool is_match;

	assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NEWLINE), 0);
	is_match = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return is_match;
}

static void expect(const struct buf *text, const char *pattern)
{
	if (!matches(buf_str(text), pattern))
		fail_msg("no %s in\n%s", pattern, buf_str(text));
}

static struct span line_of(const struct buf *text, bool is_last)
{
	struct span rest = buf_span(text);
	struct span line = SPAN_NONE;

	while (span_cut(&rest, '\n', &line))
		if (!is_last || rest.len == 0)
			break;
	return line;
}

/* grep -c '^[A-F0-9]' */
static size_t count_ids(const struct buf *text)
{
	struct span rest = buf_span(text);
	struct span line;
	size_t count = 0;

	while (span_cut(&rest, '\n', &line))
		count += line.len && strchr("0123456789ABCDEF", line.data[0]);
	return count;
}

static void an_empty_queue_says_so(void **state)
{
	struct buf text = list(*state);

	/* [ "$(mailq | head -1)" = "Mail queue is empty" ] */
	assert_string_equal(buf_str(&text), "Mail queue is empty\n");
	buf_release(&text);
}

static void a_spool_that_is_not_there_is_empty(void **state)
{
	struct fake_world *w = *state;
	char path[128];
	struct buf text;

	(void)fake_world_mail(w, &(struct fake_mail){0});
	(void)snprintf(path, sizeof(path), "%s/elsewhere", w->dir.root);
	(void)setenv("NULLMTA_SPOOL_DIR", path, 1);
	text = list(w);
	(void)unsetenv("NULLMTA_SPOOL_DIR");
	assert_string_equal(buf_str(&text), "Mail queue is empty\n");
	buf_release(&text);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void plugins_can_read_the_list(void **state)
{
	struct fake_world *w = *state;
	struct buf text;

	(void)fake_world_mail(w, &(struct fake_mail){0});
	(void)fake_world_mail(w, &(struct fake_mail){.sender = "",
					 .to = {"a@dest.example", "b@dest.example"},
					 .attempts = 2,
					 .next_s = 99});
	text = list(w);
	/* check_mailq -M postfix reads the last line */
	assert_true(matches(line_of(&text, true).data, "Kbytes in [0-9]+"));
	expect(&text, "^-- 1 Kbytes in 2 Requests\\.$");
	assert_int_equal(count_ids(&text), 2);
	expect(&text, "^-Queue ID- +--Size-- ----Arrival Time---- -Sender/Recipient-+$");
	expect(&text, "^[0-9A-F][0-9A-Z]{13}  +20 Mon Nov 23 07:36:47  a@example\\.org$");
	expect(&text, "^[0-9A-F][0-9A-Z]{13}  +20 Mon Nov 23 07:36:47  MAILER-DAEMON$");
	expect(&text, "^ +r@dest\\.example$");
	expect(&text, "^ +b@dest\\.example$");
	buf_release(&text);
}

static void one_message_is_one_request(void **state)
{
	struct fake_world *w = *state;
	struct buf text;

	(void)fake_world_mail(w, &(struct fake_mail){0});
	text = list(w);
	expect(&text, "^-- 1 Kbytes in 1 Request\\.$");
	buf_release(&text);
}

static void oldest_comes_first(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry young = fake_world_mail(w, &(struct fake_mail){.age_s = 5});
	struct spool_entry old =
		fake_world_mail(w, &(struct fake_mail){.age_s = 500, .attempts = 3});
	struct buf text = list(w);

	assert_true(strstr(buf_str(&text), old.id) < strstr(buf_str(&text), young.id));
	buf_release(&text);
}

static void add_line(struct fake_world *w, const char *id, size_t number,
	enum journal_event event, struct outcome o)
{
	struct journal j;
	struct fault f;

	journal_init(&j, &w->dir.spool, id);
	assert_int_equal(journal_append(&j, FAKE_NOW, number, event, &o, &f), 0);
	journal_close(&j);
}

static void why_it_waits_and_for_whom(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {
		.to = {"done@dest.example", "late@dest.example", "new@dest.example"},
		.attempts = 1};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct outcome o =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.7.1", "come later");
	struct buf text;

	o.code = 450;
	(void)snprintf(o.remote, sizeof(o.remote), "mx.dest.example[192.0.2.1]:25");
	add_line(w, e.id, 0, JOURNAL_DELIVERED, o);
	add_line(w, e.id, 1, JOURNAL_DEFERRED, o);
	text = list(w);
	expect(&text, "^\\(host mx\\.dest\\.example\\[192\\.0\\.2\\.1\\]:25 said: 450 "
		      "come later\\)$");
	expect(&text, "^ +late@dest\\.example$");
	expect(&text, "^ +new@dest\\.example$");
	assert_null(strstr(buf_str(&text), "done@dest"));
	assert_int_equal(count_ids(&text), 1);
	buf_release(&text);
}

static void a_mailbox_is_no_host(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"bob@client.example"}, .attempts = 1};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct outcome o = outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.2.0",
		"4.2.0 the mailbox of bob is locked");
	struct buf text;

	o.code = 451;
	(void)snprintf(o.remote, sizeof(o.remote), "mailbox:bob");
	add_line(w, e.id, 0, JOURNAL_DEFERRED, o);
	text = list(w);
	expect(&text, "^\\(4\\.2\\.0 the mailbox of bob is locked\\)$");
	buf_release(&text);
}

static void a_dead_host_is_looked_up_in_the_host_memory(void **state)
{
	struct fake_world *w = *state;
	struct outcome o = outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1",
		"cannot connect: Connection refused");
	struct buf memory = BUF_INIT(HOSTS_TEXT_MAX);
	struct hosts hosts;
	struct buf text;

	hosts_init(&hosts);
	hosts_note_failure(&hosts, "mx:dest.example:25", &o, FAKE_NOW, 0);
	hosts_format(&hosts, &memory);
	spool_dir_put(&w->dir.spool, "state/hosts", buf_span(&memory));
	hosts_release(&hosts);
	buf_release(&memory);
	(void)fake_world_mail(w, &(struct fake_mail){.to = {"r@Dest.Example"}});
	text = list(w);
	expect(&text, "^\\(cannot connect: Connection refused\\)$");
	buf_release(&text);
}

static void what_a_user_or_we_set_aside_is_marked(void **state)
{
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@dest.example", "b@dest.example"}};
	struct spool_entry held = fake_world_mail(w, &mail);
	struct spool_entry parked = fake_world_mail(w, &(struct fake_mail){0});
	struct outcome o =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.0.0", "ok");
	char from[64], to[64];
	struct buf text;

	(void)snprintf(from, sizeof(from), "new/%s", held.id);
	(void)snprintf(to, sizeof(to), "held/%s", held.id);
	assert_int_equal(renameat(w->dir.spool.fd, from, w->dir.spool.fd, to), 0);
	(void)snprintf(from, sizeof(from), "new/%s", parked.id);
	(void)snprintf(to, sizeof(to), "failed/%s", parked.id);
	assert_int_equal(renameat(w->dir.spool.fd, from, w->dir.spool.fd, to), 0);
	add_line(w, held.id, 0, JOURNAL_DELIVERED, o);
	text = list(w);
	expect(&text, "^[0-9A-F][0-9A-Z]{13}! ");
	expect(&text, "^\\(held");
	expect(&text, "^\\(parked");
	expect(&text, "^ +b@dest\\.example$");
	/* who has it already is not waited for */
	assert_null(strstr(buf_str(&text), "a@dest.example"));
	expect(&text, "in 2 Requests");
	buf_release(&text);
}

static void a_damaged_file_does_not_spoil_the_list(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){0});
	char name[SPOOL_NAME_MAX];
	struct buf text;

	(void)fake_world_mail(w, &(struct fake_mail){0});
	spool_entry_path(&e, name);
	spool_dir_put(&w->dir.spool, name, SPAN_LIT("nonsense"));
	text = list(w);
	assert_int_equal(count_ids(&text), 2);
	expect(&text, "in 2 Requests");
	buf_release(&text);
}

/* What a server says goes to a terminal. */
static void a_reply_cannot_move_the_cursor(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry e = fake_world_mail(w, &(struct fake_mail){.attempts = 1});
	struct outcome o =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.7.1", "x");
	struct buf text;

	(void)snprintf(o.text, sizeof(o.text), "a\x1b[2Jb\rc");
	add_line(w, e.id, 0, JOURNAL_DEFERRED, o);
	text = list(w);
	for (size_t i = 0; i < text.len; i++)
		assert_true(text.data[i] == '\n' || (unsigned char)text.data[i] >= ' ');
	buf_release(&text);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_world, remove_world)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_queue_says_so),
		TEST(a_spool_that_is_not_there_is_empty),
		TEST(plugins_can_read_the_list),
		TEST(one_message_is_one_request),
		TEST(oldest_comes_first),
		TEST(why_it_waits_and_for_whom),
		TEST(a_mailbox_is_no_host),
		TEST(a_dead_host_is_looked_up_in_the_host_memory),
		TEST(what_a_user_or_we_set_aside_is_marked),
		TEST(a_damaged_file_does_not_spoil_the_list),
		TEST(a_reply_cannot_move_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
