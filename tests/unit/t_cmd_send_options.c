#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "cmd/send_options.h"

#define WORDS_MAX 12

static int parse(struct send_options *ret, const char *const *words, struct fault *f)
{
	char *argv[WORDS_MAX + 1] = {NULL};
	int argc = 0;

	for (; argc < WORDS_MAX && words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	return send_options_parse(ret, argc, argv, f);
}

/* the lists of a command line as one text: "to|cc|bcc|fields|files" */
static void describe(const struct send_options *o, struct buf *out)
{
	const struct strv *lists[] = {
		&o->to, &o->cc, &o->bcc, &o->fields, &o->attachments};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (size_t k = 0; k < lists[i]->count; k++)
			buf_addf(out, "%s%s", k ? "+" : "", lists[i]->items[k]);
		buf_add_char(out, '|');
	}
	buf_addf(out, "%s|%s|%s%s%s%s", o->subject ? o->subject : "-",
		o->from ? o->from : "-", o->is_html ? "html" : "",
		o->is_verbose ? "verbose" : "", o->requires_tls ? "tls" : "",
		o->wants_help ? "help" : "");
}

static void test_forms(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *means;
	} rows[] = {
		{{"send", "a", "b"}, "a+b|||||-|-|"},
		{{"send", "-s", "S", "a"}, "a|||||S|-|"},
		{{"send", "a", "-s", "S"}, "a|||||S|-|"},
		{{"send", "-sS", "a"}, "a|||||S|-|"},
		{{"send", "--subject", "S", "a"}, "a|||||S|-|"},
		{{"send", "--subject=S=T", "a"}, "a|||||S=T|-|"},
		{{"send", "--subject=", "a"}, "a||||||-|"},
		{{"send", "-s", "", "a"}, "a||||||-|"},
		{{"send", "-s", "-x", "a"}, "a|||||-x|-|"},
		{{"send", "-s", "1", "-s", "2", "a"}, "a|||||2|-|"},
		{{"send", "-a", "f", "-ag", "--attach=h", "a"}, "a||||f+g+h|-|-|"},
		{{"send", "-c", "c", "-b", "b", "-t", "t", "a"}, "t+a|c|b|||-|-|"},
		{{"send", "-b", "b"}, "||b|||-|-|"},
		{{"send", "-c", "c"}, "|c||||-|-|"},
		{{"send", "-f", "me", "-H", "X: y", "a"}, "a|||X: y||-|me|"},
		{{"send", "-v", "--html", "a"}, "a|||||-|-|htmlverbose"},
		{{"send", "--require-tls", "a"}, "a|||||-|-|tls"},
		{{"send", "-vsS", "a"}, "a|||||S|-|verbose"},
		{{"send", "--", "-a", "--html"}, "-a+--html|||||-|-|"},
		{{"send", "-", "a"}, "-+a|||||-|-|"},
		{{"send", "--help"}, "|||||-|-|help"},
		{{"send", "-h"}, "|||||-|-|help"},
	};
	struct buf text = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct send_options o;
		struct fault f;

		if (parse(&o, rows[i].words, &f) < 0)
			fail_msg("row %zu: %s", i, f.text);
		buf_reset(&text);
		describe(&o, &text);
		assert_string_equal(buf_str(&text), rows[i].means);
		send_options_release(&o);
	}
	buf_release(&text);
}

static void test_refused(void **state)
{
	static const char *const rows[][WORDS_MAX] = {
		{"send"},
		{"send", "-s", "subject alone"},
		{"send", "a", "-s"},
		{"send", "a", "--attach"},
		{"send", "--html=yes", "a"},
		{"send", "--nosuch", "a"},
		{"send", "--=x", "a"},
		{"send", "-z", "a"},
		{"send", "-vz", "a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct send_options o;
		struct fault f;

		if (parse(&o, rows[i], &f) == 0)
			fail_msg("row %zu is accepted", i);
		assert_int_equal(f.kind, FAULT_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
