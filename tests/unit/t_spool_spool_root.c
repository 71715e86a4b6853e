/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/strv.h"
#include "spool/spool_root.h"
#include "scratch.h"

struct found {
	struct scratch scratch;
	unsigned owners; /* calls with our own uid */
	unsigned others;
	struct strv refused;
};

static int make_root(void **state)
{
	static struct found found;

	found = (struct found){0};
	scratch_init(&found.scratch);
	assert_int_equal(chmod(found.scratch.dir, 01733), 0);
	*state = &found;
	return 0;
}

static int remove_root(void **state)
{
	struct found *found = *state;

	(void)chmod(found->scratch.dir, 0700);
	strv_release(&found->refused);
	scratch_release(&found->scratch);
	return 0;
}

static void note_owner(void *ctx, uid_t uid)
{
	struct found *found = ctx;

	if (uid == geteuid())
		found->owners++;
	else
		found->others++;
}

static void note_refused(void *ctx, const char *name, const char *why)
{
	struct found *found = ctx;

	(void)why;
	strv_add(&found->refused, span_of(name));
}

static int walk(struct found *found, struct fault *f)
{
	const struct spool_root_visitor visitor = {note_owner, note_refused, found};

	return spool_root_walk(found->scratch.dir, &visitor, f);
}

/* "UID" or "UIDsuffix" */
static const char *own(const char *suffix)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "%u%s", geteuid(), suffix);
	return name;
}

static void make(struct found *found, const char *name, mode_t mode)
{
	scratch_mkdir(&found->scratch, name);
	assert_int_equal(chmod(scratch_path(&found->scratch, name), mode), 0);
}

static void own_directories_are_spools(void **state)
{
	struct found *found = *state;
	struct fault f;

	assert_false(spool_root_has(found->scratch.dir, geteuid()));
	make(found, own(".9"), 0700);
	assert_true(spool_root_has(found->scratch.dir, geteuid()));
	make(found, own(""), 0700);
	make(found, own(".1"), 0700);
	assert_int_equal(walk(found, &f), 0);
	assert_int_equal(found->owners, 3);
	assert_int_equal(found->others, 0);
	assert_int_equal(found->refused.count, 0);
	assert_false(spool_root_has(found->scratch.dir, geteuid() + 1));
}

static void other_names_are_none(void **state)
{
	static const char *const names[] = {"x", "4294967295", "99999999999", "01", "1.",
		"-1", "1.0", "1.10", "1.01", "1.1.1", "1 ", "+1", "1x"};
	struct found *found = *state;
	struct fault f;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		make(found, names[i], 0700);
	make(found, ".hidden", 0700);
	assert_int_equal(walk(found, &f), 0);
	assert_int_equal(found->owners + found->others, 0);
	assert_int_equal(found->refused.count, ARRAY_LEN(names));
	/* nothing is removed by whose name is nobody's */
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(
			access(scratch_path(&found->scratch, names[i]), F_OK), 0);
}

static void links_files_and_open_ones_are_refused(void **state)
{
	struct found *found = *state;
	struct fault f;

	make(found, "trap", 0700);
	assert_int_equal(symlink("trap", scratch_path(&found->scratch, own(""))), 0);
	scratch_write(&found->scratch, own(".1"), SPAN_LIT("text"), 0600);
	make(found, own(".2"), 0750);
	make(found, own(".3"), 0701);
	assert_int_equal(mkfifo(scratch_path(&found->scratch, own(".4")), 0600), 0);
	assert_false(spool_root_has(found->scratch.dir, geteuid()));
	assert_int_equal(walk(found, &f), 0);
	assert_int_equal(found->owners, 0);
	assert_int_equal(found->refused.count, 6);
}

static void an_empty_squat_goes(void **state)
{
	struct found *found = *state;
	char name[64], inner[80];
	struct fault f;

	/* ours, but with the names of others */
	(void)snprintf(name, sizeof(name), "%u", geteuid() + 1);
	make(found, name, 0700);
	assert_int_equal(walk(found, &f), 0);
	assert_int_equal(found->refused.count, 1);
	assert_int_equal(access(scratch_path(&found->scratch, name), F_OK), -1);
	/* one that is not empty stays, whatever is in it */
	make(found, name, 0700);
	(void)snprintf(inner, sizeof(inner), "%s/new", name);
	make(found, inner, 0700);
	assert_int_equal(walk(found, &f), 0);
	assert_int_equal(access(scratch_path(&found->scratch, inner), F_OK), 0);
	assert_int_equal(found->owners + found->others, 0);
}

static void a_root_that_is_not_safe_is_refused(void **state)
{
	struct found *found = *state;
	struct fault f;
	const struct spool_root_visitor visitor = {note_owner, note_refused, found};

	assert_int_equal(chmod(found->scratch.dir, 0777), 0);
	assert_int_equal(walk(found, &f), -1);
	assert_non_null(strstr(f.text, "chmod 1733"));
	assert_int_equal(
		spool_root_walk(scratch_path(&found->scratch, "none"), &visitor, &f), -1);
	assert_int_equal(f.err, ENOENT);
	assert_non_null(strstr(f.text, "install -d"));
	assert_int_equal(symlink("/", scratch_path(&found->scratch, "link")), 0);
	assert_int_equal(
		spool_root_walk(scratch_path(&found->scratch, "link"), &visitor, &f), -1);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ROOT(own_directories_are_spools),
		WITH_ROOT(other_names_are_none),
		WITH_ROOT(links_files_and_open_ones_are_refused),
		WITH_ROOT(an_empty_squat_goes),
		WITH_ROOT(a_root_that_is_not_safe_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
