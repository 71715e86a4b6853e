#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "net/dnsmsg.h"

/* Octets spelled out: a string literal is one array, NULs and all. */
#define OCTETS(lit_) (lit_), sizeof(lit_) - 1

/* flags: an answer, recursion desired and available, NOERROR */
#define GOOD "\x81\x80"

/* "example.org" at offset 12, where the question always starts */
#define NAME "\7example\3org\0"
#define PTR  "\xc0\x0c"

#define CLASS_TTL "\0\1\0\0\1\x2c"
#define MX_HEAD   PTR "\0\x0f" CLASS_TTL
#define SRV_HEAD  PTR "\0\x21" CLASS_TTL
#define A_HEAD    PTR "\0\1" CLASS_TTL
#define A_RECORD  A_HEAD "\0\4\xc0\0\2\1"

/* A packet with the question for example.org, `count` answers said to follow. */
static void begin(struct buf *b, const char *flags, enum dns_type type, unsigned count)
{
	buf_init(b, DNS_PACKET_MAX);
	buf_add(b, OCTETS("\x12\x34"));
	buf_add(b, flags, 2);
	buf_add(b, OCTETS("\0\1"));
	buf_add_char(b, (char)(count >> 8));
	buf_add_char(b, (char)(count & 0xff));
	buf_add(b, OCTETS("\0\0\0\0" NAME "\0"));
	buf_add_char(b, (char)type);
	buf_add(b, OCTETS("\0\1"));
}

/* Parse a copy without one octet to spare, so that an over-read is seen. */
static void parse(struct buf *b, enum dns_type type, struct dns_answer *ret)
{
	char *exact = malloc(b->len ? b->len : 1);

	assert_non_null(exact);
	for (size_t i = 0; i < b->len; i++)
		exact[i] = b->data[i];
	dnsmsg_parse((struct span){exact, b->len}, "example.org", type, ret);
	free(exact);
	buf_release(b);
}

struct one_record {
	const char *why;
	enum dns_type type;
	const char *octets;
	size_t len;
	enum dns_result result;
};

static void test_one_answer(void **state)
{
	static const struct one_record cases[] = {
		{"an address", DNS_A, OCTETS(A_RECORD), DNS_FOUND},
		{"address of 3 octets", DNS_A, OCTETS(A_HEAD "\0\3\xc0\0\2"), DNS_FAILED},
		{"address of 5 octets", DNS_A, OCTETS(A_HEAD "\0\5\xc0\0\2\1\1"),
			DNS_FAILED},
		{"address of no octets", DNS_A, OCTETS(A_HEAD "\0\0"), DNS_FAILED},
		{"length behind the end", DNS_A, OCTETS(A_HEAD "\0\4\xc0\0\2"),
			DNS_FAILED},
		{"length far behind the end", DNS_A, OCTETS(A_HEAD "\xff\xff\xc0\0\2\1"),
			DNS_FAILED},
		{"head cut in the length", DNS_A, OCTETS(A_HEAD "\0"), DNS_FAILED},
		{"head cut in the TTL", DNS_A, OCTETS(PTR "\0\1\0\1\0"), DNS_FAILED},
		{"head cut in the name", DNS_A, OCTETS("\xc0"), DNS_FAILED},
		{"no answer although one is promised", DNS_A, OCTETS(""), DNS_FAILED},
		{"another class", DNS_A, OCTETS(PTR "\0\1\0\3\0\0\1\x2c\0\4\xc0\0\2\1"),
			DNS_NO_DATA},
		{"another type", DNS_A, OCTETS(PTR "\0\x10" CLASS_TTL "\0\2\1x"),
			DNS_NO_DATA},
		{"another owner", DNS_A, OCTETS("\3foo\0\0\1" CLASS_TTL "\0\4\xc0\0\2\1"),
			DNS_NO_DATA},
		{"owner in other case", DNS_A,
			OCTETS("\7EXAMPLE\3Org\0\0\1" CLASS_TTL "\0\4\xc0\0\2\1"),
			DNS_FOUND},
		{"owner that points at itself", DNS_A,
			OCTETS("\xc0\x1d\0\1" CLASS_TTL "\0\4\xc0\0\2\1"), DNS_FAILED},
		{"owner that points behind the end", DNS_A,
			OCTETS("\xff\xff\0\1" CLASS_TTL "\0\4\xc0\0\2\1"), DNS_FAILED},
		{"label of an unknown kind", DNS_A,
			OCTETS("\x80\x0c\0\1" CLASS_TTL "\0\4\xc0\0\2\1"), DNS_FAILED},
		{"IPv6", DNS_AAAA,
			OCTETS(PTR "\0\x1c" CLASS_TTL
				   "\0\x10\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
			DNS_FOUND},
		{"IPv6 of 4 octets", DNS_AAAA,
			OCTETS(PTR "\0\x1c" CLASS_TTL "\0\4\1\2\3\4"), DNS_FAILED},
		{"MX", DNS_MX, OCTETS(MX_HEAD "\0\7\0\x0a\2mx" PTR), DNS_FOUND},
		{"null MX", DNS_MX, OCTETS(MX_HEAD "\0\3\0\0\0"), DNS_FOUND},
		{"MX RDLENGTH 0", DNS_MX, OCTETS(MX_HEAD "\0\0"), DNS_FAILED},
		{"MX RDLENGTH 1", DNS_MX, OCTETS(MX_HEAD "\0\1\0"), DNS_FAILED},
		{"MX RDLENGTH 2", DNS_MX, OCTETS(MX_HEAD "\0\2\0\x0a"), DNS_FAILED},
		{"MX name longer than its data", DNS_MX,
			OCTETS(MX_HEAD "\0\4\0\x0a\2mx\0"), DNS_FAILED},
		{"MX name shorter than its data", DNS_MX,
			OCTETS(MX_HEAD "\0\7\0\x0a\2mx\0\0"), DNS_FAILED},
		{"MX name in a loop", DNS_MX, OCTETS(MX_HEAD "\0\4\0\x0a\xc0\x2b"),
			DNS_FAILED},
		{"SRV", DNS_SRV, OCTETS(SRV_HEAD "\0\x0b\0\x0a\0\5\1\xd1\2mx" PTR),
			DNS_FOUND},
		{"SRV of no service", DNS_SRV, OCTETS(SRV_HEAD "\0\7\0\0\0\0\0\0\0"),
			DNS_FOUND},
		{"SRV without target", DNS_SRV, OCTETS(SRV_HEAD "\0\6\0\0\0\0\0\0"),
			DNS_FAILED},
		{"SRV of 3 octets", DNS_SRV, OCTETS(SRV_HEAD "\0\3\0\0\0"), DNS_FAILED},
		{"SRV RDLENGTH 0", DNS_SRV, OCTETS(SRV_HEAD "\0\0"), DNS_FAILED},
		{"two pointers that point at each other", DNS_MX,
			OCTETS(MX_HEAD "\0\6\0\x0a\xc0\x2d\xc0\x2b"), DNS_FAILED},
		{"CNAME asked for itself", DNS_CNAME,
			OCTETS(PTR "\0\5" CLASS_TTL "\0\5\1x" PTR), DNS_FAILED},
		{"CNAME of right length", DNS_CNAME,
			OCTETS(PTR "\0\5" CLASS_TTL "\0\4\1x" PTR), DNS_FOUND},
		{"CNAME without name", DNS_CNAME, OCTETS(PTR "\0\5" CLASS_TTL "\0\0"),
			DNS_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer answer;
		struct buf b;

		begin(&b, GOOD, cases[i].type, 1);
		buf_add(&b, cases[i].octets, cases[i].len);
		parse(&b, cases[i].type, &answer);
		if (answer.result != cases[i].result)
			fail_msg("%s: result %d, %s", cases[i].why, (int)answer.result,
				answer.why);
		assert_int_equal(answer.count, cases[i].result == DNS_FOUND ? 1 : 0);
		assert_int_equal(answer.result == DNS_FAILED, answer.why[0] != '\0');
		dnsmsg_answer_release(&answer);
	}
}

static void test_header(void **state)
{
	static const struct {
		const char *why;
		const char *flags;
		enum dns_result result;
		bool is_secure;
	} cases[] = {
		{"no data", GOOD, DNS_NO_DATA, false},
		{"no data, secure", "\x81\xa0", DNS_NO_DATA, true},
		{"no data from who has authority", "\x85\x00", DNS_NO_DATA, false},
		{"a referral of one who does not recurse", "\x81\x00", DNS_FAILED, false},
		{"NXDOMAIN", "\x81\x83", DNS_NO_NAME, false},
		{"NXDOMAIN from one who cannot know", "\x81\x03", DNS_FAILED, false},
		{"FORMERR", "\x81\x81", DNS_FAILED, false},
		{"SERVFAIL", "\x81\x82", DNS_FAILED, false},
		{"NOTIMP", "\x81\x84", DNS_FAILED, false},
		{"REFUSED", "\x81\x85", DNS_FAILED, false},
		{"code 11", "\x81\x8b", DNS_FAILED, false},
		{"a question, no answer", "\x01\x80", DNS_FAILED, false},
		{"another operation", "\x89\x80", DNS_FAILED, false},
		{"truncated", "\x83\x80", DNS_FAILED, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer answer;
		struct buf b;

		begin(&b, cases[i].flags, DNS_MX, 0);
		assert_int_equal(
			dnsmsg_is_truncated(buf_span(&b)), (cases[i].flags[0] & 2) != 0);
		parse(&b, DNS_MX, &answer);
		if (answer.result != cases[i].result)
			fail_msg("%s: result %d", cases[i].why, (int)answer.result);
		assert_int_equal(answer.is_secure, cases[i].is_secure);
		dnsmsg_answer_release(&answer);
	}
	assert_false(dnsmsg_is_truncated(SPAN_LIT("\x12\x34\x83")));
}

static void test_another_question(void **state)
{
	static const struct {
		const char *why;
		const char *octets;
		size_t len;
	} cases[] = {
		{"another name", OCTETS("\7exbmple\3org\0\0\x0f\0\1")},
		{"a name that begins alike", OCTETS("\7example\3org\1x\0\0\x0f\0\1")},
		{"another type", OCTETS(NAME "\0\1\0\1")},
		{"another class", OCTETS(NAME "\0\x0f\0\3")},
		{"cut in the name", OCTETS("\7exam")},
		{"cut in the class", OCTETS(NAME "\0\x0f\0")},
		{"nothing", OCTETS("")},
		{"a dot inside a label", OCTETS("\13example.org\0\0\x0f\0\1")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer answer;
		struct buf b = BUF_INIT(DNS_PACKET_MAX);

		buf_add(&b, OCTETS("\x12\x34" GOOD "\0\1\0\0\0\0\0\0"));
		buf_add(&b, cases[i].octets, cases[i].len);
		parse(&b, DNS_MX, &answer);
		if (answer.result != DNS_FAILED)
			fail_msg("%s: result %d", cases[i].why, (int)answer.result);
	}
}

static void test_two_questions_are_none_of_ours(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, GOOD, DNS_MX, 0);
	b.data[5] = 2;
	parse(&b, DNS_MX, &answer);
	assert_int_equal(answer.result, DNS_FAILED);
}

static void test_every_cut_fails(void **state)
{
	struct buf whole;

	(void)state;
	begin(&whole, GOOD, DNS_MX, 1);
	buf_add(&whole, OCTETS(MX_HEAD "\0\7\0\x0a\2mx" PTR));
	for (size_t len = 0; len < whole.len; len++) {
		struct dns_answer answer;
		struct buf b = BUF_INIT(DNS_PACKET_MAX);

		buf_add(&b, whole.data, len);
		parse(&b, DNS_MX, &answer);
		assert_int_equal(answer.result, DNS_FAILED);
	}
	buf_release(&whole);
}

static void test_fields(void **state)
{
	struct dns_answer answer;
	char text[NETADDR_TEXT_MAX];
	struct buf b;

	(void)state;
	begin(&b, GOOD, DNS_MX, 2);
	buf_add(&b, OCTETS(MX_HEAD "\0\7\x01\x02\2Mx" PTR));
	buf_add(&b, OCTETS(MX_HEAD "\0\x0b\0\x05\2\33x\3a.b" PTR));
	parse(&b, DNS_MX, &answer);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.records[0].preference, 258);
	assert_string_equal(answer.records[0].name, "mx.example.org");
	assert_string_equal(answer.records[1].name, "?x.a?b.example.org");
	assert_string_equal(answer.canonical, "example.org");
	dnsmsg_answer_release(&answer);

	begin(&b, GOOD, DNS_A, 1);
	buf_add(&b, OCTETS(A_RECORD));
	parse(&b, DNS_A, &answer);
	netaddr_format(&answer.records[0].address, text);
	assert_string_equal(text, "192.0.2.1");
	dnsmsg_answer_release(&answer);
}

/* "a0.example.org CNAME a1.example.org" and so on, the first from example.org itself */
static void add_cname(struct buf *b, unsigned from, unsigned to)
{
	if (from == 0) {
		buf_add(b, OCTETS(PTR));
	} else {
		buf_addf(b, "\2%02u", from);
		buf_add(b, OCTETS(PTR));
	}
	buf_add(b, OCTETS("\0\5" CLASS_TTL "\0\5"));
	buf_addf(b, "\2%02u", to);
	buf_add(b, OCTETS(PTR));
}

static void add_address_of(struct buf *b, unsigned owner)
{
	buf_addf(b, "\2%02u", owner);
	buf_add(b, OCTETS(PTR "\0\1" CLASS_TTL "\0\4\xc0\0\2\1"));
}

static void test_cname_chain(void **state)
{
	static const struct {
		const char *why;
		unsigned steps;
		bool is_backwards;
		bool has_address;
		enum dns_result result;
	} cases[] = {
		{"one step", 1, false, true, DNS_FOUND},
		{"ten steps", 10, false, true, DNS_FOUND},
		{"ten steps, last one first", 10, true, true, DNS_FOUND},
		{"eleven steps", 11, false, true, DNS_FAILED},
		{"leads out of the packet", 3, false, false, DNS_NO_DATA},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned n = cases[i].steps;
		struct dns_answer answer;
		struct buf b;

		begin(&b, GOOD, DNS_A, n + cases[i].has_address);
		for (unsigned step = 0; step < n; step++) {
			unsigned at = cases[i].is_backwards ? n - 1 - step : step;

			add_cname(&b, at, at + 1);
		}
		if (cases[i].has_address)
			add_address_of(&b, n);
		parse(&b, DNS_A, &answer);
		if (answer.result != cases[i].result)
			fail_msg("%s: result %d", cases[i].why, (int)answer.result);
		if (answer.result != DNS_FAILED)
			assert_int_equal(answer.cnames, n);
		dnsmsg_answer_release(&answer);
	}
}

static void test_cname_loop(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, GOOD, DNS_A, 3);
	add_cname(&b, 0, 1);
	add_cname(&b, 1, 2);
	add_cname(&b, 2, 1);
	parse(&b, DNS_A, &answer);
	assert_int_equal(answer.result, DNS_FAILED);
	assert_string_equal(answer.why, "too many CNAMEs");
}

static void test_nxdomain_is_about_the_end_of_the_chain(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, "\x81\x83", DNS_A, 1);
	add_cname(&b, 0, 7);
	parse(&b, DNS_A, &answer);
	assert_int_equal(answer.result, DNS_NO_NAME);
	assert_string_equal(answer.canonical, "07.example.org");
}

static void test_many_records_are_capped(void **state)
{
	static const unsigned counts[] = {99, 100, 101, 900, 4000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct dns_answer answer;
		struct buf b;

		begin(&b, GOOD, DNS_A, counts[i]);
		for (unsigned n = 0; n < counts[i]; n++)
			buf_add(&b, OCTETS(A_RECORD));
		parse(&b, DNS_A, &answer);
		assert_int_equal(answer.result, DNS_FOUND);
		assert_int_equal(answer.count,
			counts[i] < DNS_RECORDS_MAX ? counts[i] : DNS_RECORDS_MAX);
		dnsmsg_answer_release(&answer);
	}
}

#define TLSA_HEAD PTR "\0\x34" CLASS_TTL

static void test_tlsa(void **state)
{
	static const struct {
		const char *why;
		const char *octets;
		size_t len;
		uint8_t fields[3];
		const char *data;
	} cases[] = {
		{"whole", OCTETS(TLSA_HEAD "\0\5\3\1\1ab"), {3, 1, 1}, "ab"},
		{"without data", OCTETS(TLSA_HEAD "\0\3\3\1\1"), {3, 1, 1}, ""},
		{"two fields", OCTETS(TLSA_HEAD "\0\2\3\1"), {3, 1, 255}, ""},
		{"one field", OCTETS(TLSA_HEAD "\0\1\3"), {3, 255, 255}, ""},
		{"nothing", OCTETS(TLSA_HEAD "\0\0"), {255, 255, 255}, ""},
	};
	struct dns_answer answer;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct dns_record *r;

		begin(&b, GOOD, DNS_TLSA, 1);
		buf_add(&b, cases[i].octets, cases[i].len);
		parse(&b, DNS_TLSA, &answer);
		if (answer.result != DNS_FOUND || answer.count != 1)
			fail_msg("%s: %s", cases[i].why, answer.why);
		r = &answer.records[0];
		assert_int_equal(r->usage, cases[i].fields[0]);
		assert_int_equal(r->selector, cases[i].fields[1]);
		assert_int_equal(r->matching, cases[i].fields[2]);
		assert_true(span_is((struct span){r->data, r->data_len}, cases[i].data));
		dnsmsg_answer_release(&answer);
	}
	begin(&b, GOOD, DNS_TLSA, 1);
	buf_add(&b, OCTETS(TLSA_HEAD "\0\5\3\1\1a"));
	parse(&b, DNS_TLSA, &answer);
	assert_int_equal(answer.result, DNS_FAILED);
}

#define TXT_HEAD PTR "\0\x10" CLASS_TTL

static void test_txt(void **state)
{
	static const struct {
		const char *why;
		const char *octets;
		size_t len;
		const char *text; /* NULL: the answer is malformed */
	} cases[] = {
		{"one string", OCTETS(TXT_HEAD "\0\3\2ab"), "ab"},
		{"joined", OCTETS(TXT_HEAD "\0\5\2ab\1c"), "abc"},
		{"empty string", OCTETS(TXT_HEAD "\0\1\0"), ""},
		{"no string", OCTETS(TXT_HEAD "\0\0"), NULL},
		{"string longer than its record", OCTETS(TXT_HEAD "\0\3\3ab" PTR), NULL},
		{"second string longer", OCTETS(TXT_HEAD "\0\4\2ab\1" PTR), NULL},
		{"string behind the end",
			OCTETS(TXT_HEAD "\0\2\xff"
					"a"),
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer answer;
		struct buf b;

		begin(&b, GOOD, DNS_TXT, 1);
		buf_add(&b, cases[i].octets, cases[i].len);
		parse(&b, DNS_TXT, &answer);
		if ((answer.result == DNS_FOUND) != (cases[i].text != NULL))
			fail_msg("%s: %d %s", cases[i].why, (int)answer.result,
				answer.why);
		if (cases[i].text)
			assert_string_equal(answer.records[0].data, cases[i].text);
		dnsmsg_answer_release(&answer);
	}
}

static void test_many_texts_are_capped(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, GOOD, DNS_TXT, 30);
	for (unsigned n = 0; n < 30; n++)
		buf_add(&b, OCTETS(TXT_HEAD "\0\3\2ab"));
	parse(&b, DNS_TXT, &answer);
	assert_int_equal(answer.result, DNS_FOUND);
	assert_int_equal(answer.count, DNS_TXT_MAX);
	dnsmsg_answer_release(&answer);
}

static void test_type_names(void **state)
{
	(void)state;
	assert_string_equal(dnsmsg_type_name(DNS_TLSA), "TLSA");
	assert_string_equal(dnsmsg_type_name(DNS_TXT), "TXT");
	assert_string_equal(dnsmsg_type_name(DNS_MX), "MX");
	assert_string_equal(dnsmsg_type_name(DNS_A), "A");
	assert_string_equal(dnsmsg_type_name(DNS_AAAA), "AAAA");
	assert_string_equal(dnsmsg_type_name(DNS_CNAME), "CNAME");
}

/* RFC 2782: priority, weight, port, target */
static void test_srv_fields(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, GOOD, DNS_SRV, 1);
	buf_add(&b, OCTETS(SRV_HEAD "\0\x0b\x12\x34\0\5\1\xd1\2mx" PTR));
	parse(&b, DNS_SRV, &answer);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.records[0].preference, 0x1234);
	assert_int_equal(answer.records[0].weight, 5);
	assert_int_equal(answer.records[0].port, 465);
	assert_string_equal(answer.records[0].name, "mx.example.org");
	dnsmsg_answer_release(&answer);
}

/* three labels of 63 octets and a last one, here and behind a pointer */
static void test_longest_name(void **state)
{
	(void)state;
	for (unsigned last = 61; last <= 62; last++) {
		struct dns_answer answer;
		struct buf b;
		size_t long_name;

		begin(&b, GOOD, DNS_MX, 2);
		buf_add(&b, OCTETS(MX_HEAD "\1"));
		buf_add_char(&b, (char)(2 + 3 * 64 + 1 + last + 1 - 256));
		buf_add(&b, OCTETS("\0\x0a"));
		long_name = b.len;
		for (unsigned i = 0; i < 4; i++) {
			unsigned len = i < 3 ? 63 : last;

			buf_add_char(&b, (char)len);
			while (len--)
				buf_add_char(&b, 'a');
		}
		buf_add_char(&b, '\0');
		buf_add(&b, OCTETS(MX_HEAD "\0\4\0\x0a\xc0"));
		buf_add_char(&b, (char)long_name);
		parse(&b, DNS_MX, &answer);
		assert_int_equal(answer.result, last == 61 ? DNS_FOUND : DNS_FAILED);
		if (last == 61) {
			assert_int_equal(strlen(answer.records[0].name), 253);
			assert_string_equal(
				answer.records[0].name, answer.records[1].name);
		}
		dnsmsg_answer_release(&answer);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_answer),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_another_question),
		cmocka_unit_test(test_two_questions_are_none_of_ours),
		cmocka_unit_test(test_every_cut_fails),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cname_chain),
		cmocka_unit_test(test_cname_loop),
		cmocka_unit_test(test_nxdomain_is_about_the_end_of_the_chain),
		cmocka_unit_test(test_many_records_are_capped),
		cmocka_unit_test(test_tlsa),
		cmocka_unit_test(test_txt),
		cmocka_unit_test(test_many_texts_are_capped),
		cmocka_unit_test(test_srv_fields),
		cmocka_unit_test(test_type_names),
		cmocka_unit_test(test_longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
