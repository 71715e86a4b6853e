#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "mail/media_type.h"

static void test_by_the_end_of_the_name(void **state)
{
	static const struct {
		const char *name;
		const char *type;
	} rows[] = {
		{"report.pdf", "application/pdf"},
		{"PHOTO.JPG", "image/jpeg"},
		{"backup.tar.gz", "application/gzip"},
		{"notes.txt", "text/plain"},
		{".txt", NULL}, /* a hidden file of no type */
		{"txt", NULL},
		{"a.", NULL},
		{"", NULL},
		{"a.nosuchtype", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *type = media_type_find(span_of(rows[i].name));

		if (!rows[i].type ? type != NULL
				  : !type || !span_is(span_of(type), rows[i].type))
			fail_msg("%s is %s", rows[i].name, type ? type : "unknown");
	}
}

static const char table[] = "# a comment nosuch\n"
			    "\n"
			    "application/x-nothing\n"
			    "application/x-one\t\tone uno\n"
			    "application/x-two two # three\n"
			    "message/rfc822 eml\n"
			    "multipart/mixed mix\n"
			    "not-a-type bad\n"
			    "text/evil\";x worse\n"
			    "image/ empty\n"
			    "application/x-last LAST";

static void test_in_a_table(void **state)
{
	static const struct {
		const char *name;
		const char *type;
	} rows[] = {
		{"a.one", "application/x-one"},
		{"a.UNO", "application/x-one"},
		{"a.two", "application/x-two"},
		{"a.last", "application/x-last"},
		{"a.three", NULL},
		{"a.nosuch", NULL},
		{"a.eml", NULL}, /* never in base64: RFC 2046 5.2.1 */
		{"a.mix", NULL},
		{"a.bad", NULL},
		{"a.worse", NULL},
		{"a.empty", NULL},
		{"one", NULL},
	};
	struct buf type = BUF_INIT(MEDIA_TYPE_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool is_found =
			media_type_search(SPAN_LIT(table), span_of(rows[i].name), &type);

		if (is_found != (rows[i].type != NULL) ||
			(is_found && !span_is(buf_span(&type), rows[i].type)))
			fail_msg("%s is %s", rows[i].name,
				is_found ? buf_str(&type) : "unknown");
	}
	buf_release(&type);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_the_end_of_the_name),
		cmocka_unit_test(test_in_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
