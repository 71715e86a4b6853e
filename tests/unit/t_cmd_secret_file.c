/* sources: tests/support/scratch.c */
/* ldflags: -Wl,--wrap=fstatfs,--wrap=fstatvfs,--wrap=fstat */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/secret_file.h"
#include "tests/support/scratch.h"

int __real_fstatfs(int fd, struct statfs *ret);
int __wrap_fstatfs(int fd, struct statfs *ret);
int __real_fstatvfs(int fd, struct statvfs *ret);
int __wrap_fstatvfs(int fd, struct statvfs *ret);
int __real_fstat(int fd, struct stat *ret);
int __wrap_fstat(int fd, struct stat *ret);

/* what the kernel says of the mount, and of the owner of a file on it */
static struct {
	bool is_memory, is_read_only, is_foreign;
} mounted;

int __wrap_fstatfs(int fd, struct statfs *ret)
{
	int rc = __real_fstatfs(fd, ret);

	ret->f_type = mounted.is_memory ? TMPFS_MAGIC : EXT4_SUPER_MAGIC;
	return rc;
}

int __wrap_fstatvfs(int fd, struct statvfs *ret)
{
	int rc = __real_fstatvfs(fd, ret);

	ret->f_flag &= ~(unsigned long)ST_RDONLY;
	if (mounted.is_read_only)
		ret->f_flag |= ST_RDONLY;
	return rc;
}

int __wrap_fstat(int fd, struct stat *ret)
{
	int rc = __real_fstat(fd, ret);

	if (mounted.is_foreign && S_ISREG(ret->st_mode))
		ret->st_uid = geteuid() + 1000;
	return rc;
}

struct scene {
	struct scratch dir;
	struct secret secret;
	struct fault fault;
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	scratch_init(&s->dir);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	memset(&mounted, 0, sizeof(mounted));
	secret_wipe(&s->secret);
	scratch_release(&s->dir);
	free(s);
	return 0;
}

/* NULL where it is taken, else what is said against it */
static const char *verdict(struct scene *s, const char *name, enum secret_file_kind kind)
{
	secret_wipe(&s->secret);
	secret_init(&s->secret, 64);
	if (secret_file_read(&s->secret, scratch_path(&s->dir, name), kind, &s->fault) <
		0) {
		assert_int_equal(s->fault.kind, FAULT_CONFIG);
		assert_null(strstr(s->fault.text, "hunter2"));
		return s->fault.text;
	}
	assert_true(span_is(secret_span(&s->secret), "hunter2"));
	return NULL;
}

static void what_a_container_mounts_is_taken(void **state)
{
	static const struct {
		const char *why;
		bool is_memory, is_read_only, is_foreign, is_link;
		mode_t mode, directory;
		const char *refused; /* NULL: taken */
	} cases[] = {
		{"docker secret", true, true, false, false, 0444, 0755, NULL},
		{"podman secret", true, false, false, false, 0444, 0755, NULL},
		{"compose, of any host user", false, true, true, false, 0600, 0755, NULL},
		{"compose, by a careless host", false, true, true, false, 0666, 0755,
			NULL},
		{"Kubernetes", true, true, false, true, 0644, 01777, NULL},
		{"Kubernetes with fsGroup", true, true, false, true, 0440, 03777, NULL},
		{"written by an init container of ours", true, false, false, false, 0640,
			0700, NULL},
		{"in a sticky directory", true, false, false, false, 0644, 01777, NULL},
		{"of another user", true, false, true, false, 0444, 0755,
			"others can write it"},
		{"others can write it", true, false, false, false, 0666, 0755,
			"others can write it"},
		{"a group can", true, false, false, false, 0460, 0755,
			"others can write it"},
		{"others can replace it", true, false, false, false, 0444, 0777,
			"others can write its directory"},
		{"a group can", true, false, false, false, 0444, 0775,
			"others can write its directory"},
		{"others can change the link", true, false, false, true, 0444, 0777,
			"others can write its directory"},
		{"on a disk: readers", false, false, false, false, 0644, 0755,
			"chmod 600"},
		{"on a disk: a link", false, false, false, true, 0600, 0755, "is a link"},
		{"on a disk: another's", false, false, true, false, 0600, 0755, "chown"},
		{"on a disk, private", false, false, false, false, 0600, 0755, NULL},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *said;

		print_message("  %s\n", cases[i].why);
		(void)unlink(scratch_path(&s->dir, "secret"));
		(void)unlink(scratch_path(&s->dir, "link"));
		scratch_write(&s->dir, "secret", SPAN_LIT("hunter2"), cases[i].mode);
		assert_int_equal(
			chmod(scratch_path(&s->dir, "secret"), cases[i].mode), 0);
		assert_int_equal(symlink("secret", scratch_path(&s->dir, "link")), 0);
		assert_int_equal(chmod(s->dir.dir, cases[i].directory), 0);
		mounted.is_memory = cases[i].is_memory;
		mounted.is_read_only = cases[i].is_read_only;
		mounted.is_foreign = cases[i].is_foreign;
		said = verdict(
			s, cases[i].is_link ? "link" : "secret", SECRET_FILE_MOUNTED);
		if (!cases[i].refused && said)
			fail_msg("refused: %s", said);
		if (cases[i].refused && (!said || !strstr(said, cases[i].refused)))
			fail_msg("'%s' instead of '%s'", said ? said : "taken",
				cases[i].refused);
		assert_int_equal(chmod(s->dir.dir, 0700), 0);
	}
}

static void the_mount_is_no_excuse_for_what_a_file_names(void **state)
{
	struct scene *s = *state;

	mounted.is_memory = mounted.is_read_only = true;
	scratch_write(&s->dir, "secret", SPAN_LIT("hunter2"), 0644);
	assert_non_null(verdict(s, "secret", SECRET_FILE_OWN));
	assert_null(verdict(s, "secret", SECRET_FILE_MOUNTED));
	assert_null(verdict(s, "secret", SECRET_FILE_GUARDED));
}

static void what_is_no_file_is_refused(void **state)
{
	struct scene *s = *state;

	mounted.is_memory = true;
	assert_int_equal(mkfifo(scratch_path(&s->dir, "fifo"), 0600), 0);
	assert_non_null(strstr(verdict(s, "fifo", SECRET_FILE_MOUNTED), "is no file"));
	assert_non_null(strstr(verdict(s, "none", SECRET_FILE_MOUNTED), "cannot read"));
	assert_int_equal(symlink("loop", scratch_path(&s->dir, "loop")), 0);
	assert_non_null(verdict(s, "loop", SECRET_FILE_MOUNTED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_container_mounts_is_taken, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(
			the_mount_is_no_excuse_for_what_a_file_names, make_scene,
			remove_scene),
		cmocka_unit_test_setup_teardown(
			what_is_no_file_is_refused, make_scene, remove_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
