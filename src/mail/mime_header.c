#include "mail/mime_header.h"

#include <string.h>

#include "mail/address.h"
#include "mail/mime_header_parts.h"
#include "mail/mime_lexer.h"
#include "mail/mime_param.h"
#include "mail/mime_words.h"

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

size_t mime_header_blank_length(struct span s)
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

bool mime_header_is_strange(const struct mime_header_writer *w, struct span word)
{
	return span_has_control(word) || mime_header_is_foreign(word, w->target);
}

bool mime_header_is_unfit(const struct mime_header_writer *w, struct span word)
{
	return word.len > MIME_HEADER_WORD_MAX || mime_header_is_strange(w, word);
}

static void put_word(struct mime_header_writer *w, struct span blank, struct span word)
{
	if (mime_header_is_unfit(w, word))
		mime_words_add_encoded(&w->words, blank, word);
	else
		mime_words_add(&w->words, blank, word);
}

static void put_text(struct mime_header_writer *w, struct span s)
{
	while (s.len) {
		struct span blank = span_head(s, mime_header_blank_length(s)), word;

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

void mime_header_put_comment(
	struct mime_header_writer *w, struct span blank, struct span s)
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
		blank = span_head(s, mime_header_blank_length(s));
		s = span_from(s, blank.len);
	}
}

/* The local part, or all that is no address. */
static void put_local_part(
	struct mime_header_writer *w, struct span blank, struct span word)
{
	if (span_has_8bit(word) && span_is_utf8(word))
		w->needs_utf8 = true;
	put_word(w, blank, word);
}

/* Words that are an address or the part of one behind a quoted local part. */
static void put_address(struct mime_header_writer *w, struct span blank, struct span word)
{
	struct span domain = word, local;
	struct buf ascii = BUF_INIT(MIME_HEADER_WORD_MAX);

	while (span_find(domain, '@') >= 0)
		(void)span_cut(&domain, '@', &local);
	local = span_head(word, word.len - domain.len);
	if (!mime_header_is_unfit(w, word)) {
		mime_words_add(&w->words, blank, word);
	} else if (!mime_header_is_unfit(w, local) && w->target->domain_to_ascii &&
		   w->target->domain_to_ascii(domain, &ascii)) {
		mime_words_add(&w->words, blank, local);
		buf_add_span(&w->value, buf_span(&ascii));
	} else {
		put_local_part(w, blank, word);
	}
	buf_release(&ascii);
}

static void put_quoted(
	struct mime_header_writer *w, struct span blank, struct span quoted)
{
	struct buf text = BUF_INIT(MIME_HEADER_MAX);

	if (mime_header_is_unfit(w, quoted)) {
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
static void put_unit(struct mime_header_writer *w, struct span blank, struct span unit,
	bool is_local_part)
{
	if (unit.data[0] == '(')
		mime_header_put_comment(w, blank, unit);
	else if (is_local_part)
		put_local_part(w, blank, unit);
	else
		put_quoted(w, blank, unit);
}

static void put_atom(struct mime_header_writer *w, struct span blank, struct span word,
	enum place place)
{
	if (place == IN_ADDRESS || (place == IN_EITHER && span_find(word, '@') >= 0))
		put_address(w, blank, word);
	else
		put_word(w, blank, word);
}

/* What stands between two specials of an address list. */
static void put_run(struct mime_header_writer *w, struct span s, enum place place)
{
	struct mime_lexer l = {.rest = s};

	for (;;) {
		struct span blank = mime_lexer_take(&l, mime_header_blank_length(l.rest)),
			    word;
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

static void put_addresses(struct mime_header_writer *w, struct span s)
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

/* Where a word that no line holds is cut: best where a blank may stand anyway. */
static size_t cut_length(struct span word)
{
	size_t n;

	if (word.len <= MIME_HEADER_WORD_MAX)
		return word.len;
	for (n = MIME_HEADER_WORD_MAX; n > MIME_HEADER_WORD_MAX / 2; n--)
		if (is_one_of(word.data[n - 1], ",;>"))
			return n;
	return MIME_HEADER_WORD_MAX;
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
	size_t column = name.len + 1, max = MIME_HEADER_WORD_MAX;

	buf_add_span(out, name);
	buf_add_char(out, ':');
	for (; value.len; max = HEADER_LINE_MAX) {
		struct span word = span_head(value, word_length(value));

		if (blank.len + word.len > MIME_HEADER_WORD_MAX) {
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
		blank = span_head(value, mime_header_blank_length(value));
		value = span_from(value, blank.len);
	}
	buf_add_str(out, "\r\n");
}

bool mime_header_add_fit(struct buf *out, const struct header_field *field,
	const struct mime_target *target)
{
	static void (*const put[])(struct mime_header_writer * w, struct span s) = {
		[KIND_TEXT] = put_text,
		[KIND_ADDRESSES] = put_addresses,
		[KIND_PARAMETERS] = mime_header_put_parameters,
		[KIND_STRUCTURED] = mime_header_put_structured,
	};
	struct mime_header_writer w = {.target = target};
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
