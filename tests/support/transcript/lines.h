/*
 * The lines of a transcript (tests/transcripts/README.md): directive and rest, with
 * repetitions written out and escapes undone.
 */
#ifndef TRANSCRIPT_LINES_H
#define TRANSCRIPT_LINES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define TRANSCRIPT_FILE_MAX  (1024 * 1024)
#define TRANSCRIPT_LINES_MAX 200000

struct transcript_line {
	unsigned number; /* in the file, from 1 */
	struct buf directive;
	struct buf rest;
};

struct transcript_lines {
	const char *path;
	struct transcript_line *items;
	size_t count;
	size_t cap;
};

/* Read a file; a mistake in it ends the program. */
void transcript_lines_load(struct transcript_lines *ret, const char *path);

void transcript_lines_release(struct transcript_lines *lines);

/* Say what is wrong with the line and end the program with exit code 1. */
__attribute__((noreturn)) void transcript_fail(const struct transcript_lines *lines,
	const struct transcript_line *line, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
