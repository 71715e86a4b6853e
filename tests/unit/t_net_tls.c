/* sources: tests/support/certificate.c tests/support/tls_peer.c tests/support/scratch.c */
/* The channel: how it begins, what goes through it, how it ends, what is kept of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/scratch.h"
#include "tests/support/tls_peer.h"

#define NAME      "mx.example.test"
#define MEGABYTE  (1024 * 1024)
#define PATH_SIZE (SCRATCH_PATH_MAX + 32)

/* One CA, a server that it vouches for, a client. */
struct stage {
	struct scratch dir;
	char *ca_path;
	struct certificate ca;
	struct certificate own;
	struct tls_peer peer;
	struct tls_cache *cache;
	struct tls_options options;
	struct stream *stream;
};

static int set_stage(void **state)
{
	const struct certificate_wish ca = {.subject = "CA", .is_ca = true};
	const struct certificate_wish own = {.dns = {CERTIFICATE_DNS(NAME)}};
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	scratch_init(&s->dir);
	s->ca = certificate_make(&ca, NULL);
	s->own = certificate_make(&own, &s->ca);
	s->ca_path = strdup(scratch_path(&s->dir, "ca.pem"));
	certificate_write(&s->ca, s->ca_path, NULL);
	s->cache = tls_cache_new();
	s->options = (struct tls_options){
		.level = TLS_VERIFY, .name = NAME, .ca_file = s->ca_path};
	*state = s;
	return 0;
}

static int clear_stage(void **state)
{
	struct stage *s = *state;

	stream_free(s->stream);
	tls_cache_free(s->cache);
	tls_peer_release(&s->peer);
	certificate_release(&s->ca);
	certificate_release(&s->own);
	scratch_release(&s->dir);
	free(s->ca_path);
	free(s);
	return 0;
}

static void open_peer(struct stage *s, unsigned version_max)
{
	const struct tls_peer_options o = {
		.certificate = &s->own, .version_max = version_max};

	tls_peer_init(&s->peer, &o);
}

static void start(struct stage *s)
{
	struct fault f;

	stream_free(s->stream);
	s->stream = tls_peer_connect(&s->peer);
	if (stream_start_tls(s->stream, &s->options, s->cache, &f) < 0)
		fail_msg("%s", f.text);
}

/* One more connection to the same server. */
static const struct tls_facts *meet(struct stage *s)
{
	start(s);
	if (tls_peer_shake(&s->peer, s->stream) != STREAM_OK)
		fail_msg("%s", stream_error(s->stream));
	return stream_tls_facts(s->stream);
}

static void expect_text(struct stage *s, const char *text)
{
	char in[256];
	size_t n = 0;

	assert_int_equal(stream_read(s->stream, in, sizeof(in), &n), STREAM_OK);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(in, text, n);
}

static void expect_nothing(struct stage *s, enum stream_result result)
{
	char in[16];
	size_t n = 77;

	assert_int_equal(stream_read(s->stream, in, sizeof(in), &n), result);
	assert_int_equal(n, 77);
}

static void test_the_channel_is_described(void **state)
{
	struct stage *s = *state;
	const struct tls_facts *facts;
	unsigned char digest[32];
	char text[CERTIFICATE_DIGEST_TEXT];

	open_peer(s, 0);
	facts = meet(s);
	assert_string_equal(facts->version, "TLSv1.3");
	assert_int_equal(strncmp(facts->cipher, "TLS_", 4), 0);
	assert_string_equal(facts->subject, "CN = test");
	assert_string_equal(facts->issuer, "CN = CA");
	assert_string_equal(facts->names, NAME);
	assert_true(strstr(facts->expires, " UTC") != NULL);
	certificate_digest(&s->own, digest);
	certificate_hex(digest, text);
	assert_string_equal(facts->fingerprint, text);
	certificate_key_digest(&s->own, digest);
	certificate_hex(digest, text);
	assert_string_equal(facts->key_fingerprint, text);
	assert_int_equal(facts->trouble, TLS_TROUBLE_NONE);
}

static void test_in_clear_there_is_nothing_to_describe(void **state)
{
	struct stage *s = *state;
	struct tls_binding_data binding;

	open_peer(s, 0);
	s->stream = tls_peer_connect(&s->peer);
	assert_null(stream_tls_facts(s->stream));
	assert_int_equal(stream_tls_binding(s->stream, &binding), -1);
	assert_false(stream_is_truncated(s->stream));
}

static void test_octets_go_both_ways(void **state)
{
	struct stage *s = *state;
	char in[16];
	size_t n = 0;

	open_peer(s, 0);
	(void)meet(s);
	expect_nothing(s, STREAM_AGAIN);
	assert_int_equal(stream_events(s->stream, false), POLLIN);
	assert_int_equal(stream_events(s->stream, true), POLLIN | POLLOUT);
	assert_int_equal(stream_write(s->stream, SPAN_LIT("EHLO\r\n"), &n), STREAM_OK);
	assert_int_equal(n, 6);
	assert_int_equal(SSL_read(s->peer.ssl, in, sizeof(in)), 6);
	tls_peer_say(&s->peer, "250-a\r\n");
	tls_peer_say(&s->peer, "250 b\r\n");
	expect_text(s, "250-a\r\n");
	expect_text(s, "250 b\r\n"); /* which poll(2) need not see any more */
	expect_nothing(s, STREAM_AGAIN);
}

/* Records are cut off anywhere; what was written must arrive once and in order. */
static void test_a_full_socket_loses_nothing(void **state)
{
	struct stage *s = *state;
	unsigned char *out = malloc(MEGABYTE), *in = malloc(MEGABYTE);
	size_t sent = 0, got = 0, n;
	unsigned waits = 0;

	assert_true(out && in);
	for (size_t i = 0; i < MEGABYTE; i++)
		out[i] = (unsigned char)(i * 2654435761U >> 13);
	open_peer(s, 0);
	(void)meet(s);
	while (got < MEGABYTE) {
		struct span rest = {(char *)out + sent, MEGABYTE - sent};
		enum stream_result result = STREAM_AGAIN;

		if (rest.len)
			result = stream_write(s->stream, rest, &n);
		if (result == STREAM_OK) {
			sent += n;
			continue;
		}
		assert_int_equal(result, STREAM_AGAIN);
		waits++;
		ERR_clear_error();
		while (SSL_read_ex(s->peer.ssl, in + got, MEGABYTE - got, &n))
			got += n;
	}
	assert_true(waits > 1);
	assert_memory_equal(in, out, MEGABYTE);
	free(in);
	free(out);
}

static void test_an_end_by_close_notify_is_whole(void **state)
{
	struct stage *s = *state;

	open_peer(s, 0);
	(void)meet(s);
	tls_peer_say(&s->peer, "221 bye\r\n");
	tls_peer_close(&s->peer, true);
	expect_text(s, "221 bye\r\n");
	expect_nothing(s, STREAM_CLOSED);
	assert_false(stream_is_truncated(s->stream));
}

static void test_an_end_without_it_is_an_end_and_may_be_cut(void **state)
{
	struct stage *s = *state;
	size_t n;

	open_peer(s, 0);
	(void)meet(s);
	tls_peer_say(&s->peer, "250 ok\r\n");
	tls_peer_close(&s->peer, false);
	expect_text(s, "250 ok\r\n");
	expect_nothing(s, STREAM_CLOSED);
	assert_true(stream_is_truncated(s->stream));
	/* no SIGPIPE */
	assert_int_equal(stream_write(s->stream, SPAN_LIT("QUIT\r\n"), &n), STREAM_ERROR);
	assert_string_equal(stream_error(s->stream), "Broken pipe");
}

/* What the server said before it hung up is still read behind a failed write. */
static void test_last_words_are_heard(void **state)
{
	struct stage *s = *state;
	size_t n;

	open_peer(s, 0);
	(void)meet(s);
	tls_peer_say(&s->peer, "421 too busy\r\n");
	tls_peer_close(&s->peer, false);
	assert_int_equal(stream_write(s->stream, SPAN_LIT("MAIL\r\n"), &n), STREAM_ERROR);
	expect_text(s, "421 too busy\r\n");
}

static void test_garbage_amid_the_channel_is_an_error(void **state)
{
	struct stage *s = *state;

	open_peer(s, 0);
	(void)meet(s);
	assert_int_equal(write(s->peer.fd, "250 ok, in clear\r\n", 18), 18);
	expect_nothing(s, STREAM_ERROR);
	assert_true(stream_error(s->stream)[0] != '\0');
}

/* --- handshakes that fail --- */

static void test_what_is_not_tls_is_told_so(void **state)
{
	static const char *const words[] = {
		"220 mx.example.test ESMTP\r\n", "500 what?\r\n", "HTTP/1.1 400 Bad\r\n"};
	struct stage *s = *state;

	open_peer(s, 0);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i]);

		start(s);
		assert_int_equal(write(s->peer.fd, words[i], len), len);
		assert_int_equal(stream_handshake(s->stream), STREAM_ERROR);
		assert_string_equal(
			stream_error(s->stream), "what the server says is not TLS");
		assert_int_equal(
			stream_tls_facts(s->stream)->trouble, TLS_TROUBLE_HANDSHAKE);
		assert_false(stream_tls_facts(s->stream)->is_encrypted);
	}
}

static void test_a_server_that_hangs_up_is_told_so(void **state)
{
	struct stage *s = *state;
	char hello[4096];

	open_peer(s, 0);
	start(s);
	assert_int_equal(stream_handshake(s->stream), STREAM_AGAIN);
	/* what is left unread would make it a reset */
	assert_true(read(s->peer.fd, hello, sizeof(hello)) > 0);
	tls_peer_close(&s->peer, false);
	assert_int_equal(stream_handshake(s->stream), STREAM_ERROR);
	assert_string_equal(stream_error(s->stream), "the server closed the connection");
}

static void test_a_silent_server_has_a_deadline(void **state)
{
	struct stage *s = *state;

	open_peer(s, 0);
	start(s);
	assert_int_equal(stream_handshake_wait(s->stream, clock_mono_ms()), STREAM_AGAIN);
	assert_int_equal(stream_events(s->stream, false), POLLIN);
	assert_false(stream_tls_facts(s->stream)->is_encrypted);
}

/* T4: 1.2 unless somebody asks for less; who asks has it also with a verified peer. */
static void test_versions(void **state)
{
	static const struct {
		enum tls_level level;
		unsigned min, server;
		bool is_good;
	} cases[] = {
		{TLS_MAY, 0, TLS_1_2, true},
		{TLS_MAY, 0, TLS_1_1, false},
		{TLS_MAY, TLS_1_0, TLS_1_0, true},
		{TLS_ENCRYPT, 0, TLS_1_1, false},
		{TLS_VERIFY, 0, TLS_1_2, true},
		{TLS_VERIFY, 0, TLS_1_1, false},
		{TLS_VERIFY, TLS_1_1, TLS_1_1, true},
		{TLS_VERIFY, TLS_1_1, TLS_1_0, false},
		{TLS_VERIFY, TLS_1_3, TLS_1_2, false},
	};
	struct stage *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		tls_peer_release(&s->peer);
		open_peer(s, cases[i].server);
		s->options.level = cases[i].level;
		s->options.version_min = cases[i].min;
		start(s);
		assert_int_equal(tls_peer_shake(&s->peer, s->stream),
			cases[i].is_good ? STREAM_OK : STREAM_ERROR);
		assert_int_equal(stream_tls_facts(s->stream)->is_verified,
			cases[i].is_good && cases[i].level == TLS_VERIFY);
	}
}

/* Row 60: an old way to slip something in. The channel as it is goes on. */
static void test_renegotiation_is_not_done(void **state)
{
	struct stage *s = *state;
	char in[16];

	open_peer(s, TLS_1_2);
	(void)meet(s);
	assert_int_equal(SSL_renegotiate(s->peer.ssl), 1);
	assert_int_equal(SSL_do_handshake(s->peer.ssl), 1); /* asks for it */
	expect_nothing(s, STREAM_AGAIN);
	ERR_clear_error();
	assert_true(SSL_read(s->peer.ssl, in, sizeof(in)) < 0);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	ERR_clear_error();
}

/* --- names --- */

static char sni[256];

static int note_sni(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	(void)arg;
	(void)snprintf(sni, sizeof(sni), "%s", name ? name : "none");
	return SSL_TLSEXT_ERR_OK;
}

static void test_the_server_is_told_which_name_is_meant(void **state)
{
	static const struct {
		const char *name, *sni;
	} cases[] = {{NAME, NAME}, {"192.0.2.1", "none"}, {"2001:db8::1", "none"},
		{NULL, "none"}, {"", "none"}};
	struct stage *s = *state;

	open_peer(s, 0);
	(void)SSL_CTX_set_tlsext_servername_callback(s->peer.ctx, note_sni);
	s->options.level = TLS_MAY;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		s->options.name = cases[i].name;
		(void)meet(s);
		assert_string_equal(sni, cases[i].sni);
	}
}

/* --- tickets --- */

/* TLS 1.3 sends them behind the handshake. */
static void take_tickets(struct stage *s)
{
	tls_peer_say(&s->peer, "220 hello\r\n");
	expect_text(s, "220 hello\r\n");
}

static void test_a_ticket_spares_a_verification(void **state)
{
	static const unsigned versions[] = {TLS_1_2, TLS_1_3};
	struct stage *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		const struct tls_facts *facts;

		tls_peer_release(&s->peer);
		open_peer(s, versions[i]);
		facts = meet(s);
		assert_false(facts->is_resumed);
		take_tickets(s);
		for (int again = 0; again < 3; again++) {
			facts = meet(s);
			assert_true(facts->is_resumed);
			assert_true(facts->is_verified);
			assert_string_equal(facts->how, "name " NAME ", CA CN = CA");
			assert_string_equal(facts->names, NAME);
			take_tickets(s);
		}
	}
}

/* Whoever was let in by less must not come back as verified. */
static void test_a_ticket_is_good_for_the_same_policy_alone(void **state)
{
	struct stage *s = *state;
	struct strv list = {0};

	open_peer(s, 0);
	s->options.level = TLS_MAY;
	(void)meet(s);
	take_tickets(s);
	assert_true(meet(s)->is_resumed);

	s->options.level = TLS_ENCRYPT;
	assert_false(meet(s)->is_resumed);
	s->options.level = TLS_VERIFY;
	assert_false(meet(s)->is_resumed);
	take_tickets(s);
	assert_true(meet(s)->is_resumed);

	s->options.level = TLS_FINGERPRINT;
	s->options.fingerprints = &list;
	strv_add(&list, span_of(stream_tls_facts(s->stream)->fingerprint));
	assert_false(meet(s)->is_resumed);
	take_tickets(s);
	assert_true(meet(s)->is_resumed);
	assert_string_equal(
		stream_tls_facts(s->stream)->how, "fingerprint of its certificate");
	/* one more in the list: another policy */
	strv_add(&list, span_of(list.items[0]));
	assert_false(meet(s)->is_resumed);
	strv_release(&list);
}

static void test_another_name_is_another_session(void **state)
{
	struct stage *s = *state;

	open_peer(s, 0);
	(void)meet(s);
	take_tickets(s);
	s->options.name = "other.example.test";
	start(s);
	assert_int_equal(tls_peer_shake(&s->peer, s->stream), STREAM_ERROR);
	assert_int_equal(stream_tls_facts(s->stream)->trouble, TLS_TROUBLE_NAME);
}

/* More hosts than there is room for: the oldest is forgotten, nothing else happens. */
static void test_tickets_of_many_hosts(void **state)
{
	struct stage *s = *state;
	char name[32];

	open_peer(s, 0);
	s->options.level = TLS_MAY;
	s->options.name = name;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "mx%d.example.test", i);
		assert_false(meet(s)->is_resumed);
		take_tickets(s);
	}
	assert_true(meet(s)->is_resumed);
	(void)snprintf(name, sizeof(name), "mx0.example.test");
	assert_false(meet(s)->is_resumed);
}

/* A server that has lost the key of its tickets is met like a new one. */
static void test_a_ticket_that_is_refused_costs_nothing(void **state)
{
	struct stage *s = *state;

	open_peer(s, 0);
	(void)meet(s);
	take_tickets(s);
	tls_peer_release(&s->peer);
	open_peer(s, 0);
	assert_false(meet(s)->is_resumed);
	assert_true(stream_tls_facts(s->stream)->is_verified);
}

/* --- channel bindings --- */

static void test_the_exporter_binds_tls_1_3(void **state)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	struct stage *s = *state;
	struct tls_binding_data binding;
	unsigned char theirs[32];

	open_peer(s, 0);
	start(s);
	assert_int_equal(stream_tls_binding(s->stream, &binding), -1);
	(void)meet(s);
	assert_int_equal(stream_tls_binding(s->stream, &binding), 0);
	assert_int_equal(binding.type, TLS_BINDING_EXPORTER);
	assert_int_equal(binding.len, 32);
	/* RFC 9266 4.2: with an empty context */
	assert_int_equal(SSL_export_keying_material(s->peer.ssl, theirs, 32, label,
				 strlen(label), (const unsigned char *)"", 0, 1),
		1);
	assert_memory_equal(binding.data, theirs, 32);
}

static void test_the_certificate_binds_tls_1_2(void **state)
{
	struct stage *s = *state;
	struct tls_binding_data binding;
	unsigned char digest[32];

	open_peer(s, TLS_1_2);
	(void)meet(s);
	assert_int_equal(stream_tls_binding(s->stream, &binding), 0);
	assert_int_equal(binding.type, TLS_BINDING_SERVER_END_POINT);
	certificate_digest(&s->own, digest);
	assert_int_equal(binding.len, 32);
	assert_memory_equal(binding.data, digest, 32);
}

/* --- our own files --- */

static const char *path_of(struct stage *s, const char *name, char path[PATH_SIZE])
{
	if (!name)
		return NULL;
	(void)snprintf(path, PATH_SIZE, "%s/%s", s->dir.dir, name);
	return path;
}

static void open_strict_peer(struct stage *s, const struct certificate *client_ca)
{
	const struct tls_peer_options o = {
		.certificate = &s->own, .client_ca = client_ca};

	tls_peer_init(&s->peer, &o);
}

static void test_a_client_certificate_is_shown(void **state)
{
	static const struct {
		const char *cert, *key;
	} cases[] = {{"me.pem", "me.key"}, {"both.pem", NULL}, {"both.pem", "both.pem"}};
	const struct certificate_wish wish = {.subject = "me", .purpose = "clientAuth"};
	struct stage *s = *state;
	struct certificate own = certificate_make(&wish, &s->ca);
	char cert[PATH_SIZE], key[PATH_SIZE];

	open_strict_peer(s, &s->ca);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		X509 *shown;

		(void)path_of(s, cases[i].cert, cert);
		(void)path_of(s, cases[i].key ? cases[i].key : cases[i].cert, key);
		certificate_write(&own, cert, key);
		s->options.cert_file = cert;
		s->options.key_file = cases[i].key ? key : NULL;
		(void)meet(s);
		shown = SSL_get0_peer_certificate(s->peer.ssl);
		assert_non_null(shown);
		assert_int_equal(X509_cmp(shown, own.x509), 0);
	}
	certificate_release(&own);
}

static void test_a_certificate_is_missed_behind_the_handshake(void **state)
{
	struct stage *s = *state;

	open_strict_peer(s, &s->ca);
	(void)meet(s);
	expect_nothing(s, STREAM_ERROR);
	assert_non_null(strstr(stream_error(s->stream), "certificate required"));
}

/* What every file that cannot be used is called. */
static const struct file_case {
	const char *why;
	const char *ca, *ca_dir, *cert, *key;
	const char *text;
} file_cases[] = {
	{"no such CA", "none.pem", NULL, NULL, NULL, "none.pem"},
	{"no CA in it", "text", NULL, NULL, NULL, "text: no CA certificates in PEM form"},
	{"no such directory", NULL, "none", NULL, NULL, "none: No such file"},
	{"not a directory", NULL, "text", NULL, NULL, "text"},
	{"no such certificate", "ca.pem", NULL, "none.pem", NULL,
		"none.pem: No such file"},
	{"a directory", "ca.pem", NULL, ".", "me.key", "Is a directory"},
	{"no certificate in it", "ca.pem", NULL, "text", "me.key",
		"no certificate in PEM form"},
	{"an empty file", "ca.pem", NULL, "empty", "me.key",
		"no certificate in PEM form"},
	{"no such key", "ca.pem", NULL, "me.pem", "none.key", "none.key: No such file"},
	{"no key in it", "ca.pem", NULL, "me.pem", "me.pem",
		"no private key in PEM form"},
	{"another one's key", "ca.pem", NULL, "me.pem", "other.key", "does not belong"},
	{"a key with a passphrase", "ca.pem", NULL, "me.pem", "locked.key",
		"without a passphrase"},
	{"a key that all can read", "ca.pem", NULL, "me.pem", "open.key",
		"others can read this key; chmod o-rwx,g-w "},
	{"a key in the certificate's file, that all can read", "ca.pem", NULL, "open.pem",
		NULL, "others can read this key"},
	{"more than any certificate", "ca.pem", NULL, "large", "me.key", "large"},
};

static void write_pair(struct stage *s, const struct certificate *c, const char *cert,
	const char *key, mode_t mode)
{
	char paths[2][PATH_SIZE];

	certificate_write(c, path_of(s, cert, paths[0]), path_of(s, key, paths[1]));
	assert_int_equal(chmod(paths[1], mode), 0);
}

static void write_locked_key(struct stage *s, EVP_PKEY *key)
{
	FILE *out = fopen(scratch_path(&s->dir, "locked.key"), "w");

	assert_non_null(out);
	assert_true(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(),
		(const unsigned char *)"secret", 6, NULL, NULL));
	assert_int_equal(fchmod(fileno(out), 0600), 0);
	assert_int_equal(fclose(out), 0);
}

static void write_files(struct stage *s)
{
	const struct certificate_wish wish = {.subject = "me"};
	struct certificate me = certificate_make(&wish, NULL);
	struct certificate other = certificate_make(&wish, NULL);
	char *large = calloc(1, MEGABYTE);

	assert_non_null(large);
	write_pair(s, &me, "me.pem", "me.key", 0600);
	write_pair(s, &me, "me.pem", "open.key", 0644);
	write_pair(s, &me, "open.pem", "open.pem", 0644);
	write_pair(s, &other, "other.pem", "other.key", 0600);
	write_locked_key(s, me.key);
	scratch_write(&s->dir, "text", SPAN_LIT("hello\n"), 0600);
	scratch_write(&s->dir, "empty", SPAN_LIT(""), 0600);
	scratch_write(&s->dir, "large", (struct span){large, MEGABYTE}, 0600);
	free(large);
	certificate_release(&me);
	certificate_release(&other);
}

static void test_files_that_cannot_be_used_are_named(void **state)
{
	struct stage *s = *state;
	char paths[4][PATH_SIZE];

	write_files(s);
	for (size_t i = 0; i < ARRAY_LEN(file_cases); i++) {
		const struct file_case *c = &file_cases[i];
		const struct tls_options o = {
			.level = TLS_VERIFY,
			.name = NAME,
			.ca_file = path_of(s, c->ca, paths[0]),
			.ca_dir = path_of(s, c->ca_dir, paths[1]),
			.cert_file = path_of(s, c->cert, paths[2]),
			.key_file = path_of(s, c->key, paths[3]),
		};
		struct fault f;

		if (tls_cache_load(s->cache, &o, &f) == 0)
			fail_msg("%s", c->why);
		assert_int_equal(f.kind, FAULT_CONFIG);
		if (!strstr(f.text, c->text) || strstr(f.text, "secret"))
			fail_msg("%s: %s", c->why, f.text);
	}
}

/* Files are read once, for instance before rights are dropped. */
static void test_what_is_loaded_needs_no_file_any_more(void **state)
{
	struct stage *s = *state;
	struct fault f;

	open_peer(s, 0);
	assert_int_equal(tls_cache_load(s->cache, &s->options, &f), 0);
	assert_int_equal(unlink(s->ca_path), 0);
	assert_true(meet(s)->is_verified);
}

/* A directory as "openssl rehash" makes it. */
static void test_a_directory_of_cas(void **state)
{
	struct stage *s = *state;
	char name[64];

	open_peer(s, 0);
	scratch_mkdir(&s->dir, "cas");
	(void)snprintf(name, sizeof(name), "cas/%08lx.0",
		X509_NAME_hash_ex(X509_get_subject_name(s->ca.x509), NULL, NULL, NULL));
	certificate_write(&s->ca, scratch_path(&s->dir, name), NULL);
	s->options.ca_file = NULL;
	s->options.ca_dir = scratch_path(&s->dir, "cas");
	assert_true(meet(s)->is_verified);
}

/* main() has set OPENSSL_CONF to a file that allows no TLS 1.3. */
static void test_the_environment_has_no_say(void **state)
{
	struct stage *s = *state;

	open_peer(s, 0);
	assert_string_equal(meet(s)->version, "TLSv1.3");
	assert_int_equal(setenv("SSL_CERT_FILE", s->ca_path, 1), 0);
	assert_int_equal(setenv("SSL_CERT_DIR", s->dir.dir, 1), 0);
	s->options.ca_file = NULL;
	start(s);
	assert_int_equal(tls_peer_shake(&s->peer, s->stream), STREAM_ERROR);
	assert_int_equal(stream_tls_facts(s->stream)->trouble, TLS_TROUBLE_UNTRUSTED);
}

static void test_levels_have_names(void **state)
{
	(void)state;
	assert_string_equal(tls_level_name(TLS_NONE), "none");
	assert_string_equal(tls_level_name(TLS_DANE), "dane");
	assert_false(tls_is_required(TLS_MAY));
	assert_true(tls_is_required(TLS_ENCRYPT));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_stage, clear_stage)

static int run(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_channel_is_described),
		TEST(test_in_clear_there_is_nothing_to_describe),
		TEST(test_octets_go_both_ways),
		TEST(test_a_full_socket_loses_nothing),
		TEST(test_an_end_by_close_notify_is_whole),
		TEST(test_an_end_without_it_is_an_end_and_may_be_cut),
		TEST(test_last_words_are_heard),
		TEST(test_garbage_amid_the_channel_is_an_error),
		TEST(test_what_is_not_tls_is_told_so),
		TEST(test_a_server_that_hangs_up_is_told_so),
		TEST(test_a_silent_server_has_a_deadline),
		TEST(test_versions),
		TEST(test_renegotiation_is_not_done),
		TEST(test_the_server_is_told_which_name_is_meant),
		TEST(test_a_ticket_spares_a_verification),
		TEST(test_a_ticket_is_good_for_the_same_policy_alone),
		TEST(test_another_name_is_another_session),
		TEST(test_tickets_of_many_hosts),
		TEST(test_a_ticket_that_is_refused_costs_nothing),
		TEST(test_the_exporter_binds_tls_1_3),
		TEST(test_the_certificate_binds_tls_1_2),
		TEST(test_a_client_certificate_is_shown),
		TEST(test_a_certificate_is_missed_behind_the_handshake),
		TEST(test_files_that_cannot_be_used_are_named),
		TEST(test_what_is_loaded_needs_no_file_any_more),
		TEST(test_a_directory_of_cas),
		TEST(test_the_environment_has_no_say),
		TEST(test_levels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The whole program runs with a configuration of OpenSSL that nobody may obey. */
int main(void)
{
	static const char text[] = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\n"
				   "system_default = c\n[c]\nMaxProtocol = TLSv1.2\n";
	struct scratch dir;
	int rc;

	scratch_init(&dir);
	scratch_write(&dir, "openssl.cnf", SPAN_LIT(text), 0600);
	if (setenv("OPENSSL_CONF", scratch_path(&dir, "openssl.cnf"), 1) < 0)
		return 1;
	tls_cache_free(tls_cache_new());
	rc = run();
	scratch_release(&dir);
	return rc;
}
