/*
 * Whatever goes in, what comes out fits the host, and a reader finds the same in both.
 * A seed in MIME_SEED repeats one case.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bug.h"
#include "mail/mime.h"
#include "mime_reader.h"

/* sources: tests/support/mime_reader.c */

#define CASES    2000
#define TEXT_MAX (16 * 1024 * 1024)

struct gen {
	uint64_t state;
	struct buf out;
	unsigned boundaries;
};

static uint32_t pick(struct gen *g, uint32_t bound)
{
	g->state = g->state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(g->state >> 33) % bound;
}

static const char *one_of(struct gen *g, const char *const *texts, size_t count)
{
	return texts[pick(g, (uint32_t)count)];
}

#define ONE_OF(g_, ...)                                  \
	one_of((g_), (const char *const[]){__VA_ARGS__}, \
		ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* One line in wire form, of octets of one kind. */
static void add_octets(struct gen *g, size_t n)
{
	uint32_t kind = pick(g, 5);

	for (size_t i = 0; i < n; i++) {
		char c = (char)(' ' + pick(g, 95));

		if (kind == 1 && !pick(g, 9))
			c = (char)(128 + pick(g, 128));
		else if (kind == 2)
			c = (char)pick(g, 256);
		else if (kind == 3)
			c = "-- =F\t.b\xc3\xbc"[pick(g, 10)];
		if (c != '\r' && c != '\n')
			buf_add_char(&g->out, c);
	}
}

static size_t random_length(struct gen *g)
{
	switch (pick(g, 8)) {
	case 0:
		return 0;
	case 1:
		return 990 + pick(g, 20);
	case 2:
		return pick(g, 5000);
	case 3:
		return 70 + pick(g, 10);
	default:
		return pick(g, 100);
	}
}

static void add_body(struct gen *g)
{
	for (uint32_t lines = pick(g, 12); lines; lines--) {
		add_octets(g, random_length(g));
		buf_add_str(&g->out, "\r\n");
	}
}

static void add_base64(struct gen *g)
{
	for (size_t n = 4 * random_length(g); n; n--)
		buf_add_char(&g->out, (char)('A' + pick(g, 26)));
	buf_add_str(&g->out, ONE_OF(g, "", "==", "= rest of it", "\xff!"));
	buf_add_str(&g->out, "\r\n");
}

static void add_qp(struct gen *g)
{
	for (size_t n = random_length(g); n; n--)
		buf_add_str(&g->out,
			ONE_OF(g, "=C3", "=", "x", "yz ", "=\r\n", "\xfc", "\r\n"));
	buf_add_str(&g->out, "\r\n");
}

static void add_field(struct gen *g)
{
	static const char *const values[] = {"Hans M\xc3\xbcller <a@x.test>",
		"\"Gr\xc3\xbcn, \\\" x\"<g@x.test>, (K\xfcse) b@x.test",
		"caf\xe9 x caf\xe9", "Freunde \xe2\x9c\x93: a@x.test, b@x.test;",
		"plain  text\r\n\t folded", "=?utf-8?Q?=C3=BC?= \xc3\xbc =?utf-8?Q?x?= y",
		"\"open (quote <a@b>", "(((", "<a@b><c@d> \xff",
		"\"a b\"\xc3\xbc\"c\" <x@y>", "x;a=\"\xc3\xbc\";b=c", ""};

	buf_add_str(&g->out, ONE_OF(g, "Subject", "From", "To", "X-Foo", "References",
				     "Received", "Cc", "Comments", "Sender"));
	buf_add_str(&g->out, ": ");
	buf_add_str(&g->out, one_of(g, values, ARRAY_LEN(values)));
	if (!pick(g, 4))
		add_octets(g, random_length(g));
	if (!pick(g, 8))
		for (uint32_t n = pick(g, 300); n; n--)
			buf_add_str(&g->out, " word,");
	buf_add_str(&g->out, "\r\n");
}

static void add_entity(struct gen *g, unsigned depth);

static void add_multipart(struct gen *g, unsigned depth)
{
	unsigned number = g->boundaries++;

	buf_addf(&g->out, "Content-Type: multipart/%s; boundary=\"b%u%s\"\r\n",
		ONE_OF(g, "mixed", "digest", "alternative"), number,
		number % 2 ? " b" : "");
	buf_add_str(&g->out, ONE_OF(g, "", "Content-Transfer-Encoding: 8bit\r\n"));
	buf_add_str(&g->out, "\r\n");
	if (!pick(g, 3))
		add_body(g);
	for (uint32_t parts = pick(g, 4); parts; parts--) {
		buf_addf(&g->out, "--b%u%s%s\r\n", number, number % 2 ? " b" : "",
			ONE_OF(g, "", " ", "\t"));
		add_entity(g, depth + 1);
		buf_add_str(&g->out, ONE_OF(g, "", "\r\n"));
	}
	if (pick(g, 5))
		buf_addf(&g->out, "--b%u%s--\r\n", number, number % 2 ? " b" : "");
	if (!pick(g, 3))
		add_body(g);
}

static void add_leaf(struct gen *g)
{
	uint32_t kind = pick(g, 6);

	buf_add_str(&g->out,
		ONE_OF(g, "", "Content-Type: text/plain; charset=utf-8\r\n",
			"Content-Type: application/octet-stream\r\n",
			"Content-Type: image/png;\r\n name=\"\xc3\xbc.png\"; "
			"x=\"y;z\"\r\n",
			"Content-Type: multipart/mixed\r\n", "Content-Type: broken\r\n"));
	if (kind == 0)
		buf_add_str(&g->out, "Content-Transfer-Encoding: base64\r\n");
	else if (kind == 1)
		buf_add_str(&g->out, "Content-Transfer-Encoding: Quoted-Printable\r\n");
	else
		buf_add_str(
			&g->out, ONE_OF(g, "", "Content-Transfer-Encoding: 8bit\r\n",
					 "Content-Transfer-Encoding: (c) binary\r\n"));
	buf_add_str(&g->out, "\r\n");
	if (kind == 0)
		add_base64(g);
	else if (kind == 1)
		add_qp(g);
	else
		add_body(g);
}

static void add_entity(struct gen *g, unsigned depth)
{
	for (uint32_t fields = pick(g, 3); fields; fields--)
		add_field(g);
	if (depth < 5 && !pick(g, 2)) {
		add_multipart(g, depth);
	} else if (depth < 5 && !pick(g, 4)) {
		buf_add_str(&g->out, "Content-Type: message/rfc822\r\n\r\n");
		add_entity(g, depth + 1);
	} else {
		add_leaf(g);
	}
}

static void feed(struct mime *m, struct span s, size_t step, struct buf *out)
{
	for (; s.len; s = span_from(s, step)) {
		if (out)
			mime_encode(m, span_head(s, step), out);
		else
			mime_scan(m, span_head(s, step));
	}
}

/* False where nothing had to be done. */
static bool encode(
	const struct mime_target *target, struct span s, size_t step, struct buf *out)
{
	struct mime *m = mime_new(target);
	enum mime_verdict verdict;

	feed(m, s, step, NULL);
	verdict = mime_scan_finish(m);
	assert_true(verdict <= MIME_NEEDS_UTF8); /* random octets may be an address */
	mime_encode_begin(m);
	feed(m, s, step, out);
	mime_encode_finish(m, out);
	assert_false(out->is_overfull);
	assert_true(target->has_8bit || !mime_is_8bit(m));
	mime_free(m);
	return verdict != MIME_AS_IS;
}

static void assert_fits(const struct mime_target *target, struct span s)
{
	struct span line;

	assert_true(target->has_8bit || !span_has_8bit(s));
	assert_true(span_find(s, '\0') < 0);
	while (span_cut(&s, '\n', &line)) {
		assert_true(line.len <= MIME_LINE_MAX + 1);
		assert_true(s.data == NULL || span_ends(line, "\r"));
	}
}

static void assert_same_meaning(struct span a, struct span b)
{
	struct buf read_a = BUF_INIT(TEXT_MAX), read_b = BUF_INIT(TEXT_MAX);

	assert_true(mime_read(a, &read_a) && mime_read(b, &read_b));
	assert_int_equal(read_a.len, read_b.len);
	assert_memory_equal(read_a.data, read_b.data, read_a.len);
	buf_release(&read_a);
	buf_release(&read_b);
}

static void check(struct gen *g, const struct mime_target *target)
{
	struct buf once = BUF_INIT(TEXT_MAX), again = BUF_INIT(TEXT_MAX);
	struct span s = buf_span(&g->out);

	if (!encode(target, s, 65536, &once))
		assert_true(span_eq(buf_span(&once), s));
	assert_fits(target, buf_span(&once));
	assert_same_meaning(s, buf_span(&once));
	/* nothing depends on how it is cut */
	(void)encode(target, s, 1 + pick(g, 200), &again);
	assert_true(span_eq(buf_span(&once), buf_span(&again)));
	/* and what fits needs nothing more */
	buf_reset(&again);
	assert_false(encode(target, buf_span(&once), 4096, &again));
	buf_release(&once);
	buf_release(&again);
}

static void try_seed(uint64_t seed)
{
	static const struct mime_target targets[] = {{0}, {.has_8bit = true}};
	struct gen g = {.state = seed};

	buf_init(&g.out, TEXT_MAX);
	buf_add_str(&g.out, "X-First: x\r\n");
	add_entity(&g, 0);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		check(&g, &targets[i]);
	buf_release(&g.out);
}

static void any_message_means_the_same(void **state)
{
	const char *seed = getenv("MIME_SEED");

	(void)state;
	if (seed) {
		try_seed(strtoull(seed, NULL, 10));
		return;
	}
	for (uint64_t i = 1; i <= CASES; i++)
		try_seed(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(any_message_means_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
