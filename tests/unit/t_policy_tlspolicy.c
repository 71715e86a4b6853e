#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "policy/tlspolicy.h"

/* Published by d.test; the host is mx.d.test. */
enum sts { NO_STS, STS_NONE, STS_TESTING, STS_ENFORCE, STS_TESTING_OTHER, STS_OTHER };

struct one_case {
	const char *why;
	enum tls_level level; /* configured */
	enum dane_result dane;
	enum sts sts;
	enum tls_wish wish;
	bool is_mx_secure;
	const char *expect;
};

static struct mtasts_policy policy_of(enum sts sts)
{
	struct mtasts_policy p = {.mode = MTASTS_ENFORCE, .max_age_s = 1};

	if (sts == STS_NONE)
		p.mode = MTASTS_NONE;
	else if (sts == STS_TESTING || sts == STS_TESTING_OTHER)
		p.mode = MTASTS_TESTING;
	if (sts == STS_OTHER || sts == STS_TESTING_OTHER)
		strv_add(&p.mx, SPAN_LIT("mx.other.test"));
	else
		strv_add(&p.mx, SPAN_LIT("*.d.test"));
	return p;
}

static const char *const found_names[] = {"-", "dane", "sts"};

/* "verify mx.d.test sts testing trouble=…", "DEFERRED 4.7.5 sts trouble=…" */
static void describe(
	int rc, const struct tlspolicy *p, const struct outcome *why, struct buf *out)
{
	char status[OUTCOME_STATUS_TEXT_MAX];

	if (rc == 0) {
		buf_addf(out, "%s %s %s", tls_level_name(p->options.level),
			p->options.name, found_names[p->found]);
	} else {
		outcome_status_format(why->status, status);
		buf_addf(out, "%s %s %s",
			why->kind == OUTCOME_FAILED ? "FAILED" : "DEFERRED", status,
			found_names[p->found]);
	}
	if (p->is_testing)
		buf_add_str(out, " testing");
	if (p->trouble != TLSRESULTS_SUCCESS)
		buf_addf(out, " %s", tlsresults_type_name(p->trouble));
}

static void check(const struct one_case *c, bool is_direct)
{
	static const struct tls_tlsa record = {.usage = 3, .selector = 1, .matching = 1};
	struct dane dane = {.result = c->dane, .base = "real.test", .why = "servfail"};
	struct tls_options configured = {.level = c->level, .ca_file = "/ca"};
	struct mtasts_policy sts = policy_of(c->sts);
	struct tlspolicy_request request = {
		.configured = &configured,
		.name = "mx.d.test",
		.is_direct = is_direct,
		.is_mx_secure = c->is_mx_secure,
		.dane = &dane,
		.sts = c->sts == NO_STS ? NULL : &sts,
		.wish = c->wish,
	};
	struct buf text = BUF_INIT(1024);
	struct tlspolicy policy;
	struct outcome why = {.kind = OUTCOME_PENDING};
	struct tls_tlsa records[] = {record};
	int rc;

	if (c->dane == DANE_USABLE) {
		dane.records = records;
		dane.count = 1;
	}
	rc = tlspolicy_decide(&request, &policy, &why);
	describe(rc, &policy, &why, &text);
	if (!span_is(buf_span(&text), c->expect))
		fail_msg("%s: %s", c->why, buf_str(&text));
	if (rc < 0)
		assert_int_equal(why.scope, is_direct ? OUTCOME_HOST : OUTCOME_ROUTE);
	assert_string_equal(policy.options.ca_file, "/ca");
	assert_int_equal(policy.options.tlsa_count,
		rc == 0 && policy.options.level == TLS_DANE ? 1 : 0);
	buf_release(&text);
	mtasts_policy_release(&sts);
}

static void test_mx_hosts(void **state)
{
	static const struct one_case cases[] = {
		{"nothing published", TLS_MAY, DANE_NONE, NO_STS, TLS_WISH_USUAL, false,
			"may mx.d.test -"},
		{"DANE", TLS_MAY, DANE_USABLE, NO_STS, TLS_WISH_USUAL, false,
			"dane real.test dane"},
		{"rows 155, 156", TLS_MAY, DANE_UNUSABLE, NO_STS, TLS_WISH_USUAL, false,
			"encrypt mx.d.test dane tlsa-invalid"},
		{"row 154", TLS_MAY, DANE_FAILED, NO_STS, TLS_WISH_USUAL, false,
			"DEFERRED 4.4.3 dane dnssec-invalid"},
		{"MTA-STS", TLS_MAY, DANE_NONE, STS_ENFORCE, TLS_WISH_USUAL, false,
			"verify mx.d.test sts"},
		{"row 163", TLS_MAY, DANE_NONE, STS_OTHER, TLS_WISH_USUAL, false,
			"DEFERRED 4.7.5 sts validation-failure"},
		{"testing", TLS_MAY, DANE_NONE, STS_TESTING, TLS_WISH_USUAL, false,
			"verify mx.d.test sts testing"},
		{"testing, and would fail", TLS_MAY, DANE_NONE, STS_TESTING_OTHER,
			TLS_WISH_USUAL, false,
			"may mx.d.test sts testing validation-failure"},
		{"a policy that has ended", TLS_MAY, DANE_NONE, STS_NONE, TLS_WISH_USUAL,
			false, "may mx.d.test -"},
		{"DANE before MTA-STS", TLS_MAY, DANE_USABLE, STS_OTHER, TLS_WISH_USUAL,
			false, "dane real.test dane"},
		{"row 166: DANE fails, MTA-STS does not help", TLS_MAY, DANE_FAILED,
			STS_ENFORCE, TLS_WISH_USUAL, false,
			"DEFERRED 4.4.3 dane dnssec-invalid"},
		{"DANE decides also where it cannot be used", TLS_MAY, DANE_UNUSABLE,
			STS_ENFORCE, TLS_WISH_USUAL, false,
			"encrypt mx.d.test dane tlsa-invalid"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i], true);
}

static void test_what_is_configured_stays(void **state)
{
	static const struct one_case cases[] = {
		{"no TLS", TLS_NONE, DANE_FAILED, STS_OTHER, TLS_WISH_USUAL, false,
			"none mx.d.test -"},
		{"fingerprint", TLS_FINGERPRINT, DANE_USABLE, STS_ENFORCE, TLS_WISH_USUAL,
			false, "fingerprint mx.d.test -"},
		{"encrypt", TLS_ENCRYPT, DANE_NONE, NO_STS, TLS_WISH_USUAL, false,
			"encrypt mx.d.test -"},
		{"verify is not lowered", TLS_VERIFY, DANE_UNUSABLE, NO_STS,
			TLS_WISH_USUAL, false, "verify mx.d.test dane tlsa-invalid"},
		{"DANE and none there", TLS_DANE, DANE_NONE, STS_ENFORCE, TLS_WISH_USUAL,
			false, "DEFERRED 4.7.5 dane dane-required"},
		{"DANE and none to use", TLS_DANE, DANE_UNUSABLE, NO_STS, TLS_WISH_USUAL,
			false, "DEFERRED 4.7.5 dane tlsa-invalid"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i], true);
}

static void test_relays(void **state)
{
	static const struct one_case cases[] = {
		{"as configured", TLS_VERIFY, DANE_USABLE, STS_OTHER, TLS_WISH_USUAL,
			false, "verify mx.d.test -"},
		{"in clear", TLS_NONE, DANE_USABLE, STS_OTHER, TLS_WISH_USUAL, false,
			"none mx.d.test -"},
		{"by DANE", TLS_DANE, DANE_USABLE, NO_STS, TLS_WISH_USUAL, false,
			"dane real.test dane"},
		{"by DANE, and it fails", TLS_DANE, DANE_FAILED, NO_STS, TLS_WISH_USUAL,
			false, "DEFERRED 4.4.3 dane dnssec-invalid"},
		{"TLS is required", TLS_MAY, DANE_NONE, NO_STS, TLS_WISH_REQUIRED, false,
			"verify mx.d.test -"},
		{"and known by fingerprint", TLS_FINGERPRINT, DANE_NONE, NO_STS,
			TLS_WISH_REQUIRED, false, "fingerprint mx.d.test -"},
		{"TLS is optional: it is our relay, not theirs", TLS_VERIFY, DANE_NONE,
			NO_STS, TLS_WISH_OPTIONAL, false, "verify mx.d.test -"},
		{"TLS is required and off", TLS_NONE, DANE_NONE, NO_STS,
			TLS_WISH_REQUIRED, false, "FAILED 5.7.30 -"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i], false);
}

/* RFC 8689 */
static void test_what_the_sender_wants(void **state)
{
	static const struct one_case cases[] = {
		{"DANE counts no more", TLS_MAY, DANE_USABLE, NO_STS, TLS_WISH_OPTIONAL,
			false, "may mx.d.test -"},
		{"also where it fails", TLS_MAY, DANE_FAILED, NO_STS, TLS_WISH_OPTIONAL,
			false, "may mx.d.test -"},
		{"MTA-STS counts no more", TLS_MAY, DANE_NONE, STS_OTHER,
			TLS_WISH_OPTIONAL, false, "may mx.d.test -"},
		{"what we have configured does", TLS_ENCRYPT, DANE_NONE, NO_STS,
			TLS_WISH_OPTIONAL, false, "encrypt mx.d.test -"},
		{"required, nobody knows who it is", TLS_MAY, DANE_NONE, NO_STS,
			TLS_WISH_REQUIRED, false, "FAILED 5.7.30 -"},
		{"required, by DANE", TLS_MAY, DANE_USABLE, NO_STS, TLS_WISH_REQUIRED,
			false, "dane real.test dane"},
		{"required, by DNSSEC and a certificate", TLS_MAY, DANE_NONE, NO_STS,
			TLS_WISH_REQUIRED, true, "verify mx.d.test -"},
		{"required, by MTA-STS", TLS_MAY, DANE_NONE, STS_ENFORCE,
			TLS_WISH_REQUIRED, false, "verify mx.d.test sts"},
		{"required: a policy in testing is good enough, and no test", TLS_MAY,
			DANE_NONE, STS_TESTING, TLS_WISH_REQUIRED, false,
			"verify mx.d.test sts"},
		{"required, and the policy names others", TLS_MAY, DANE_NONE,
			STS_TESTING_OTHER, TLS_WISH_REQUIRED, false,
			"FAILED 5.7.30 sts validation-failure"},
		{"required, DNS fails", TLS_MAY, DANE_FAILED, NO_STS, TLS_WISH_REQUIRED,
			true, "DEFERRED 4.4.3 dane dnssec-invalid"},
		{"required, records that cannot be used, a name that is sure", TLS_MAY,
			DANE_UNUSABLE, NO_STS, TLS_WISH_REQUIRED, true,
			"verify mx.d.test dane tlsa-invalid"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i], true);
}

static void test_what_is_asked_for(void **state)
{
	struct tls_options configured = {.level = TLS_MAY};
	struct tlspolicy_request q = {.configured = &configured, .is_direct = true};

	(void)state;
	assert_true(tlspolicy_wants_dane(&q));
	assert_true(tlspolicy_wants_sts(&q));
	q.wish = TLS_WISH_OPTIONAL;
	assert_false(tlspolicy_wants_dane(&q));
	assert_false(tlspolicy_wants_sts(&q));
	q.wish = TLS_WISH_REQUIRED;
	assert_true(tlspolicy_wants_dane(&q));
	configured.level = TLS_NONE;
	assert_false(tlspolicy_wants_dane(&q));
	assert_false(tlspolicy_wants_sts(&q));
	configured.level = TLS_MAY;
	q.is_direct = false;
	assert_false(tlspolicy_wants_dane(&q));
	assert_false(tlspolicy_wants_sts(&q));
	configured.level = TLS_DANE;
	assert_true(tlspolicy_wants_dane(&q));
	assert_false(tlspolicy_wants_sts(&q));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mx_hosts),
		cmocka_unit_test(test_what_is_configured_stays),
		cmocka_unit_test(test_relays),
		cmocka_unit_test(test_what_the_sender_wants),
		cmocka_unit_test(test_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
