#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/bug.h"
#include "mail/mime.h"
#include "mime_reader.h"

/* sources: tests/support/mime_reader.c */

#define OUT_MAX (64 * 1024 * 1024)

#define A10  "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define A999                                                                             \
	A100 A100 A100 A100 A100 A100 A100 A100 A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 \
		"123456789"

static const struct mime_target seven = {0};
static const struct mime_target eight = {.has_8bit = true};
static const struct mime_target utf8 = {.has_8bit = true, .has_utf8 = true};

/* Both readings, cut into pieces of `step`. */
static enum mime_verdict encode(
	const struct mime_target *target, struct span s, size_t step, struct buf *out)
{
	struct mime *m = mime_new(target);
	enum mime_verdict verdict;

	for (struct span rest = s; rest.len; rest = span_from(rest, step))
		mime_scan(m, span_head(rest, step));
	verdict = mime_scan_finish(m);
	/* the second time makes the same */
	for (int i = 0; i < 2; i++) {
		buf_reset(out);
		mime_encode_begin(m);
		for (struct span rest = s; rest.len; rest = span_from(rest, step))
			mime_encode(m, span_head(rest, step), out);
		mime_encode_finish(m, out);
		assert_false(out->is_overfull);
	}
	assert_int_equal(mime_is_8bit(m), span_has_8bit(buf_span(out)));
	mime_free(m);
	return verdict;
}

struct message_case {
	const char *why;
	const struct mime_target *target;
	struct span in;
	struct span out; /* data NULL: as it was */
};

static void expect(const struct message_case *cases, size_t count)
{
	static const size_t steps[] = {1, 2, 7, 100000};
	struct buf out = BUF_INIT(OUT_MAX);

	for (size_t i = 0; i < count * ARRAY_LEN(steps); i++) {
		const struct message_case *k = &cases[i / ARRAY_LEN(steps)];
		struct span want = k->out.data ? k->out : k->in;
		enum mime_verdict verdict =
			encode(k->target, k->in, steps[i % ARRAY_LEN(steps)], &out);

		if (!span_eq(buf_span(&out), want))
			fail_msg("%s: '%s'", k->why, buf_str(&out));
		if (verdict != (k->out.data ? MIME_CHANGED : MIME_AS_IS))
			fail_msg("%s: verdict %d", k->why, (int)verdict);
	}
	buf_release(&out);
}

#define TYPED "MIME-Version: 1.0\r\nContent-Type: text/plain; charset="
#define CTE   "Content-Transfer-Encoding: "

static void a_plain_message_is_labelled(void **state)
{
	static const struct message_case cases[] = {
		{"nothing to do", &seven, SPAN_LIT("Subject: x\r\n\r\nbody\r\n"),
			SPAN_NONE},
		{"nothing at all", &seven, SPAN_LIT(""), SPAN_NONE},
		{"a body alone", &seven, SPAN_LIT("\r\nbody\r\n"), SPAN_NONE},
		{"UTF-8", &seven, SPAN_LIT("Subject: x\r\n\r\ngr\xc3\xbcn\r\n"),
			SPAN_LIT("Subject: x\r\n" TYPED "utf-8\r\n" CTE
				 "quoted-printable\r\n\r\ngr=C3=BCn\r\n")},
		{"not UTF-8", &seven, SPAN_LIT("Subject: x\r\n\r\ngr\xfcn\r\n"),
			SPAN_LIT("Subject: x\r\n" TYPED "unknown-8bit\r\n" CTE
				 "quoted-printable\r\n\r\ngr=FCn\r\n")},
		{"for a host of 8 bits", &eight, SPAN_LIT("X: y\r\n\r\ngr\xc3\xbcn\r\n"),
			SPAN_LIT("X: y\r\n" TYPED "utf-8\r\n" CTE
				 "8bit\r\n\r\ngr\xc3\xbcn\r\n")},
		{"it says so already", &eight,
			SPAN_LIT("Content-Type: text/plain\r\n" CTE
				 "8bit\r\n\r\ngr\xc3\xbcn\r\n"),
			SPAN_NONE},
		{"it says what is wrong", &eight,
			SPAN_LIT(CTE
				"7bit\r\nContent-Type: text/plain\r\n\r\n\xc3\xbc\r\n"),
			SPAN_LIT(CTE "8bit\r\nContent-Type: text/plain\r\nMIME-Version: "
				     "1.0\r\n\r\n\xc3\xbc\r\n")},
		{"a NUL", &eight, SPAN_LIT("X: y\r\n\r\n\0\r\n"),
			SPAN_LIT("X: y\r\n" TYPED "us-ascii\r\n" CTE
				 "quoted-printable\r\n\r\n=00\r\n")},
		{"no empty line", &seven, SPAN_LIT("X: y\r\n\xc3\xbc\r\n"),
			SPAN_LIT("X: y\r\n" TYPED "utf-8\r\n" CTE
				 "quoted-printable\r\n\r\n=C3=BC\r\n")},
		{"no line end", &seven, SPAN_LIT("X: y\r\n\r\n\xc3\xbc"),
			SPAN_LIT("X: y\r\n" TYPED "utf-8\r\n" CTE
				 "quoted-printable\r\n\r\n=C3=BC")},
		{"a header without line end", &seven, SPAN_LIT("X: \xc3\xbc"),
			SPAN_LIT("X: =?UTF-8?Q?=C3=BC?=\r\n\r\n")},
		{"a header alone", &eight,
			SPAN_LIT("X: \xc3\xbc\r\nY: z\r\n\r\nbody\r\n"),
			SPAN_LIT("X: =?UTF-8?Q?=C3=BC?=\r\nY: z\r\n\r\nbody\r\n")},
		{"UTF-8 in the header for SMTPUTF8", &utf8,
			SPAN_LIT("X: \xc3\xbc\r\n" CTE "8bit\r\n\r\nbody\r\n"),
			SPAN_NONE},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void a_leaf_is_encoded_after_its_kind(void **state)
{
	static const struct message_case cases[] = {
		{"octets", &seven,
			SPAN_LIT("Content-Type: image/png\r\n" CTE
				 "binary\r\n\r\n\xff\xd8\r\n"),
			SPAN_LIT("Content-Type: image/png\r\n" CTE
				 "base64\r\nMIME-Version: 1.0\r\n\r\n/9gNCg==\r\n")},
		{"lines of ASCII that are only long", &seven,
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: "
				 "application/json\r\n\r\n" A999 "\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: "
				 "application/json\r\n" CTE "quoted-printable\r\n\r\n"
#define A75L A10 A10 A10 A10 A10 A10 A10 "aaaaa=\r\n"
				A75L A75L A75L A75L A75L A75L A75L A75L A75L A75L A75L
					A75L A75L A10 "aaaaa123456789\r\n")},
		{"base64 in one line", &eight,
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: image/png\r\n" CTE
				 "base64\r\n\r\n" A999 "\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: image/png\r\n" CTE
				 "base64\r\n\r\n"
#define A76L A10 A10 A10 A10 A10 A10 A10 "aaaaaa\r\n"
				A76L A76L A76L A76L A76L A76L A76L A76L A76L A76L A76L
					A76L A76L "aa123456789\r\n")},
		{"quoted-printable that is not", &seven,
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" CTE
				 "QUOTED-printable\r\n\r\n=C3\xbc =\r\nx\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" CTE
				 "QUOTED-printable\r\n\r\n=C3=BC =\r\nx\r\n")},
		{"an encoding that is none", &seven,
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" CTE
				 "utf-8\r\n\r\n\xc3\xbc\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" CTE
				 "quoted-printable\r\n\r\n=C3=BC\r\n")},
		{"the label is broken itself", &eight,
			SPAN_LIT("MIME-Version: 1.0\r\n" CTE
				 "BASE64 (\xc3\xbc\r\n\r\nQUJD\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\n" CTE "base64\r\n\r\nQUJD\r\n")},
		{"the label is not true, but harmless", &eight,
			SPAN_LIT("MIME-Version: 1.0\r\n" CTE "binary\r\n\r\nx\r\n"),
			SPAN_NONE},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void parts_are_encoded_alone(void **state)
{
#define MIXED "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n"
	static const struct message_case cases[] = {
		{"one of two", &seven,
			SPAN_LIT(MIXED CTE
				"8bit\r\n\r\npre\r\n--b\r\n\r\none = 1\r\n--b \r\n" CTE
				"8bit\r\n\r\nt\xfco\r\n--b--\r\nepi\r\n"),
			SPAN_LIT(MIXED CTE
				"7bit\r\n\r\npre\r\n--b\r\n\r\none = 1\r\n--b \r\n" CTE
				"quoted-printable\r\nContent-Type: text/plain; "
				"charset=unknown-8bit\r\n\r\nt=FCo\r\n--b--\r\nepi\r\n")},
		{"the line end before a delimiter is not theirs", &seven,
			SPAN_LIT(MIXED
				"\r\n--b\r\nContent-Type: a/b\r\n\r\n\xff\r\n--b--\r\n"),
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: a/b\r\n" CTE
				       "base64\r\n\r\n/w==\r\n--b--\r\n")},
		{"their headers", &eight,
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: a/b; "
				       "name=\"\xc3\xbc\"\r\n\r\nx\r\n--b--\r\n"),
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: a/b; "
				       "name*=utf-8''%C3%BC\r\n\r\nx\r\n--b--\r\n")},
		{"a host of 8 bits gets them as they are", &eight,
			SPAN_LIT(MIXED CTE "8bit\r\n\r\n\xfc\r\n--b\r\n\r\n\xfc\r\n--b--"
					   "\r\n\xfc\r\n"),
			SPAN_NONE},
		{"what nobody reads", &seven,
			SPAN_LIT(MIXED "\r\n\xfc=\r\n--b\r\n\r\nx\r\n--b--\r\ny\xfc\r\n"),
			SPAN_LIT(MIXED "\r\n=FC=\r\n--b\r\n\r\nx\r\n--b--\r\ny=FC\r\n")},
		{"what nobody reads, and no empty line", &seven,
			SPAN_LIT(MIXED "\x02X: \xfc\r\n--b\r\n\r\nx\r\n"),
			SPAN_LIT(MIXED "\r\n=02X: =FC\r\n--b\r\n\r\nx\r\n")},
		{"without end", &seven, SPAN_LIT(MIXED "\r\n--b\r\n\r\n\xfc\r\n"),
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: text/plain; "
				       "charset=unknown-8bit\r\n" CTE
				       "quoted-printable\r\n\r\n=FC\r\n")},
		{"a header that a delimiter ends", &seven,
			SPAN_LIT(MIXED "\r\n--b\r\nX: \xfc\r\n--b--\r\n"),
			SPAN_LIT(MIXED
				"\r\n--b\r\nX: =?unknown-8bit?Q?=FC?=\r\n\r\n--b--\r\n")},
		{"no part: it is text", &seven, SPAN_LIT(MIXED "\r\n-- b\r\n\xfc\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: text/plain; "
				 "charset=unknown-8bit\r\n" CTE
				 "quoted-printable\r\n\r\n-- b\r\n=FC\r\n")},
		{"no boundary: the same", &seven,
			SPAN_LIT("Content-Type: "
				 "multipart/mixed\r\n\r\n--b\r\n\r\n\xfc\r\n"),
			SPAN_LIT("Content-Type: text/plain; charset=unknown-8bit\r\nMIME-"
				 "Version: 1.0\r\n" CTE
				 "quoted-printable\r\n\r\n--b\r\n\r\n=FC\r\n")},
		{"an inner one ends by the outer delimiter", &seven,
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: multipart/x; "
				       "boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--b\r\n\r\n"
				       "\xff\r\n"),
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: multipart/x; "
				       "boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--b\r\n"
				       "Content-Type: text/plain; "
				       "charset=unknown-8bit\r\n" CTE
				       "quoted-printable\r\n\r\n=FF\r\n")},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void a_forwarded_message_is_encoded_within(void **state)
{
#define FORWARDED "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
	static const struct message_case cases[] = {
		{"for 7 bits", &seven,
			SPAN_LIT(FORWARDED CTE
				"8bit\r\n\r\nSubject: \xc3\xbc\r\n\r\n\xc3\xbc\r\n"),
			SPAN_LIT(FORWARDED CTE
				"7bit\r\n\r\nSubject: =?UTF-8?Q?=C3=BC?=\r\n" TYPED
				"utf-8\r\n" CTE "quoted-printable\r\n\r\n=C3=BC\r\n")},
		{"it is content: for 8 bits it stays", &eight,
			SPAN_LIT(FORWARDED CTE
				"8bit\r\n\r\nSubject: \xc3\xbc\r\n\r\n\xc3\xbc\r\n"),
			SPAN_NONE},
		{"without header", &seven, SPAN_LIT(FORWARDED "\xfc\r\n"),
			SPAN_LIT(FORWARDED "\r\n" TYPED "unknown-8bit\r\n" CTE
					   "quoted-printable\r\n\r\n=FC\r\n")},
		{"what looks like a delimiter", &seven,
			SPAN_LIT(FORWARDED "\r\n--x\r\n\r\n\xfc\r\n"),
			SPAN_LIT(FORWARDED "\r\n" TYPED "unknown-8bit\r\n" CTE
					   "quoted-printable\r\n\r\n--x\r\n\r\n=FC\r\n")},
		{"the default in a digest", &seven,
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: multipart/digest; "
				 "boundary=d\r\n\r\n--d\r\n\r\nSubject: "
				 "x\r\n\r\n\xfc\r\n--d--\r\n"),
			SPAN_LIT("MIME-Version: 1.0\r\nContent-Type: multipart/digest; "
				 "boundary=d\r\n\r\n--d\r\n\r\nSubject: x\r\n" TYPED
				 "unknown-8bit\r\n" CTE
				 "quoted-printable\r\n\r\n=FC\r\n--d--\r\n")},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void what_is_sealed_is_never_touched(void **state)
{
#define SIGNED "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=s\r\n"
	static const struct {
		const char *why;
		const struct mime_target *target;
		struct span in;
		enum mime_verdict verdict;
	} cases[] = {
		{"nothing to do", &seven, SPAN_LIT(SIGNED "\r\n--s\r\n\r\nx\r\n"),
			MIME_AS_IS},
		{"8 bits for 8", &eight,
			SPAN_LIT(SIGNED CTE "8bit\r\n\r\n--s\r\n\r\n\xfc\r\n"),
			MIME_AS_IS},
		{"8 bits for 7", &seven, SPAN_LIT(SIGNED "\r\n--s\r\n\r\n\xfc\r\n"),
			MIME_NEEDS_8BIT},
		{"a NUL", &eight, SPAN_LIT(SIGNED "\r\n--s\r\n\r\n\0\r\n"),
			MIME_IMPOSSIBLE},
		{"a long line", &eight, SPAN_LIT(SIGNED "\r\n--s\r\n\r\n" A999 "\r\n"),
			MIME_IMPOSSIBLE},
		{"one within", &seven,
			SPAN_LIT(MIXED "\r\n--b\r\nContent-Type: multipart/encrypted; "
				       "boundary=s\r\n\r\n\xfc\r\n--b\r\n\r\n\xff\r\n"),
			MIME_NEEDS_8BIT},
		{"a part of a message", &seven,
			SPAN_LIT("Content-Type: message/partial; id=x\r\n\r\n\xfc\r\n"),
			MIME_NEEDS_8BIT},
		{"an encoding we do not know", &seven,
			SPAN_LIT(CTE "x-uue\r\n\r\n\xfc\r\n"), MIME_NEEDS_8BIT},
		{"an address that only SMTPUTF8 can say", &eight,
			SPAN_LIT("To: \xc3\xbc@x.test\r\n\r\nx\r\n"), MIME_NEEDS_UTF8},
		{"and its own header is not", &seven,
			SPAN_LIT("Subject: \xc3\xbc\r\n" SIGNED "\r\n--s\r\n\r\nx\r\n"),
			MIME_CHANGED},
	};
	struct buf out = BUF_INIT(OUT_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (encode(cases[i].target, cases[i].in, 100, &out) != cases[i].verdict)
			fail_msg("%s", cases[i].why);
	assert_string_equal(buf_str(&out),
		"Subject: =?UTF-8?Q?=C3=BC?=\r\n" SIGNED "\r\n--s\r\n\r\nx\r\n");
	buf_release(&out);
}

/* `what` nested or repeated `times`, with 8 bits at the end, for a host of 7. */
static void expect_opaque(struct span in, bool is_retyped)
{
	struct buf out = BUF_INIT(OUT_MAX), a = BUF_INIT(OUT_MAX), b = BUF_INIT(OUT_MAX);

	assert_int_equal(encode(&seven, in, 4096, &out), MIME_CHANGED);
	assert_false(span_has_8bit(buf_span(&out)));
	assert_true(
		span_starts(buf_span(&out), "MIME-Version: 1.0\r\n"
					    "Content-Type: text/plain") == is_retyped);
	if (!is_retyped) {
		assert_true(mime_read(in, &a) && mime_read(buf_span(&out), &b));
		assert_true(span_eq(buf_span(&a), buf_span(&b)));
	}
	buf_release(&out);
	buf_release(&a);
	buf_release(&b);
}

static void too_much_structure_is_none(void **state)
{
	struct buf in = BUF_INIT(OUT_MAX);

	(void)state;
	for (unsigned parts = MIME_PARTS_MAX - 1; parts <= MIME_PARTS_MAX; parts++) {
		buf_reset(&in);
		buf_add_str(&in, MIXED "\r\n");
		for (unsigned i = 0; i < parts; i++)
			buf_add_str(&in, "--b\r\n\r\nx\r\n");
		buf_add_str(&in, "\xfc\r\n--b--\r\n");
		expect_opaque(buf_span(&in), parts == MIME_PARTS_MAX);
	}
	for (unsigned depth = MIME_DEPTH_MAX - 1; depth < MIME_DEPTH_MAX + 100; depth++) {
		buf_reset(&in);
		buf_add_str(&in, "X: y\r\n");
		for (unsigned i = 0; i < depth; i++)
			buf_addf(&in,
				"Content-Type: multipart/mixed; "
				"boundary=b%u\r\n\r\n--b%u\r\n",
				i, i);
		buf_add_str(&in, "\r\n\xfc\r\n");
		expect_opaque(buf_span(&in), false);
	}
	buf_release(&in);
}

static void a_header_without_end_is_text(void **state)
{
	struct buf in = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);

	(void)state;
	buf_add_str(&in, MIXED "\r\n--b\r\n");
	while (in.len < MIME_HEADER_MAX + 1000)
		buf_add_str(&in, "X-Long: header\r\n");
	buf_add_str(&in, "X-8bit: \xc3\xbc\r\n--b--\r\n");
	assert_int_equal(encode(&seven, buf_span(&in), 4096, &out), MIME_CHANGED);
	assert_true(span_starts(buf_span(&out),
		MIXED "\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n" CTE
		      "quoted-printable\r\n\r\nX-Long: header\r\n"));
	assert_true(span_ends(buf_span(&out), "X-8bit: =C3=BC\r\n--b--\r\n"));
	buf_release(&in);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_message_is_labelled),
		cmocka_unit_test(a_leaf_is_encoded_after_its_kind),
		cmocka_unit_test(parts_are_encoded_alone),
		cmocka_unit_test(a_forwarded_message_is_encoded_within),
		cmocka_unit_test(what_is_sealed_is_never_touched),
		cmocka_unit_test(too_much_structure_is_none),
		cmocka_unit_test(a_header_without_end_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
