#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "conf/url.h"

struct url_case {
	const char *text;
	const char *parts; /* scheme|user|password|host|port|path; NULL: refused */
};

static const struct url_case cases[] = {
	{"smtp://a", "smtp|-|-|a|0|"},
	{"smtp+starttls://a.example:587/", "smtp+starttls|-|-|a.example|587|/"},
	{"socks5://u:p@[::1]:1080", "socks5|u|p|::1|1080|"},
	{"x://u@a", "x|u|-|a|0|"},
	{"x://u@b.example@a", "x|u@b.example|-|a|0|"},
	{"x://:p@a", "x||p|a|0|"},
	{"x://@a", "x||-|a|0|"},
	{"x://u:p:q@a", "x|u|p:q|a|0|"},
	{"lmtp:///run/x y", "lmtp|-|-||0|/run/x y"},
	{"x://a/b@c:1", "x|-|-|a|0|/b@c:1"},
	{"", NULL},
	{"a", NULL},
	{"a.example:25", NULL},
	{"://a", NULL},
	{"1x://a", NULL},
	{"x y://a", NULL},
	{"x:/a", NULL},
	{"x://", NULL},
	{"x://u@", NULL},
	{"x://a:0", NULL},
	{"x://a:65536", NULL},
	{"x://a:b", NULL},
	{"x://::1", "x|-|-|::1|0|"},
	{"x://a b", NULL},
	{"x://a?b", NULL},
	{"x://a#b", NULL},
	{"x://-a", NULL},
};

static void add_part(struct buf *out, struct span part)
{
	if (part.data)
		buf_add_span(out, part);
	else
		buf_add_char(out, '-');
	buf_add_char(out, '|');
}

static void takes_urls_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf parts = BUF_INIT(256);
		struct url url;
		int rc = url_parse(span_of(cases[i].text), &url);

		if (rc != (cases[i].parts ? 0 : -1))
			fail_msg("%s", cases[i].text);
		if (rc == 0) {
			add_part(&parts, url.scheme);
			add_part(&parts, url.user);
			add_part(&parts, url.password);
			buf_addf(&parts, "%.*s|%u|%.*s", SPAN_ARGS(url.host), url.port,
				SPAN_ARGS(url.path));
			assert_string_equal(buf_str(&parts), cases[i].parts);
		}
		buf_release(&parts);
	}
}

static void decodes(void **state)
{
	static const char *const texts[][2] = {
		{"", ""},
		{"joe", "joe"},
		{"joe%40b%2525", "joe@b%25"},
		{"%c3%BC", "\xc3\xbc"},
		{"%", NULL},
		{"a%4", NULL},
		{"%zz", NULL},
		{"%4z", NULL},
		{"%00", NULL},
		{"a%0d", NULL},
		{"123456789", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf out = BUF_INIT(8);
		int rc = url_decode(span_of(texts[i][0]), &out);

		assert_int_equal(rc, texts[i][1] ? 0 : -1);
		if (texts[i][1])
			assert_string_equal(buf_str(&out), texts[i][1]);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_urls_apart),
		cmocka_unit_test(decodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
