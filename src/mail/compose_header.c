/*
 * The fields for people: compose_header of mail/compose.h.
 */
#include <string.h>

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_lexer.h"
#include "mail/compose.h"
#include "mail/header.h"

/* a longer word is encoded, so that it can be folded: a line has 998 (RFC 5322 2.1.1) */
#define WORD_MAX 900

/* What comes from an option of its own, from the content or from the rights of the user. */
static const char *const own_fields[] = {"From", "To", "Cc", "Bcc", "Subject",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"Content-Disposition", "Content-Length", "Received", "Return-Path"};

/*
 * The names beside the addresses of a valid list, one for each, "" where there is none. The
 * name of a group is nobody's.
 */
static void collect_names(struct span list, struct strv *ret)
{
	struct address_lexer lexer = {.rest = list};
	struct buf words = BUF_INIT(8 * HEADER_PHRASE_MAX);
	bool is_member = false, is_angle = false, has_angle = false;
	struct address_token token;
	const char *before = NULL;

	do {
		token = address_lexer_next(&lexer);
		if (!is_angle &&
			(token.kind == ADDRESS_END || token.kind == ADDRESS_BAD ||
				address_token_is(token, ',') ||
				address_token_is(token, ';'))) {
			if (is_member)
				strv_add(ret, has_angle ? buf_span(&words) : SPAN_NONE);
			is_member = has_angle = false;
			buf_reset(&words);
		} else if (!is_angle && address_token_is(token, ':')) {
			is_member = false;
			buf_reset(&words);
		} else if (address_token_is(token, '<') || address_token_is(token, '>')) {
			is_member = has_angle = true;
			is_angle = address_token_is(token, '<');
		} else if (!is_angle) {
			is_member = true;
			if (words.len && token.text.data != before)
				buf_add_char(&words, ' ');
			if (token.kind == ADDRESS_QUOTED)
				address_unquote(&words, token.text);
			else
				buf_add_span(&words, token.text);
			before = token.text.data + token.text.len;
		}
	} while (token.kind != ADDRESS_END && token.kind != ADDRESS_BAD);
	buf_release(&words);
}

static int add_mailbox(
	struct buf *value, struct span name, const char *address, struct fault *f)
{
	if (name.len == 0) {
		buf_add_str(value, address);
		return 0;
	}
	if (header_add_phrase(value, name, f) < 0)
		return -1;
	buf_addf(value, " <%s>", address);
	return 0;
}

/* One list as it was given: every address as it will be in the envelope, with its name. */
static int add_list(
	struct buf *value, const char *list, const char *domain, struct fault *f)
{
	struct strv addresses = {0};
	struct strv names = {0};
	int rc = address_list_parse(span_of(list), domain, &addresses, f);

	if (rc == 0)
		collect_names(span_of(list), &names);
	for (size_t i = 0; rc == 0 && i < addresses.count; i++) {
		struct span name = names.count == addresses.count
					   ? span_of(names.items[i])
					   : SPAN_NONE;

		if (value->len)
			buf_add_str(value, ", ");
		rc = add_mailbox(value, name, addresses.items[i], f);
	}
	strv_release(&names);
	strv_release(&addresses);
	return rc;
}

static int add_lists(const char *name, const struct strv *lists, const char *domain,
	struct buf *out, struct fault *f)
{
	struct buf value = BUF_INIT(COMPOSE_HEADER_MAX);
	int rc = 0;

	for (size_t i = 0; i < lists->count && rc == 0; i++)
		rc = add_list(&value, lists->items[i], domain, f);
	if (rc == 0 && value.is_overfull) {
		fault_set(f, FAULT_DATA, 0, "too many recipients for one %s field", name);
		rc = -1;
	}
	if (rc == 0 && value.len)
		header_add(out, name, buf_span(&value));
	buf_release(&value);
	return rc;
}

static int add_from(const struct compose_options *o, struct buf *out, struct fault *f)
{
	struct buf value = BUF_INIT(COMPOSE_HEADER_MAX);
	int rc = o->from ? add_list(&value, o->from, o->domain, f) : 0;

	if (rc == 0 && value.len)
		header_add(out, "From", buf_span(&value));
	buf_release(&value);
	return rc;
}

static bool has_long_word(struct span text)
{
	struct span word;

	while (span_word(&text, &word))
		if (word.len > WORD_MAX)
			return true;
	return false;
}

/* Any one-line text as a field. */
static void add_text_field(struct buf *out, const char *name, struct span text)
{
	struct buf value = BUF_INIT(COMPOSE_HEADER_MAX);

	/* what looks like an encoded-word must not be decoded */
	if (span_has_8bit(text) || has_long_word(text) ||
		memmem(text.data, text.len, "=?", 2))
		header_add_encoded(&value, text);
	else
		buf_add_span(&value, text);
	header_add(out, name, buf_span(&value));
	out->is_overfull |= value.is_overfull;
	buf_release(&value);
}

static void add_subject(const char *subject, struct buf *out)
{
	struct buf line = BUF_INIT(COMPOSE_HEADER_MAX);
	struct span text = span_trim(span_of(subject));

	for (size_t i = 0; i < text.len; i++)
		buf_add_char(&line, text_is_control(text.data[i]) ? ' ' : text.data[i]);
	if (line.len)
		add_text_field(out, "Subject", buf_span(&line));
	out->is_overfull |= line.is_overfull;
	buf_release(&line);
}

static bool is_own_field(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(own_fields); i++)
		if (span_iis(name, own_fields[i]))
			return true;
	return false;
}

static int add_extra(const char *text, struct buf *out, struct fault *f)
{
	struct span line = span_of(text);
	size_t n = header_name_length(line);
	ptrdiff_t colon = span_find(line, ':');
	struct buf name = BUF_INIT(HEADER_NAME_MAX);
	int rc = -1;

	if (n == 0) {
		fault_set(f, FAULT_DATA, 0,
			"'%s' is no header field; write \"Name: value\"", text);
	} else if (is_own_field(span_head(line, n))) {
		fault_set(f, FAULT_USAGE, 0,
			"%.*s is not for -H: it has an option of its own or is made here",
			SPAN_ARGS(span_head(line, n)));
	} else if (span_has_control(line)) {
		fault_set(f, FAULT_DATA, 0,
			"the field %.*s has a line break or another control character",
			SPAN_ARGS(span_head(line, n)));
	} else {
		buf_add_span(&name, span_head(line, n));
		add_text_field(out, buf_str(&name),
			span_trim(span_from(line, (size_t)colon + 1)));
		rc = 0;
	}
	buf_release(&name);
	return rc;
}

int compose_header(const struct compose_options *o, struct buf *out, struct fault *f)
{
	size_t start = out->len;

	if (add_from(o, out, f) < 0 || add_lists("To", o->to, o->domain, out, f) < 0 ||
		add_lists("Cc", o->cc, o->domain, out, f) < 0)
		return -1;
	/* RFC 5322 3.6.3: only Bcc is left, and some hosts want to see a recipient */
	if (o->to->count == 0 && o->cc->count == 0)
		buf_add_str(out, "To: undisclosed-recipients:;\r\n");
	if (o->subject)
		add_subject(o->subject, out);
	for (size_t i = 0; i < o->fields->count; i++)
		if (add_extra(o->fields->items[i], out, f) < 0)
			return -1;
	buf_add_str(out, "MIME-Version: 1.0\r\n");
	if (out->is_overfull || out->len - start > COMPOSE_HEADER_MAX) {
		fault_set(f, FAULT_DATA, 0, "the header is larger than %d octets",
			COMPOSE_HEADER_MAX);
		return -1;
	}
	return 0;
}
