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

struct option {
	char letter;
	enum argument argument;
	/* NULL: accepted and ignored; nothing given here writes a file or runs a program
	 */
	int (*take)(struct sendmail_options *o, const char *value, struct fault *f);
};

static int take_t(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->takes_recipients = true;
	return 0;
}

static int take_i(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->ignores_dots = true;
	return 0;
}

static int take_v(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->is_verbose = true;
	return 0;
}

static int take_sender(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)f;
	o->sender = value;
	return 0;
}

static int take_name(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)f;
	o->full_name = value;
	return 0;
}

static int take_notify(struct sendmail_options *o, const char *value, struct fault *f)
{
	o->has_notify = true;
	return dsn_notify_parse(span_of(value), &o->notify, f);
}

static int take_return(struct sendmail_options *o, const char *value, struct fault *f)
{
	return dsn_return_parse(span_of(value), &o->ret, f);
}

/* the id is given as xtext; what it hides must be clean (protocol: +00 is refused) */
static int take_envid(struct sendmail_options *o, const char *value, struct fault *f)
{
	struct buf plain = BUF_INIT(DSN_ENVID_MAX);
	int rc = dsn_xtext_decode(&plain, span_of(value), f);

	if (rc == 0 && (plain.is_overfull || plain.len == 0)) {
		fault_set(f, FAULT_DATA, 0, "-V takes an id of 1 to %d characters",
			DSN_ENVID_MAX);
		rc = -1;
	}
	buf_release(&plain);
	o->envid = value;
	return rc;
}

static int take_body(struct sendmail_options *o, const char *value, struct fault *f)
{
	struct span type = span_of(value);

	(void)o; /* the content tells by itself whether it is 8-bit */
	if (span_iis(type, "7bit") || span_iis(type, "8bitmime"))
		return 0;
	fault_set(f, FAULT_USAGE, 0, "-B takes 7BIT or 8BITMIME, not %s", value);
	return -1;
}

/* -od: delivery mode; -oi: dots; any other -o is an option of somebody else's */
static int take_o(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)f;
	if (span_is(span_of(value), "i") || span_iis(span_of(value), "itrue"))
		o->ignores_dots = true;
	else if (value[0] == 'd' && value[1] == 'i')
		o->delivery = DISPATCH_FOREGROUND;
	else if (value[0] == 'd' && (value[1] == 'q' || value[1] == 'd'))
		o->delivery = DISPATCH_QUEUE;
	else if (value[0] == 'd' && (value[1] == 'b' || value[1] == 'f'))
		o->delivery = DISPATCH_BACKGROUND;
	return 0;
}

static int take_long_o(struct sendmail_options *o, const char *value, struct fault *f)
{
	struct span mode = span_of(value);

	if (span_iis(mode, "IgnoreDots") || span_iis(mode, "IgnoreDots=true"))
		o->ignores_dots = true;
	if (span_istarts(mode, "DeliveryMode=") && mode.len > strlen("DeliveryMode=")) {
		char od[] = {'d', text_lower(value[strlen("DeliveryMode=")]), '\0'};

		return take_o(o, od, f);
	}
	return 0;
}

static int take_b(struct sendmail_options *o, const char *value, struct fault *f)
{
	char mode = value[0];

	if (mode == '\0' || value[1] != '\0') {
		fault_set(f, FAULT_USAGE, 0, "unknown mode -b%s", value);
		return -1;
	}
	switch (mode) {
	case 'm':
		o->mode = SENDMAIL_SUBMIT;
		return 0;
	case 'p':
		o->mode = SENDMAIL_LIST;
		return 0;
	case 'i':
		o->mode = SENDMAIL_ALIASES;
		return 0;
	case 'd':
	case 'D':
	case 'l':
		o->wants_to_listen = true;
		return 0;
	default:
		fault_set(f, FAULT_USAGE, 0, "mode -b%c is not supported", mode);
		return -1;
	}
}

/* -q, -qf, -qff: once; -q15m, -qp15m: again and again; -qI, -qR, -qS: the whole queue */
static int take_q(struct sendmail_options *o, const char *value, struct fault *f)
{
	o->mode = SENDMAIL_RUN;
	if (value[0] == 'p')
		value++;
	if (!text_is_digit(value[0]))
		return 0;
	if (text_to_seconds(span_of(value), &o->interval_s) < 0 || o->interval_s < 1) {
		fault_set(f, FAULT_USAGE, 0,
			"-q%s: an interval is a number and s, m, h or d", value);
		return -1;
	}
	return 0;
}

static int take_aliases(struct sendmail_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->mode = SENDMAIL_ALIASES;
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
	{'e', ARGUMENT_JOINED, NULL},
	{'d', ARGUMENT_JOINED, NULL},
	{'A', ARGUMENT_JOINED, NULL},
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

/*
 * One word of bundled options. *at is its index in argv and moves on when a value is the
 * next word.
 */
static int take_word(
	struct sendmail_options *o, int argc, char **argv, int *at, struct fault *f)
{
	const char *word = argv[*at] + 1;

	while (*word) {
		const struct option *option = option_find(*word);
		const char *value = "";

		if (!option) {
			fault_set(f, FAULT_USAGE, 0,
				"unknown option -%c; see \"sendmail --help\"", *word);
			return -1;
		}
		word++;
		if (option->argument != ARGUMENT_NONE) {
			value = word;
			word = "";
		}
		if (option->argument == ARGUMENT_NEEDED && *value == '\0') {
			if (*at + 1 >= argc) {
				fault_set(f, FAULT_USAGE, 0, "option -%c needs a value",
					option->letter);
				return -1;
			}
			value = argv[++*at];
		}
		if (option->take && option->take(o, value, f) < 0)
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

int sendmail_options_parse(
	struct sendmail_options *ret, int argc, char **argv, struct fault *f)
{
	struct sendmail_options o = {.mode = mode_of_program(argv[0])};
	bool has_options = true;

	o.recipients = mem_array((size_t)argc + 1, sizeof(*o.recipients));
	for (int at = 1; at < argc; at++) {
		const char *word = argv[at];

		if (!has_options || word[0] != '-' || word[1] == '\0') {
			o.recipients[o.recipient_count++] = word;
		} else if (strcmp(word, "--") == 0) {
			has_options = false;
		} else if (strcmp(word, "--help") == 0) {
			o.mode = SENDMAIL_HELP;
		} else if (strcmp(word, "--version") == 0) {
			o.mode = SENDMAIL_VERSION;
		} else if (take_word(&o, argc, argv, &at, f) < 0) {
			sendmail_options_release(&o);
			return -1;
		}
	}
	/* "-bd -q15m" in an old start script wants the queue to be run */
	if (o.wants_to_listen && o.interval_s == 0) {
		fault_set(f, FAULT_USAGE, 0,
			"-bd: nullmta never listens; to send what is queued now and then "
			"use "
			"the systemd timer, cron, or \"sendmail -q15m\"");
		sendmail_options_release(&o);
		return -1;
	}
	*ret = o;
	return 0;
}

void sendmail_options_release(struct sendmail_options *o)
{
	free(o->recipients);
	*o = (struct sendmail_options){0};
}
