#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/smtp_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "lib/loopback.h"
#include "receiver/letter.h"
#include "receiver/peer.h"
#include "receiver/script.h"
#include "receiver/session.h"

#define FILE_MAX (64 * 1024 * 1024)

static void serve(const struct receiver *r, int fd)
{
	unsigned number = atomic_fetch_add(&r->shared->connections, 1) + 1;
	const struct script_section *section =
		r->script ? script_find(r->script, number) : NULL;
	struct letter letter;
	struct peer p;

	peer_init(&p, r, fd, number);
	if (section) {
		script_play(r->script, section, &p);
		return;
	}
	letter_init(&letter);
	session_serve(&p, &letter, false);
	letter_release(&letter);
}

__attribute__((noreturn)) static void accept_for_ever(
	const struct receiver *r, int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			loopback_die_with_parent();
			file_close(listener);
			serve(r, fd);
			_exit(0);
		}
		file_close(fd);
	}
}

static struct script *load_script(const struct smtp_child *c, const char *text)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/script", c->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	return script_load(path);
}

static struct receiver receiver_of(
	const struct smtp_child *c, const struct smtp_child_options *o)
{
	struct receiver r = {
		.name = "mx.test",
		.dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.log = -1,
		.features = RECEIVER_EHLO | RECEIVER_PIPELINING | RECEIVER_8BITMIME |
			    RECEIVER_SIZE | RECEIVER_STATUS_CODES | RECEIVER_DSN,
		.size_max = o->size_max,
		.shared = c->shared,
	};

	for (const char *const *rule = o->rules; rule && *rule; rule++)
		rules_add(&r.rules, *rule);
	if (o->script)
		r.script = load_script(c, o->script);
	return r;
}

static int listen_at(const char *address, unsigned *port)
{
	char text[LOOPBACK_TEXT_MAX];
	struct loopback at;
	int fd;

	(void)snprintf(
		text, sizeof(text), "%s:%u", address ? address : "127.0.0.1", *port);
	at = loopback_parse(text);
	fd = loopback_listen(&at, SOCK_STREAM, 0);
	*port = loopback_port(&at);
	return fd;
}

void smtp_child_start(struct smtp_child *c, const struct smtp_child_options *options)
{
	const char *tmp = getenv("TMPDIR");
	int listener;

	*c = (struct smtp_child){.port = options->port};
	(void)snprintf(c->dir, sizeof(c->dir), "%.40s/smtp-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(c->dir));
	c->shared = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(c->shared != MAP_FAILED);
	listener = listen_at(options->address, &c->port);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		struct receiver r = receiver_of(c, options);

		loopback_die_with_parent();
		(void)signal(SIGCHLD, SIG_IGN); /* connections are not waited for */
		accept_for_ever(&r, listener);
	}
	file_close(listener);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void smtp_child_stop(struct smtp_child *c)
{
	int status;

	assert_int_equal(kill(c->pid, SIGKILL), 0);
	/* it may have been taken leave of already by a run that waits for any child */
	(void)waitpid(c->pid, &status, 0);
	assert_int_equal(nftw(c->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(munmap(c->shared, sizeof(*c->shared)), 0);
}

unsigned smtp_child_connections(const struct smtp_child *c)
{
	return atomic_load(&c->shared->connections);
}

unsigned smtp_child_letters(const struct smtp_child *c)
{
	return atomic_load(&c->shared->letters);
}

struct buf smtp_child_file(const struct smtp_child *c, const char *name)
{
	struct buf text = BUF_INIT(FILE_MAX);
	char path[128];
	struct fault f;

	(void)snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	if (file_read(AT_FDCWD, path, &text, &f) < 0)
		buf_reset(&text);
	return text;
}

unsigned smtp_child_free_port(void)
{
	unsigned port = 0;

	file_close(listen_at(NULL, &port));
	return port;
}
