/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "cmd/submit.h"
#include "tests/support/fake_world.h"

#define CONTENT_MAX (8 * 1024 * 1024)

struct scene {
	struct fake_world w;
	struct setup setup;
	struct strv recipients;
	struct submit_request request;
	int fd; /* the message is read from here */
	struct {
		struct spool spool; /* open after a success */
		char id[ENVELOPE_ID_LEN + 1];
	} result;
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	(void)unsetenv("EMAIL");
	fake_world_make(&s->w, NULL);
	s->setup = (struct setup){
		.conf = s->w.conf,
		.identity = s->w.identity,
		.user = s->w.user,
		.spool_dir = mem_string(s->w.dir.path),
	};
	s->fd = -1;
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	file_close(s->fd);
	strv_release(&s->recipients);
	free(s->setup.spool_dir);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

/* Let the message be read from a file that holds `text`. */
static void set_input(struct scene *s, struct span text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/input", s->w.dir.root);
	file_close(s->fd);
	s->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(s->fd >= 0);
	assert_int_equal(write(s->fd, text.data, text.len), text.len);
	assert_int_equal(lseek(s->fd, 0, SEEK_SET), 0);
}

static int submit_begun(struct scene *s, struct fault *f)
{
	struct submission *submission;

	if (submit_begin(&submission, &s->setup, &s->result.spool, &s->request, f) < 0)
		return -1;
	return submit_message(submission, s->fd, s->result.id, f);
}

/* What set_input has given, to the recipients of the scene. */
static int submit_input(struct scene *s, struct fault *f)
{
	struct recipient *list = mem_array(s->recipients.count, sizeof(*list));
	int rc = submit_open(&s->result.spool, &s->setup, f);

	for (size_t i = 0; i < s->recipients.count; i++)
		list[i] = (struct recipient){
			.address = s->recipients.items[i], .notify = s->request.notify};
	s->request.recipients = list;
	s->request.recipient_count = s->recipients.count;
	if (rc == 0) {
		rc = submit_begun(s, f);
		if (rc < 0)
			spool_close(&s->result.spool);
	}
	free(list);
	return rc;
}

static int submit(struct scene *s, const char *text, struct fault *f)
{
	set_input(s, span_of(text));
	return submit_input(s, f);
}

static size_t leftovers(const struct scene *s)
{
	const struct spool *spool = &s->w.dir.spool;

	return spool_dir_count(spool, "tmp") + spool_dir_count(spool, "new") +
	       spool_dir_count(spool, "cur");
}

/* The message that was stored, open, with its content; close and release both. */
static struct buf stored(struct scene *s, struct message *m)
{
	struct spool_entry e;
	struct fault f;

	assert_true(spool_entry_parse(s->result.id, SPOOL_NEW, &e));
	if (message_open(m, &s->result.spool, &e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
	return spool_dir_content(m);
}

/* Submit, which must succeed, and see what is in the spool. */
static struct buf submit_and_open(struct scene *s, const char *text, struct message *m)
{
	struct fault f;

	if (submit(s, text, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "tmp"), 0);
	return stored(s, m);
}

static void end(struct scene *s, struct message *m, struct buf *content)
{
	buf_release(content);
	message_close(m);
	spool_close(&s->result.spool);
}

static void a_message_is_stored_complete(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	content = submit_and_open(s, "Subject: x\n\nbody", &m);
	assert_string_equal(m.envelope.sender, "tester@example.org");
	assert_int_equal(m.envelope.recipient_count, 1);
	assert_string_equal(m.envelope.recipients[0].address, "r@dest.example");
	assert_null(m.envelope.envid);
	assert_int_equal(m.envelope.facts.octets, content.len);
	assert_int_equal(m.envelope.facts.crc, crc32c(0, content.data, content.len));
	assert_false(m.envelope.facts.has_8bit || m.envelope.facts.needs_utf8);
	assert_non_null(strstr(buf_str(&content), "Subject: x\r\n"));
	assert_non_null(strstr(buf_str(&content), "Date: "));
	assert_non_null(strstr(buf_str(&content), "@client.test>\r\n"));
	assert_non_null(strstr(buf_str(&content), "tester@example.org"));
	assert_true(span_ends(buf_span(&content), "\r\n\r\nbody\r\n"));
	assert_int_equal(fake_world_logged(&s->w, "event=queued"), 1);
	assert_int_equal(fake_world_logged(&s->w, s->result.id), 1);
	end(s, &m, &content);
}

static void what_was_asked_for_stands_in_the_envelope(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	s->request.sender = "other@example.net";
	s->request.full_name = "Somebody Else";
	s->request.notify = DSN_NEVER;
	s->request.ret = DSN_RETURN_HEADERS;
	s->request.envid = "id+2B1";
	s->request.requires_tls = true;
	content = submit_and_open(s, "\nbody\n", &m);
	assert_string_equal(m.envelope.sender, "other@example.net");
	assert_int_equal(m.envelope.recipients[0].notify, DSN_NEVER);
	assert_int_equal(m.envelope.ret, DSN_RETURN_HEADERS);
	assert_string_equal(m.envelope.envid, "id+2B1");
	assert_int_equal(m.envelope.tls, TLS_WISH_REQUIRED);
	assert_non_null(
		strstr(buf_str(&content), "From: Somebody Else <other@example.net>\r\n"));
	end(s, &m, &content);
}

static void tls_is_optional_where_the_header_says_so(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	content = submit_and_open(s, "TLS-Required: No\n\nbody\n", &m);
	assert_int_equal(m.envelope.tls, TLS_WISH_OPTIONAL);
	assert_non_null(strstr(buf_str(&content), "TLS-Required: No\r\n"));
	end(s, &m, &content);
}

/* RFC 8689 5: REQUIRETLS is stronger than the field */
static void required_tls_is_not_made_optional(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	s->request.requires_tls = true;
	content = submit_and_open(s, "TLS-Required: No\n\nbody\n", &m);
	assert_int_equal(m.envelope.tls, TLS_WISH_REQUIRED);
	end(s, &m, &content);
}

static void the_null_sender_stays_null(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	s->request.sender = "";
	content = submit_and_open(s, "Subject: x\n\nbody\n", &m);
	assert_string_equal(m.envelope.sender, "");
	/* an added From still names a person */
	assert_non_null(strstr(buf_str(&content), "tester@example.org"));
	end(s, &m, &content);
}

static void recipients_of_header_and_arguments_are_joined(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("a@dest.example"));
	strv_add(&s->recipients, SPAN_LIT("b@dest.example"));
	strv_add(&s->recipients, SPAN_LIT("a@DEST.example"));
	s->request.takes_recipients = true;
	content = submit_and_open(s,
		"To: b@dest.example, c@dest.example\nBcc: d@dest.example, "
		"c@dest.example\n"
		"Subject: x\n\nBcc: e@dest.example\n",
		&m);
	assert_int_equal(m.envelope.recipient_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(m.envelope.recipients[i].address[0], "abcd"[i]);
	assert_null(strstr(buf_str(&content), "d@dest.example"));
	assert_non_null(strstr(buf_str(&content), "Bcc: e@dest.example"));
	end(s, &m, &content);
}

static void bcc_goes_also_where_nobody_asked_for_the_header(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	content = submit_and_open(
		s, "To: t@dest.example\nBCC: secret@dest.example\n\nbody\n", &m);
	assert_int_equal(m.envelope.recipient_count, 1);
	assert_null(strstr(buf_str(&content), "secret"));
	end(s, &m, &content);
}

static void a_lone_dot_ends_where_it_is_to(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	s->request.dot_ends = true;
	content = submit_and_open(s, "Subject: x\n\nbody\n.\nnot this\n", &m);
	assert_true(span_ends(buf_span(&content), "body\r\n"));
	end(s, &m, &content);
	s->request.dot_ends = false;
	content = submit_and_open(s, "Subject: x\n\nbody\n.\nthis too\n", &m);
	assert_true(span_ends(buf_span(&content), "body\r\n.\r\nthis too\r\n"));
	end(s, &m, &content);
}

/* An address outside ASCII needs SMTPUTF8 where it is local, not where it is a domain. */
static void what_needs_utf8_is_marked(void **state)
{
	static const struct {
		const char *sender;
		const char *recipient;
		bool needs_utf8;
	} cases[] = {
		{"a@example.org", "b@example.org", false},
		{"\xc3\xa9@example.org", "b@example.org", true},
		{"a@example.org", "\xc3\xa9@example.org", true},
		{"a@example.org", "b@\xc3\xa9.example", false},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct message m;
		struct buf content;

		strv_release(&s->recipients);
		s->recipients = (struct strv){0};
		strv_add(&s->recipients, span_of(cases[i].recipient));
		s->request.sender = cases[i].sender;
		content = submit_and_open(s, "Subject: x\n\n8-bit \xc3\xa9\n", &m);
		if (m.envelope.facts.needs_utf8 != cases[i].needs_utf8)
			fail_msg("%s to %s", cases[i].sender, cases[i].recipient);
		assert_true(m.envelope.facts.has_8bit);
		end(s, &m, &content);
	}
}

/* Whatever is refused leaves nothing behind, and the fault tells the exit code. */
static void what_is_refused_leaves_nothing(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		bool takes_recipients;
		bool has_recipient;
		enum fault_kind kind;
	} cases[] = {
		{"no recipient anywhere", "Subject: x\n\nbody\n", true, false,
			FAULT_USAGE},
		{"none given", "To: t@dest.example\n\nbody\n", false, false, FAULT_USAGE},
		{"nothing to read and nobody", "", true, false, FAULT_USAGE},
		{"a recipient that is none", "To: a@dest.example, b@@c\n\nbody\n", true,
			false, FAULT_DATA},
		{"two From", "From: a@x.example\nFrom: b@x.example\n\nbody\n", false,
			true, FAULT_DATA},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f = {0};

		strv_release(&s->recipients);
		s->recipients = (struct strv){0};
		if (cases[i].has_recipient)
			strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
		s->request.takes_recipients = cases[i].takes_recipients;
		if (submit(s, cases[i].text, &f) == 0)
			fail_msg("%s: taken", cases[i].why);
		if (f.kind != cases[i].kind || !f.text[0])
			fail_msg("%s: %s", cases[i].why, f.text);
		if (leftovers(s))
			fail_msg("%s: something is left", cases[i].why);
	}
	assert_int_equal(fake_world_logged(&s->w, "event=refused"), ARRAY_LEN(cases));
}

static void there_are_limits(void **state)
{
	struct scene *s = *state;
	struct message m;
	struct buf content;
	struct fault f;

	s->setup.conf.nullmta.recipients = 2;
	strv_add(&s->recipients, SPAN_LIT("a@dest.example"));
	strv_add(&s->recipients, SPAN_LIT("b@dest.example"));
	content = submit_and_open(s, "Subject: x\n\nbody\n", &m);
	end(s, &m, &content);
	strv_add(&s->recipients, SPAN_LIT("c@dest.example"));
	assert_int_equal(submit(s, "Subject: x\n\nbody\n", &f), -1);
	assert_int_equal(f.kind, FAULT_DATA);
	assert_non_null(strstr(f.text, "recipients"));
	s->setup.conf.nullmta.recipients = 100;
	s->setup.conf.nullmta.message_size = 1024;
	{
		char text[2048] = "Subject: x\n\n";
		size_t head = strlen(text);

		memset(text + head, 'x', sizeof(text) - head - 1);
		text[sizeof(text) - 1] = '\0';
		assert_int_equal(submit(s, text, &f), -1);
		assert_int_equal(f.kind, FAULT_DATA);
	}
	assert_int_equal(leftovers(s), 1);
}

/* A read that fails is not the end of the message. */
static void input_that_cannot_be_read_is_not_accepted(void **state)
{
	struct scene *s = *state;
	struct fault f;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	s->fd = open(s->w.dir.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(submit_input(s, &f), -1);
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_int_equal(leftovers(s), 0);
}

/* A quota, or a disk that is full: the write fails. */
static void a_full_disk_takes_nothing(void **state)
{
	struct scene *s = *state;
	struct rlimit saved, little = {0};
	struct fault f;
	int rc;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	set_input(s,
		SPAN_LIT("Subject: x\n\na body of more octets than there is room for\n"));
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	little = (struct rlimit){100, saved.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	rc = submit_input(s, &f);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
	assert_int_equal(rc, -1);
	assert_int_equal(f.kind, FAULT_SYSTEM);
	assert_int_equal(f.err, EFBIG);
	assert_int_equal(leftovers(s), 0);
}

static void without_a_spool_the_fault_says_so(void **state)
{
	struct scene *s = *state;
	struct fault f;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	free(s->setup.spool_dir);
	s->setup.spool_dir = mem_string("/dev/null/spool");
	assert_int_equal(submit(s, "Subject: x\n\nbody\n", &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
}

/* A body larger than any block, its line ends of both kinds. */
static void a_large_body_comes_through_octet_by_octet(void **state)
{
	struct scene *s = *state;
	size_t lines = 40000;
	struct buf input = BUF_INIT(CONTENT_MAX);
	struct buf wanted = BUF_INIT(CONTENT_MAX);
	struct message m;
	struct buf content;

	strv_add(&s->recipients, SPAN_LIT("r@dest.example"));
	buf_add_str(&input, "Subject: x\n\n");
	for (size_t i = 0; i < lines; i++) {
		buf_addf(&input, "%zu %.*s%s", i, (int)(i % 60),
			"............................................................",
			i % 3 ? "\n" : "\r\n");
		buf_addf(&wanted, "%zu %.*s\r\n", i, (int)(i % 60),
			"............................................................");
	}
	content = submit_and_open(s, buf_str(&input), &m);
	assert_true(span_ends(buf_span(&content), buf_str(&wanted)));
	assert_int_equal(m.envelope.facts.octets, content.len);
	end(s, &m, &content);
	buf_release(&input);
	buf_release(&wanted);
}

static void ones_own_address(void **state)
{
	static const struct {
		const char *email; /* NULL: not set */
		const char *user;
		const char *address;
	} cases[] = {
		{NULL, "tester", "tester@example.org"},
		{"", "tester", "tester@example.org"},
		{"me@example.com", "tester", "me@example.com"},
		{"me", "tester", "me@example.org"},
		{"Me <me@example.com>", "tester", "me@example.com"},
		{"me@@example.com", "tester", "tester@example.org"},
		{"<>", "tester", "tester@example.org"},
		{"a@x.example, b@x.example", "tester", "tester@example.org"},
		{"a@x.example\r\nRCPT TO:<b@x>", "tester", "tester@example.org"},
		{NULL, "a user", "\"a user\"@example.org"},
	};
	struct scene *s = *state;
	char *name = s->setup.user.name;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf address = BUF_INIT(1024);

		if (cases[i].email)
			(void)setenv("EMAIL", cases[i].email, 1);
		else
			(void)unsetenv("EMAIL");
		s->setup.user.name = (char *)(uintptr_t)cases[i].user;
		submit_own_address(&address, &s->setup, &s->setup.user);
		if (strcmp(buf_str(&address), cases[i].address) != 0)
			fail_msg("%s, not %s", buf_str(&address), cases[i].address);
		buf_release(&address);
	}
	(void)unsetenv("EMAIL");
	s->setup.user.name = name;
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_stored_complete),
		TEST(what_was_asked_for_stands_in_the_envelope),
		TEST(tls_is_optional_where_the_header_says_so),
		TEST(required_tls_is_not_made_optional),
		TEST(the_null_sender_stays_null),
		TEST(recipients_of_header_and_arguments_are_joined),
		TEST(bcc_goes_also_where_nobody_asked_for_the_header),
		TEST(a_lone_dot_ends_where_it_is_to),
		TEST(what_needs_utf8_is_marked),
		TEST(what_is_refused_leaves_nothing),
		TEST(there_are_limits),
		TEST(input_that_cannot_be_read_is_not_accepted),
		TEST(a_full_disk_takes_nothing),
		TEST(without_a_spool_the_fault_says_so),
		TEST(a_large_body_comes_through_octet_by_octet),
		TEST(ones_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
