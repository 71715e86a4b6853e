/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* sources: tests/support/https_child.c tests/support/certificate.c tests/support/lib/loopback.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "deliver/mtasts_cache.h"
#include "policy/tlsresults.h"
#include "tests/support/fake_world.h"
#include "tests/support/https_child.h"
#include "tests/support/zone_resolver.h"

#define HOST   "mta-sts.d.test A 127.0.0.1\n"
#define RECORD "_mta-sts.d.test TXT v=STSv1; id=one;\n"
#define HEAD   "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
#define POLICY                                                               \
	HEAD "version: STSv1\r\nmode: enforce\r\nmx: mx.d.test\r\nmax_age: " \
	     "86400\r\n"

struct scene {
	struct fake_world w;
	struct https_child server;
	bool has_server;
};

static int set_up(void **state)
{
	static struct scene s;

	s = (struct scene){.has_server = false};
	fake_world_make(&s.w, HOST RECORD);
	*state = &s;
	return 0;
}

static void stop_server(struct scene *s)
{
	if (s->has_server)
		https_child_stop(&s->server);
	s->has_server = false;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	stop_server(s);
	fake_world_remove(&s->w);
	return 0;
}

static void start_server(struct scene *s, const struct https_child_options *options)
{
	stop_server(s);
	https_child_start(&s->server, options);
	s->has_server = true;
	s->w.conf.mta_sts.port = s->server.port;
	fake_world_set(&s->w.conf.mta_sts.ca_file, s->server.ca_file);
}

static void serve(struct scene *s, const char *answer)
{
	const struct https_child_options options = {.answer = answer};

	start_server(s, &options);
}

static void set_zone(struct scene *s, const char *zone)
{
	resolver_free(s->w.world.resolver);
	s->w.world.resolver = zone_resolver_new(zone);
}

/* The mode that holds for d.test now. */
static enum mtasts_mode mode(struct scene *s)
{
	struct mtasts_policy p;
	enum mtasts_mode found;

	mtasts_cache_find(&s->w.flush, "d.test", &p);
	found = p.mode;
	if (found == MTASTS_ENFORCE) {
		assert_true(mtasts_allows(&p, "mx.d.test"));
		assert_false(mtasts_allows(&p, "mx.other.test"));
	}
	mtasts_policy_release(&p);
	return found;
}

static size_t counted(struct scene *s, const char *words)
{
	struct buf text = BUF_INIT(TLSRESULTS_TEXT_MAX);
	struct fault ignored;
	size_t count = 0;

	if (file_read(s->w.dir.spool.fd, "state/tls-results", &text, &ignored) == 0)
		count = strstr(buf_str(&text), words) != NULL;
	buf_release(&text);
	return count;
}

static void it_is_fetched_once(void **state)
{
	struct scene *s = *state;

	serve(s, POLICY);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	assert_int_equal(https_child_connections(&s->server), 1);
	assert_int_equal(fake_world_logged(&s->w, "event=mta-sts domain=d.test "
						  "mode=enforce policy=one"),
		1);
}

static void it_is_fetched_anew_where_the_record_is_new(void **state)
{
	struct scene *s = *state;

	serve(s, POLICY);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	serve(s, HEAD "version: STSv1\nmode: none\nmax_age: 86400\n");
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	set_zone(s, HOST "_mta-sts.d.test TXT v=STSv1; id=two;\n");
	assert_int_equal(mode(s), MTASTS_NONE);
	assert_int_equal(https_child_connections(&s->server), 1);
}

/* RFC 8461 5.1: nobody can lift a policy by hiding the record, or the host */
static void an_old_one_holds_until_it_expires(void **state)
{
	struct scene *s = *state;

	serve(s, POLICY);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	set_zone(s, "_mta-sts.d.test TXT !servfail\n");
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	set_zone(s, RECORD);
	fake_world_advance(50000);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	assert_int_equal(fake_world_logged(&s->w, "event=mta-sts-failed"), 1);
	fake_world_advance(36400);
	assert_int_equal(mode(s), MTASTS_NONE);
}

static void it_is_renewed_in_time(void **state)
{
	struct scene *s = *state;

	serve(s, POLICY);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(mode(s), MTASTS_ENFORCE);
		fake_world_advance(50000);
	}
	assert_int_equal(https_child_connections(&s->server), 4);
}

static void no_record_is_no_policy(void **state)
{
	static const char *const zones[] = {
		HOST,
		HOST "_mta-sts.d.test TXT v=spf1 -all\n",
		HOST RECORD "_mta-sts.d.test TXT v=STSv1; id=two;\n",
		HOST "_mta-sts.d.test TXT v=STSv1;\n",
		HOST "_mta-sts.d.test TXT !servfail\n",
	};
	struct scene *s = *state;

	serve(s, POLICY);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		set_zone(s, zones[i]);
		assert_int_equal(mode(s), MTASTS_NONE);
	}
	assert_int_equal(https_child_connections(&s->server), 0);
}

/* rows 162, 164 and 165: what is counted as what */
static void failures_are_counted(void **state)
{
	static const struct {
		struct https_child_options server;
		const char *result;
		const char *why;
	} cases[] = {
		{{.answer = "HTTP/1.1 404 Not Found\r\n\r\n"}, "sts-policy-fetch-error",
			"HTTP status 404"},
		{{.answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
			    "version: STSv1\nmode: none\nmax_age: 1\n"},
			"sts-policy-fetch-error", "not text/plain"},
		{{.answer = POLICY, .is_cut = true}, "sts-policy-fetch-error",
			"too early"},
		{{.answer = HEAD "version: STSv1\nmode: maybe\nmax_age: 1\n"},
			"sts-policy-invalid", "unknown mode"},
		{{.answer = POLICY, .name = "www.d.test"}, "sts-webpki-invalid", ""},
		{{.answer = POLICY, .is_expired = true}, "sts-webpki-invalid", ""},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf want = BUF_INIT(1024);

		start_server(s, &cases[i].server);
		assert_int_equal(mode(s), MTASTS_NONE);
		buf_addf(&want, "sts d.test %s - 1\n", cases[i].result);
		assert_int_equal(counted(s, buf_str(&want)), 1);
		assert_true(fake_world_logged(&s->w, cases[i].why) >= 1);
		buf_release(&want);
		/* not again at once */
		assert_int_equal(mode(s), MTASTS_NONE);
		assert_int_equal(https_child_connections(&s->server), 1);
		fake_world_advance(MTASTS_RETRY_S);
	}
}

static void change(struct scene *s, const char *text)
{
	int fd = openat(s->w.dir.spool.fd, "state/mta-sts/d.test", O_WRONLY | O_TRUNC);
	struct fault f;

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, span_of(text), "entry", &f), 0);
	file_close(fd);
}

static void a_damaged_entry_is_fetched_again(void **state)
{
	struct scene *s = *state;

	serve(s, POLICY);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	change(s, "nullmta-mta-sts 1\nid one\n");
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	assert_int_equal(https_child_connections(&s->server), 2);
}

static void a_directory_that_cannot_be_made_costs_a_fetch(void **state)
{
	struct scene *s = *state;
	int fd = openat(
		s->w.dir.spool.fd, "state/mta-sts", O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	file_close(fd);
	serve(s, POLICY);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	assert_int_equal(fake_world_logged(&s->w, "event=mta-sts-not-kept"), 1);
}

static void old_entries_are_swept(void **state)
{
	struct scene *s = *state;
	const struct spool *spool = &s->w.dir.spool;
	struct stat st;

	serve(s, POLICY);
	assert_int_equal(mode(s), MTASTS_ENFORCE);
	assert_int_equal(fstatat(spool->fd, "state/mta-sts/d.test", &st, 0), 0);
	mtasts_cache_sweep(spool, st.st_mtim.tv_sec + MTASTS_AGE_MAX - 1, 10);
	assert_int_equal(fstatat(spool->fd, "state/mta-sts/d.test", &st, 0), 0);
	mtasts_cache_sweep(spool, st.st_mtim.tv_sec + MTASTS_AGE_MAX, 10);
	assert_int_equal(fstatat(spool->fd, "state/mta-sts/d.test", &st, 0), -1);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(it_is_fetched_once),
		TEST(it_is_fetched_anew_where_the_record_is_new),
		TEST(an_old_one_holds_until_it_expires),
		TEST(it_is_renewed_in_time),
		TEST(no_record_is_no_policy),
		TEST(failures_are_counted),
		TEST(a_damaged_entry_is_fetched_again),
		TEST(a_directory_that_cannot_be_made_costs_a_fetch),
		TEST(old_entries_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
