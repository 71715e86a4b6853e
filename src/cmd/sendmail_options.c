#include "cmd/sendmail_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum argument {
	ARGUMENT_NONE,
	ARGUMENT_JOINED, /* only the rest of the same word, perhaps empty: -oi, -q, -d */
	ARGUMENT_NEEDED, /* the rest of the word or the next one */
};

/* A command line on its way: argv[at] is the word that is taken. */
struct parser {
	struct sendmail_options o;
	int argc;
	char **argv;
	int at;
};

struct option {
	char letter;
	enum argument argument;
	/* NULL: accepted and ignored; nothing given here writes a file or runs a program
	 */
	int (*take)(struct parser *p, const char *value, struct fault *f);
};

static int take_t(struct parser *p, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	p->o.takes_recipients = true;
	return 0;
}

static int take_i(struct parser *p, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	p->o.ignores_dots = true;
	return 0;
}

static int take_v(struct parser *p, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	p->o.is_verbose = true;
	return 0;
}

static int take_sender(struct parser *p, const char *value, struct fault *f)
{
	(void)f;
	p->o.sender = value;
	return 0;
}

static int take_name(struct parser *p, const char *value, struct fault *f)
{
	(void)f;
	p->o.full_name = value;
	return 0;
}

static int take_notify(struct parser *p, const char *value, struct fault *f)
{
	return dsn_notify_parse(span_of(value), &p->o.notify, f);
}

static int take_return(struct parser *p, const char *value, struct fault *f)
{
	return dsn_return_parse(span_of(value), &p->o.ret, f);
}

/* the id is given as xtext; what it hides must be clean (protocol: +00 is refused) */
static int take_envid(struct parser *p, const char *value, struct fault *f)
{
	struct buf plain = BUF_INIT(DSN_ENVID_MAX);
	int rc = dsn_xtext_decode(&plain, span_of(value), f);

	if (rc == 0 && (plain.is_overfull || plain.len == 0)) {
		fault_set(f, FAULT_DATA, 0, "-V takes an id of 1 to %d characters",
			DSN_ENVID_MAX);
		rc = -1;
	}
	buf_release(&plain);
	p->o.envid = value;
	return rc;
}

static int take_body(struct parser *p, const char *value, struct fault *f)
{
	struct span type = span_of(value);

	(void)p; /* the content tells by itself whether it is 8-bit */
	if (span_iis(type, "7bit") || span_iis(type, "8bitmime"))
		return 0;
	fault_set(f, FAULT_USAGE, 0, "-B takes 7BIT or 8BITMIME, not %s", value);
	return -1;
}

/* -od: delivery mode; -oi: dots; any other -o is an option of somebody else's */
static int take_o(struct parser *p, const char *value, struct fault *f)
{
	(void)f;
	if (span_is(span_of(value), "i") || span_iis(span_of(value), "itrue"))
		p->o.ignores_dots = true;
	else if (value[0] == 'd' && value[1] == 'i')
		p->o.delivery = DISPATCH_FOREGROUND;
	else if (value[0] == 'd' && (value[1] == 'q' || value[1] == 'd'))
		p->o.delivery = DISPATCH_QUEUE;
	else if (value[0] == 'd' && (value[1] == 'b' || value[1] == 'f'))
		p->o.delivery = DISPATCH_BACKGROUND;
	return 0;
}

/* Unknown options are ignored, but nobody asks for this one to have it ignored. */
static int take_require_tls(struct parser *p, struct span value, struct fault *f)
{
	static const char *const words[] = {"", "=true", "=yes", "=false", "=no"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!span_iis(value, words[i]))
			continue;
		p->o.requires_tls = i < 3;
		return 0;
	}
	fault_set(f, FAULT_USAGE, 0, "-O RequireTLS is yes or no");
	return -1;
}

static int take_long_o(struct parser *p, const char *value, struct fault *f)
{
	struct span mode = span_of(value);

	if (span_iis(mode, "IgnoreDots") || span_iis(mode, "IgnoreDots=true"))
		p->o.ignores_dots = true;
	if (span_istarts(mode, "RequireTLS"))
		return take_require_tls(p, span_from(mode, strlen("RequireTLS")), f);
	if (span_istarts(mode, "DeliveryMode=") && mode.len > strlen("DeliveryMode=")) {
		char od[] = {'d', text_lower(value[strlen("DeliveryMode=")]), '\0'};

		return take_o(p, od, f);
	}
	return 0;
}

static int take_b(struct parser *p, const char *value, struct fault *f)
{
	char mode = value[0];

	if (mode == '\0' || value[1] != '\0') {
		fault_set(f, FAULT_USAGE, 0, "unknown mode -b%s", value);
		return -1;
	}
	switch (mode) {
	case 'm':
		p->o.mode = SENDMAIL_SUBMIT;
		return 0;
	case 'v':
		p->o.mode = SENDMAIL_EXPLAIN;
		return 0;
	case 'p':
		p->o.mode = SENDMAIL_LIST;
		return 0;
	case 's':
		p->o.mode = SENDMAIL_SERVE;
		return 0;
	case 'i':
		p->o.mode = SENDMAIL_ALIASES;
		return 0;
	case 'd':
	case 'D':
	case 'l':
		p->o.wants_to_listen = true;
		return 0;
	default:
		fault_set(f, FAULT_USAGE, 0, "mode -b%c is not supported", mode);
		return -1;
	}
}

/* the next word of the command line as the value of an option that has none joined */
static const char *take_next_word(struct parser *p, const char *option, struct fault *f)
{
	if (p->at + 1 < p->argc)
		return p->argv[++p->at];
	fault_set(f, FAULT_USAGE, 0, "option -%s needs a value", option);
	return NULL;
}

/* -qIid, -qRrecipient, -qSsender, or with the text as a word of its own */
static int take_selection(
	struct parser *p, struct strv *list, const char *value, struct fault *f)
{
	const char option[] = {'q', value[0], '\0'};
	const char *text = value + 1;

	if (*text == '\0')
		text = take_next_word(p, option, f);
	if (!text)
		return -1;
	strv_add(list, span_of(text));
	return 0;
}

static int take_interval(struct parser *p, const char *value, struct fault *f)
{
	const char *time = value[0] == 'p' ? value + 1 : value;

	/* "-qp": as often as the queue group says, of which there is none */
	if (*time == '\0')
		return 0;
	if (text_to_seconds(span_of(time), &p->o.interval_s) == 0 && p->o.interval_s > 0)
		return 0;
	fault_set(f, FAULT_USAGE, 0,
		"-q%s: after -q stands nothing, a time such as 15m, or I, R or S and a "
		"text",
		value);
	return -1;
}

static int take_q(struct parser *p, const char *value, struct fault *f)
{
	p->o.mode = SENDMAIL_RUN;
	switch (value[0]) {
	case '\0':
	case 'f': /* -qf, -qff: in the foreground, as always */
	case 'G': /* a queue group: there is one queue */
		return 0;
	case 'I':
		return take_selection(p, &p->o.only_ids, value, f);
	case 'R':
		return take_selection(p, &p->o.only_recipients, value, f);
	case 'S':
		return take_selection(p, &p->o.only_senders, value, f);
	default:
		return take_interval(p, value, f);
	}
}

static int take_subject(struct parser *p, const char *value, struct fault *f)
{
	(void)p;
	(void)value;
	fault_set(f, FAULT_USAGE, 0,
		"-s is no option of sendmail: the subject is a field of the message; or "
		"use "
		"\"nullmta send -s SUBJECT\"");
	return -1;
}

static int take_aliases(struct parser *p, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	p->o.mode = SENDMAIL_ALIASES;
	return 0;
}

static const struct option options[] = {
	{'t', ARGUMENT_NONE, take_t},
	{'i', ARGUMENT_NONE, take_i},
	{'v', ARGUMENT_NONE, take_v},
	{'f', ARGUMENT_NEEDED, take_sender},
	{'r', ARGUMENT_NEEDED, take_sender},
	{'F', ARGUMENT_NEEDED, take_name},
	{'N', ARGUMENT_NEEDED, take_notify},
	{'R', ARGUMENT_NEEDED, take_return},
	{'V', ARGUMENT_NEEDED, take_envid},
	{'B', ARGUMENT_NEEDED, take_body},
	{'o', ARGUMENT_JOINED, take_o},
	{'O', ARGUMENT_NEEDED, take_long_o},
	{'b', ARGUMENT_JOINED, take_b},
	{'q', ARGUMENT_JOINED, take_q},
	{'I', ARGUMENT_NONE, take_aliases},
	{'s', ARGUMENT_NONE, take_subject},
	{'A', ARGUMENT_NEEDED, NULL},
	{'c', ARGUMENT_NONE, NULL},
	{'d', ARGUMENT_JOINED, NULL},
	{'e', ARGUMENT_JOINED, NULL},
	{'E', ARGUMENT_NONE, NULL},
	{'J', ARGUMENT_NONE, NULL},
	{'M', ARGUMENT_NEEDED, NULL},
	{'T', ARGUMENT_NONE, NULL},
	{'x', ARGUMENT_NONE, NULL},
	{'G', ARGUMENT_NONE, NULL},
	{'U', ARGUMENT_NONE, NULL},
	{'n', ARGUMENT_NONE, NULL},
	{'m', ARGUMENT_NONE, NULL},
	{'h', ARGUMENT_NEEDED, NULL},
	{'L', ARGUMENT_NEEDED, NULL},
	{'p', ARGUMENT_NEEDED, NULL},
	{'X', ARGUMENT_NEEDED, NULL},
	{'C', ARGUMENT_NEEDED, NULL},
	{'D', ARGUMENT_NEEDED, NULL},
};

static const struct option *option_find(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int unknown_option(const char *word, char letter, struct fault *f)
{
	if (word[1] == '-')
		fault_set(f, FAULT_USAGE, 0, "unknown option %s; see \"sendmail --help\"",
			word);
	else
		fault_set(f, FAULT_USAGE, 0,
			"unknown option -%c; see \"sendmail --help\"", letter);
	return -1;
}

/* One word of bundled options, and the next one where that is a value. */
static int take_word(struct parser *p, struct fault *f)
{
	const char *word = p->argv[p->at];
	const char *at = word + 1;

	while (*at) {
		const struct option *option = option_find(*at);
		const char name[] = {*at, '\0'};
		const char *value = "";

		if (!option)
			return unknown_option(word, *at, f);
		at++;
		if (option->argument != ARGUMENT_NONE) {
			value = at;
			at = "";
		}
		if (option->argument == ARGUMENT_NEEDED && *value == '\0')
			value = take_next_word(p, name, f);
		if (!value || (option->take && option->take(p, value, f) < 0))
			return -1;
	}
	return 0;
}

static enum sendmail_mode mode_of_program(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	struct span name = span_of(slash ? slash + 1 : path);

	if (span_is(name, "mailq"))
		return SENDMAIL_LIST;
	if (span_is(name, "newaliases"))
		return SENDMAIL_ALIASES;
	return SENDMAIL_SUBMIT;
}

static int take_words(struct parser *p, struct fault *f)
{
	bool has_options = true;

	for (p->at = 1; p->at < p->argc; p->at++) {
		const char *word = p->argv[p->at];

		if (!has_options || word[0] != '-' || word[1] == '\0')
			p->o.recipients[p->o.recipient_count++] = word;
		else if (strcmp(word, "--") == 0)
			has_options = false;
		else if (strcmp(word, "--help") == 0)
			p->o.mode = SENDMAIL_HELP;
		else if (strcmp(word, "--version") == 0)
			p->o.mode = SENDMAIL_VERSION;
		else if (take_word(p, f) < 0)
			return -1;
	}
	/* "-bd -q15m" in an old start script wants the queue to be run */
	if (p->o.wants_to_listen && p->o.interval_s == 0) {
		fault_set(f, FAULT_USAGE, 0,
			"-bd: nullmta never listens; to send what is queued now and then "
			"use the systemd timer, cron, or \"sendmail -q15m\"");
		return -1;
	}
	return 0;
}

int sendmail_options_parse(
	struct sendmail_options *ret, int argc, char **argv, struct fault *f)
{
	struct parser p = {
		.o.mode = mode_of_program(argv[0]), .argc = argc, .argv = argv};

	p.o.recipients = mem_array((size_t)argc + 1, sizeof(*p.o.recipients));
	if (take_words(&p, f) < 0) {
		sendmail_options_release(&p.o);
		return -1;
	}
	*ret = p.o;
	return 0;
}

void sendmail_options_release(struct sendmail_options *o)
{
	strv_release(&o->only_ids);
	strv_release(&o->only_recipients);
	strv_release(&o->only_senders);
	free(o->recipients);
	*o = (struct sendmail_options){0};
}
