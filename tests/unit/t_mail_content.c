#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/buf.h"
#include "mail/content.h"

#define TEXT_MAX 4096
#define CASES    3000

/* The same octet by octet. */
static struct content_facts count_plainly(struct span content)
{
	struct content_facts facts = {.octets = content.len};
	uint32_t length = 0;

	for (size_t i = 0; i < content.len; i++) {
		facts.has_8bit |= (unsigned char)content.data[i] > 127;
		facts.has_nul |= content.data[i] == '\0';
		if (content.data[i] != '\n') {
			length++;
			continue;
		}
		if (length && length - 1 > facts.longest_line)
			facts.longest_line = length - 1;
		length = 0;
	}
	return facts;
}

static struct content_facts count_in_steps(struct span content, size_t step)
{
	struct content_facts facts = {0};
	uint64_t line_octets = 0;

	for (; content.len; content = span_from(content, step))
		content_facts_add(&facts, &line_octets, span_head(content, step));
	content_facts_add(&facts, &line_octets, SPAN_NONE);
	return facts;
}

static void check(const char *why, struct span content)
{
	const struct content_facts want = count_plainly(content);

	for (size_t step = 1; step <= content.len + 1; step += 1 + step / 3) {
		const struct content_facts got = count_in_steps(content, step);

		if (got.octets != want.octets || got.longest_line != want.longest_line ||
			got.has_8bit != want.has_8bit || got.has_nul != want.has_nul)
			fail_msg("%s, by %zu octets: a line of %u instead of %u", why,
				step, got.longest_line, want.longest_line);
	}
}

static void counts_what_is_there(void **state)
{
	static const struct {
		const char *why;
		struct span content;
		uint32_t longest;
	} cases[] = {
		{"nothing", SPAN_LIT(""), 0},
		{"an empty line", SPAN_LIT("\r\n"), 0},
		{"a line", SPAN_LIT("ab\r\n"), 2},
		{"as long as the longest", SPAN_LIT("ab\r\ncd\r\n\r\n"), 2},
		{"longer ones behind shorter ones", SPAN_LIT("a\r\nbcd\r\ne\r\nfghi\r\n"),
			4},
		{"one that has no end is none yet", SPAN_LIT("a\r\nbcd\r"), 1},
		{"octets over 127", SPAN_LIT("0123456789abcdef0123456789abcdef\xc3\r\n"),
			33},
		{"a NUL", SPAN_LIT("\0\r\n"), 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(cases[i].why, cases[i].content);
		assert_int_equal(
			count_plainly(cases[i].content).longest_line, cases[i].longest);
	}
}

static uint32_t pick(uint64_t *seed, uint32_t bound)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*seed >> 33) % bound;
}

static void cuts_do_not_matter(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < CASES; i++) {
		struct buf text = BUF_INIT(TEXT_MAX);
		uint32_t longest = 1 + pick(&seed, 200);

		for (uint32_t lines = pick(&seed, 12); lines; lines--) {
			for (uint32_t n = pick(&seed, longest); n; n--)
				buf_add_char(&text, 'x');
			buf_add_str(&text, "\r\n");
		}
		if (pick(&seed, 2))
			buf_add_str(&text, "xyz");
		check("random lines", buf_span(&text));
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_is_there),
		cmocka_unit_test(cuts_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
