#include "mail/mime_words.h"

#include "mail/header.h"
#include "mail/mime.h"

void mime_words_init(struct mime_words *w, struct buf *out)
{
	*w = (struct mime_words){.out = out};
	buf_init(&w->run, MIME_HEADER_MAX);
}

void mime_words_release(struct mime_words *w)
{
	buf_release(&w->run);
}

static bool is_encoded_word(struct span word)
{
	return word.len > 6 && span_starts(word, "=?") && span_ends(word, "?=");
}

void mime_words_flush(struct mime_words *w)
{
	if (!w->has_run)
		return;
	header_add_encoded(w->out, buf_span(&w->run));
	buf_reset(&w->run);
	w->has_run = false;
	w->end = MIME_WORDS_ENCODED;
}

void mime_words_add_blank(struct mime_words *w, struct span blank)
{
	mime_words_flush(w);
	buf_add_span(w->out, blank);
	if (blank.len)
		w->end = MIME_WORDS_BEGIN;
}

void mime_words_add_special(struct mime_words *w, struct span blank, char c)
{
	mime_words_flush(w);
	buf_add_span(w->out, blank);
	buf_add_char(w->out, c);
	w->end = c == '(' ? MIME_WORDS_BEGIN : MIME_WORDS_WORD;
}

void mime_words_add(struct mime_words *w, struct span blank, struct span word)
{
	bool is_encoded = is_encoded_word(word);

	if (w->has_run && is_encoded) {
		buf_add_span(&w->run, blank);
		blank = SPAN_LIT(" ");
	}
	mime_words_flush(w);
	/* RFC 2047 5: a blank stands between an encoded-word and what is not one */
	if (w->end == MIME_WORDS_ENCODED && blank.len == 0)
		blank = SPAN_LIT(" ");
	buf_add_span(w->out, blank);
	buf_add_span(w->out, word);
	w->end = is_encoded ? MIME_WORDS_ENCODED : MIME_WORDS_WORD;
}

void mime_words_add_encoded(struct mime_words *w, struct span blank, struct span text)
{
	if (w->has_run || w->end == MIME_WORDS_ENCODED) {
		if (!w->has_run)
			buf_add_char(w->out, ' ');
		buf_add_span(&w->run, blank);
	} else {
		if (w->end == MIME_WORDS_WORD && blank.len == 0)
			blank = SPAN_LIT(" ");
		buf_add_span(w->out, blank);
	}
	buf_add_span(&w->run, text);
	w->has_run = true;
}
