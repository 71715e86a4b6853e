#include "cmd/send_options.h"

#include <string.h>

#include "base/text.h"

struct option {
	const char *name;
	char letter;
	bool has_value;
	void (*take)(struct send_options *o, const char *value);
};

static void take_help(struct send_options *o, const char *value)
{
	(void)value;
	o->wants_help = true;
}

static void take_html(struct send_options *o, const char *value)
{
	(void)value;
	o->is_html = true;
}

static void take_verbose(struct send_options *o, const char *value)
{
	(void)value;
	o->is_verbose = true;
}

static void take_require_tls(struct send_options *o, const char *value)
{
	(void)value;
	o->requires_tls = true;
}

static void take_subject(struct send_options *o, const char *value)
{
	o->subject = value;
}

static void take_from(struct send_options *o, const char *value)
{
	o->from = value;
}

static void take_to(struct send_options *o, const char *value)
{
	strv_add(&o->to, span_of(value));
}

static void take_cc(struct send_options *o, const char *value)
{
	strv_add(&o->cc, span_of(value));
}

static void take_bcc(struct send_options *o, const char *value)
{
	strv_add(&o->bcc, span_of(value));
}

static void take_field(struct send_options *o, const char *value)
{
	strv_add(&o->fields, span_of(value));
}

static void take_attachment(struct send_options *o, const char *value)
{
	strv_add(&o->attachments, span_of(value));
}

static const struct option options[] = {
	{"subject", 's', true, take_subject},
	{"attach", 'a', true, take_attachment},
	{"to", 't', true, take_to},
	{"cc", 'c', true, take_cc},
	{"bcc", 'b', true, take_bcc},
	{"from", 'f', true, take_from},
	{"header", 'H', true, take_field},
	{"html", '\0', false, take_html},
	{"verbose", 'v', false, take_verbose},
	{"require-tls", '\0', false, take_require_tls},
	{"help", 'h', false, take_help},
};

/* what stands where, while the words are taken one by one */
struct words {
	int argc;
	char **argv;
	int at;
};

static int take_option(struct send_options *o, const struct option *option,
	const char *joined, struct words *w, struct fault *f)
{
	const char *shown = w->argv[w->at];
	const char *value = joined;

	if (option->has_value && !value) {
		if (w->at + 1 >= w->argc) {
			fault_set(f, FAULT_USAGE, 0, "%s needs a value", shown);
			return -1;
		}
		value = w->argv[++w->at];
	} else if (!option->has_value && value) {
		fault_set(f, FAULT_USAGE, 0, "--%s takes no value", option->name);
		return -1;
	}
	option->take(o, value);
	return 0;
}

static int unknown(const char *word, struct fault *f)
{
	fault_set(f, FAULT_USAGE, 0, "unknown option %s; see \"nullmta send --help\"",
		word);
	return -1;
}

static int take_long(struct send_options *o, struct words *w, struct fault *f)
{
	struct span rest = span_of(w->argv[w->at] + 2);
	struct span name;

	if (!span_cut(&rest, '=', &name))
		return unknown(w->argv[w->at], f);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (span_is(name, options[i].name))
			return take_option(o, &options[i], rest.data, w, f);
	return unknown(w->argv[w->at], f);
}

static const struct option *find_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* "-vsSUBJECT": letters without a value, then one that takes the rest */
static int take_letters(struct send_options *o, struct words *w, struct fault *f)
{
	const char *word = w->argv[w->at] + 1;

	for (; *word; word++) {
		const struct option *option = find_letter(*word);

		if (!option)
			return unknown(w->argv[w->at], f);
		if (option->has_value)
			return take_option(o, option, word[1] ? word + 1 : NULL, w, f);
		option->take(o, NULL);
	}
	return 0;
}

static int check(const struct send_options *o, struct fault *f)
{
	if (o->wants_help || o->to.count + o->cc.count + o->bcc.count)
		return 0;
	fault_set(f, FAULT_USAGE, 0, "no recipient given; see \"nullmta send --help\"");
	return -1;
}

int send_options_parse(struct send_options *ret, int argc, char **argv, struct fault *f)
{
	struct send_options o = {0};
	struct words w = {argc, argv, 1};
	bool has_options = true;
	int rc = 0;

	for (; w.at < argc && rc == 0; w.at++) {
		const char *word = argv[w.at];

		if (!has_options || word[0] != '-' || word[1] == '\0')
			strv_add(&o.to, span_of(word));
		else if (strcmp(word, "--") == 0)
			has_options = false;
		else if (word[1] == '-')
			rc = take_long(&o, &w, f);
		else
			rc = take_letters(&o, &w, f);
	}
	if (rc == 0)
		rc = check(&o, f);
	if (rc < 0)
		send_options_release(&o);
	else
		*ret = o;
	return rc;
}

void send_options_release(struct send_options *o)
{
	strv_release(&o->to);
	strv_release(&o->cc);
	strv_release(&o->bcc);
	strv_release(&o->fields);
	strv_release(&o->attachments);
}
