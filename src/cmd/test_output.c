#include "cmd/test_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"

#define JSON_MAX (1024 * 1024)

/* ECMA-48 8.3.117 */
#define DIM   "\033[2m"
#define BOLD  "\033[1m"
#define RED   "\033[31m"
#define GREEN "\033[32m"
#define BLUE  "\033[34m"
#define RESET "\033[0m"

enum test_style test_style_choose(bool is_json)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (is_json)
		return TEST_JSON;
	if (!isatty(STDOUT_FILENO) || !term || strcmp(term, "dumb") == 0 ||
		(no_color && *no_color))
		return TEST_PLAIN;
	return TEST_COLOURED;
}

/* At once: who watches a time-out wants to know what for. */
static void end_line(void)
{
	(void)putchar('\n');
	(void)fflush(stdout);
}

static void show_plain(const char *line)
{
	(void)fputs(line, stdout);
	end_line();
}

/* What deliver/flush.h shows begins with who says it. */
static const struct {
	const char *mark;
	const char *colour;
	const char *name;
} speakers[] = {
	{">>> ", BLUE, "said"},
	{"<<< ", DIM, "heard"},
	{"=== ", BOLD, "note"},
};

static void show_coloured(const char *line)
{
	const char *colour = "";

	for (size_t i = 0; i < ARRAY_LEN(speakers); i++)
		if (span_starts(span_of(line), speakers[i].mark))
			colour = speakers[i].colour;
	(void)printf("%s%s%s", colour, line, RESET);
	end_line();
}

static void print_json(const char *name, struct span text)
{
	struct buf out = BUF_INIT(JSON_MAX);

	buf_addf(&out, "{\"event\": \"%s\", \"text\": ", name);
	json_add_string(&out, text);
	buf_add_char(&out, '}');
	show_plain(buf_str(&out));
	buf_release(&out);
}

static void show_json(const char *line)
{
	struct span text = span_of(line);

	for (size_t i = 0; i < ARRAY_LEN(speakers); i++) {
		if (!span_starts(text, speakers[i].mark))
			continue;
		print_json(speakers[i].name, span_from(text, strlen(speakers[i].mark)));
		return;
	}
	print_json("note", text);
}

void (*test_output_show(enum test_style style))(const char *line)
{
	static void (*const shows[])(const char *line) = {
		[TEST_PLAIN] = show_plain,
		[TEST_COLOURED] = show_coloured,
		[TEST_JSON] = show_json,
	};

	return shows[style];
}

void test_output_hear(void *ctx, const char *label, const char *text)
{
	const enum test_style *style = ctx;

	if (*style == TEST_JSON) {
		print_json(label, span_of(text));
		return;
	}
	(void)printf("%-10s %s", label, text);
	end_line();
}

static void print_json_verdict(const char *text, int code)
{
	struct buf out = BUF_INIT(JSON_MAX);

	buf_addf(&out, "{\"event\": \"verdict\", \"flows\": %s, \"code\": %d, \"text\": ",
		code ? "false" : "true", code);
	json_add_text(&out, text);
	buf_add_char(&out, '}');
	show_plain(buf_str(&out));
	buf_release(&out);
}

void test_output_verdict(enum test_style style, const char *text, int code)
{
	if (style == TEST_JSON) {
		print_json_verdict(text, code);
		return;
	}
	if (style == TEST_COLOURED)
		(void)printf(BOLD "%s%s" RESET, code ? RED : GREEN, text);
	else
		(void)fputs(text, stdout);
	end_line();
}
