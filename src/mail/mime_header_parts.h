/*
 * The parts of making a header field fit. Of use to mail/mime_header*.c only.
 */
#ifndef MAIL_MIME_HEADER_PARTS_H
#define MAIL_MIME_HEADER_PARTS_H

#include <stdbool.h>

#include "mail/mime_header.h"
#include "mail/mime_words.h"

/* a word that is longer fits no line, whatever is in front of it */
#define MIME_HEADER_WORD_MAX 900

struct mime_header_writer {
	struct buf value; /* the new one, on one line */
	struct mime_words words;
	const struct mime_target *target;
	bool needs_utf8;
};

/* Octets that `w->target` does not take: a control octet is as strange as one over 127. */
bool mime_header_is_strange(const struct mime_header_writer *w, struct span word);

/* Such octets, or more of them than a line may have. */
bool mime_header_is_unfit(const struct mime_header_writer *w, struct span word);

/* How many blanks `s` begins with. */
size_t mime_header_blank_length(struct span s);

/*
 * Write a comment, behind `blank`: the words between its parentheses and those of the comments
 * in it.
 */
void mime_header_put_comment(
	struct mime_header_writer *w, struct span blank, struct span s);

/* Write a value on one line: of a field with syntax of its own, of one with parameters. */
void mime_header_put_structured(struct mime_header_writer *w, struct span s);
void mime_header_put_parameters(struct mime_header_writer *w, struct span s);

#endif
