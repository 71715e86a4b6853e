#include "mail/mime_header.h"

#include <string.h>

#include "mail/address.h"
#include "mail/mime_lexer.h"
#include "mail/mime_param.h"
#include "mail/mime_words.h"

/* a word that is longer fits no line, whatever is in front of it */
#define WORD_MAX 900

enum kind { KIND_TEXT, KIND_ADDRESSES, KIND_PARAMETERS, KIND_STRUCTURED };

/* a field that is not here is text (RFC 5322 3.6.8) */
static const struct {
	const char *name;
	enum kind kind;
} known_fields[] = {
	{"From", KIND_ADDRESSES},
	{"Sender", KIND_ADDRESSES},
	{"Reply-To", KIND_ADDRESSES},
	{"To", KIND_ADDRESSES},
	{"Cc", KIND_ADDRESSES},
	{"Bcc", KIND_ADDRESSES},
	{"Resent-From", KIND_ADDRESSES},
	{"Resent-Sender", KIND_ADDRESSES},
	{"Resent-To", KIND_ADDRESSES},
	{"Resent-Cc", KIND_ADDRESSES},
	{"Resent-Bcc", KIND_ADDRESSES},
	{"Resent-Reply-To", KIND_ADDRESSES},
	{"Return-Path", KIND_ADDRESSES},
	{"Errors-To", KIND_ADDRESSES},
	{"Return-Receipt-To", KIND_ADDRESSES},
	{"Disposition-Notification-To", KIND_ADDRESSES},
	{"Mail-Followup-To", KIND_ADDRESSES},
	{"Mail-Reply-To", KIND_ADDRESSES},
	{"X-Original-From", KIND_ADDRESSES},
	{"Content-Type", KIND_PARAMETERS},
	{"Content-Disposition", KIND_PARAMETERS},
	{"MIME-Version", KIND_STRUCTURED},
	{"Content-Transfer-Encoding", KIND_STRUCTURED},
	{"Content-ID", KIND_STRUCTURED},
	{"Date", KIND_STRUCTURED},
	{"Resent-Date", KIND_STRUCTURED},
	{"Message-ID", KIND_STRUCTURED},
	{"Resent-Message-ID", KIND_STRUCTURED},
	{"In-Reply-To", KIND_STRUCTURED},
	{"References", KIND_STRUCTURED},
	{"Received", KIND_STRUCTURED},
	{"DKIM-Signature", KIND_STRUCTURED},
	{"ARC-Seal", KIND_STRUCTURED},
	{"ARC-Message-Signature", KIND_STRUCTURED},
	{"ARC-Authentication-Results", KIND_STRUCTURED},
	{"Authentication-Results", KIND_STRUCTURED},
	{"Autocrypt", KIND_STRUCTURED},
	{"List-Id", KIND_STRUCTURED},
	{"List-Post", KIND_STRUCTURED},
	{"List-Help", KIND_STRUCTURED},
	{"List-Archive", KIND_STRUCTURED},
	{"List-Subscribe", KIND_STRUCTURED},
	{"List-Unsubscribe", KIND_STRUCTURED},
};

struct writer {
	struct buf value; /* the new one, on one line */
	struct mime_words words;
	const struct mime_target *target;
	bool needs_utf8;
};

static enum kind kind_of(const struct header_field *field)
{
	for (size_t i = 0; i < ARRAY_LEN(known_fields); i++)
		if (header_is(field, known_fields[i].name))
			return known_fields[i].kind;
	return KIND_TEXT;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t blank_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && is_blank(s.data[n]))
		n++;
	return n;
}

static size_t word_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && !is_blank(s.data[n]))
		n++;
	return n;
}

static bool has_long_line(struct span s)
{
	struct span line;

	while (span_cut(&s, '\n', &line))
		if (line.len > MIME_LINE_MAX + 1) /* the CR */
			return true;
	return false;
}

bool mime_header_is_broken(struct span s)
{
	return span_find(s, '\0') >= 0 || has_long_line(s);
}

bool mime_header_is_foreign(struct span s, const struct mime_target *target)
{
	return span_has_8bit(s) && !(target->has_utf8 && span_is_utf8(s));
}

/* a control octet is as strange as one over 127 */
static bool is_strange(const struct writer *w, struct span word)
{
	return span_has_control(word) || mime_header_is_foreign(word, w->target);
}

static bool is_unfit(const struct writer *w, struct span word)
{
	return word.len > WORD_MAX || is_strange(w, word);
}

static void put_word(struct writer *w, struct span blank, struct span word)
{
	if (is_unfit(w, word))
		mime_words_add_encoded(&w->words, blank, word);
	else
		mime_words_add(&w->words, blank, word);
}

static void put_text(struct writer *w, struct span s)
{
	while (s.len) {
		struct span blank = span_head(s, blank_length(s)), word;

		s = span_from(s, blank.len);
		word = span_head(s, word_length(s));
		put_word(w, blank, word);
		s = span_from(s, word.len);
	}
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static size_t comment_word_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && !is_one_of(s.data[n], " \t()"))
		n += s.data[n] == '\\' ? 2 : 1;
	return n < s.len ? n : s.len;
}

/* Words and blanks between the parentheses of a comment, which may hold others. */
static void put_comment(struct writer *w, struct span blank, struct span s)
{
	while (s.len) {
		size_t n = comment_word_length(s);

		if (n) {
			put_word(w, blank, span_head(s, n));
		} else {
			mime_words_add_special(&w->words, blank, s.data[0]);
			n = 1;
		}
		s = span_from(s, n);
		blank = span_head(s, blank_length(s));
		s = span_from(s, blank.len);
	}
}

/* The local part, or all that is no address. */
static void put_local_part(struct writer *w, struct span blank, struct span word)
{
	if (span_has_8bit(word) && span_is_utf8(word))
		w->needs_utf8 = true;
	put_word(w, blank, word);
}

/* Words that are an address or the part of one behind a quoted local part. */
static void put_address(struct writer *w, struct span blank, struct span word)
{
	struct span domain = word, local;
	struct buf ascii = BUF_INIT(WORD_MAX);

	while (span_find(domain, '@') >= 0)
		(void)span_cut(&domain, '@', &local);
	local = span_head(word, word.len - domain.len);
	if (!is_unfit(w, word)) {
		mime_words_add(&w->words, blank, word);
	} else if (!is_unfit(w, local) && w->target->domain_to_ascii &&
		   w->target->domain_to_ascii(domain, &ascii)) {
		mime_words_add(&w->words, blank, local);
		buf_add_span(&w->value, buf_span(&ascii));
	} else {
		put_local_part(w, blank, word);
	}
	buf_release(&ascii);
}

static void put_quoted(struct writer *w, struct span blank, struct span quoted)
{
	struct buf text = BUF_INIT(MIME_HEADER_MAX);

	if (is_unfit(w, quoted)) {
		mime_param_unquote(&text, quoted);
		mime_words_add_encoded(&w->words, blank, buf_span(&text));
	} else {
		mime_words_add(&w->words, blank, quoted);
	}
	buf_release(&text);
}

/* Up to a blank, a quoted string or a comment. */
static size_t atom_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && !is_one_of(s.data[n], " \t\"("))
		n++;
	return n ? n : 1;
}

enum place { IN_PHRASE, IN_ADDRESS, IN_EITHER };

/* A comment or a quoted string. */
static void put_unit(
	struct writer *w, struct span blank, struct span unit, bool is_local_part)
{
	if (unit.data[0] == '(')
		put_comment(w, blank, unit);
	else if (is_local_part)
		put_local_part(w, blank, unit);
	else
		put_quoted(w, blank, unit);
}

static void put_atom(
	struct writer *w, struct span blank, struct span word, enum place place)
{
	if (place == IN_ADDRESS || (place == IN_EITHER && span_find(word, '@') >= 0))
		put_address(w, blank, word);
	else
		put_word(w, blank, word);
}

/* What stands between two specials of an address list. */
static void put_run(struct writer *w, struct span s, enum place place)
{
	struct mime_lexer l = {.rest = s};

	for (;;) {
		struct span blank = mime_lexer_take(&l, blank_length(l.rest)), word;
		size_t n = l.rest.len ? mime_lexer_unit(&l, 0) : 0;

		if (n == 0) {
			mime_words_add_blank(&w->words, blank);
			return;
		}
		word = mime_lexer_take(&l, n > 1 ? n : atom_length(l.rest));
		if (n > 1)
			put_unit(w, blank, word, span_starts(l.rest, "@"));
		else
			put_atom(w, blank, word, place);
	}
}

static void put_addresses(struct writer *w, struct span s)
{
	struct mime_lexer l = {.rest = s};

	while (l.rest.len) {
		struct span run = mime_lexer_take(&l, mime_lexer_until(&l, ",;:<"));
		struct span special = mime_lexer_take(&l, 1);
		bool is_named = span_is(special, "<") || span_is(special, ":");

		put_run(w, run, is_named ? IN_PHRASE : IN_EITHER);
		if (!special.len)
			return;
		/* RFC 2047 5: no encoded-word touches a special */
		mime_words_add_special(&w->words,
			w->words.end == MIME_WORDS_ENCODED ? SPAN_LIT(" ") : SPAN_NONE,
			special.data[0]);
		if (span_is(special, "<"))
			put_run(w, mime_lexer_take(&l, mime_lexer_until(&l, ">")),
				IN_ADDRESS);
	}
}

/* Up to a blank that no quoted string hides, or to a comment. */
static size_t structured_word_length(struct mime_lexer *l)
{
	size_t n = 0;

	while (n < l->rest.len && !is_blank(l->rest.data[n])) {
		size_t unit = mime_lexer_unit(l, n);

		if (unit > 1 && l->rest.data[n] == '(')
			break;
		n += unit;
	}
	return n;
}

/* Whether `s`, which begins where `l` is, has a quote or parenthesis that nothing closes. */
static bool has_open(struct mime_lexer l, struct span s)
{
	l.rest = s;
	for (size_t n = 0, unit; n < s.len; n += unit) {
		unit = mime_lexer_unit(&l, n);
		if (unit == 1 && is_one_of(s.data[n], "\"("))
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

static void put_structured(struct writer *w, struct mime_lexer l, enum words words)
{
	while (l.rest.len) {
		struct span blank = mime_lexer_take(&l, blank_length(l.rest)), word;
		struct mime_lexer before = l;
		size_t n = 0;

		if (l.rest.len && l.rest.data[0] == '(')
			n = mime_lexer_unit(&l, 0);
		if (n > 1) {
			put_comment(w, blank, mime_lexer_take(&l, n));
			continue;
		}
		word = mime_lexer_take(&l, structured_word_length(&l));
		/* one that is only long is cut where it is folded */
		if (is_strange(w, word) || words == WORDS_ENCODED ||
			(words == WORDS_EXACT && has_open(before, word)))
			mime_words_add_encoded(&w->words, blank, word);
		else
			mime_words_add(&w->words, blank, word);
	}
}

static void put_structured_field(struct writer *w, struct span s)
{
	put_structured(w, (struct mime_lexer){.rest = s}, WORDS_AS_THEY_ARE);
}

static bool is_name(const struct writer *w, struct span s)
{
	return s.len && !is_unfit(w, s) && span_find(s, '"') < 0 && span_find(s, '(') < 0;
}

/*
 * What is no parameter does not become one by the = of an encoded-word behind its first
 * word.
 */
static void put_no_parameter(struct writer *w, struct mime_lexer l)
{
	bool is_odd = is_strange(w, l.rest) || has_open(l, l.rest);

	put_structured(w, l, is_odd ? WORDS_ENCODED : WORDS_EXACT);
}

static void put_parameter(
	struct writer *w, struct mime_lexer l, const struct mime_param *p)
{
	struct buf value = BUF_INIT(MIME_HEADER_MAX);

	mime_param_unquote(&value, p->value);
	if (!is_name(w, p->name)) {
		put_no_parameter(w, l);
	} else if (!is_unfit(w, p->value) && !has_open(l, p->value)) {
		put_structured(w, l, WORDS_EXACT);
	} else if (is_unfit(w, buf_span(&value))) {
		mime_param_add_extended(&w->value, p->name, buf_span(&value));
	} else {
		/* what is strange about it is open or stands behind the value */
		buf_add_span(&w->value, p->name);
		buf_add_char(&w->value, '=');
		address_quote(&w->value, buf_span(&value));
	}
	buf_release(&value);
}

static void put_parameters(struct writer *w, struct span s)
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

/* Where a word that no line holds is cut: best where a blank may stand anyway. */
static size_t cut_length(struct span word)
{
	size_t n;

	if (word.len <= WORD_MAX)
		return word.len;
	for (n = WORD_MAX; n > WORD_MAX / 2; n--)
		if (is_one_of(word.data[n - 1], ",;>"))
			return n;
	return WORD_MAX;
}

static void add_long_word(struct buf *out, struct span word)
{
	while (word.len) {
		struct span part = span_head(word, cut_length(word));

		buf_add_str(out, "\r\n ");
		buf_add_span(out, part);
		word = span_from(word, part.len);
	}
}

static void add_folded(struct buf *out, struct span name, struct span value)
{
	struct span blank = SPAN_LIT(" "); /* behind the colon */
	size_t column = name.len + 1, max = WORD_MAX;

	buf_add_span(out, name);
	buf_add_char(out, ':');
	for (; value.len; max = HEADER_LINE_MAX) {
		struct span word = span_head(value, word_length(value));

		if (blank.len + word.len > WORD_MAX) {
			add_long_word(out, word);
			column = HEADER_LINE_MAX;
		} else {
			if (column + blank.len + word.len > max) {
				buf_add_str(out, "\r\n");
				column = 0;
			}
			buf_add_span(out, blank);
			buf_add_span(out, word);
			column += blank.len + word.len;
		}
		value = span_from(value, word.len);
		blank = span_head(value, blank_length(value));
		value = span_from(value, blank.len);
	}
	buf_add_str(out, "\r\n");
}

bool mime_header_add_fit(struct buf *out, const struct header_field *field,
	const struct mime_target *target)
{
	static void (*const put[])(struct writer * w, struct span s) = {
		[KIND_TEXT] = put_text,
		[KIND_ADDRESSES] = put_addresses,
		[KIND_PARAMETERS] = put_parameters,
		[KIND_STRUCTURED] = put_structured_field,
	};
	struct writer w = {.target = target};
	struct buf line = BUF_INIT(MIME_HEADER_MAX);

	buf_init(&w.value, 8 * MIME_HEADER_MAX);
	mime_words_init(&w.words, &w.value);
	header_unfold(&line, field->value);
	put[kind_of(field)](&w, span_trim(buf_span(&line)));
	mime_words_flush(&w.words);
	add_folded(out, field->name, span_trim(buf_span(&w.value)));
	mime_words_release(&w.words);
	buf_release(&w.value);
	buf_release(&line);
	return !w.needs_utf8;
}
