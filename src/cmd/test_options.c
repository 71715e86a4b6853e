#include "cmd/test_options.h"

#include "base/span.h"
#include "cmd/option_value.h"

#define SEE "see \"nullmta test --help\""

/* Take the option at `*at`, with its value. */
static int take_option(struct test_options *o, char **argv, int *at, struct fault *f)
{
	static const struct option_value from = {"-f", "--from"};
	static const struct option_value route = {NULL, "--route"};
	static const struct option_value conf_file = {"-C", NULL};
	struct span word = span_of(argv[*at]);
	const char *value = "";

	if (span_is(word, "--help") || span_is(word, "-h"))
		o->wants_help = true;
	else if (span_is(word, "--send"))
		o->sends = true;
	else if (span_is(word, "--json"))
		o->is_json = true;
	else if (option_value_take(&from, argv, at, &value))
		o->sender = value;
	else if (option_value_take(&route, argv, at, &value))
		o->route = value;
	else if (option_value_take(&conf_file, argv, at, &value))
		o->conf_file = value;
	else
		value = NULL;
	if (value)
		return 0;
	if (argv[*at])
		fault_set(f, FAULT_USAGE, 0, "unknown option %s; " SEE, word.data);
	else
		fault_set(f, FAULT_USAGE, 0, "%s needs a value", word.data);
	return -1;
}

static int take_address(struct test_options *o, const char *word, struct fault *f)
{
	if (o->address) {
		fault_set(f, FAULT_USAGE, 0, "one address at a time, not also %s", word);
		return -1;
	}
	o->address = word;
	return 0;
}

int test_options_parse(struct test_options *ret, int argc, char **argv, struct fault *f)
{
	struct test_options o = {0};
	bool are_over = false;

	for (int at = 1; at < argc; at++) {
		struct span word = span_of(argv[at]);
		int rc = 0;

		if (!are_over && span_is(word, "--"))
			are_over = true;
		else if (are_over || word.len < 2 || word.data[0] != '-')
			rc = take_address(&o, argv[at], f);
		else
			rc = take_option(&o, argv, &at, f);
		if (rc < 0)
			return -1;
	}
	if (!o.wants_help && !o.address) {
		fault_set(f, FAULT_USAGE, 0, "no address given; " SEE);
		return -1;
	}
	*ret = o;
	return 0;
}
