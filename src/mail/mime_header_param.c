#include "mail/mime_header_parts.h"

#include <string.h>

#include "mail/address.h"
#include "mail/mime_lexer.h"
#include "mail/mime_param.h"

/* Up to a blank that no quoted string hides, or to a comment. */
static size_t word_length(struct mime_lexer *l)
{
	size_t n = 0;

	while (n < l->rest.len && l->rest.data[n] != ' ' && l->rest.data[n] != '\t') {
		size_t unit = mime_lexer_unit(l, n);

		if (unit > 1 && l->rest.data[n] == '(')
			break;
		n += unit;
	}
	return n;
}

/* The same, or up to what ends a token: what is behind it does not take it along. */
static size_t token_length(struct mime_lexer *l)
{
	size_t n = 0;

	while (n < l->rest.len &&
		!(l->rest.data[n] && strchr(MIME_TOKEN_ENDS, l->rest.data[n])))
		n++;
	return n ? n : word_length(l);
}

/* Whether `s`, which begins where `l` is, has a quote or parenthesis that nothing closes. */
static bool has_open(struct mime_lexer l, struct span s)
{
	l.rest = s;
	for (size_t n = 0, unit; n < s.len; n += unit) {
		unit = mime_lexer_unit(&l, n);
		if (unit == 1 && (s.data[n] == '"' || s.data[n] == '('))
			return true;
	}
	return false;
}

enum words {
	WORDS_AS_THEY_ARE,
	/*
	 * All stays hidden that quotes and comments hide, and nothing else; so what is open
	 * does not stay beside others that come or go.
	 */
	WORDS_EXACT,
	WORDS_ENCODED,
};

static void put_structured(
	struct mime_header_writer *w, struct mime_lexer l, enum words words)
{
	while (l.rest.len) {
		struct span blank = mime_lexer_take(&l, mime_header_blank_length(l.rest)),
			    word;
		struct mime_lexer before = l;
		size_t n = 0;

		if (l.rest.len && l.rest.data[0] == '(')
			n = mime_lexer_unit(&l, 0);
		if (n > 1) {
			mime_header_put_comment(w, blank, mime_lexer_take(&l, n));
			continue;
		}
		word = mime_lexer_take(&l,
			words == WORDS_AS_THEY_ARE ? word_length(&l) : token_length(&l));
		/* one that is only long is cut where it is folded */
		if (mime_header_is_strange(w, word) || words == WORDS_ENCODED ||
			(words == WORDS_EXACT && has_open(before, word)))
			mime_words_add_encoded(&w->words, blank, word);
		else
			mime_words_add(&w->words, blank, word);
	}
}

void mime_header_put_structured(struct mime_header_writer *w, struct span s)
{
	put_structured(w, (struct mime_lexer){.rest = s}, WORDS_AS_THEY_ARE);
}

static bool is_name(const struct mime_header_writer *w, struct span s)
{
	return s.len && !mime_header_is_unfit(w, s) && span_find(s, '"') < 0 &&
	       span_find(s, '(') < 0;
}

/*
 * What is no parameter does not become one by the = of an encoded-word behind its first
 * word.
 */
static void put_no_parameter(struct mime_header_writer *w, struct mime_lexer l)
{
	bool is_odd = mime_header_is_strange(w, l.rest) || has_open(l, l.rest);

	put_structured(w, l, is_odd ? WORDS_ENCODED : WORDS_EXACT);
}

static void put_quoted(struct mime_header_writer *w, struct span name, struct span value)
{
	buf_add_span(&w->value, name);
	buf_add_char(&w->value, '=');
	address_quote(&w->value, value);
}

/*
 * A boundary that no line can have. It stays the one that counts, which an extended one would
 * not: readers know none.
 */
static void put_hopeless(
	struct mime_header_writer *w, struct span name, struct span value)
{
	struct buf text = BUF_INIT(8 * MIME_HEADER_MAX);

	header_add_encoded(&text, value);
	put_quoted(w, name, buf_span(&text));
	buf_release(&text);
}

static void put_parameter(
	struct mime_header_writer *w, struct mime_lexer l, const struct mime_param *p)
{
	struct buf value = BUF_INIT(MIME_HEADER_MAX);

	mime_param_unquote(&value, p->value);
	if (!is_name(w, p->name)) {
		put_no_parameter(w, l);
	} else if (!mime_header_is_unfit(w, p->value) && !has_open(l, p->value)) {
		put_structured(w, l, WORDS_EXACT);
	} else if (mime_header_is_unfit(w, buf_span(&value)) &&
		   span_iis(p->name, "boundary")) {
		put_hopeless(w, p->name, buf_span(&value));
	} else if (mime_header_is_unfit(w, buf_span(&value))) {
		mime_param_add_extended(&w->value, p->name, buf_span(&value));
	} else {
		/* what is strange about it is open or stands behind the value */
		put_quoted(w, p->name, buf_span(&value));
	}
	buf_release(&value);
}

void mime_header_put_parameters(struct mime_header_writer *w, struct span s)
{
	struct mime_lexer l = {.rest = s}, before = l;
	struct mime_param p;

	for (bool is_first = true; mime_param_next(&l, &p);
		is_first = false, before = l) {
		before.rest = p.whole;
		if (is_first) {
			put_structured(w, before, WORDS_EXACT);
		} else if (p.whole.len) {
			mime_words_add_special(&w->words, SPAN_NONE, ';');
			mime_words_add_blank(&w->words, SPAN_LIT(" "));
			put_parameter(w, before, &p);
		}
	}
}
