/*
 * How nullmta test shows what happens: for a person, in colours on a terminal that has them,
 * or as JSON, an object a line.
 */
#ifndef CMD_TEST_OUTPUT_H
#define CMD_TEST_OUTPUT_H

#include <stdbool.h>

enum test_style { TEST_PLAIN, TEST_COLOURED, TEST_JSON };

/* Colours where stdout is a terminal and neither NO_COLOR nor TERM speaks against it. */
enum test_style test_style_choose(bool is_json);

/* For struct flush: shows a line of it. */
void (*test_output_show(enum test_style style))(const char *line);

/* For struct telling; `ctx` is an enum test_style. */
void test_output_hear(void *ctx, const char *label, const char *text);

/* The last line. `text` is cleaned already; `code` the exit code. */
void test_output_verdict(enum test_style style, const char *text, int code);

#endif
