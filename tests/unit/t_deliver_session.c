/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* ldflags: -Wl,--wrap=send */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/session.h"
#include "tests/support/fake_world.h"

#define JOBS_MAX 8

/* The server's end, taken by the next call of the world's dial. */
static int client_end = -1;

/* What send(2) does: see each test. */
static struct {
	const struct claim *watched; /* nothing may leave while it is dirty */
	unsigned violations;
	size_t octets;    /* sent so far */
	size_t flies_at;  /* from so many octets on time flies */
	size_t breaks_at; /* from so many octets on the connection is broken */
} wire;

ssize_t __real_send(int fd, const void *data, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t n, int flags);

ssize_t __wrap_send(int fd, const void *data, size_t n, int flags)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t sent;

	wire.violations += wire.watched && wire.watched->is_dirty;
	if (wire.breaks_at && wire.octets >= wire.breaks_at) {
		(void)poll(&p, 1, -1); /* what the server had to say is there */
		errno = EPIPE;
		return -1;
	}
	sent = __real_send(fd, data, n, flags);
	if (sent > 0)
		wire.octets += (size_t)sent;
	if (wire.flies_at && wire.octets >= wire.flies_at) {
		wire.flies_at = 0;
		fake_world_fly(1000);
	}
	return sent;
}

static int dial_pair(struct stream **ret, const struct netaddr *to, struct fault *f)
{
	(void)to;
	if (client_end < 0) {
		fault_set(f, FAULT_SYSTEM, EMFILE, "cannot make a socket");
		return -1;
	}
	*ret = stream_adopt(client_end);
	client_end = -1;
	return 0;
}

struct scene {
	struct fake_world w;
	struct plan plan;
	struct destination *d;
	struct plan_job jobs[JOBS_MAX];
	size_t count;
	size_t at;
	struct job *given_back[JOBS_MAX]; /* undecided */
	size_t given_back_count;
	struct session_result result;
	pid_t server;
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct route route = {.kind = ROUTE_MX, .port = 25, .name = "dest.example"};

	memset(&wire, 0, sizeof(wire));
	fake_world_make(&s->w, NULL);
	s->w.world.dial = dial_pair;
	s->d = plan_destination(&s->plan, &route);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < s->given_back_count; i++)
		job_leave(s->given_back[i]);
	file_close(client_end);
	client_end = -1;
	plan_release(&s->plan);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

static struct spool_entry add_mail(struct scene *s, const struct fake_mail *mail)
{
	struct spool_entry e = fake_world_mail(&s->w, mail);

	s->jobs[s->count++] = (struct plan_job){e, PLAN_NOT_SHARED};
	return e;
}

static struct job *next_job(void *ctx, bool is_idle)
{
	struct scene *s = ctx;
	struct job *j;

	(void)is_idle; /* nobody waits here */
	if (s->at == s->count)
		return NULL;
	j = job_begin(&s->w.flush, s->d, &s->jobs[s->at++], NULL);
	assert_non_null(j);
	wire.watched = j->claim;
	return j;
}

static void job_done(void *ctx, struct job *job)
{
	struct scene *s = ctx;

	assert_false(job->claim->is_dirty);
	wire.watched = NULL;
	if (job_is_undecided(job))
		s->given_back[s->given_back_count++] = job;
	else
		job_end(job, 0);
}

static void run_session(struct scene *s)
{
	const struct session_jobs jobs = {next_job, job_done, s};
	struct mx_list hosts = {.targets = {{.host = "mx.dest.example"}}, .count = 1};
	struct mx_target *target = &hosts.targets[0];
	struct published published;

	assert_int_equal(netaddr_parse(SPAN_LIT("192.0.2.1"), 25, &target->address), 0);
	published_init(&published, &s->w.flush, &s->d->route, &hosts);
	session_run(&published, s->d, target, &jobs, NULL, &s->result);
	published_release(&published);
}

/* One line from the client into `line`; its length, 0 at the end. */
static size_t read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(fd, line + n, 1) == 1)
		if (line[n++] == '\n')
			break;
	line[n] = '\0';
	return n;
}

/* The content up to its dot; false where the client goes away before that. */
static bool read_content(int fd)
{
	char line[2048];

	while (read_line(fd, line, sizeof(line)))
		if (strcmp(line, ".\r\n") == 0)
			return true;
	return false;
}

/*
 * The server: "> TEXT" says a line, "< TEXT" hears one that begins so, "." hears the
 * content, "!." hears content that ends without a dot, "stall" never does anything again.
 * Exits with the number of the step that went wrong, from 1; 0 when all went well.
 */
static int play(int fd, const char *const *steps)
{
	char line[2048];
	int number = 0;

	for (; *steps; steps++) {
		const char *step = *steps;
		bool is_right = true;

		number++;
		if (step[0] == '>')
			is_right = dprintf(fd, "%s\r\n", step + 2) > 0;
		else if (step[0] == '<')
			is_right = read_line(fd, line, sizeof(line)) &&
				   strncmp(line, step + 2, strlen(step + 2)) == 0;
		else if (step[0] == '.')
			is_right = read_content(fd);
		else if (step[0] == '!')
			is_right = !read_content(fd);
		else
			for (;;)
				(void)pause();
		if (!is_right)
			return number;
	}
	return 0;
}

static void start_server(struct scene *s, const char *const *steps)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	client_end = ends[0];
	s->server = fork();
	assert_true(s->server >= 0);
	if (s->server == 0) {
		file_close(ends[0]);
		_exit(play(ends[1], steps));
	}
	file_close(ends[1]);
}

static void end_server(struct scene *s)
{
	int status;

	assert_int_equal(waitpid(s->server, &status, 0), s->server);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("the client went wrong at step %d", WEXITSTATUS(status));
}

#define SERVE(s_, ...) start_server((s_), (const char *const[]){__VA_ARGS__, NULL})

#define GREETING "> 220 mx", "< EHLO client.test\r\n", "> 250-mx", "> 250 PIPELINING"

static void a_message_leaves_and_the_session_ends_politely(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = add_mail(s, &(struct fake_mail){0});

	SERVE(s, GREETING, "< MAIL FROM:<a@example.org>", "< RCPT TO:<r@dest.example>",
		"< DATA", "> 250 ok", "> 250 ok", "> 354 go", ".", "> 250 taken",
		"< QUIT", "> 221 bye");
	run_session(s);
	end_server(s);
	assert_true(s->result.is_up && s->result.has_decided && s->result.has_advanced);
	assert_false(s->result.has_trouble);
	assert_int_equal(s->d->slot->delivered, 1);
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
	assert_int_equal(fake_world_logged(&s->w, "event=connection-closed"), 1);
}

/* The promise: what is decided is on disk before one more octet leaves. */
static void outcomes_are_on_disk_before_anything_is_said(void **state)
{
	struct scene *s = *state;
	const struct fake_mail mail = {
		.to = {"a@dest.example", "b@dest.example", "c@dest.example"}};

	for (int i = 0; i < 3; i++)
		(void)add_mail(s, &mail);
	SERVE(s, GREETING, "< MAIL", "< RCPT", "< RCPT", "< RCPT", "< DATA", "> 250 ok",
		"> 550 5.1.1 no such user", "> 250 ok", "> 450 4.7.1 later", "> 354 go",
		".", "< MAIL", "< RCPT", "< RCPT", "< RCPT", "< DATA", "> 250 taken",
		"> 250 ok", "> 250 ok", "> 450 4.7.1 later", "> 450 4.7.1 later",
		"> 354 go", ".", "> 451 4.3.0 not now", "< MAIL", "< RCPT", "< RCPT",
		"< RCPT", "< DATA", "> 250 ok", "> 550 no", "> 550 no", "> 550 no",
		"> 503 no recipients", "< QUIT", "> 221 bye");
	run_session(s);
	assert_int_equal(wire.violations, 0);
	assert_int_equal(s->d->slot->delivered, 1);
	assert_int_equal(s->d->slot->failed, 4);
	assert_int_equal(s->d->slot->deferred, 4);
	(void)kill(s->server, SIGKILL);
	(void)waitpid(s->server, NULL, 0);
}

/* a message larger than any buffer between here and there */
static char *large_content(void)
{
	size_t n = 8 * 1024 * 1024;
	char *text = mem_alloc(n + 1);

	memset(text, 'x', n);
	for (size_t i = 64; i <= n; i += 64)
		memcpy(text + i - 2, "\r\n", 2);
	return text;
}

static void a_refusal_amid_the_content_is_heard(void **state)
{
	struct scene *s = *state;
	char *content = large_content();
	struct spool_entry e = add_mail(s, &(struct fake_mail){.content = content});

	SERVE(s, GREETING, "< MAIL", "< RCPT", "< DATA", "> 250 ok", "> 250 ok",
		"> 354 go", "< Received:", "> 552 5.3.4 too large for us");
	run_session(s);
	end_server(s);
	assert_int_equal(s->d->slot->failed, 1);
	assert_string_equal(s->d->slot->last_failure.text, "5.3.4 too large for us");
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
	assert_int_equal(fake_world_report_count(&s->w), 1);
	free(content);
}

static void what_was_said_before_the_line_broke_is_heard(void **state)
{
	struct scene *s = *state;
	char *content = large_content();

	(void)add_mail(s, &(struct fake_mail){.content = content});
	wire.breaks_at = 1000;
	SERVE(s, GREETING, "< MAIL", "< RCPT", "< DATA", "> 250 ok", "> 250 ok",
		"> 354 go", "< Received:", "> 421 4.3.2 shutting down");
	run_session(s);
	end_server(s);
	assert_true(s->result.has_trouble);
	assert_string_equal(s->result.trouble.text, "4.3.2 shutting down");
	assert_int_equal(s->given_back_count, 1);
	free(content);
}

static void a_silent_server_is_not_waited_for_for_ever(void **state)
{
	static const struct {
		const char *why;
		const char *steps[12];
		size_t flies_at; /* octets sent */
		bool is_uncertain;
		const char *text;
	} cases[] = {
		{"no greeting", {"stall"}, 0, false, "waiting for the greeting"},
		{"no word behind EHLO", {"> 220 mx", "stall"}, 1, false, "waiting for"},
		{"no reply to DATA", {GREETING, "stall"}, 60, false, "waiting for"},
		{"no reply to the dot",
			{GREETING, "< MAIL", "< RCPT", "< DATA", "> 250 ok", "> 250 ok",
				"> 354 go", "stall"},
			200, true, "may have been delivered"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		void *made;
		struct scene *s;
		const char *text;

		assert_int_equal(make_scene(&made), 0);
		s = made;
		(void)add_mail(s, &(struct fake_mail){.to = {"r@dest.example"}});
		start_server(s, cases[i].steps);
		wire.flies_at = cases[i].flies_at;
		if (!cases[i].flies_at)
			fake_world_fly(1000);
		run_session(s);
		assert_true(s->result.has_trouble);
		assert_int_equal(s->result.trouble.kind, OUTCOME_DEFERRED);
		assert_int_equal(s->result.trouble.scope, OUTCOME_HOST);
		if (!strstr(s->result.trouble.text, "timed out"))
			fail_msg("%s: %s", cases[i].why, s->result.trouble.text);
		text = cases[i].text;
		if (!strstr(s->result.trouble.text, text) &&
			!fake_world_logged(&s->w, text))
			fail_msg("%s: %s", cases[i].why, s->result.trouble.text);
		if (s->d->slot->deferred != cases[i].is_uncertain)
			fail_msg("%s: deferred", cases[i].why);
		assert_int_equal(fake_world_logged(&s->w, "duplicate=possible"),
			cases[i].is_uncertain);
		(void)kill(s->server, SIGKILL);
		(void)waitpid(s->server, NULL, 0);
		assert_int_equal(remove_scene(&made), 0);
	}
}

static void a_server_that_does_not_read_is_given_up(void **state)
{
	struct scene *s = *state;
	char *content = large_content();

	(void)add_mail(s, &(struct fake_mail){.content = content});
	wire.flies_at = 10000;
	SERVE(s, GREETING, "< MAIL", "< RCPT", "< DATA", "> 250 ok", "> 250 ok",
		"> 354 go", "stall");
	run_session(s);
	assert_true(s->result.has_trouble);
	assert_non_null(strstr(s->result.trouble.text, "timed out, sending the message"));
	assert_int_equal(s->given_back_count, 1);
	(void)kill(s->server, SIGKILL);
	(void)waitpid(s->server, NULL, 0);
	free(content);
}

static void a_wait_is_capped_by_the_configuration(void **state)
{
	struct scene *s = *state;
	int64_t begun_ms;

	(void)add_mail(s, &(struct fake_mail){0});
	s->w.conf.delivery.reply_timeout_s = 7;
	SERVE(s, "stall");
	fake_world_fly(100);
	begun_ms = s->w.world.mono_ms();
	run_session(s);
	assert_non_null(strstr(s->result.trouble.text, "timed out"));
	assert_in_range(s->w.world.mono_ms() - begun_ms, 7000, 9000);
	(void)kill(s->server, SIGKILL);
	(void)waitpid(s->server, NULL, 0);
}

static void without_a_connection_there_is_trouble_and_no_job(void **state)
{
	struct scene *s = *state;

	(void)add_mail(s, &(struct fake_mail){0});
	run_session(s); /* this machine has no descriptor left */
	assert_true(s->result.has_trouble);
	assert_false(s->result.is_up);
	assert_non_null(strstr(s->result.trouble.text, "cannot connect"));
	assert_string_equal(s->result.trouble.remote, "mx.dest.example[192.0.2.1]:25");
	assert_int_equal(s->at, 0);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "new"), 1);
	assert_int_equal(fake_world_logged(&s->w, "event=connection-failed"), 1);
}

static void a_damaged_message_never_gets_its_dot(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = add_mail(s, &(struct fake_mail){0});
	char name[SPOOL_NAME_MAX];
	int fd;

	spool_entry_path(&e, name);
	fd = openat(s->w.dir.spool.fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "X", 1, lseek(fd, 0, SEEK_END) - 3), 1);
	file_close(fd);
	SERVE(s, GREETING, "< MAIL", "< RCPT", "< DATA", "> 250 ok", "> 250 ok",
		"> 354 go", "!.");
	run_session(s);
	end_server(s);
	assert_int_equal(s->d->slot->delivered, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	/* and the server is not to blame */
	assert_false(s->result.has_trouble);
}

/* Without a full name of our own EHLO gives our address (RFC 5321 4.1.4). */
static void a_machine_without_a_name_gives_its_address(void **state)
{
	static const char *const steps[] = {"> 220 mx", "< EHLO [127.0.0.1]\r\n",
		"> 250 mx", "< QUIT", "> 221 bye", NULL};
	struct scene *s = *state;
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	client_end = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client_end, (struct sockaddr *)&at, len), 0);
	s->server = fork();
	if (s->server == 0)
		_exit(play(accept(listener, NULL, NULL), steps));
	file_close(listener);
	s->w.identity.is_qualified = false;
	run_session(s);
	end_server(s);
	assert_false(s->result.has_trouble);
}

/* In a process of its own, which never forgets that it is to stop. */
static int run_stopped(struct scene *s)
{
	flush_catch_signals();
	(void)raise(SIGTERM);
	run_session(s);
	return s->result.has_trouble || s->at;
}

static void a_run_that_is_stopped_begins_nothing(void **state)
{
	struct scene *s = *state;
	int status;
	pid_t pid;

	(void)add_mail(s, &(struct fake_mail){0});
	SERVE(s, "> 220 mx", "< EHLO", "> 250 mx", "< QUIT", "> 221 bye");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run_stopped(s));
	file_close(client_end);
	client_end = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)kill(s->server, SIGKILL);
	(void)waitpid(s->server, NULL, 0);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "new"), 1);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(a_message_leaves_and_the_session_ends_politely),
		TEST(outcomes_are_on_disk_before_anything_is_said),
		TEST(a_refusal_amid_the_content_is_heard),
		TEST(what_was_said_before_the_line_broke_is_heard),
		cmocka_unit_test(a_silent_server_is_not_waited_for_for_ever),
		TEST(a_server_that_does_not_read_is_given_up),
		TEST(a_wait_is_capped_by_the_configuration),
		TEST(without_a_connection_there_is_trouble_and_no_job),
		TEST(a_damaged_message_never_gets_its_dot),
		TEST(a_machine_without_a_name_gives_its_address),
		TEST(a_run_that_is_stopped_begins_nothing),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
