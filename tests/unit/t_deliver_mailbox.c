#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/user.h"
#include "deliver/mailbox.h"

#define CONTENT_MAX (4 * 1024 * 1024)

/* a fresh directory for each test, its paths by number so that several live at once */
struct sandbox {
	char root[64];
	char paths[8][128];
	unsigned next;
};

static const char *path_in(struct sandbox *s, const char *name)
{
	char *path = s->paths[s->next++ % ARRAY_LEN(s->paths)];
	struct buf joined = BUF_INIT(sizeof(s->paths[0]));

	buf_addf(&joined, "%s/%s", s->root, name);
	assert_true(text_copy(path, sizeof(s->paths[0]), buf_span(&joined)));
	buf_release(&joined);
	return path;
}

static int set_up(void **state)
{
	struct sandbox *s = mem_alloc(sizeof(*s));

	(void)snprintf(s->root, sizeof(s->root), "/tmp/nullmta-mailbox.XXXXXX");
	assert_non_null(mkdtemp(s->root));
	*state = s;
	return 0;
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)st;
	(void)type;
	(void)position;
	return remove(path);
}

static int tear_down(void **state)
{
	struct sandbox *s = *state;

	assert_int_equal(nftw(s->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(s);
	return 0;
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct fault f;

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, span_of(text), path, &f), 0);
	file_close(fd);
}

static struct buf get_file(const char *path)
{
	struct buf b = BUF_INIT(CONTENT_MAX);
	struct fault f;

	if (file_read(AT_FDCWD, path, &b, &f) < 0) {
		print_error("%s\n", f.text);
		fail();
	}
	return b;
}

static void assert_file(const char *path, const char *text)
{
	struct buf b = get_file(path);

	if (!span_is(buf_span(&b), text))
		print_error(
			"%s: not\n%s\nbut\n%.*s\n", path, text, SPAN_ARGS(buf_span(&b)));
	assert_true(span_is(buf_span(&b), text));
	buf_release(&b);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The number of names in a directory, and the last one. */
static size_t list(const char *path, char ret_name[256])
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(ret_name, 256, "%s", e->d_name);
		n++;
	}
	(void)closedir(dir);
	return n;
}

static struct mailbox mbox_at(const char *path)
{
	struct mailbox box = {.format = MAILBOX_MBOX};

	(void)snprintf(box.path, sizeof(box.path), "%s", path);
	return box;
}

static struct mailbox maildir_at(const char *path)
{
	struct mailbox box = mbox_at(path);

	box.format = MAILBOX_MAILDIR;
	return box;
}

static const struct letter letter = {
	.content = {"Subject: x\r\n\r\nFrom me\r\nhello\r\n", 30},
	.return_path = "",
	.delivered_to = "joe@example.org",
	.hostname = "host.example.org",
	.now_s = 1795419407,
};

#define MBOX_TEXT                                                        \
	"From MAILER-DAEMON Mon Nov 23 07:36:47 2026\nReturn-Path: <>\n" \
	"Delivered-To: joe@example.org\nSubject: x\n\n>From me\nhello\n\n"
#define MAILDIR_TEXT \
	"Return-Path: <>\nDelivered-To: joe@example.org\nSubject: x\n\nFrom me\nhello\n"

static void deliver(const struct mailbox *box, const struct letter *l)
{
	struct fault f;

	if (mailbox_deliver(box, l, 0, &f) < 0) {
		print_error("%s\n", f.text);
		fail();
	}
}

/* Delivery fails with this in its fault. */
static void assert_refused(const struct mailbox *box, const char *text)
{
	struct fault f = {0};

	assert_int_equal(mailbox_deliver(box, &letter, 0, &f), -1);
	if (!strstr(f.text, text))
		print_error("%s\n", f.text);
	assert_non_null(strstr(f.text, text));
}

static void assert_found(
	const struct mailbox_place *place, enum mailbox_format format, const char *path)
{
	struct mailbox box;
	struct fault f;

	if (mailbox_find(place, &box, &f) < 0) {
		print_error("%s\n", f.text);
		fail();
	}
	assert_int_equal(box.format, format);
	assert_string_equal(box.path, path);
}

static void assert_none(const struct mailbox_place *place, const char *text)
{
	struct mailbox box;
	struct fault f;

	assert_int_equal(mailbox_find(place, &box, &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
	if (!strstr(f.text, text))
		print_error("%s\n", f.text);
	assert_non_null(strstr(f.text, text));
}

static void a_configured_path_counts_first(void **state)
{
	struct sandbox *s = *state;
	struct mailbox_place place = {
		.user = "joe", .home = s->root, .system_dir = s->root};
	char too_long[MAILBOX_PATH_MAX + 2];

	assert_int_equal(mkdir(path_in(s, "Maildir"), 0700), 0);
	place.path = path_in(s, "mail/");
	assert_found(&place, MAILBOX_MAILDIR, path_in(s, "mail"));
	place.path = path_in(s, "mail");
	assert_found(&place, MAILBOX_MBOX, path_in(s, "mail"));
	assert_int_equal(mkdir(path_in(s, "mail"), 0700), 0);
	assert_found(&place, MAILBOX_MAILDIR, path_in(s, "mail"));
	place.path = "mail";
	assert_none(&place, "no absolute path");
	memset(too_long, '/', sizeof(too_long) - 1);
	too_long[1] = 'x';
	memset(too_long + 2, 'x', sizeof(too_long) - 3);
	too_long[sizeof(too_long) - 1] = '\0';
	place.path = too_long;
	assert_none(&place, "File name too long");
}

static void maildir_comes_before_the_system_mailbox(void **state)
{
	struct sandbox *s = *state;
	struct mailbox_place place = {.user = "joe", .home = s->root, .path = ""};

	place.system_dir = path_in(s, "var");
	assert_none(&place, "mkdir -m 700");
	assert_int_equal(mkdir(place.system_dir, 0700), 0);
	assert_found(&place, MAILBOX_MBOX, path_in(s, "var/joe"));
	put_file(path_in(s, "Maildir"), "not a directory");
	assert_found(&place, MAILBOX_MBOX, path_in(s, "var/joe"));
	put_file(path_in(s, "var/joe"), "");
	assert_found(&place, MAILBOX_MBOX, path_in(s, "var/joe"));
	assert_int_equal(unlink(path_in(s, "Maildir")), 0);
	assert_int_equal(mkdir(path_in(s, "Maildir"), 0700), 0);
	assert_found(&place, MAILBOX_MAILDIR, path_in(s, "Maildir"));
}

static void no_mailbox_says_what_to_do(void **state)
{
	struct sandbox *s = *state;
	struct mailbox_place place = {.user = "joe", .system_dir = s->root};

	assert_int_equal(symlink("/etc/passwd", path_in(s, "joe")), 0);
	assert_none(&place, "is not a plain file of this user; set [mailbox] path");
	place.user = "../joe";
	assert_none(&place, "is no name for a mailbox");
	place.user = "";
	assert_none(&place, "is no name for a mailbox");
	place.user = "jim";
	place.system_dir = path_in(s, "joe");
	assert_none(&place, "cannot be looked at");
}

/* Debian's root:mail 2775, from the outside: with the rights of nobody if this is root. */
static void a_directory_for_a_group_is_told_apart(void **state)
{
	struct sandbox *s = *state;
	struct mailbox_place place = {.user = "joe", .system_dir = s->root};
	bool is_root = geteuid() == 0;
	struct mailbox box;
	struct fault f;

	if (is_root)
		assert_int_equal(chown(s->root, 0, 12345), 0);
	assert_int_equal(chmod(s->root, 0575), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(mailbox_find(&place, &box, &f), -1);
	assert_int_equal(f.kind, FAULT_ACCESS);
	assert_int_equal(mailbox_group(s->root), is_root ? 12345 : getegid());
	place.user = "../joe";
	assert_none(&place, "is no name for a mailbox");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(s->root, 0755), 0);
	assert_int_equal(mailbox_group(s->root), USER_NO_GROUP);
	if (!is_root)
		return;
	/* that of root could do more than deliver mail */
	assert_int_equal(chown(s->root, 0, 0), 0);
	assert_int_equal(chmod(s->root, 0775), 0);
	assert_int_equal(mailbox_group(s->root), USER_NO_GROUP);
}

static void maildir_gets_one_file(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = maildir_at(path_in(s, "Maildir"));
	struct letter l = letter;
	char name[256], path[512];

	l.hostname = "a/b:c";
	deliver(&box, &l);
	assert_int_equal(list(path_in(s, "Maildir/tmp"), name), 0);
	assert_int_equal(list(path_in(s, "Maildir/cur"), name), 0);
	assert_int_equal(list(path_in(s, "Maildir/new"), name), 1);
	assert_non_null(strstr(name, ".a\\057b\\072c"));
	(void)snprintf(path, sizeof(path), "%s/Maildir/new/%s", s->root, name);
	assert_file(path, MAILDIR_TEXT);
	deliver(&box, &letter);
	assert_int_equal(list(path_in(s, "Maildir/new"), name), 2);
}

static void maildir_may_be_a_link_to_ones_own(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = maildir_at(path_in(s, "link"));
	char name[256];

	assert_int_equal(mkdir(path_in(s, "real"), 0700), 0);
	assert_int_equal(symlink(path_in(s, "real"), path_in(s, "link")), 0);
	deliver(&box, &letter);
	assert_int_equal(list(path_in(s, "real/new"), name), 1);
}

static void a_linked_box_is_refused(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = maildir_at(path_in(s, "Maildir"));
	char name[256];

	assert_int_equal(mkdir(path_in(s, "Maildir"), 0700), 0);
	assert_int_equal(mkdir(path_in(s, "other"), 0700), 0);
	assert_int_equal(symlink(path_in(s, "other"), path_in(s, "Maildir/new")), 0);
	assert_refused(&box, "cannot open the mailbox");
	assert_int_equal(list(path_in(s, "other"), name), 0);
	assert_int_equal(list(path_in(s, "Maildir/tmp"), name), 0);
}

static void no_maildir_where_a_file_is(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = maildir_at(path_in(s, "Maildir"));

	put_file(path_in(s, "Maildir"), "mine");
	assert_refused(&box, "Not a directory");
	assert_file(path_in(s, "Maildir"), "mine");
	box = maildir_at(path_in(s, "none/Maildir"));
	assert_refused(&box, "cannot make the mailbox");
}

static void mbox_is_made_and_appended_to(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct stat st;

	deliver(&box, &letter);
	assert_file(path_in(s, "joe"), MBOX_TEXT);
	deliver(&box, &letter);
	assert_file(path_in(s, "joe"), MBOX_TEXT MBOX_TEXT);
	assert_int_equal(stat(path_in(s, "joe"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(is_there(path_in(s, "joe.lock")));
}

static void a_message_starts_on_its_own_line(void **state)
{
	static const struct {
		const char *why;
		const char *before;
		const char *after;
	} cases[] = {
		{"empty", "", MBOX_TEXT},
		{"well formed", "From a\n\nx\n\n", "From a\n\nx\n\n" MBOX_TEXT},
		{"no empty line", "From a\n\nx\n", "From a\n\nx\n\n" MBOX_TEXT},
		{"cut by a crash", "From a\n\nx", "From a\n\nx\n\n" MBOX_TEXT},
		{"one octet", "x", "x\n\n" MBOX_TEXT},
		{"one line end", "\n", "\n" MBOX_TEXT},
	};
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_file(box.path, cases[i].before);
		deliver(&box, &letter);
		assert_file(box.path, cases[i].after);
	}
}

static void text_is_quoted_and_cleaned(void **state)
{
	static const struct {
		const char *why;
		const char *content;
		const char *return_path;
		const char *delivered_to;
		const char *text;
	} cases[] = {
		{"mboxrd",
			"A: b\r\n\r\nFrom \r\n>From x\r\n>>From x\r\nfrom x\r\n"
			"From: x\r\n From x\r\n",
			"a@b.org", NULL,
			"From a@b.org Mon Nov 23 07:36:47 2026\n"
			"Return-Path: <a@b.org>\nA: b\n\n>From \n>>From x\n>>>From x\n"
			"from x\nFrom: x\n From x\n\n"},
		{"no last line end", "A: b\r\n\r\nx", "a@b", NULL,
			"From a@b Mon Nov 23 07:36:47 2026\n"
			"Return-Path: <a@b>\nA: b\n\nx\n\n"},
		{"only what is a line end", "A: b\r\n\r\nx\ry\nz\r\r\n", "a@b", NULL,
			"From a@b Mon Nov 23 07:36:47 2026\n"
			"Return-Path: <a@b>\nA: b\n\nx\ry\nz\r\n\n"},
		{"no content", "", "a@b", NULL,
			"From a@b Mon Nov 23 07:36:47 2026\nReturn-Path: <a@b>\n\n"},
		{"addresses are not lines", "A: b\r\n\r\n", "\"a \n\"@b", "c\nd",
			"From \"a-\\x0A\"@b Mon Nov 23 07:36:47 2026\n"
			"Return-Path: <\"a \\x0A\"@b>\nDelivered-To: c\\x0Ad\nA: "
			"b\n\n\n"},
	};
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct letter l = letter;

		l.content = span_of(cases[i].content);
		l.return_path = cases[i].return_path;
		l.delivered_to = cases[i].delivered_to;
		deliver(&box, &l);
		assert_file(box.path, cases[i].text);
		assert_int_equal(unlink(box.path), 0);
	}
}

static void large_messages_arrive_whole(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct buf content = BUF_INIT(CONTENT_MAX);
	struct buf expected = BUF_INIT(CONTENT_MAX);
	struct letter l = letter;
	struct buf got;

	buf_add_str(&expected, "From a@b Mon Nov 23 07:36:47 2026\nReturn-Path: <a@b>\n");
	for (size_t i = 0; i < 20000; i++) {
		buf_addf(&content, "%sline %zu\r\n", i % 7 ? "" : "From ", i);
		buf_addf(&expected, "%sline %zu\n", i % 7 ? "" : ">From ", i);
	}
	for (size_t i = 0; i < 100000; i++) {
		buf_add_char(&content, 'x');
		buf_add_char(&expected, 'x');
	}
	buf_add_str(&content, "\r\n");
	buf_add_str(&expected, "\n\n");
	l.content = buf_span(&content);
	l.return_path = "a@b";
	l.delivered_to = NULL;
	deliver(&box, &l);
	got = get_file(box.path);
	assert_true(span_eq(buf_span(&got), buf_span(&expected)));
	buf_release(&got);
	buf_release(&expected);
	buf_release(&content);
}

static void a_full_disk_leaves_the_mbox_as_it_was(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct rlimit before, small;

	deliver(&box, &letter);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = sizeof(MBOX_TEXT) + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_refused(&box, "cannot write");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_file(box.path, MBOX_TEXT);
	assert_false(is_there(path_in(s, "joe.lock")));
}

static void a_full_disk_leaves_the_maildir_empty(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = maildir_at(path_in(s, "Maildir"));
	struct rlimit before, small;
	char name[256];

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_refused(&box, "cannot write");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(list(path_in(s, "Maildir/new"), name), 0);
	assert_int_equal(list(path_in(s, "Maildir/tmp"), name), 0);
}

static void only_a_plain_file_is_written_to(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));

	put_file(path_in(s, "victim"), "mine");
	assert_int_equal(symlink(path_in(s, "victim"), box.path), 0);
	assert_refused(&box, "is a link");
	assert_int_equal(unlink(box.path), 0);
	assert_int_equal(symlink(path_in(s, "none"), box.path), 0);
	assert_refused(&box, "is a link");
	assert_false(is_there(path_in(s, "none")));
	assert_int_equal(unlink(box.path), 0);
	assert_int_equal(link(path_in(s, "victim"), box.path), 0);
	assert_refused(&box, "2 names");
	assert_file(path_in(s, "victim"), "mine");
	assert_int_equal(unlink(box.path), 0);
	assert_int_equal(mkfifo(box.path, 0600), 0);
	assert_refused(&box, "is not a plain file");
	assert_int_equal(unlink(box.path), 0);
	assert_int_equal(mkdir(box.path, 0700), 0);
	assert_refused(&box, "Is a directory");
	assert_false(is_there(path_in(s, "joe.lock")));
}

/* needs root to make something that belongs to somebody else */
static void what_belongs_to_others_is_refused(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct mailbox dir = maildir_at(path_in(s, "Maildir"));
	struct mailbox_place place = {
		.user = "joe", .home = s->root, .system_dir = s->root};

	if (geteuid() != 0)
		skip();
	put_file(box.path, "yours");
	assert_int_equal(chown(box.path, 65534, 65534), 0);
	assert_int_equal(mkdir(dir.path, 0700), 0);
	assert_int_equal(chown(dir.path, 65534, 65534), 0);
	assert_refused(&box, "belongs to uid 65534");
	assert_file(box.path, "yours");
	assert_refused(&dir, "belongs to uid 65534");
	assert_none(&place, "is not a plain file of this user");
}

/* needs not to be root, who may write everywhere */
static void a_closed_directory_needs_no_dotlock(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct mailbox_place place = {.user = "jim", .system_dir = s->root};

	if (geteuid() == 0)
		skip();
	put_file(box.path, "");
	assert_int_equal(chmod(s->root, 0500), 0);
	deliver(&box, &letter);
	assert_none(&place, "may not make it");
	assert_int_equal(chmod(s->root, 0700), 0);
	assert_file(box.path, MBOX_TEXT);
}

/* A child that has `path` locked when this returns, until it is told to end. */
static pid_t lock_in_child(const char *path, int *ret_end)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int ready[2], end[2];
	char octet;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(path, O_RDWR);

		(void)close(end[1]);
		if (fd >= 0 && fcntl(fd, F_SETLK, &whole) == 0)
			(void)!write(ready[1], "1", 1);
		(void)close(ready[1]);
		(void)!read(end[0], &octet, 1);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(end[0]);
	assert_int_equal(read(ready[0], &octet, 1), 1);
	(void)close(ready[0]);
	*ret_end = end[1];
	return pid;
}

static void a_locked_mbox_is_not_waited_for_for_ever(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct fault f = {0};
	char who[64];
	pid_t child;
	int end;

	put_file(box.path, "");
	child = lock_in_child(box.path, &end);
	assert_int_equal(mailbox_deliver(&box, &letter, 10, &f), -1);
	(void)snprintf(who, sizeof(who), "is locked by process %ld", (long)child);
	assert_non_null(strstr(f.text, who));
	assert_int_equal(f.err, EAGAIN);
	assert_int_equal(f.kind, FAULT_SYSTEM);
	assert_false(is_there(path_in(s, "joe.lock")));
	(void)close(end);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_file(box.path, "");
	deliver(&box, &letter);
	assert_file(box.path, MBOX_TEXT);
}

static void a_fresh_dotlock_counts_and_a_stale_one_does_not(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	const char *lock = path_in(s, "joe.lock");
	struct timespec old[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
	struct fault f = {0};

	put_file(box.path, "");
	put_file(lock, "1\n");
	assert_int_equal(mailbox_deliver(&box, &letter, 10, &f), -1);
	assert_non_null(strstr(f.text, "joe is locked by /tmp"));
	assert_int_equal(f.err, EAGAIN);
	assert_file(box.path, "");
	assert_true(is_there(lock));

	for (int sign = -1; sign <= 1; sign += 2) {
		old[1] = (struct timespec){.tv_sec = time(NULL) + sign * 400};
		put_file(lock, "1\n");
		assert_int_equal(utimensat(AT_FDCWD, lock, old, 0), 0);
		deliver(&box, &letter);
		assert_false(is_there(lock));
	}
	assert_file(box.path, MBOX_TEXT MBOX_TEXT);
}

static void a_dotlock_of_a_killed_run_holds_up_nobody(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	const char *lock = path_in(s, "joe.lock");

	put_file(box.path, "");
	put_file(lock, "1 nullmta\n");
	deliver(&box, &letter);
	assert_false(is_there(lock));
	assert_file(box.path, MBOX_TEXT);
}

static void a_dotlock_that_cannot_be_read_counts(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	struct fault f = {0};

	put_file(box.path, "");
	/* not a file that open(2) would open, whoever we are */
	assert_int_equal(symlink("/dev/null", path_in(s, "joe.lock")), 0);
	assert_int_equal(mailbox_deliver(&box, &letter, 0, &f), -1);
	assert_int_equal(f.err, EAGAIN);
	assert_file(box.path, "");
}

static const char *lock_to_remove; /* for the handler */

static void on_alarm(int number)
{
	(void)number;
	(void)unlink(lock_to_remove);
}

static void a_lock_that_ends_in_time_is_waited_for(void **state)
{
	struct sandbox *s = *state;
	struct mailbox box = mbox_at(path_in(s, "joe"));
	const char *lock = path_in(s, "joe.lock");
	struct itimerval soon = {.it_value = {.tv_usec = 5000}};
	struct fault f;

	lock_to_remove = lock;
	assert_true(signal(SIGALRM, on_alarm) != SIG_ERR);
	put_file(lock, "1\n");
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(mailbox_deliver(&box, &letter, 60000, &f), 0);
	assert_file(box.path, MBOX_TEXT);
}

int main(void)
{
#define IN_SANDBOX(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(a_configured_path_counts_first),
		IN_SANDBOX(maildir_comes_before_the_system_mailbox),
		IN_SANDBOX(no_mailbox_says_what_to_do),
		IN_SANDBOX(maildir_gets_one_file),
		IN_SANDBOX(maildir_may_be_a_link_to_ones_own),
		IN_SANDBOX(a_linked_box_is_refused),
		IN_SANDBOX(no_maildir_where_a_file_is),
		IN_SANDBOX(mbox_is_made_and_appended_to),
		IN_SANDBOX(a_message_starts_on_its_own_line),
		IN_SANDBOX(text_is_quoted_and_cleaned),
		IN_SANDBOX(large_messages_arrive_whole),
		IN_SANDBOX(a_full_disk_leaves_the_mbox_as_it_was),
		IN_SANDBOX(a_full_disk_leaves_the_maildir_empty),
		IN_SANDBOX(only_a_plain_file_is_written_to),
		IN_SANDBOX(what_belongs_to_others_is_refused),
		IN_SANDBOX(a_directory_for_a_group_is_told_apart),
		IN_SANDBOX(a_closed_directory_needs_no_dotlock),
		IN_SANDBOX(a_locked_mbox_is_not_waited_for_for_ever),
		IN_SANDBOX(a_fresh_dotlock_counts_and_a_stale_one_does_not),
		IN_SANDBOX(a_dotlock_of_a_killed_run_holds_up_nobody),
		IN_SANDBOX(a_dotlock_that_cannot_be_read_counts),
		IN_SANDBOX(a_lock_that_ends_in_time_is_waited_for),
	};

	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
