#include "cmd/flush_options.h"

#include <string.h>

#include "base/text.h"

struct option {
	const char *name;
	bool has_value;
	int (*take)(struct flush_options *o, const char *value, struct fault *f);
};

static int take_help(struct flush_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->wants_help = true;
	return 0;
}

static int take_now(struct flush_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->is_now = true;
	return 0;
}

static int take_all(struct flush_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->is_all = true;
	return 0;
}

static int take_users(struct flush_options *o, const char *value, struct fault *f)
{
	uint64_t users;

	if (span_to_uint(span_of(value), FLUSH_USERS_MAX, &users) < 0 || users == 0) {
		fault_set(f, FAULT_USAGE, 0,
			"--users takes a number from 1 to %d, not %s", FLUSH_USERS_MAX,
			value);
		return -1;
	}
	o->users = (unsigned)users;
	return 0;
}

static int take_share(struct flush_options *o, const char *value, struct fault *f)
{
	if (text_to_seconds(span_of(value), &o->share_s) == 0 && o->share_s > 0)
		return 0;
	fault_set(f, FAULT_USAGE, 0, "--share takes a time such as 30s, not %s", value);
	return -1;
}

static int take_verbose(struct flush_options *o, const char *value, struct fault *f)
{
	(void)value;
	(void)f;
	o->is_verbose = true;
	return 0;
}

static int take_every(struct flush_options *o, const char *value, struct fault *f)
{
	if (text_to_seconds(span_of(value), &o->every_s) == 0 && o->every_s > 0)
		return 0;
	fault_set(f, FAULT_USAGE, 0, "--every takes a time such as 15m, not %s", value);
	return -1;
}

static int take_conf(struct flush_options *o, const char *value, struct fault *f)
{
	(void)f;
	o->conf_file = value;
	return 0;
}

static int take_spool(struct flush_options *o, const char *value, struct fault *f)
{
	(void)f;
	o->spool = value;
	return 0;
}

static int take_message(struct flush_options *o, const char *value, struct fault *f)
{
	(void)f;
	o->message = value;
	return 0;
}

static int take_only_id(struct flush_options *o, const char *value, struct fault *f)
{
	(void)f;
	strv_add(&o->only.ids, span_of(value));
	return 0;
}

static int take_only_recipient(
	struct flush_options *o, const char *value, struct fault *f)
{
	(void)f;
	strv_add(&o->only.recipients, span_of(value));
	return 0;
}

static int take_only_sender(struct flush_options *o, const char *value, struct fault *f)
{
	(void)f;
	strv_add(&o->only.senders, span_of(value));
	return 0;
}

static int take_wait_fd(struct flush_options *o, const char *value, struct fault *f)
{
	uint64_t fd;

	if (span_to_uint(span_of(value), 1 << 20, &fd) < 0) {
		fault_set(f, FAULT_USAGE, 0, "--wait-fd takes a number");
		return -1;
	}
	o->wait_fd = (int)fd;
	return 0;
}

static const struct option options[] = {
	{"--help", false, take_help},
	{"--now", false, take_now},
	{"--all", false, take_all},
	{"--users", true, take_users},
	{"--share", true, take_share},
	{"--verbose", false, take_verbose},
	{"--every", true, take_every},
	{"-C", true, take_conf},
	{"--spool", true, take_spool},
	{"--message", true, take_message},
	{"--only-id", true, take_only_id},
	{"--only-recipient", true, take_only_recipient},
	{"--only-sender", true, take_only_sender},
	{"--wait-fd", true, take_wait_fd},
};

static const struct option *option_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static int take_words(struct flush_options *o, int argc, char **argv, struct fault *f)
{
	for (int at = 1; at < argc; at++) {
		const struct option *option = option_find(argv[at]);
		const char *value = NULL;

		if (!option) {
			fault_set(f, FAULT_USAGE, 0,
				"unknown argument %s; see \"nullmta flush --help\"",
				argv[at]);
			return -1;
		}
		if (option->has_value && at + 1 == argc) {
			fault_set(f, FAULT_USAGE, 0, "%s needs a value", argv[at]);
			return -1;
		}
		if (option->has_value)
			value = argv[++at];
		if (option->take(o, value, f) < 0)
			return -1;
	}
	return 0;
}

/* What asks for all spools and for one. */
static int check(const struct flush_options *o, struct fault *f)
{
	if (!o->is_all || (!o->spool && !o->message && o->wait_fd < 0))
		return 0;
	fault_set(f, FAULT_USAGE, 0, "--all does not go with %s",
		o->spool     ? "--spool"
		: o->message ? "--message"
			     : "--wait-fd");
	return -1;
}

int flush_options_parse(struct flush_options *ret, int argc, char **argv, struct fault *f)
{
	struct flush_options o = {.users = FLUSH_USERS_DEFAULT,
		.share_s = FLUSH_SHARE_DEFAULT_S,
		.wait_fd = -1};

	if (take_words(&o, argc, argv, f) < 0 || check(&o, f) < 0) {
		flush_options_release(&o);
		return -1;
	}
	*ret = o;
	return 0;
}

void flush_options_release(struct flush_options *o)
{
	selection_release(&o->only);
}
