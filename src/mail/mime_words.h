/*
 * Words of a header field on their way out, some of them as encoded-words (RFC 2047). Of
 * use to mail/mime_header.c only.
 */
#ifndef MAIL_MIME_WORDS_H
#define MAIL_MIME_WORDS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* the last thing that was written: nothing that matters, something, an encoded-word */
enum mime_words_end { MIME_WORDS_BEGIN, MIME_WORDS_WORD, MIME_WORDS_ENCODED };

struct mime_words {
	struct buf *out;
	struct buf run; /* text that waits to be encoded with what follows */
	bool has_run;
	enum mime_words_end end; /* the last thing in `out` */
};

void mime_words_init(struct mime_words *w, struct buf *out);
void mime_words_release(struct mime_words *w);

/*
 * The next word, behind `blank` (may be empty): as it is, or encoded. Blanks between
 * encoded-words are not seen by readers (RFC 2047 6.2), so those between words that are
 * encoded go into them.
 */
void mime_words_add(struct mime_words *w, struct span blank, struct span word);
void mime_words_add_encoded(struct mime_words *w, struct span blank, struct span text);

/* Write what waits; the end follows, or something else than a word. */
void mime_words_flush(struct mime_words *w);

/* The same, then blanks (may be none) that no word follows. */
void mime_words_add_blank(struct mime_words *w, struct span blank);

/* Write what waits, then a special; only a '(' may be touched by an encoded-word behind it. */
void mime_words_add_special(struct mime_words *w, struct span blank, char c);

#endif
