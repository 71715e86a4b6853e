/* sources: tests/support/certificate.c tests/support/tls_peer.c tests/support/scratch.c */
/* Whom TLS believes: good certificates and bad ones, by CA, fingerprint and TLSA. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/support/scratch.h"
#include "tests/support/tls_peer.h"

#define NAME "mx.example.test"

/* Made once: a CA that is known, one below it, one that nobody knows. */
struct authorities {
	struct scratch dir;
	const char *ca_path;
	struct certificate root;
	struct certificate below;
	struct certificate stranger;
	struct certificate expired;
};

static int make_authorities(void **state)
{
	static struct authorities a;
	const struct certificate_wish root = {.subject = "Known CA", .is_ca = true};
	const struct certificate_wish below = {.subject = "CA below it", .is_ca = true};
	const struct certificate_wish stranger = {.subject = "Stranger", .is_ca = true};
	const struct certificate_wish expired = {
		.subject = "Old CA", .is_ca = true, .from_days = -9, .to_days = -2};

	scratch_init(&a.dir);
	a.root = certificate_make(&root, NULL);
	a.below = certificate_make(&below, &a.root);
	a.stranger = certificate_make(&stranger, NULL);
	a.expired = certificate_make(&expired, &a.root);
	a.ca_path = scratch_path(&a.dir, "ca.pem");
	certificate_write(&a.root, a.ca_path, NULL);
	*state = &a;
	return 0;
}

static int release_authorities(void **state)
{
	struct authorities *a = *state;

	certificate_release(&a->root);
	certificate_release(&a->below);
	certificate_release(&a->stranger);
	certificate_release(&a->expired);
	scratch_release(&a->dir);
	return 0;
}

/* Connect and shake hands; the stream and what it came to. */
struct meeting {
	struct tls_peer peer;
	struct tls_cache *cache;
	struct stream *stream;
	enum stream_result result;
	const struct tls_facts *facts;
};

static struct meeting meet(
	const struct tls_peer_options *server, const struct tls_options *client)
{
	struct meeting m = {.cache = tls_cache_new()};
	struct fault f;

	tls_peer_init(&m.peer, server);
	m.stream = tls_peer_connect(&m.peer);
	if (stream_start_tls(m.stream, client, m.cache, &f) < 0)
		fail_msg("%s", f.text);
	m.result = tls_peer_shake(&m.peer, m.stream);
	m.facts = stream_tls_facts(m.stream);
	return m;
}

static void part(struct meeting *m)
{
	stream_free(m->stream);
	tls_cache_free(m->cache);
	tls_peer_release(&m->peer);
}

enum issuer { ROOT, BELOW, BELOW_ALONE, STRANGER, EXPIRED, ITSELF };

static const struct chain_case {
	const char *why;
	const char *name; /* that is expected; NULL: NAME */
	enum issuer issuer;
	enum tls_trouble trouble; /* NONE: it is believed */
	const char *text;         /* in how, or in why not */
	struct certificate_wish wish;
} chain_cases[] = {
	{"a good one", NULL, ROOT, TLS_TROUBLE_NONE,
		"name mx.example.test, CA CN = Known CA",
		{.dns = {CERTIFICATE_DNS(NAME)}}},
	{"names have no case", "MX.example.TEST", ROOT, TLS_TROUBLE_NONE, "",
		{.dns = {CERTIFICATE_DNS("mx.EXAMPLE.test")}}},
	{"by a CA below", NULL, BELOW, TLS_TROUBLE_NONE, "CA CN = Known CA",
		{.dns = {CERTIFICATE_DNS(NAME)}}},
	{"the chain is incomplete", NULL, BELOW_ALONE, TLS_TROUBLE_UNTRUSTED,
		"no CA known here vouches for the certificate, issued by CN = CA below "
		"it",
		{.dns = {CERTIFICATE_DNS(NAME)}}},
	{"one of several names", NULL, ROOT, TLS_TROUBLE_NONE, "",
		{.dns = {CERTIFICATE_DNS("a.test"), CERTIFICATE_DNS(NAME)}}},
	{"a whole left label as wildcard", NULL, ROOT, TLS_TROUBLE_NONE,
		"name *.example.test", {.dns = {CERTIFICATE_DNS("*.example.test")}}},
	{"one label deep", "a.mx.example.test", ROOT, TLS_TROUBLE_NAME,
		"is for *.example.test, not for a.mx.example.test",
		{.dns = {CERTIFICATE_DNS("*.example.test")}}},
	{"and not none", "example.test", ROOT, TLS_TROUBLE_NAME, "",
		{.dns = {CERTIFICATE_DNS("*.example.test")}}},
	{"row 59: a partial wildcard", NULL, ROOT, TLS_TROUBLE_NAME,
		"is for m*.example.test", {.dns = {CERTIFICATE_DNS("m*.example.test")}}},
	{"row 59: a wildcard for a top-level domain", "mx.test", ROOT, TLS_TROUBLE_NAME,
		"", {.dns = {CERTIFICATE_DNS("*.test")}}},
	{"a wildcard in the middle", NULL, ROOT, TLS_TROUBLE_NAME, "",
		{.dns = {CERTIFICATE_DNS("mx.*.test")}}},
	{"row 59: a NUL in the name", NULL, ROOT, TLS_TROUBLE_NAME,
		"is for mx.example.test\\x00.evil.test",
		{.dns = {CERTIFICATE_DNS(NAME "\0.evil.test")}}},
	{"a NUL behind the name", NULL, ROOT, TLS_TROUBLE_NAME, "",
		{.dns = {CERTIFICATE_DNS(NAME "\0")}}},
	{"row 58: another name", NULL, ROOT, TLS_TROUBLE_NAME,
		"is for other.example.test, not for mx.example.test",
		{.dns = {CERTIFICATE_DNS("other.example.test")}}},
	{"RFC 9525: the CN is not asked", NULL, ROOT, TLS_TROUBLE_NAME, "is for no name",
		{.subject = NAME}},
	{"row 58: expired", NULL, ROOT, TLS_TROUBLE_EXPIRED,
		"the certificate expired on 20",
		{.dns = {CERTIFICATE_DNS(NAME)}, .from_days = -9, .to_days = -2}},
	{"not valid yet", NULL, ROOT, TLS_TROUBLE_EXPIRED,
		"the certificate is not valid before 20",
		{.dns = {CERTIFICATE_DNS(NAME)}, .from_days = 2, .to_days = 9}},
	{"the CA has expired", NULL, EXPIRED, TLS_TROUBLE_EXPIRED,
		"the certificate above it (CN = Old CA) expired on 20",
		{.dns = {CERTIFICATE_DNS(NAME)}}},
	{"row 58: self-signed", NULL, ITSELF, TLS_TROUBLE_UNTRUSTED, "self-signed",
		{.dns = {CERTIFICATE_DNS(NAME)}}},
	{"a CA that nobody knows", NULL, STRANGER, TLS_TROUBLE_UNTRUSTED, "CN = Stranger",
		{.dns = {CERTIFICATE_DNS(NAME)}}},
	{"for another purpose", NULL, ROOT, TLS_TROUBLE_OTHER, "purpose",
		{.dns = {CERTIFICATE_DNS(NAME)}, .purpose = "clientAuth"}},
	{"an address", "192.0.2.1", ROOT, TLS_TROUBLE_NONE, "name 192.0.2.1",
		{.address = "192.0.2.1"}},
	{"an IPv6 address in another form", "2001:db8:0::1", ROOT, TLS_TROUBLE_NONE, "",
		{.address = "2001:db8::1"}},
	{"another address", "192.0.2.2", ROOT, TLS_TROUBLE_NAME,
		"is for 192.0.2.1, not for 192.0.2.2", {.address = "192.0.2.1"}},
	{"an address is no DNS-ID", "192.0.2.1", ROOT, TLS_TROUBLE_NAME, "",
		{.dns = {CERTIFICATE_DNS("192.0.2.1")}}},
	{"a key too short for a CA's word", NULL, ROOT, TLS_TROUBLE_OTHER, "key too",
		{.dns = {CERTIFICATE_DNS(NAME)}, .rsa_bits = 768}},
};

static const struct certificate *issuer_of(struct authorities *a, enum issuer issuer)
{
	switch (issuer) {
	case ROOT:
		return &a->root;
	case BELOW:
	case BELOW_ALONE:
		return &a->below;
	case STRANGER:
		return &a->stranger;
	case EXPIRED:
		return &a->expired;
	case ITSELF:
		break;
	}
	return NULL;
}

static void check_chain_case(struct authorities *a, const struct chain_case *c)
{
	const struct certificate *issuer = issuer_of(a, c->issuer);
	struct certificate own = certificate_make(&c->wish, issuer);
	const struct certificate *chain[] = {issuer, NULL};
	struct tls_peer_options server = {.certificate = &own};
	const struct tls_options client = {.level = TLS_VERIFY,
		.name = c->name ? c->name : NAME,
		.ca_file = a->ca_path};
	struct meeting m;
	bool is_good = c->trouble == TLS_TROUBLE_NONE;

	if (c->issuer == BELOW || c->issuer == EXPIRED)
		server.chain = chain;
	m = meet(&server, &client);
	if (m.result != (is_good ? STREAM_OK : STREAM_ERROR))
		fail_msg("%s: %s", c->why, stream_error(m.stream));
	assert_int_equal(m.facts->trouble, c->trouble);
	assert_int_equal(m.facts->is_verified, is_good);
	assert_int_equal(m.facts->is_encrypted, is_good);
	if (!strstr(is_good ? m.facts->how : stream_error(m.stream), c->text))
		fail_msg("%s: %s%s", c->why, m.facts->how, stream_error(m.stream));
	part(&m);
	certificate_release(&own);
}

static void test_chains_and_names(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(chain_cases); i++)
		check_chain_case(*state, &chain_cases[i]);
}

/* 1024 bits, expired, an unknown issuer: weak TLS is better than none (protocol T4). */
static void test_who_is_not_verified_may_be_anybody(void **state)
{
	static const enum tls_level levels[] = {TLS_MAY, TLS_ENCRYPT};
	const struct certificate_wish wish = {
		.rsa_bits = 1024, .to_days = -1, .from_days = -2};
	struct certificate own = certificate_make(&wish, NULL);
	const struct tls_peer_options server = {.certificate = &own};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		const struct tls_options client = {.level = levels[i], .name = NAME};
		struct meeting m = meet(&server, &client);

		assert_int_equal(m.result, STREAM_OK);
		assert_true(m.facts->is_encrypted);
		assert_false(m.facts->is_verified);
		assert_string_equal(m.facts->how, "not asked for");
		assert_string_equal(m.facts->subject, "CN = test");
		part(&m);
	}
	certificate_release(&own);
}

/* --- fingerprints --- */

static void test_the_form_of_a_fingerprint(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		const char *why;
	} cases[] = {
		{"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", true,
			""},
		{"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF", true,
			""},
		{"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"
		 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
			true, "as openssl prints it"},
		{"00112233445566778899aabbccddeeff00112233", false, "SHA-1"},
		{"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0",
			false, ""},
		{"00112233445566778899aabbccddeeff00112233445566778899aabbccddeef", false,
			""},
		{"0:0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			false, ""},
		{":00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			false, ""},
		{"0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			false, ""},
		{"", false, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
			tls_is_fingerprint(span_of(cases[i].text)), cases[i].is_good);
}

static void check_fingerprint(
	const struct certificate *own, const unsigned char digest[32], const char *how)
{
	const struct tls_peer_options server = {.certificate = own};
	struct strv list = {0};
	const struct tls_options client = {
		.level = TLS_FINGERPRINT, .name = NAME, .fingerprints = &list};
	char text[CERTIFICATE_DIGEST_TEXT];
	struct meeting m;

	certificate_hex(digest, text);
	strv_add(&list, SPAN_LIT("00112233445566778899aabbccddeeff"
				 "00112233445566778899aabbccddeeff"));
	strv_add(&list, span_of(text));
	m = meet(&server, &client);
	assert_int_equal(m.result, how ? STREAM_OK : STREAM_ERROR);
	assert_int_equal(m.facts->is_verified, how != NULL);
	if (how)
		assert_string_equal(m.facts->how, how);
	else
		assert_non_null(strstr(stream_error(m.stream), m.facts->fingerprint));
	part(&m);
	strv_release(&list);
}

/* Neither its name nor its time nor its issuer counts. */
static void test_a_fingerprint_is_all_that_counts(void **state)
{
	const struct certificate_wish wish = {.from_days = -9, .to_days = -2};
	struct certificate own = certificate_make(&wish, NULL);
	unsigned char digest[32];

	(void)state;
	certificate_digest(&own, digest);
	check_fingerprint(&own, digest, "fingerprint of its certificate");
	certificate_key_digest(&own, digest);
	check_fingerprint(&own, digest, "fingerprint of its public key");
	digest[31] ^= 1;
	check_fingerprint(&own, digest, NULL);
	certificate_release(&own);
}

/* --- DANE --- */

/* What a record is made from. */
enum matter { OWN, OWN_KEY, OWN_KEY_512, OWN_WHOLE, TA, TA_WHOLE, NONSENSE };

static const struct dane_case {
	const char *why;
	enum issuer issuer; /* ROOT: its CA is in the chain; BELOW_ALONE: it is not */
	const char *names;  /* one more name that is as good, or NULL */
	bool is_verified;
	const char *text; /* in how, or why not; NULL: the handshake fails */
	struct certificate_wish wish;
	size_t count;
	struct {
		uint8_t usage, selector, matching;
		enum matter matter;
	} records[3];
} dane_cases[] = {
	{"row 157: 3 1 1, expired and with another name", ITSELF, NULL, true,
		"TLSA 3 1 1", {.subject = "whoever", .from_days = -9, .to_days = -2}, 1,
		{{3, 1, 1, OWN_KEY}}},
	{"3 0 1", ROOT, NULL, true, "TLSA 3 0 1", {0}, 1, {{3, 0, 1, OWN}}},
	{"3 1 2", ROOT, NULL, true, "TLSA 3 1 2", {0}, 1, {{3, 1, 2, OWN_KEY_512}}},
	{"3 0 0, the certificate itself", ROOT, NULL, true, "TLSA 3 0 0", {0}, 1,
		{{3, 0, 0, OWN_WHOLE}}},
	{"no record matches", ROOT, NULL, false, NULL, {0}, 1, {{3, 1, 1, TA}}},
	{"one of several matches", ROOT, NULL, true, "TLSA 3 1 1", {0}, 2,
		{{3, 1, 1, TA}, {3, 1, 1, OWN_KEY}}},
	{"RFC 7671 9: the stronger digest alone counts", ROOT, NULL, false, NULL, {0}, 2,
		{{3, 1, 2, NONSENSE}, {3, 1, 1, OWN_KEY}}},
	{"2 0 1: the CA, and the name", ROOT, NULL, true,
		"TLSA 2 0 1, name mx.example.test", {.dns = {CERTIFICATE_DNS(NAME)}}, 1,
		{{2, 0, 1, TA}}},
	{"2 0 0: the CA itself", ROOT, NULL, true, "TLSA 2 0 0, name mx.example.test",
		{.dns = {CERTIFICATE_DNS(NAME)}}, 1, {{2, 0, 0, TA_WHOLE}}},
	{"row 158: 2 0 1, by the name of the next hop", ROOT, "example.test", true,
		"TLSA 2 0 1, name example.test",
		{.dns = {CERTIFICATE_DNS("example.test")}}, 1, {{2, 0, 1, TA}}},
	{"2 0 1 with another name", ROOT, NULL, false, NULL,
		{.dns = {CERTIFICATE_DNS("other.test")}}, 1, {{2, 0, 1, TA}}},
	{"2 0 1, expired", ROOT, NULL, false, NULL,
		{.dns = {CERTIFICATE_DNS(NAME)}, .from_days = -9, .to_days = -2}, 1,
		{{2, 0, 1, TA}}},
	{"row 158: the CA is not in the chain", BELOW_ALONE, NULL, false, NULL,
		{.dns = {CERTIFICATE_DNS(NAME)}}, 1, {{2, 0, 1, TA}}},
	{"row 156: usages 0 and 1", ITSELF, NULL, false, "no usable TLSA record", {0}, 2,
		{{0, 0, 1, OWN}, {1, 1, 1, OWN_KEY}}},
	{"row 155: what no client can use", ITSELF, NULL, false, "no usable TLSA record",
		{0}, 3, {{3, 1, 9, OWN_KEY}, {9, 1, 1, OWN_KEY}, {3, 1, 1, NONSENSE}}},
	{"unusable ones do no harm", ROOT, NULL, true, "TLSA 3 1 1", {0}, 3,
		{{1, 1, 1, OWN_KEY}, {3, 7, 1, OWN_KEY}, {3, 1, 1, OWN_KEY}}},
};

struct matter_data {
	unsigned char digests[6][64];
	unsigned char *own_der, *ta_der;
	size_t own_len, ta_len;
};

static size_t der_of(X509 *x, unsigned char **ret)
{
	int len = i2d_X509(x, ret);

	assert_true(len > 0);
	return (size_t)len;
}

static void make_matter(struct matter_data *d, const struct certificate *own,
	const struct certificate *ta)
{
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(own->key, &spki);

	*d = (struct matter_data){0};
	certificate_digest(own, d->digests[OWN]);
	certificate_key_digest(own, d->digests[OWN_KEY]);
	assert_true(EVP_Digest(
		spki, (size_t)len, d->digests[OWN_KEY_512], NULL, EVP_sha512(), NULL));
	OPENSSL_free(spki);
	certificate_digest(ta, d->digests[TA]);
	d->own_len = der_of(own->x509, &d->own_der);
	d->ta_len = der_of(ta->x509, &d->ta_der);
}

static void release_matter(struct matter_data *d)
{
	OPENSSL_free(d->own_der);
	OPENSSL_free(d->ta_der);
}

static struct tls_tlsa record_of(const struct matter_data *d, enum matter matter)
{
	static const unsigned char nonsense[64] = {1};

	switch (matter) {
	case OWN_WHOLE:
		return (struct tls_tlsa){.data = d->own_der, .len = d->own_len};
	case TA_WHOLE:
		return (struct tls_tlsa){.data = d->ta_der, .len = d->ta_len};
	case NONSENSE:
		return (struct tls_tlsa){.data = nonsense, .len = 64};
	case OWN_KEY_512:
		return (struct tls_tlsa){.data = d->digests[matter], .len = 64};
	default:
		return (struct tls_tlsa){.data = d->digests[matter], .len = 32};
	}
}

static void check_dane_case(struct authorities *a, const struct dane_case *c)
{
	const struct certificate *ta = c->issuer == ITSELF ? NULL : &a->stranger;
	struct certificate own = certificate_make(&c->wish, ta);
	const struct certificate *chain[] = {&a->stranger, NULL};
	const struct tls_peer_options server = {
		.certificate = &own, .chain = c->issuer == ROOT ? chain : NULL};
	struct strv names = {0};
	struct tls_tlsa records[3];
	const struct tls_options client = {.level = TLS_DANE,
		.name = NAME,
		.names = &names,
		.tlsa = records,
		.tlsa_count = c->count};
	struct matter_data d;
	struct meeting m;

	make_matter(&d, &own, &a->stranger);
	if (c->names)
		strv_add(&names, span_of(c->names));
	for (size_t i = 0; i < c->count; i++) {
		records[i] = record_of(&d, c->records[i].matter);
		records[i].usage = c->records[i].usage;
		records[i].selector = c->records[i].selector;
		records[i].matching = c->records[i].matching;
	}
	m = meet(&server, &client);
	if (m.result != (c->text ? STREAM_OK : STREAM_ERROR))
		fail_msg("%s: %s", c->why, stream_error(m.stream));
	assert_int_equal(m.facts->is_verified, c->is_verified);
	if (c->text && strcmp(m.facts->how, c->text) != 0)
		fail_msg("%s: %s", c->why, m.facts->how);
	if (!c->text && !stream_error(m.stream)[0])
		fail_msg("%s: no reason", c->why);
	part(&m);
	release_matter(&d);
	strv_release(&names);
	certificate_release(&own);
}

static void test_tlsa_records(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(dane_cases); i++)
		check_dane_case(*state, &dane_cases[i]);
}

/* Row 155: lengths that fit no digest, and nothing at all. */
static void test_tlsa_records_of_a_wrong_length_are_no_use(void **state)
{
	static const struct {
		uint8_t matching;
		size_t len;
	} cases[] = {{1, 0}, {1, 3}, {1, 31}, {1, 33}, {2, 32}, {0, 0}, {0, 3}};
	static const unsigned char octets[64];
	const struct certificate_wish wish = {0};
	struct certificate own = certificate_make(&wish, NULL);
	const struct tls_peer_options server = {.certificate = &own};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct tls_tlsa record = {
			3, 1, cases[i].matching, octets, cases[i].len};
		const struct tls_options client = {.level = TLS_DANE,
			.name = NAME,
			.tlsa = &record,
			.tlsa_count = 1};
		struct meeting m = meet(&server, &client);

		assert_int_equal(m.result, STREAM_OK);
		assert_string_equal(m.facts->how, "no usable TLSA record");
		part(&m);
	}
	certificate_release(&own);
}

/* Row 60, protocol W5. */
static void test_a_chain_without_end_is_cut_off(void **state)
{
	struct authorities *a = *state;
	const struct certificate_wish wish = {.dns = {CERTIFICATE_DNS(NAME)}};
	const struct certificate_wish large = {
		.subject = "large", .is_ca = true, .padding = 100 * 1024};
	struct certificate own = certificate_make(&wish, &a->root);
	struct certificate big = certificate_make(&large, &a->root);
	const struct certificate *chain[] = {&big, NULL};
	const struct tls_peer_options server = {
		.certificate = &own, .chain = chain, .chain_repeats = 100};
	const struct tls_options client = {
		.level = TLS_VERIFY, .name = NAME, .ca_file = a->ca_path};
	struct meeting m = meet(&server, &client);

	assert_int_equal(m.result, STREAM_ERROR);
	assert_string_equal(
		stream_error(m.stream), "the server's certificates are too large");
	assert_int_equal(m.facts->trouble, TLS_TROUBLE_HANDSHAKE);
	part(&m);
	certificate_release(&own);
	certificate_release(&big);
}

static void test_what_cannot_be_a_name(void **state)
{
	static const char *const names[] = {NULL, "", ".example.test", "a b", "-x.test",
		"mx.example.test.", "fe80::1%eth0"};
	static const enum tls_level levels[] = {TLS_VERIFY, TLS_DANE};
	struct tls_cache *cache = tls_cache_new();
	struct fault f;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(names); i++) {
		const struct tls_options client = {
			.level = levels[i % 2], .name = names[i / 2]};
		struct stream *s = stream_adopt(-1);

		assert_int_equal(stream_start_tls(s, &client, cache, &f), -1);
		assert_int_equal(f.kind, FAULT_CONFIG);
		assert_null(stream_tls_facts(s));
		stream_free(s);
	}
	tls_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains_and_names),
		cmocka_unit_test(test_who_is_not_verified_may_be_anybody),
		cmocka_unit_test(test_the_form_of_a_fingerprint),
		cmocka_unit_test(test_a_fingerprint_is_all_that_counts),
		cmocka_unit_test(test_tlsa_records),
		cmocka_unit_test(test_tlsa_records_of_a_wrong_length_are_no_use),
		cmocka_unit_test(test_a_chain_without_end_is_cut_off),
		cmocka_unit_test(test_what_cannot_be_a_name),
	};

	return cmocka_run_group_tests(tests, make_authorities, release_authorities);
}
