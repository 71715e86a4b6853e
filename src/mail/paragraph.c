#include "mail/paragraph.h"

#include <string.h>

#define COLUMNS  76
#define WORD_MAX 900 /* a longer word is broken: a line has 998 (RFC 5322 2.1.1) */

/* Take a piece off `*word` that fits a line and is whole characters. */
static struct span take_piece(struct span *word)
{
	struct span piece = span_head(*word, WORD_MAX);

	if (word->len > WORD_MAX)
		while (((unsigned char)word->data[piece.len] & 0xc0) == 0x80)
			piece.len--;
	*word = span_from(*word, piece.len);
	return piece;
}

void paragraph_add(struct buf *out, const char *indent, struct span text)
{
	size_t column = 0;
	struct span word;

	while (span_word(&text, &word)) {
		while (word.len) {
			struct span piece = take_piece(&word);

			if (column && column + 1 + piece.len > COLUMNS) {
				buf_add_str(out, "\r\n");
				column = 0;
			}
			buf_add_str(out, column ? " " : indent);
			column += (column ? 1 : strlen(indent)) + piece.len;
			buf_add_span(out, piece);
		}
	}
	buf_add_str(out, "\r\n");
}
