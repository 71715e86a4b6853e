#include "conf/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "conf/host.h"
#include "conf/table.h"
#include "conf/value_kind.h"

#define SCHEDULE_STEPS_MAX 32
#define SERVERS_MAX        3 /* as many as libresolv takes */
#define DNS_PORT           53
#define WORD_NONE          SIZE_MAX

struct kind {
	int (*parse)(
		const struct value_spec *, struct span, void *field, struct buf *want);
	void (*format)(const struct value_spec *, const void *field, struct buf *out);
	void (*release)(void *field); /* NULL: owns nothing */
};

struct unit {
	char letter;
	int64_t worth;
};

static size_t find_word(const char *const *words, struct span text)
{
	for (size_t i = 0; words && words[i]; i++)
		if (span_iis(text, words[i]))
			return i;
	return WORD_NONE;
}

static void list_words(const char *const *words, struct buf *out)
{
	for (size_t i = 0; words[i]; i++) {
		const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";

		buf_addf(out, "%s%s", between, words[i]);
	}
}

/* The number with the largest unit that divides it: 5400 s is 90m. The last is 1. */
static void format_units(int64_t value, const struct unit *units, struct buf *out)
{
	while (units->worth > 1 && (value == 0 || value % units->worth != 0))
		units++;
	buf_addf(out, "%lld", (long long)(value / units->worth));
	if (units->letter)
		buf_add_char(out, units->letter);
}

static int parse_yes_no(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	static const char *const yes[] = {"yes", "true", "on", "1", NULL};
	static const char *const no[] = {"no", "false", "off", "0", NULL};
	bool is_yes = find_word(yes, text) != WORD_NONE;

	(void)spec;
	if (!is_yes && find_word(no, text) == WORD_NONE) {
		buf_add_str(want, "yes or no");
		return -1;
	}
	*(bool *)field = is_yes;
	return 0;
}

static void format_yes_no(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	(void)spec;
	buf_add_str(out, *(const bool *)field ? "yes" : "no");
}

static int parse_word(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	size_t place = find_word(spec->words, text);

	if (place == WORD_NONE) {
		list_words(spec->words, want);
		return -1;
	}
	*(unsigned *)field = (unsigned)place;
	return 0;
}

static void format_word(const struct value_spec *spec, const void *field, struct buf *out)
{
	buf_add_str(out, spec->words[*(const unsigned *)field]);
}

static int parse_number(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	uint64_t value = 0;

	if (find_word(spec->words, text) == WORD_NONE &&
		(span_to_uint(text, (uint64_t)spec->max, &value) < 0 ||
			value < (uint64_t)spec->min)) {
		buf_addf(want, "a number from %lld to %lld", (long long)spec->min,
			(long long)spec->max);
		if (spec->words)
			buf_addf(want, ", or %s", spec->words[0]);
		return -1;
	}
	*(unsigned *)field = (unsigned)value;
	return 0;
}

static void format_number(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	unsigned value = *(const unsigned *)field;

	if (value == 0 && spec->words)
		buf_add_str(out, spec->words[0]);
	else
		buf_addf(out, "%u", value);
}

static void format_octets_value(uint64_t value, struct buf *out)
{
	static const struct unit units[] = {
		{'g', 1 << 30}, {'m', 1 << 20}, {'k', 1 << 10}, {'\0', 1}};

	format_units((int64_t)value, units, out);
}

static int parse_octets(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	uint64_t value;

	if (text_to_octets(text, &value) < 0 || value < (uint64_t)spec->min ||
		value > (uint64_t)spec->max) {
		buf_add_str(want, "octets such as 500k, 50m or 1g, from ");
		format_octets_value((uint64_t)spec->min, want);
		buf_add_str(want, " to ");
		format_octets_value((uint64_t)spec->max, want);
		return -1;
	}
	*(uint64_t *)field = value;
	return 0;
}

static void format_octets(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	(void)spec;
	format_octets_value(*(const uint64_t *)field, out);
}

static void format_seconds_value(int64_t value, struct buf *out)
{
	static const struct unit units[] = {
		{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

	format_units(value, units, out);
}

static int parse_seconds(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	int64_t value = 0;

	if (find_word(spec->words, text) == WORD_NONE &&
		(text_to_seconds(text, &value) < 0 || value < spec->min ||
			value > spec->max)) {
		buf_add_str(want, "a duration such as 90s, 5m, 4h or 5d, from ");
		format_seconds_value(spec->min ? spec->min : 1, want);
		buf_add_str(want, " to ");
		format_seconds_value(spec->max, want);
		if (spec->words)
			buf_addf(want, ", or %s", spec->words[0]);
		return -1;
	}
	*(int64_t *)field = value;
	return 0;
}

static void format_seconds(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	int64_t value = *(const int64_t *)field;

	if (value == 0)
		buf_add_str(out, spec->words[0]);
	else
		format_seconds_value(value, out);
}

void value_set_string(void *field, struct span text)
{
	char **string = field;

	free(*string);
	*string = text.len ? mem_copy(text.data, text.len) : NULL;
}

static void format_string(
	const struct value_spec *spec, const void *field, struct buf *out)
{
	const char *string = *(char *const *)field;

	(void)spec;
	if (string)
		buf_add_str(out, string);
}

static void release_string(void *field)
{
	value_set_string(field, SPAN_NONE);
}

static int parse_hostname(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	(void)spec;
	/* RFC 5321 4.1.1.1 wants a full name; a bare one is as good as none */
	if (text.len && (!hostname_is_strict(text) || span_find(text, '.') < 0)) {
		buf_add_str(want,
			"a full host name such as box.example.org (letters, "
			"digits, hyphens; an international name in its xn-- form)");
		return -1;
	}
	value_set_string(field, text);
	return 0;
}

static int parse_domain(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	(void)spec;
	if (text.len && !hostname_is_strict(text)) {
		buf_add_str(want,
			"a domain such as example.org (letters, digits, hyphens; "
			"an international name in its xn-- form)");
		return -1;
	}
	value_set_string(field, text);
	return 0;
}

static int parse_server(struct span text, struct buf *out)
{
	struct span host;
	unsigned port;

	if (host_split(text, &host, &port) < 0)
		return -1;
	if (host_is_ipv6(host))
		buf_addf(out, "[%.*s]", SPAN_ARGS(host));
	else if (host_is_ipv4(host))
		buf_add_span(out, host);
	else
		return -1;
	buf_addf(out, ":%u", port ? port : DNS_PORT);
	return 0;
}

static int parse_servers(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct buf one = BUF_INIT(64);
	struct strv servers = {0};
	struct span word;
	int rc = 0;

	(void)spec;
	while (rc == 0 && span_word(&text, &word)) {
		buf_reset(&one);
		if (servers.count == SERVERS_MAX || parse_server(word, &one) < 0)
			rc = -1;
		else
			strv_add(&servers, buf_span(&one));
	}
	buf_release(&one);
	if (rc < 0) {
		buf_addf(want,
			"up to %d numeric addresses between spaces, such as 192.0.2.1, "
			"127.0.0.1:5353 or [2001:db8::1]:53",
			SERVERS_MAX);
		strv_release(&servers);
		return -1;
	}
	strv_release(field);
	*(struct strv *)field = servers;
	return 0;
}

static void format_list(const struct value_spec *spec, const void *field, struct buf *out)
{
	const struct strv *list = field;

	(void)spec;
	for (size_t i = 0; i < list->count; i++)
		buf_addf(out, "%s%s", i ? " " : "", list->items[i]);
}

static void release_list(void *field)
{
	strv_release(field);
	*(struct strv *)field = (struct strv){0};
}

static int parse_schedule(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	struct span rest = text;
	struct span word;
	int64_t step_s;
	size_t count = 0;
	bool is_good = true;

	(void)spec;
	for (; span_word(&rest, &word); count++)
		if (text_to_seconds(word, &step_s) < 0 || step_s < 1)
			is_good = false;
	if (!is_good || count < 1 || count > SCHEDULE_STEPS_MAX) {
		buf_addf(want,
			"1 to %d durations of at least 1s between spaces, such as 1m 5m "
			"1h",
			SCHEDULE_STEPS_MAX);
		return -1;
	}
	value_set_string(field, text);
	return 0;
}

static bool is_path(struct span text)
{
	if (!span_starts(text, "/") && !span_starts(text, "~/"))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '%')
			continue;
		i++;
		if (i == text.len || (text.data[i] != 'u' && text.data[i] != '%'))
			return false;
	}
	return true;
}

static int parse_path(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	if (find_word(spec->words, text) != WORD_NONE)
		text = SPAN_NONE;
	if (text.len && !is_path(text)) {
		buf_add_str(want,
			"an absolute path, or one that begins with ~/ (%u is the "
			"user's number, %% a percent sign)");
		if (spec->words)
			buf_addf(want, ", or %s", spec->words[0]);
		return -1;
	}
	value_set_string(field, text);
	return 0;
}

/*
 * As far as it can be told without the grammar of mail: one word with an @
 * in front of a domain. `deliver` parses it again before it is used.
 */
bool value_is_address(struct span text)
{
	size_t at = text.len;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '@')
			at = i;
		if (text.data[i] == ' ' || text.data[i] == '<' || text.data[i] == '>')
			return false;
	}
	return at > 0 && at < text.len && hostname_is_strict(span_from(text, at + 1));
}

static int parse_report(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	size_t place = find_word(spec->words, text);

	if (place == WORD_NONE && !value_is_address(text)) {
		list_words(spec->words, want);
		buf_add_str(want, ", or an address such as postmaster@example.org");
		return -1;
	}
	value_set_string(field, place == WORD_NONE ? text : span_of(spec->words[place]));
	return 0;
}

static int parse_address(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	(void)spec;
	if (text.len && !value_is_address(text)) {
		buf_add_str(want, "an address such as box@example.org (an international "
				  "domain in its xn-- form)");
		return -1;
	}
	value_set_string(field, text);
	return 0;
}

static int parse_log(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	size_t place = find_word(spec->words, text);

	if (place == WORD_NONE && !span_starts(text, "/")) {
		list_words(spec->words, want);
		buf_add_str(want, ", or the absolute path of a file");
		return -1;
	}
	value_set_string(field, place == WORD_NONE ? text : span_of(spec->words[place]));
	return 0;
}

static const struct kind kinds[] = {
	[VALUE_YES_NO] = {parse_yes_no, format_yes_no, NULL},
	[VALUE_WORD] = {parse_word, format_word, NULL},
	[VALUE_NUMBER] = {parse_number, format_number, NULL},
	[VALUE_OCTETS] = {parse_octets, format_octets, NULL},
	[VALUE_SECONDS] = {parse_seconds, format_seconds, NULL},
	[VALUE_HOSTNAME] = {parse_hostname, format_string, release_string},
	[VALUE_DOMAIN] = {parse_domain, format_string, release_string},
	[VALUE_SERVERS] = {parse_servers, format_list, release_list},
	[VALUE_SCHEDULE] = {parse_schedule, format_string, release_string},
	[VALUE_PATH] = {parse_path, format_string, release_string},
	[VALUE_REPORT] = {parse_report, format_string, release_string},
	[VALUE_LOG] = {parse_log, format_string, release_string},
	[VALUE_ADDRESS] = {parse_address, format_string, release_string},
	[VALUE_DOMAINS] = {value_parse_domains, format_list, release_list},
	[VALUE_NAMES] = {value_parse_names, format_list, release_list},
	[VALUE_FIELDS] = {value_parse_fields, value_format_fields, release_list},
	[VALUE_TEMPLATE] = {value_parse_template, format_string, release_string},
	[VALUE_TABLE] = {conf_table_parse, conf_table_format, conf_table_release},
	[VALUE_TEXT] = {value_parse_text, format_string, release_string},
	[VALUE_SECRET] = {value_parse_secret, value_format_secret, value_release_secret},
	[VALUE_HOPS] = {value_parse_hops, value_format_hops, value_release_hops},
	[VALUE_LOCAL] = {value_parse_local, value_format_local, value_release_local},
	[VALUE_PROVIDER] = {value_parse_provider, value_format_provider, NULL},
	[VALUE_SOURCES] = {value_parse_sources, format_list, release_list},
	[VALUE_PROXY] = {value_parse_proxy, value_format_proxy, value_release_proxy},
	[VALUE_MECHANISMS] = {value_parse_mechanisms, format_list, release_list},
	[VALUE_FINGERPRINTS] = {value_parse_fingerprints, format_list, release_list},
	[VALUE_PATTERNS] = {value_parse_patterns, format_list, release_list},
	[VALUE_USERS] = {value_parse_users, format_list, release_list},
};

int value_parse(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	/* C1 of the threat model: such text would reach a header, a command or a log */
	if (span_has_control(text)) {
		buf_add_str(want, "text without control characters");
		return -1;
	}
	return kinds[spec->kind].parse(spec, text, field, want);
}

void value_format(const struct value_spec *spec, const void *field, struct buf *out)
{
	kinds[spec->kind].format(spec, field, out);
}

void value_release(const struct value_spec *spec, void *field)
{
	if (kinds[spec->kind].release)
		kinds[spec->kind].release(field);
}
