#include "cmd/explain_options.h"

#include "base/span.h"
#include "cmd/option_value.h"

/* Take the option at `*at`, with its value. */
static int take_option(struct explain_options *o, char **argv, int *at, struct fault *f)
{
	static const struct option_value from = {"-f", "--from"};
	static const struct option_value message = {"-m", "--message"};
	static const struct option_value conf_file = {"-C", NULL};
	struct span word = span_of(argv[*at]);
	const char *value = "";

	if (span_is(word, "--help") || span_is(word, "-h"))
		o->wants_help = true;
	else if (span_is(word, "--no-dns"))
		o->has_no_dns = true;
	else if (option_value_take(&from, argv, at, &value))
		o->sender = value;
	else if (option_value_take(&message, argv, at, &value))
		o->message = value;
	else if (option_value_take(&conf_file, argv, at, &value))
		o->conf_file = value;
	else
		value = NULL;
	if (value)
		return 0;
	if (argv[*at])
		fault_set(f, FAULT_USAGE, 0,
			"unknown option %s; see \"nullmta explain --help\"", word.data);
	else
		fault_set(f, FAULT_USAGE, 0, "%s needs a value", word.data);
	return -1;
}

int explain_options_parse(
	struct explain_options *ret, int argc, char **argv, struct fault *f)
{
	struct explain_options o = {.recipients = argv + 1};
	bool are_over = false;

	for (int at = 1; at < argc; at++) {
		struct span word = span_of(argv[at]);

		if (!are_over && span_is(word, "--"))
			are_over = true;
		else if (are_over || word.len < 2 || word.data[0] != '-')
			o.recipients[o.recipient_count++] = argv[at];
		else if (take_option(&o, argv, &at, f) < 0)
			return -1;
	}
	if (!o.wants_help && !o.recipient_count && !o.message) {
		fault_set(f, FAULT_USAGE, 0,
			"no address given; see \"nullmta explain --help\"");
		return -1;
	}
	*ret = o;
	return 0;
}
