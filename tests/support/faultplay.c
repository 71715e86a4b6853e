#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/faultplay.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const char small[] = "Subject: small\r\n\r\nbody\r\n";
static const struct faultshim_plan attacks[] = {
	{.mode = FAULTSHIM_FAIL, .err = ENOSPC},
	{.mode = FAULTSHIM_FAIL, .err = EIO},
	{.mode = FAULTSHIM_FAIL, .err = EDQUOT},
	{.mode = FAULTSHIM_FAIL, .err = EMFILE},
	{.mode = FAULTSHIM_FAIL, .err = EINTR},
	{.mode = FAULTSHIM_FAIL_ON, .err = ENOSPC},
	{.mode = FAULTSHIM_FAIL_ON, .err = EIO},
	{.mode = FAULTSHIM_HALVE},
	{.mode = FAULTSHIM_TEAR, .err = ENOSPC},
	{.mode = FAULTSHIM_TEAR, .err = EIO},
	{.mode = FAULTSHIM_DIE_BEFORE},
	{.mode = FAULTSHIM_DIE_WITHIN},
	{.mode = FAULTSHIM_DIE_AFTER},
};

static bool kills(const struct faultshim_plan *plan)
{
	return plan->mode >= FAULTSHIM_DIE_BEFORE;
}

static enum ending act_in_child(
	const struct scene *scene, struct stage *s, const struct faultshim_plan *plan)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		faultshim_arm(plan);
		_exit((int)scene->act(s));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (enum ending)WEXITSTATUS(status);
}

static void set_stage(const struct scene *scene, struct stage *s)
{
	bool *shared = s->has_synced;

	*s = (struct stage){.content = small, .content_len = sizeof(small) - 1};
	s->has_synced = shared;
	for (size_t i = 0; i < FAULTPLAY_LINES; i++)
		s->has_synced[i] = false;
	spool_dir_make(&s->dir);
	scene->prepare(s);
}

static bool is_one_of(const char *name, const char *const names[])
{
	while (*names && strcmp(name, *names) != 0)
		names++;
	return *names;
}

/* Half of the work, or a signal in a call that can be repeated, is no reason to fail. */
static bool must_succeed(const struct faultshim_plan *plan)
{
	static const char *const repeated[] = {"read", "pread", "write", "pwrite",
		"fsync", "syncfs", "fallocate", "close", NULL};

	if (plan->err == EINTR)
		return is_one_of(faultshim_hit(), repeated);
	return plan->mode == FAULTSHIM_HALVE || kills(plan) || !*faultshim_hit();
}

/* What was not written or not synced must be told. */
static bool must_fail(const struct faultshim_plan *plan)
{
	static const char *const promises[] = {
		"write", "pwrite", "fsync", "syncfs", NULL};

	return (plan->mode == FAULTSHIM_FAIL || plan->mode == FAULTSHIM_FAIL_ON) &&
	       plan->err != EINTR && is_one_of(faultshim_hit(), promises);
}

/* Returns whether there was an n-th call. */
static bool attack(
	const struct scene *scene, struct stage *s, const struct faultshim_plan *plan)
{
	enum ending ending;
	unsigned calls = UINT_MAX;

	set_stage(scene, s);
	if (kills(plan)) {
		ending = act_in_child(scene, s, plan);
		calls = ending == DIED ? UINT_MAX : 0;
	} else {
		faultshim_arm(plan);
		ending = scene->act(s);
		calls = faultshim_disarm();
	}
	if (getenv("V"))
		print_message("%s: mode %d, errno %d, call %u %s: %d\n", scene->name,
			(int)plan->mode, plan->err, plan->at, faultshim_hit(),
			(int)ending);
	if (ending == FAILED && must_succeed(plan))
		fail_msg("it failed for no reason: %s", s->fault.text);
	if (ending == SUCCEEDED && must_fail(plan))
		fail_msg("a failed %s was passed over", faultshim_hit());
	if (ending == FAILED)
		assert_true(s->fault.text[0]);
	scene->check(s, ending);
	spool_dir_remove(&s->dir);
	return calls >= plan->at;
}

void faultplay(const struct scene *scene)
{
	struct stage s;
	size_t shared_size = FAULTPLAY_LINES * sizeof(bool);

	s.has_synced = mmap(NULL, shared_size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(s.has_synced != MAP_FAILED);
	for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
		struct faultshim_plan plan = attacks[i];

		do {
			plan.at++;
		} while (attack(scene, &s, &plan));
	}
	assert_int_equal(munmap(s.has_synced, shared_size), 0);
}
