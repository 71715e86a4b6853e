#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "base/codec.h"
#include "base/rand.h"

/* bit by bit, as RFC 3720 B.4 has it */
static uint32_t slow_crc32c(const unsigned char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

static void crc32c_is_the_one_of_rfc_3720(void **state)
{
	unsigned char data[300];

	(void)state;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, "", 0), 0);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 37 + 11);
	/* any length, any alignment, in any two parts */
	for (size_t from = 0; from < 9; from++)
		for (size_t n = 0; from + n <= sizeof(data); n += 13) {
			uint32_t whole = slow_crc32c(data + from, n);
			uint32_t first = crc32c(0, data + from, n / 3);

			assert_int_equal(crc32c(0, data + from, n), whole);
			assert_int_equal(
				crc32c(first, data + from + n / 3, n - n / 3), whole);
		}
}

static void base64_is_the_one_of_rfc_4648(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfd", "//79"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT(100);

		base64_encode(&b, span_of(cases[i].in));
		assert_string_equal(buf_str(&b), cases[i].out);
		buf_release(&b);
	}
}

static void base64_comes_back_as_it_went(void **state)
{
	char octets[64];

	(void)state;
	for (size_t n = 0; n <= sizeof(octets); n++) {
		struct buf text = BUF_INIT(100), back = BUF_INIT(100);

		rand_fill(octets, sizeof(octets));
		base64_encode(&text, (struct span){octets, n});
		buf_add_str(&back, "x");
		assert_int_equal(base64_decode(&back, buf_span(&text)), 0);
		assert_int_equal(back.len, n + 1);
		assert_memory_equal(back.data + 1, octets, n);
		buf_release(&text);
		buf_release(&back);
	}
}

static void base64_that_is_not_canonical_is_refused(void **state)
{
	static const struct {
		const char *in, *why;
	} cases[] = {
		{"Z", "no whole group"},
		{"Zg", "no padding"},
		{"Zg=", "too little padding"},
		{"Zg==Zg==", "padding in the middle (Exim CVE-2018-6789)"},
		{"Z=g=", "padding before a character"},
		{"Z===", "an octet of six bits"},
		{"====", "nothing but padding"},
		{"Zh==", "bits are left over"},
		{"Zm9=", "bits are left over"},
		{"Zm9v\n", "a line break"},
		{"Zm 9v===", "a space"},
		{"Zm-_", "the alphabet of RFC 4648 section 5"},
		{"Zm9v\x80\xff"
		 "AA",
			"octets outside ASCII"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT(100);

		buf_add_str(&b, "kept");
		if (base64_decode(&b, span_of(cases[i].in)) != -1)
			fail_msg("accepted: %s", cases[i].why);
		assert_string_equal(buf_str(&b), "kept");
		assert_false(b.is_overfull);
		buf_release(&b);
	}
}

static void base64_stops_at_the_maximum(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	assert_int_equal(base64_decode(&b, SPAN_LIT("Zm9v")), 0);
	assert_int_equal(base64_decode(&b, SPAN_LIT("Zm9v")), -1);
	assert_true(b.is_overfull);
	assert_string_equal(buf_str(&b), "foo");
	assert_int_equal(base64_decode(&b, SPAN_LIT("")), -1);
	buf_release(&b);
}

static void hexadecimal_numbers_have_eight_digits(void **state)
{
	uint32_t value = 0;

	(void)state;
	assert_int_equal(hex_to_uint32(span_of("00c0FFee"), &value), 0);
	assert_int_equal(value, 0xc0ffee);
	assert_int_equal(hex_to_uint32(span_of("c0ffee"), &value), -1);
	assert_int_equal(hex_to_uint32(span_of("00c0ffeg"), &value), -1);
	assert_int_equal(hex_to_uint32(span_of("000c0ffee"), &value), -1);
	assert_int_equal(hex_value('/'), -1);
	assert_int_equal(hex_value(':'), -1);
}

static void chance_stays_below_its_bound(void **state)
{
	unsigned seen[7] = {0};

	(void)state;
	assert_int_equal(rand_below(0), 0);
	assert_int_equal(rand_below(1), 0);
	for (int i = 0; i < 7000; i++)
		seen[rand_below(7)]++;
	/* each about 1000 times; one in 10^20 runs is further off than this */
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 700, 1300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_is_the_one_of_rfc_3720),
		cmocka_unit_test(base64_is_the_one_of_rfc_4648),
		cmocka_unit_test(base64_comes_back_as_it_went),
		cmocka_unit_test(base64_that_is_not_canonical_is_refused),
		cmocka_unit_test(base64_stops_at_the_maximum),
		cmocka_unit_test(hexadecimal_numbers_have_eight_digits),
		cmocka_unit_test(chance_stays_below_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
