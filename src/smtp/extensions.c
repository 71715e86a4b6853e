#include "smtp/extensions.h"

#include <stddef.h>

#include "base/bug.h"
#include "smtp/auth.h"

static void parse_pipelining(struct smtp_extensions *e, struct span parameters)
{
	(void)parameters;
	e->has_pipelining = true;
}

static void parse_8bitmime(struct smtp_extensions *e, struct span parameters)
{
	(void)parameters;
	e->has_8bitmime = true;
}

static void parse_dsn(struct smtp_extensions *e, struct span parameters)
{
	(void)parameters;
	e->has_dsn = true;
}

/* RFC 6531 3.1: who offers SMTPUTF8 offers 8BITMIME, whether it says so or not. */
static void parse_smtputf8(struct smtp_extensions *e, struct span parameters)
{
	(void)parameters;
	e->has_smtputf8 = true;
	e->has_8bitmime = true;
}

static void parse_starttls(struct smtp_extensions *e, struct span parameters)
{
	(void)parameters;
	e->has_starttls = true;
}

static void parse_requiretls(struct smtp_extensions *e, struct span parameters)
{
	(void)parameters;
	e->has_requiretls = true;
}

/* RFC 1870 3: at most 20 digits, 0 or nothing for no fixed limit. */
static void parse_size(struct smtp_extensions *e, struct span parameters)
{
	struct span word;

	e->has_size = true;
	if (span_word(&parameters, &word))
		(void)span_to_uint(word, UINT64_MAX, &e->size_max); /* or unknown */
}

/* RFC 9422 3: LIMITS NAME=VALUE … */
static void parse_limits(struct smtp_extensions *e, struct span parameters)
{
	struct span word, name;

	while (span_word(&parameters, &word)) {
		if (!span_cut(&word, '=', &name))
			continue;
		if (span_iis(name, "MAILMAX"))
			(void)span_to_uint(word, UINT64_MAX, &e->mail_max);
		else if (span_iis(name, "RCPTMAX"))
			(void)span_to_uint(word, UINT64_MAX, &e->rcpt_max);
	}
}

static void parse_auth(struct smtp_extensions *e, struct span parameters)
{
	struct span word;

	while (span_word(&parameters, &word))
		e->auth |= smtp_auth_parse(word);
}

/* An extension more is a row more: CHUNKING has its place here. */
static const struct {
	const char *keyword;
	void (*parse)(struct smtp_extensions *e, struct span parameters);
} keywords[] = {
	{"PIPELINING", parse_pipelining},
	{"8BITMIME", parse_8bitmime},
	{"SIZE", parse_size},
	{"DSN", parse_dsn},
	{"SMTPUTF8", parse_smtputf8},
	{"STARTTLS", parse_starttls},
	{"REQUIRETLS", parse_requiretls},
	{"LIMITS", parse_limits},
	{"AUTH", parse_auth},
};

/* "AUTH=LOGIN PLAIN" of servers older than RFC 2554 means what "AUTH LOGIN PLAIN" does. */
static struct span keyword_of(struct span line)
{
	size_t n = 0;

	while (n < line.len && line.data[n] != ' ' && line.data[n] != '\t' &&
		line.data[n] != '=')
		n++;
	return span_head(line, n);
}

static void parse_line(struct smtp_extensions *e, struct span line)
{
	struct span keyword = keyword_of(line);

	for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
		if (span_iis(keyword, keywords[i].keyword))
			keywords[i].parse(e, span_from(line, keyword.len + 1));
	}
}

struct smtp_extensions smtp_extensions_parse(struct span text)
{
	struct smtp_extensions e = {0};
	struct span line;

	(void)span_cut(&text, '\n', &line); /* the domain */
	while (span_cut(&text, '\n', &line))
		parse_line(&e, span_trim(line));
	return e;
}
