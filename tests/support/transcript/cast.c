#include "transcript/cast.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

struct transcript_message *transcript_cast_find(const struct transcript_cast *cast,
	const struct transcript_lines *lines, const struct transcript_line *line,
	struct span name)
{
	for (size_t i = 0; i < cast->count; i++)
		if (span_is(name, cast->messages[i]->name))
			return cast->messages[i];
	transcript_fail(lines, line, "no message '%.*s'", SPAN_ARGS(name));
}

static char *copy(struct span s)
{
	return mem_copy(s.data, s.len);
}

/* What "<…>" in front of `*rest` holds; a quoted local part may hold spaces. */
static char *cut_path(const struct transcript_lines *lines,
	const struct transcript_line *line, struct span *rest)
{
	struct span s = span_trim(*rest);
	size_t end = 1;

	while (end < s.len &&
		(s.data[end] != '>' || (end + 1 < s.len && s.data[end + 1] != ' ')))
		end++;
	if (!span_starts(s, "<") || end >= s.len)
		transcript_fail(lines, line, "no <address>");
	*rest = span_from(s, end + 1);
	return copy(span_head(span_from(s, 1), end - 1));
}

static uint64_t number(const struct transcript_lines *lines,
	const struct transcript_line *line, struct span s)
{
	uint64_t n;

	if (span_to_uint(s, UINT64_MAX, &n) < 0)
		transcript_fail(lines, line, "no number: '%.*s'", SPAN_ARGS(s));
	return n;
}

static void take_message(struct transcript_cast *cast,
	const struct transcript_lines *lines, const struct transcript_line *line,
	struct span rest)
{
	struct transcript_message *m = mem_alloc(sizeof(*m));
	struct span word;
	struct fault f;

	if (cast->count == TRANSCRIPT_MESSAGES_MAX || !span_word(&rest, &word) ||
		!text_copy(m->name, sizeof(m->name), word))
		transcript_fail(lines, line, "message NAME <sender> …");
	cast->messages[cast->count++] = m;
	m->sender = cut_path(lines, line, &rest);
	buf_init(&m->content, TRANSCRIPT_CONTENT_MAX);
	while (span_word(&rest, &word)) {
		if (span_is(word, "8bit"))
			m->smtp.facts.has_8bit = true;
		else if (span_is(word, "utf8"))
			m->smtp.facts.needs_utf8 = true;
		else if (span_is(word, "requiretls"))
			m->smtp.requires_tls = true;
		else if (span_is(word, "test"))
			m->smtp.stops_before_data = true;
		else if (span_starts(word, "size="))
			m->smtp.facts.octets = number(lines, line, span_from(word, 5));
		else if (span_starts(word, "envid="))
			m->envid = copy(span_from(word, 6));
		else if (!span_starts(word, "ret=") ||
			 dsn_return_parse(span_from(word, 4), &m->smtp.ret, &f) < 0)
			transcript_fail(lines, line, "what is '%.*s'?", SPAN_ARGS(word));
	}
	m->smtp.sender = m->sender;
	m->smtp.envid = m->envid;
	m->smtp.recipients = m->borrowed;
	m->smtp.tag = m;
}

static void take_recipient(struct transcript_cast *cast,
	const struct transcript_lines *lines, const struct transcript_line *line,
	struct span rest)
{
	struct transcript_message *m;
	struct recipient *r;
	struct span word = SPAN_NONE;
	struct fault f;

	(void)span_word(&rest, &word); /* or no message of that name */
	m = transcript_cast_find(cast, lines, line, word);
	if (m->smtp.recipient_count == TRANSCRIPT_RECIPIENTS_MAX)
		transcript_fail(lines, line, "too many recipients");
	r = &m->recipients[m->smtp.recipient_count];
	m->borrowed[m->smtp.recipient_count++] = r;
	r->address = cut_path(lines, line, &rest);
	while (span_word(&rest, &word)) {
		if (span_starts(word, "orcpt="))
			r->orcpt = copy(span_from(word, 6));
		else if (!span_starts(word, "notify=") ||
			 dsn_notify_parse(span_from(word, 7), &r->notify, &f) < 0)
			transcript_fail(lines, line, "what is '%.*s'?", SPAN_ARGS(word));
	}
}

static void take_text(struct transcript_cast *cast, const struct transcript_lines *lines,
	const struct transcript_line *line, struct span rest)
{
	struct transcript_message *m;
	struct span name;
	ptrdiff_t end = span_find(rest, ' ');

	name = end < 0 ? rest : span_head(rest, (size_t)end);
	m = transcript_cast_find(cast, lines, line, name);
	buf_add_span(&m->content, span_from(rest, name.len + 1));
	buf_add_str(&m->content, "\r\n");
}

static void take_fails(struct transcript_cast *cast, const struct transcript_lines *lines,
	const struct transcript_line *line, struct span rest)
{
	struct transcript_message *m;
	struct span word = SPAN_NONE;

	(void)span_word(&rest, &word); /* or no message of that name */
	m = transcript_cast_find(cast, lines, line, word);
	m->fails = true;
	m->fails_at = (size_t)number(lines, line, span_trim(rest));
}

static enum smtp_tls tls_of(const struct transcript_lines *lines,
	const struct transcript_line *line, struct span word)
{
	static const char *const names[] = {
		[SMTP_TLS_NEVER] = "never",
		[SMTP_TLS_OFFERED] = "offered",
		[SMTP_TLS_REQUIRED] = "required",
		[SMTP_TLS_IMPLICIT] = "implicit",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_is(word, names[i]))
			return (enum smtp_tls)i;
	transcript_fail(lines, line, "what is '%.*s'?", SPAN_ARGS(word));
}

bool transcript_cast_take(struct transcript_cast *cast,
	const struct transcript_lines *lines, const struct transcript_line *line)
{
	struct span directive = buf_span(&line->directive);
	struct span rest = buf_span(&line->rest);

	if (span_is(directive, "message")) {
		take_message(cast, lines, line, rest);
	} else if (span_is(directive, "to")) {
		take_recipient(cast, lines, line, rest);
	} else if (span_is(directive, "text")) {
		take_text(cast, lines, line, rest);
	} else if (span_is(directive, "fails")) {
		take_fails(cast, lines, line, rest);
	} else if (span_is(directive, "hello")) {
		free(cast->hello_name);
		cast->hello_name = copy(rest);
	} else if (span_is(directive, "limit")) {
		cast->messages_max = (unsigned)number(lines, line, rest);
	} else if (span_is(directive, "tls")) {
		cast->tls = tls_of(lines, line, rest);
	} else if (span_is(directive, "relay")) {
		cast->is_relay = true;
	} else if (span_is(directive, "recipients")) {
		cast->recipients_max = (unsigned)number(lines, line, rest);
	} else if (span_is(directive, "octets")) {
		cast->size_max = number(lines, line, rest);
	} else if (span_is(directive, "lmtp")) {
		cast->is_lmtp = true;
	} else {
		return transcript_login_take(&cast->login, directive, rest);
	}
	return true;
}

void transcript_cast_release(struct transcript_cast *cast)
{
	for (size_t i = 0; i < cast->count; i++) {
		struct transcript_message *m = cast->messages[i];

		for (size_t j = 0; j < m->smtp.recipient_count; j++) {
			free(m->recipients[j].address);
			free(m->recipients[j].orcpt);
		}
		free(m->sender);
		free(m->envid);
		buf_release(&m->content);
		free(m);
	}
	free(cast->hello_name);
	transcript_login_release(&cast->login);
}
