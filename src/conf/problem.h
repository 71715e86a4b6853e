/*
 * What is wrong with the configuration: all of it, in the order it was found.
 */
#ifndef CONF_PROBLEM_H
#define CONF_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

/* Further problems are counted, not kept: a binary file is not worth more memory. */
#define CONF_PROBLEMS_MAX     100
#define CONF_PROBLEM_TEXT_MAX 1024

struct conf_problem {
	char *where;   /* a file or a variable, cleaned; NULL: none is meant */
	unsigned line; /* 0: the file as a whole */
	char *key;     /* "[relay] port"; NULL where none is meant */
	char *text;    /* what is wrong; what would be right. Never a value */
	bool is_warning;
};

struct conf_problems {
	struct conf_problem *items;
	size_t count;
	size_t cap;
	size_t errors;   /* all that were found, warnings apart */
	size_t warnings; /* the same for warnings */
	bool is_unread; /* a file could not be read just now: nobody knows what it says */
};

/* Where a problem is, for conf_problems_add. All is copied. */
struct conf_place {
	const char *where;
	unsigned line;
	struct span section; /* empty: no key is meant */
	struct span key;     /* empty: the section as a whole */
};

/* Add a mistake, and what is only worth a warning. */
void conf_problems_add(struct conf_problems *p, const struct conf_place *at,
	const char *fmt, ...) PRINTF_LIKE(3, 4);
void conf_problems_warn(struct conf_problems *p, const struct conf_place *at,
	const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Free all; the list is empty and may be used again. */
void conf_problems_release(struct conf_problems *p);

/* Append "FILE:LINE: [section] key: what is wrong; what would be right", no newline. */
void conf_problem_format(struct buf *out, const struct conf_problem *p);

#endif
