#include "cmd/mailq_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/privilege.h"
#include "base/sandbox.h"
#include "cmd/child_text.h"
#include "spool/spool_root.h"

#define PROGRAM "mailq"

/* a large queue on a slow disk says something all the time, so this is about the malicious */
static const struct child_patience patience = {
	.silence_ms = (int64_t)30 * 1000, .total_ms = (int64_t)600 * 1000};

enum end { END_NONE, END_WELL, END_FAULT };

/*
 * What a child tells by memory that it shares with us. Nothing depends on it but what is
 * printed: it was written with the rights of the user.
 */
struct answer {
	struct mailq_sum sum;
	_Atomic int end;
	struct fault fault;
};

struct owners {
	uid_t *uids;
	size_t count;
	size_t size;
};

struct mailq_all {
	mailq_lister list;
	struct setup system; /* what the children put their users' own files on top of */
	struct owners owners;
	struct answer *answer;
	pid_t parent;
};

/* --- who ------------------------------------------------------------------------- */

static void note_owner(void *ctx, uid_t uid)
{
	struct owners *o = ctx;

	if (uid == 0)
		return;
	if (o->count == o->size) {
		o->size = o->size ? 2 * o->size : 64;
		o->uids = mem_regrow(o->uids, o->size, sizeof(*o->uids));
	}
	o->uids[o->count++] = uid;
}

static int by_uid(const void *a, const void *b)
{
	uid_t first = *(const uid_t *)a;
	uid_t second = *(const uid_t *)b;

	return (first > second) - (first < second);
}

static int find_owners(struct owners *o, struct fault *f)
{
	const struct spool_root_visitor visitor = {.owner = note_owner, .ctx = o};

	/* on many machines everybody's mail is at home, and root looks after no other's */
	if (spool_root_walk(PLACE_ROOT, &visitor, f) < 0 && f->err != ENOENT)
		return -1;
	if (o->count)
		qsort(o->uids, o->count, sizeof(*o->uids), by_uid);
	return 0;
}

/* --- the child ------------------------------------------------------------------- */

/*
 * From here on the process is that user's, and stdout is a pipe: a child that hangs in a
 * file system of the user's cannot be killed, and must not hold what somebody else reads.
 */
static int become(
	const struct mailq_all *a, const struct user *user, int out, struct fault *f)
{
	static const char *const time_zone[] = {"TZ=", NULL};
	const int kept[PRIVILEGE_KEPT] = {log_descriptor(), -1, -1};
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		dup2(nowhere, STDERR_FILENO) < 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot set up its descriptors");
		return -1;
	}
	if (privilege_detach(kept, f) < 0 ||
		privilege_drop(user->uid, user->gid, f) < 0 || privilege_confine(f) < 0)
		return -1;
	privilege_die_with(a->parent);
	privilege_clear_environment(time_zone);
	return 0;
}

/* A list is read: nothing is written. */
static void enter_sandbox(void)
{
	struct strv nothing = {0};
	const struct sandbox_rules rules = {.writable = &nothing};
	struct sandbox_level ignored;

	sandbox_enter(&rules, &ignored);
}

__attribute__((noreturn)) static void run_child(struct mailq_all *a, uid_t uid, int out)
{
	struct answer *answer = a->answer;
	struct fault f;
	struct user user;
	int rc;

	user_lookup(&user, uid);
	rc = become(a, &user, out, &f);
	if (rc == 0) {
		enter_sandbox();
		setup_take_user(&a->system, &user);
		rc = a->list(&a->system, &answer->sum, &f);
	}
	if (rc == 0 && fflush(stdout) != 0) {
		fault_set(&f, FAULT_SYSTEM, errno, "cannot write the list");
		rc = -1;
	}
	if (rc < 0)
		answer->fault = f;
	answer->end = rc < 0 ? END_FAULT : END_WELL;
	_exit(rc < 0 ? EX_TEMPFAIL : EX_OK);
}

/* --- the parent ------------------------------------------------------------------ */

/* What is in the buffer must not be printed by the child as well. -1: no child. */
static pid_t start_child(struct mailq_all *a, uid_t uid, int *ret_fd, struct fault *f)
{
	int ends[2];
	pid_t pid;

	(void)fflush(stdout);
	a->answer->end = END_NONE;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot make a pipe");
		return -1;
	}
	pid = fork();
	if (pid == 0)
		run_child(a, uid, ends[1]);
	if (pid < 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot start a process");
		file_close(ends[0]);
	}
	file_close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

static int check_answer(const struct answer *answer, struct fault *f)
{
	char text[FAULT_TEXT_MAX];

	switch (atomic_load(&answer->end)) {
	case END_WELL:
		return 0;
	case END_FAULT:
		memcpy(text, answer->fault.text, sizeof(text));
		text[sizeof(text) - 1] = '\0';
		fault_set(f, FAULT_SYSTEM, 0, "%s", text);
		return -1;
	default:
		fault_set(f, FAULT_SYSTEM, 0, "the process that lists it was killed");
		return -1;
	}
}

static int list_owner(struct mailq_all *a, uid_t uid, struct fault *f)
{
	int fd, rc;
	pid_t pid = start_child(a, uid, &fd, f);

	if (pid < 0)
		return -1;
	rc = child_text_copy(fd, &patience, f);
	if (rc == 0 && !ferror(stdout))
		rc = check_answer(a->answer, f);
	file_close(fd);
	if (rc < 0 || ferror(stdout))
		(void)kill(pid, SIGKILL);
	/* not waited for, see become: the init of the machine does it in the end */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return rc;
}

static void tell_missing(uid_t uid, const struct fault *why)
{
	struct user user;
	struct fault told;

	user_lookup(&user, uid);
	fault_set(&told, FAULT_SYSTEM, 0, "cannot list all mail of %s (uid %lu): %s",
		user.name, (unsigned long)uid, why->text);
	(void)fprintf(stderr, PROGRAM ": %s\n", told.text);
	user_release(&user);
}

static int list_owners(struct mailq_all *a, struct fault *f)
{
	const struct owners *o = &a->owners;
	size_t missing = 0;

	for (size_t i = 0; i < o->count && !ferror(stdout); i++) {
		struct fault why;

		/* who has <uid> and <uid>.1 is listed once */
		if ((i && o->uids[i] == o->uids[i - 1]) ||
			list_owner(a, o->uids[i], &why) == 0)
			continue;
		tell_missing(o->uids[i], &why);
		missing++;
	}
	if (missing == 0)
		return 0;
	fault_set(f, FAULT_SYSTEM, 0,
		"the mail of %zu user%s is not listed, or not all of it", missing,
		missing == 1 ? "" : "s");
	return -1;
}

static int share_answer(struct mailq_all *a, struct fault *f)
{
	a->answer = mmap(NULL, sizeof(*a->answer), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a->answer != MAP_FAILED)
		return 0;
	fault_set(f, FAULT_SYSTEM, errno, "cannot share memory");
	return -1;
}

int mailq_all(mailq_lister list, struct mailq_sum *sum, struct fault *f)
{
	struct mailq_all a = {.list = list, .parent = getpid()};
	int rc = find_owners(&a.owners, f);

	if (rc == 0 && a.owners.count) {
		rc = share_answer(&a, f);
		if (rc == 0) {
			setup_load_system(&a.system, NULL);
			a.answer->sum = *sum;
			rc = list_owners(&a, f);
			*sum = a.answer->sum;
			setup_release(&a.system);
			(void)munmap(a.answer, sizeof(*a.answer));
		}
	}
	free(a.owners.uids);
	return rc;
}
