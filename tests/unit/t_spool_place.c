/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "scratch.h"
#include "spool/place.h"

struct places {
	struct scratch scratch;
	char root[SCRATCH_PATH_MAX];
	char home[SCRATCH_PATH_MAX];
	struct user user;
	struct place_options options;
};

/* paths are short: struct spool has room for 255 octets */
static int make_places(void **state)
{
	struct places *p = mem_alloc(sizeof(*p));

	scratch_init(&p->scratch);
	(void)snprintf(p->root, sizeof(p->root), "%s", scratch_path(&p->scratch, "r"));
	(void)snprintf(p->home, sizeof(p->home), "%s", scratch_path(&p->scratch, "h"));
	assert_int_equal(mkdir(p->home, 0700), 0);
	p->user.uid = geteuid();
	p->user.home = p->home;
	p->options = (struct place_options){.root = p->root, .user = &p->user};
	*state = p;
	return 0;
}

static int remove_places(void **state)
{
	struct places *p = *state;

	scratch_release(&p->scratch);
	free(p);
	return 0;
}

static void assert_opens(struct places *p, const char *want)
{
	struct spool s;
	struct fault f;

	if (place_open(&s, &p->options, &f) < 0)
		fail_msg("%s", f.text);
	assert_string_equal(s.path, want);
	spool_close(&s);
}

static void without_a_root_it_is_in_the_home(void **state)
{
	struct places *p = *state;

	assert_opens(p, scratch_path(&p->scratch, "h/.local/state/nullmta"));
}

static void squatters_are_passed_over(void **state)
{
	struct places *p = *state;
	char name[64], path[SCRATCH_PATH_MAX + 64];

	assert_int_equal(mkdir(p->root, 0733), 0);
	(void)snprintf(name, sizeof(name), "r/%lu", (unsigned long)geteuid());
	assert_opens(p, scratch_path(&p->scratch, name));
	/* somebody opened it to others, and made a link of the next one */
	assert_int_equal(chmod(scratch_path(&p->scratch, name), 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/%lu.1", p->root, (unsigned long)geteuid());
	assert_int_equal(symlink("/", path), 0);
	(void)snprintf(name, sizeof(name), "r/%lu.2", (unsigned long)geteuid());
	assert_opens(p, scratch_path(&p->scratch, name));
}

static void the_configured_place_is_the_only_one(void **state)
{
	struct places *p = *state;
	struct spool found[PLACE_CANDIDATES_MAX];
	struct spool s;
	struct fault f;

	p->options.dir = p->root;
	assert_int_equal(place_open_existing(found, &p->options, &f), 0);
	assert_int_equal(place_open(&s, &p->options, &f), 0);
	assert_string_equal(s.path, p->root);
	spool_close(&s);
	assert_int_equal(place_open_existing(found, &p->options, &f), 1);
	spool_close(&found[0]);
	assert_int_equal(chmod(p->root, 0777), 0);
	assert_int_equal(place_open(&s, &p->options, &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
	assert_int_equal(place_open_existing(found, &p->options, &f), -1);
}

static void every_place_that_exists_is_found(void **state)
{
	struct places *p = *state;
	struct spool found[PLACE_CANDIDATES_MAX];
	struct spool s;
	struct fault f;

	/* mail waits in the home; then the package makes the root */
	assert_int_equal(place_open(&s, &p->options, &f), 0);
	spool_close(&s);
	assert_int_equal(mkdir(p->root, 0733), 0);
	assert_int_equal(place_open(&s, &p->options, &f), 0);
	spool_close(&s);
	assert_int_equal(place_open_existing(found, &p->options, &f), 2);
	assert_non_null(strstr(found[0].path, p->root));
	assert_non_null(strstr(found[1].path, p->home));
	spool_close(&found[0]);
	spool_close(&found[1]);
}

static void a_place_configured_later_strands_nothing(void **state)
{
	struct places *p = *state;
	struct spool found[PLACE_CANDIDATES_MAX];
	char path[SCRATCH_PATH_MAX];
	struct spool s;
	struct fault f;

	assert_int_equal(place_open(&s, &p->options, &f), 0);
	spool_close(&s);
	(void)snprintf(path, sizeof(path), "%s", scratch_path(&p->scratch, "d"));
	p->options.dir = path;
	assert_int_equal(place_open(&s, &p->options, &f), 0);
	spool_close(&s);
	assert_int_equal(place_open_existing(found, &p->options, &f), 1);
	spool_close(&found[0]);
	p->options.has_usual = true;
	assert_int_equal(place_open_existing(found, &p->options, &f), 2);
	assert_string_equal(found[0].path, path);
	assert_non_null(strstr(found[1].path, p->home));
	spool_close(&found[0]);
	spool_close(&found[1]);
	/* one place that has two names is opened once */
	p->options.dir = scratch_path(&p->scratch, "h/.local/state/nullmta");
	assert_int_equal(place_open_existing(found, &p->options, &f), 1);
	spool_close(&found[0]);
}

static void a_gap_hides_nothing(void **state)
{
	struct places *p = *state;
	struct spool found[PLACE_CANDIDATES_MAX];
	char path[SCRATCH_PATH_MAX + 16];
	struct spool s;
	struct fault f;

	/* <uid> was a squatter's, and is gone */
	assert_int_equal(mkdir(p->root, 0733), 0);
	(void)snprintf(path, sizeof(path), "%s/%u.4", p->root, geteuid());
	assert_int_equal(spool_open(&s, path, true, &f), 0);
	spool_close(&s);
	assert_int_equal(place_open_existing(found, &p->options, &f), 1);
	assert_string_equal(found[0].path, path);
	spool_close(&found[0]);
	assert_true(place_is_below_root(path, p->root, geteuid()));
	assert_false(place_is_below_root(path, p->root, geteuid() + 1));
	assert_false(place_is_below_root(p->root, p->root, geteuid()));
	assert_false(place_is_below_root(p->home, p->root, geteuid()));
}

static void nowhere_at_all_says_what_to_set(void **state)
{
	struct places *p = *state;
	struct spool s;
	struct fault f;

	p->user.home = NULL;
	assert_int_equal(place_open(&s, &p->options, &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
	assert_non_null(strstr(f.text, "NULLMTA_SPOOL"));
}

#define WITH_PLACES(test) \
	cmocka_unit_test_setup_teardown(test, make_places, remove_places)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACES(without_a_root_it_is_in_the_home),
		WITH_PLACES(squatters_are_passed_over),
		WITH_PLACES(the_configured_place_is_the_only_one),
		WITH_PLACES(every_place_that_exists_is_found),
		WITH_PLACES(a_place_configured_later_strands_nothing),
		WITH_PLACES(a_gap_hides_nothing),
		WITH_PLACES(nowhere_at_all_says_what_to_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
