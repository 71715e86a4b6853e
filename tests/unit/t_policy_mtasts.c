#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "policy/mtasts.h"

#define NOW 1795419407

static void test_record(void **state)
{
	static const struct {
		const char *why;
		const char *texts[3];
		const char *id; /* NULL: none */
	} cases[] = {
		{"as RFC 8461 has it", {"v=STSv1; id=20160831085700Z;"},
			"20160831085700Z"},
		{"no blanks, no last semicolon", {"v=STSv1;id=1"}, "1"},
		{"blanks around semicolons", {"v=STSv1; \tid=a ; x=y ;"}, "a"},
		{"other fields in front", {"v=STSv1; x=y; id=a"}, "a"},
		{"other records beside it", {"v=spf1 -all", "v=STSv1; id=a"}, "a"},
		{"32 octets of id", {"v=STSv1; id=0123456789abcdef0123456789ABCDEF"},
			"0123456789abcdef0123456789ABCDEF"},
		{"33 octets", {"v=STSv1; id=0123456789abcdef0123456789ABCDEFx"}, NULL},
		{"two records: row 161", {"v=STSv1; id=a", "v=STSv1; id=a"}, NULL},
		{"no id: row 161", {"v=STSv1;"}, NULL},
		{"empty id", {"v=STSv1; id="}, NULL},
		{"odd id", {"v=STSv1; id=a-b"}, NULL},
		{"two ids", {"v=STSv1; id=a; id=b"}, NULL},
		{"another version", {"v=STSv2; id=a"}, NULL},
		{"another case", {"V=stsv1; id=a"}, NULL},
		{"version not first", {"id=a; v=STSv1;"}, NULL},
		{"no records", {NULL}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer txt = {.result = DNS_FOUND};
		char id[MTASTS_ID_MAX + 1];
		bool found;

		for (size_t n = 0; cases[i].texts[n]; n++) {
			struct dns_record *r = dnsmsg_answer_add(&txt);

			r->data = mem_string(cases[i].texts[n]);
			r->data_len = strlen(r->data);
		}
		found = mtasts_find_id(&txt, id);
		if (found != (cases[i].id != NULL))
			fail_msg("%s", cases[i].why);
		if (found)
			assert_string_equal(id, cases[i].id);
		dnsmsg_answer_release(&txt);
	}
}

/* a thousand octets of id: row 161 */
static void test_a_long_record(void **state)
{
	struct dns_answer txt = {.result = DNS_FOUND};
	struct buf text = BUF_INIT(2000);
	char id[MTASTS_ID_MAX + 1];
	struct dns_record *r = dnsmsg_answer_add(&txt);

	(void)state;
	buf_add_str(&text, "v=STSv1; id=");
	for (int i = 0; i < 1000; i++)
		buf_add_char(&text, 'a');
	r->data = mem_copy(text.data, text.len);
	r->data_len = text.len;
	assert_false(mtasts_find_id(&txt, id));
	dnsmsg_answer_release(&txt);
	buf_release(&text);
}

/* "enforce 86400 mx.test *.test" */
static void describe(const struct mtasts_policy *p, struct buf *out)
{
	buf_addf(out, "%s %lld", mtasts_mode_name(p->mode), (long long)p->max_age_s);
	for (size_t i = 0; i < p->mx.count; i++)
		buf_addf(out, " %s", p->mx.items[i]);
}

#define POLICY "version: STSv1\nmode: enforce\nmax_age: 86400\nmx: mx.test\n"

static void test_policy(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		const char *expect; /* the policy, or why there is none */
	} cases[] = {
		{"LF", POLICY, "enforce 86400 mx.test"},
		{"CRLF, several hosts",
			"version: STSv1\r\nmode: testing\r\nmx: mx.test\r\n"
			"mx: *.Test\r\nmax_age: 1\r\n",
			"testing 1 mx.test *.test"},
		{"no last line end, no blanks",
			"version:STSv1\nmode:enforce\nmax_age:1\nmx:a", "enforce 1 a"},
		{"many blanks", "version: \t STSv1  \nmode: none \nmax_age: 0 \n\n",
			"none 0"},
		{"unknown keys", "x: y\n" POLICY "ttl: 3\n", "enforce 86400 mx.test"},
		{"an unknown key without value", "x:\n" POLICY, "enforce 86400 mx.test"},
		{"the first of each counts: row 164",
			POLICY "mode: none\nmax_age: x\nversion: STSv9\n",
			"enforce 86400 mx.test"},
		{"a year and more", "version: STSv1\nmode: none\nmax_age: 9999999999\n",
			"none 31557600"},
		{"empty", "", "no version"},
		{"no version", "mode: none\nmax_age: 1\n", "no version"},
		{"no mode", "version: STSv1\nmax_age: 1\nmx: a\n", "no mode"},
		{"no max_age", "version: STSv1\nmode: none\n", "no max_age"},
		{"no mx", "version: STSv1\nmode: enforce\nmax_age: 1\n", "no mx"},
		{"another version", "version: STSv2\nmode: none\nmax_age: 1\n",
			"unknown version"},
		{"unknown mode: row 164", "version: STSv1\nmode: report\nmax_age: 1\n",
			"unknown mode"},
		{"mode in another case", "version: STSv1\nmode: None\nmax_age: 1\n",
			"unknown mode"},
		{"negative: row 164", "version: STSv1\nmode: none\nmax_age: -1\n",
			"max_age is no number"},
		{"10^12: row 164", "version: STSv1\nmode: none\nmax_age: 1000000000000\n",
			"max_age is no number"},
		{"hexadecimal", "version: STSv1\nmode: none\nmax_age: 0x10\n",
			"max_age is no number"},
		{"star alone: row 164", POLICY "mx: *\n",
			"an mx pattern is no host name"},
		{"star inside: row 164", POLICY "mx: mx.*.x\n",
			"an mx pattern is no host name"},
		{"star as a part of a label", POLICY "mx: mx*.x\n",
			"an mx pattern is no host name"},
		{"two stars", POLICY "mx: *.*.x\n", "an mx pattern is no host name"},
		{"an address", POLICY "mx: 192.0.2.1\n", "an mx pattern is no host name"},
		{"empty mx", POLICY "mx:\n", "an mx pattern is no host name"},
		{"a web page", "<!DOCTYPE html>\n<html>\n", "a line has no colon"},
		{"a key in another case", "Version: STSv1\nmode: none\nmax_age: 1\n",
			"no version"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mtasts_policy p = {.mode = MTASTS_NONE};
		struct buf text = BUF_INIT(1024);
		char why[MTASTS_WHY_MAX];

		if (mtasts_policy_parse(&p, span_of(cases[i].text), why) < 0)
			buf_add_str(&text, why);
		else
			describe(&p, &text);
		if (!span_is(buf_span(&text), cases[i].expect))
			fail_msg("%s: %s", cases[i].why, buf_str(&text));
		mtasts_policy_release(&p);
		buf_release(&text);
	}
}

static void test_too_many_of_all(void **state)
{
	struct mtasts_policy p = {.mode = MTASTS_NONE};
	struct buf text = BUF_INIT(2 * MTASTS_POLICY_MAX);
	char why[MTASTS_WHY_MAX];

	(void)state;
	buf_add_str(&text, POLICY);
	for (int i = 1; i < MTASTS_MX_MAX; i++)
		buf_add_str(&text, "mx: a\n");
	assert_int_equal(mtasts_policy_parse(&p, buf_span(&text), why), 0);
	assert_int_equal(p.mx.count, MTASTS_MX_MAX);
	mtasts_policy_release(&p);
	buf_add_str(&text, "mx: a\n");
	assert_int_equal(mtasts_policy_parse(&p, buf_span(&text), why), -1);
	assert_string_equal(why, "too many mx patterns");
	while (text.len <= MTASTS_POLICY_MAX)
		buf_add_str(&text, "x: y\n");
	assert_int_equal(mtasts_policy_parse(&p, buf_span(&text), why), -1);
	assert_string_equal(why, "too long");
	buf_release(&text);
}

static void test_matching(void **state)
{
	static const struct {
		const char *pattern;
		const char *host;
		bool matches;
	} cases[] = {
		{"mx.x.test", "mx.x.test", true},
		{"mx.x.test", "MX.x.TEST", true},
		{"mx.x.test", "mx2.x.test", false},
		{"mx.x.test", "a.mx.x.test", false},
		{"*.x.test", "b.x.test", true},
		{"*.x.test", "a.b.x.test", false}, /* row 163 */
		{"*.x.test", "x.test", false},
		{"*.x.test", "bx.test", false},
		{"*.test", "x.test", true},
		{"*.x.test", "*.x.test", true},
		{"*.x.test", ".x.test", false},
		{"*.x.test", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mtasts_policy p = {.mode = MTASTS_ENFORCE};

		strv_add(&p.mx, SPAN_LIT("other.test"));
		strv_add(&p.mx, span_of(cases[i].pattern));
		if (mtasts_allows(&p, cases[i].host) != cases[i].matches)
			fail_msg("%s %s", cases[i].pattern, cases[i].host);
		mtasts_policy_release(&p);
	}
}

static struct mtasts_entry entry_of(const char *policy, int64_t fetched_s)
{
	struct mtasts_entry e = {.has_policy = false};
	struct mtasts_policy p;
	char why[MTASTS_WHY_MAX];

	assert_int_equal(mtasts_policy_parse(&p, span_of(policy), why), 0);
	mtasts_entry_store(&e, "one", &p, fetched_s);
	return e;
}

static void test_entry_comes_back(void **state)
{
	struct mtasts_entry e = entry_of(POLICY "mx: *.test\n", NOW);
	struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
	struct mtasts_entry back;

	(void)state;
	mtasts_entry_note_failure(&e, "two", NOW + 5);
	mtasts_entry_format(&e, &text);
	assert_true(span_starts(buf_span(&text),
		"nullmta-mta-sts 1\nid one\nfetched 1795419407\nfailed 1795419412 two\n"
		"mode enforce\nmax_age 86400\nmx mx.test\nmx *.test\ncrc "));
	assert_int_equal(mtasts_entry_parse(&back, buf_span(&text)), 0);
	assert_true(back.has_policy);
	assert_string_equal(back.id, "one");
	assert_int_equal(back.fetched_s, NOW);
	assert_string_equal(back.failed_id, "two");
	assert_int_equal(back.failed_s, NOW + 5);
	assert_int_equal(back.policy.mode, MTASTS_ENFORCE);
	assert_int_equal(back.policy.max_age_s, 86400);
	assert_int_equal(back.policy.mx.count, 2);
	mtasts_entry_release(&back);
	mtasts_entry_release(&e);
	buf_release(&text);
}

static void test_entry_without_policy(void **state)
{
	struct mtasts_entry e = {.has_policy = false};
	struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
	struct mtasts_entry back;

	(void)state;
	mtasts_entry_note_failure(&e, "two", NOW);
	mtasts_entry_format(&e, &text);
	assert_int_equal(mtasts_entry_parse(&back, buf_span(&text)), 0);
	assert_false(back.has_policy);
	assert_string_equal(back.failed_id, "two");
	buf_release(&text);
}

/* whatever octet changes or is missing, it is noticed */
static void test_damaged_entries(void **state)
{
	struct mtasts_entry e = entry_of(POLICY, NOW);
	struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
	struct mtasts_entry back;

	(void)state;
	mtasts_entry_format(&e, &text);
	for (size_t i = 0; i < text.len; i++) {
		assert_int_equal(
			mtasts_entry_parse(&back, span_head(buf_span(&text), i)), -1);
		text.data[i] ^= 0x01;
		assert_int_equal(mtasts_entry_parse(&back, buf_span(&text)), -1);
		text.data[i] ^= 0x01;
	}
	mtasts_entry_release(&e);
	buf_release(&text);
}

/* whole, but not what we write */
static void test_odd_entries(void **state)
{
	static const char *const cases[] = {
		"nullmta-mta-sts 2\n",
		"nullmta-mta-sts 1\nmode none\nmax_age 1\n",
		"nullmta-mta-sts 1\nid one\nfetched x\n",
		"nullmta-mta-sts 1\nfailed 12\n",
		"nullmta-mta-sts 1\nid\n",
		"nullmta-mta-sts 1\nid 0123456789012345678901234567890123\n",
		"nullmta-mta-sts 1\nid one\nmode enforce\nmax_age 1\n",
		"nullmta-mta-sts 1\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
		struct mtasts_entry back;
		char crc[16];

		buf_add_str(&text, cases[i]);
		(void)snprintf(crc, sizeof(crc), "crc %08x\n",
			(unsigned)crc32c(0, text.data, text.len));
		buf_add_str(&text, crc);
		if (mtasts_entry_parse(&back, buf_span(&text)) == 0)
			fail_msg("%s", cases[i]);
		assert_false(back.has_policy);
		buf_release(&text);
	}
}

static void test_when_it_is_fetched(void **state)
{
	static const struct {
		const char *why;
		const char *id;
		int64_t age_s;        /* of a policy "one" for a day */
		int64_t failed_ago_s; /* the fetch for "two"; -1: none */
		bool wants;
		bool is_valid;
	} cases[] = {
		{"young and the same", "one", 60, -1, false, true},
		{"half a day old", "one", 43200, -1, true, true},
		{"expired", "one", 86400, -1, true, false},
		{"young, the DNS says nothing", NULL, 60, -1, false, true},
		{"old, the DNS says nothing", NULL, 50000, -1, false, true},
		{"expired, the DNS says nothing", NULL, 86400, -1, false, false},
		{"a new one", "two", 60, -1, true, true},
		{"a new one, just failed", "two", 60, 299, false, true},
		{"a new one, failed some time ago", "two", 60, 300, true, true},
		{"a newer one than that which failed", "three", 60, 10, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mtasts_entry e = entry_of(POLICY, NOW - cases[i].age_s);

		if (cases[i].failed_ago_s >= 0)
			mtasts_entry_note_failure(&e, "two", NOW - cases[i].failed_ago_s);
		if (mtasts_entry_wants_fetch(&e, cases[i].id, NOW) != cases[i].wants ||
			mtasts_entry_is_valid(&e, NOW) != cases[i].is_valid)
			fail_msg("%s", cases[i].why);
		mtasts_entry_release(&e);
	}
}

static void test_nothing_is_kept_yet(void **state)
{
	struct mtasts_entry e = {.has_policy = false};

	(void)state;
	assert_false(mtasts_entry_is_valid(&e, NOW));
	assert_false(mtasts_entry_wants_fetch(&e, NULL, NOW));
	assert_true(mtasts_entry_wants_fetch(&e, "one", NOW));
	mtasts_entry_note_failure(&e, "one", NOW);
	assert_false(mtasts_entry_wants_fetch(&e, "one", NOW + 1));
}

/* a month is renewed after a day */
static void test_a_long_policy_is_renewed_daily(void **state)
{
	struct mtasts_entry e =
		entry_of("version: STSv1\nmode: none\nmax_age: 2592000\n", NOW);

	(void)state;
	assert_false(mtasts_entry_wants_fetch(&e, "one", NOW + 86399));
	assert_true(mtasts_entry_wants_fetch(&e, "one", NOW + 86400));
	mtasts_entry_release(&e);
}

static void test_a_clock_that_goes_back(void **state)
{
	struct mtasts_entry e = entry_of(POLICY, NOW + 1000000);

	(void)state;
	mtasts_entry_note_failure(&e, "two", NOW + 1000000);
	mtasts_entry_mend_times(&e, NOW);
	assert_true(mtasts_entry_is_valid(&e, NOW + 86399));
	assert_false(mtasts_entry_is_valid(&e, NOW + 86400));
	assert_true(mtasts_entry_wants_fetch(&e, "two", NOW + MTASTS_RETRY_S));
	mtasts_entry_release(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_a_long_record),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_too_many_of_all),
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_entry_comes_back),
		cmocka_unit_test(test_entry_without_policy),
		cmocka_unit_test(test_damaged_entries),
		cmocka_unit_test(test_odd_entries),
		cmocka_unit_test(test_when_it_is_fetched),
		cmocka_unit_test(test_nothing_is_kept_yet),
		cmocka_unit_test(test_a_long_policy_is_renewed_daily),
		cmocka_unit_test(test_a_clock_that_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
