#include "conf/scan.h"

#include "base/text.h"

static const char bom[] = "\xef\xbb\xbf";

void scan_init(struct scan *s, struct span text)
{
	*s = (struct scan){.text = text, .rest = text};
}

static enum scan_kind wrong(struct scan_item *item, const char *why)
{
	item->wrong = why;
	item->kind = SCAN_WRONG;
	return item->kind;
}

/*
 * What a key may be made of: what addresses are (RFC 5322 3.2.3, RFC 6532 3.2). Not the # of
 * a comment; and a = ends the key.
 */
#define KEY_OTHERS "!$%&'*+-/?^_`{|}~.@"

static bool is_key(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (!text_is_alpha(c) && !text_is_digit(c) && (unsigned char)c < 0x80 &&
			span_find(SPAN_LIT(KEY_OTHERS), c) < 0)
			return false;
	}
	return s.len > 0 && span_is_utf8(s);
}

/* iniparser takes the quotes for a part of the key. */
static bool is_quoted(struct span s)
{
	return (span_starts(s, "\"") && span_ends(s, "\"")) ||
	       (span_starts(s, "'") && span_ends(s, "'"));
}

/* Only letters, digits and the octets of `others`. */
static bool is_made_of(struct span s, const char *others)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (!text_is_alpha(c) && !text_is_digit(c) &&
			span_find(span_of(others), c) < 0)
			return false;
	}
	return true;
}

/* Any but the tab, which is as good as a space between words. */
static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (text_is_control(s.data[i]) && s.data[i] != '\t')
			return true;
	return false;
}

/* What spoils a line whatever it means, a comment too; NULL when it is fine. */
static const char *line_fault(struct span line, struct span trimmed)
{
	if (line.len > SCAN_LINE_MAX)
		return "the line is longer than 1000 octets";
	if (has_control(trimmed))
		return "a control character in the line; the file must be plain text";
	if (span_ends(trimmed, "\\"))
		return "a backslash at the end would join this line with the next; "
		       "remove it";
	return NULL;
}

static enum scan_kind scan_section(
	struct scan *s, struct span trimmed, struct scan_item *item)
{
	ptrdiff_t end = span_find(trimmed, ']');
	struct span name;

	s->is_section_wrong = true;
	if (end < 0)
		return wrong(item, "the ] that closes the section's name is missing");
	if ((size_t)end != trimmed.len - 1)
		return wrong(
			item, "text behind the ]; comments stand on lines of their own");
	name = span_trim(span_from(span_head(trimmed, (size_t)end), 1));
	/* no colon: iniparser puts one between section and key */
	if (name.len == 0 || !is_made_of(name, "_-.@* "))
		return wrong(item, "not a section's name; write it like [relay]");
	s->is_section_wrong = false;
	s->section = name;
	item->section = name;
	item->kind = SCAN_SECTION;
	return item->kind;
}

/* Take the value out of its quotes; NULL or what is wrong with it. */
static const char *unquote(struct span text, struct span *ret_value)
{
	char quote = text.len ? text.data[0] : '\0';
	ptrdiff_t end;

	if (quote != '"' && quote != '\'') {
		*ret_value = text;
		if (span_find(text, ';') >= 0 || span_find(text, '#') >= 0)
			return "the value would be cut at the ; or #; put it between "
			       "double "
			       "quotes, and a comment on a line of its own";
		return NULL;
	}
	text = span_from(text, 1);
	end = span_find(text, quote);
	if (end < 0)
		return "the quote that closes the value is missing";
	if ((size_t)end != text.len - 1)
		return "text behind the closing quote; a comment stands on a line of its "
		       "own";
	*ret_value = span_head(text, (size_t)end);
	return NULL;
}

static enum scan_kind scan_entry(
	struct scan *s, struct span trimmed, struct scan_item *item)
{
	ptrdiff_t equals = span_find(trimmed, '=');
	const char *why;

	if (s->is_section_wrong) {
		item->kind = SCAN_ORPHAN;
		return item->kind;
	}
	if (equals < 0)
		return wrong(item, "no = in this line; write key = value");
	item->section = s->section;
	item->key = span_trim(span_head(trimmed, (size_t)equals));
	if (is_quoted(item->key) || !is_key(item->key)) {
		why = is_quoted(item->key)
			      ? "a key stands without quotes"
			      : "no key in front of the =; write key = value";
		item->key = SPAN_NONE;
		return wrong(item, why);
	}
	if (!s->section.data)
		return wrong(item, "a key in front of any section; write a line like "
				   "[nullmta] above it");
	why = unquote(span_trim(span_from(trimmed, (size_t)equals + 1)), &item->value);
	if (why)
		return wrong(item, why);
	item->kind = SCAN_ENTRY;
	return item->kind;
}

/* iniparser takes the mark for a part of the first line. */
static bool cut_bom(struct scan *s, struct scan_item *item)
{
	if (s->line != 0 || s->rest.data != s->text.data || !span_starts(s->rest, bom))
		return false;
	item->line = 1;
	item->whole = span_head(s->rest, sizeof(bom) - 1);
	s->rest = span_from(s->rest, sizeof(bom) - 1);
	(void)wrong(item, "the file begins with a byte order mark; save it as UTF-8 "
			  "without one");
	return true;
}

enum scan_kind scan_next(struct scan *s, struct scan_item *ret)
{
	struct span line;

	*ret = (struct scan_item){.kind = SCAN_END};
	if (cut_bom(s, ret))
		return ret->kind;
	while (s->rest.len && span_cut(&s->rest, '\n', &line)) {
		struct span trimmed = span_trim(line);
		const char *why = line_fault(line, trimmed);

		ret->line = ++s->line;
		ret->whole = line;
		if (why) {
			if (span_starts(trimmed, "["))
				s->is_section_wrong = true;
			return wrong(ret, why);
		}
		if (trimmed.len == 0 || trimmed.data[0] == '#' || trimmed.data[0] == ';')
			continue;
		if (trimmed.data[0] == '[')
			return scan_section(s, trimmed, ret);
		return scan_entry(s, trimmed, ret);
	}
	return SCAN_END;
}
