#include "smtp/mail_command.h"

#include <string.h>

#include "base/text.h"

/* one KEYWORD[=VALUE]; `data` of the value is NULL where there is no '=' */
struct parameter {
	const char *keyword;
	/* false for a value that is none */
	bool (*take)(void *command, struct span value);
};

struct parameters {
	const struct parameter *known;
	size_t count;
	void *command;
	unsigned seen; /* a bit for each of `known` */
};

static struct span skip_spaces(struct span s)
{
	while (s.len && s.data[0] == ' ')
		s = span_from(s, 1);
	return s;
}

/* "FROM" or "TO", and the colon */
static bool take_word(struct span *rest, const char *word)
{
	struct span s = skip_spaces(*rest);

	if (!span_istarts(s, word))
		return false;
	s = skip_spaces(span_from(s, strlen(word)));
	if (!span_starts(s, ":"))
		return false;
	*rest = skip_spaces(span_from(s, 1));
	return true;
}

/* Where the path ends: behind its '>', or at a space; quoted local parts hold either. */
static size_t path_length(struct span s)
{
	bool has_brackets = span_starts(s, "<");
	bool is_quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (c == '\\' && is_quoted)
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && has_brackets && c == '>')
			return i + 1;
		else if (!is_quoted && !has_brackets && c == ' ')
			return i;
	}
	return s.len;
}

/* Take the path off `*rest`: the address goes to `ret`, parameters stay. */
static int take_path(struct span *rest, const char *domain, char ret[],
	const char *bad_status, struct smtp_answer *ret_answer)
{
	struct span path = span_head(*rest, path_length(*rest));
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct fault f;
	int rc = -1;

	*rest = span_from(*rest, path.len);
	if (rest->len && rest->data[0] != ' ')
		*ret_answer = smtp_answer_make(
			501, "5.5.4", "a space goes between the path and its parameters");
	else if (address_parse(path, domain, &address, &f) < 0)
		*ret_answer = smtp_answer_make(501, bad_status, "%s", f.text);
	else
		rc = 0;
	if (rc == 0)
		(void)text_copy(ret, ADDRESS_OCTETS_MAX + 1, buf_span(&address));
	buf_release(&address);
	return rc;
}

static int find_parameter(const struct parameters *p, struct span keyword)
{
	for (size_t i = 0; i < p->count; i++)
		if (span_iis(keyword, p->known[i].keyword))
			return (int)i;
	return -1;
}

/* Each may be given once (RFC 5321 4.1.1.11); what is unknown is 555. */
static int take_parameter(
	struct parameters *p, struct span word, struct smtp_answer *ret_answer)
{
	struct span value = word, keyword;
	int at;

	(void)span_cut(&value, '=', &keyword);
	at = find_parameter(p, keyword);
	if (at >= 0 && !(p->seen & 1U << at) && p->known[at].take(p->command, value)) {
		p->seen |= 1U << at;
		return 0;
	}
	*ret_answer = smtp_answer_make(at < 0 ? 555 : 501, "5.5.4", "%s parameter %.*s",
		at < 0 ? "unknown" : "bad", SPAN_ARGS(span_head(word, 80)));
	return -1;
}

static int take_parameters(
	struct parameters *p, struct span rest, struct smtp_answer *ret_answer)
{
	struct span word;

	while (span_word(&rest, &word))
		if (take_parameter(p, word, ret_answer) < 0)
			return -1;
	return 0;
}

static bool take_size(void *command, struct span value)
{
	struct smtp_mail_command *mail = command;

	/* RFC 1870 5: up to 20 digits, of which not all fit here */
	if (value.len == 0 || value.len > 20)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!text_is_digit(value.data[i]))
			return false;
	if (span_to_uint(value, UINT64_MAX, &mail->size) < 0)
		mail->size = UINT64_MAX;
	return true;
}

static bool take_body(void *command, struct span value)
{
	(void)command; /* the content tells by itself whether it is 8-bit */
	return span_iis(value, "7BIT") || span_iis(value, "8BITMIME");
}

static bool take_utf8(void *command, struct span value)
{
	struct smtp_mail_command *mail = command;

	mail->is_utf8 = true;
	return value.data == NULL;
}

static bool take_return(void *command, struct span value)
{
	struct smtp_mail_command *mail = command;
	struct fault unused;

	return dsn_return_parse(value, &mail->ret, &unused) == 0;
}

static bool take_envid(void *command, struct span value)
{
	struct smtp_mail_command *mail = command;

	return dsn_envid_is_valid(value) &&
	       text_copy(mail->envid, sizeof(mail->envid), value);
}

static bool take_notify(void *command, struct span value)
{
	struct smtp_rcpt_command *rcpt = command;
	struct fault unused;

	return value.len && dsn_notify_parse(value, &rcpt->notify, &unused) == 0;
}

static bool take_orcpt(void *command, struct span value)
{
	struct smtp_rcpt_command *rcpt = command;

	return dsn_orcpt_is_valid(value) &&
	       text_copy(rcpt->orcpt, sizeof(rcpt->orcpt), value);
}

int smtp_mail_command_parse(struct smtp_mail_command *ret, struct span arguments,
	const char *domain, struct smtp_answer *ret_answer)
{
	static const struct parameter known[] = {
		{"SIZE", take_size},
		{"BODY", take_body},
		{"SMTPUTF8", take_utf8},
		{"RET", take_return},
		{"ENVID", take_envid},
	};
	struct parameters p = {known, ARRAY_LEN(known), ret, 0};

	*ret = (struct smtp_mail_command){0};
	if (!take_word(&arguments, "FROM") || !arguments.len) {
		*ret_answer =
			smtp_answer_make(501, "5.5.4", "syntax: MAIL FROM:<address>");
		return -1;
	}
	if (take_path(&arguments, domain, ret->sender, "5.1.7", ret_answer) < 0)
		return -1;
	return take_parameters(&p, arguments, ret_answer);
}

int smtp_rcpt_command_parse(struct smtp_rcpt_command *ret, struct span arguments,
	const char *domain, struct smtp_answer *ret_answer)
{
	static const struct parameter known[] = {
		{"NOTIFY", take_notify},
		{"ORCPT", take_orcpt},
	};
	struct parameters p = {known, ARRAY_LEN(known), ret, 0};

	*ret = (struct smtp_rcpt_command){0};
	if (!take_word(&arguments, "TO") || !arguments.len) {
		*ret_answer = smtp_answer_make(501, "5.5.4", "syntax: RCPT TO:<address>");
		return -1;
	}
	if (take_path(&arguments, domain, ret->address, "5.1.3", ret_answer) < 0)
		return -1;
	if (!*ret->address) {
		*ret_answer = smtp_answer_make(501, "5.1.3", "no recipient between <>");
		return -1;
	}
	return take_parameters(&p, arguments, ret_answer);
}
