#include "policy/tlsresults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/hostname.h"
#include "base/mem.h"
#include "base/text.h"

#define DAY_S     86400
#define DAY_LEN   10 /* "2026-11-23" */
#define COUNT_MAX UINT32_MAX

static const char *const policy_names[] = {
	[TLSRESULTS_NO_POLICY] = "no-policy-found",
	[TLSRESULTS_TLSA] = "tlsa",
	[TLSRESULTS_STS] = "sts",
};

static const char *const type_names[] = {
	[TLSRESULTS_SUCCESS] = "success",
	[TLSRESULTS_NO_STARTTLS] = "starttls-not-supported",
	[TLSRESULTS_HOST_MISMATCH] = "certificate-host-mismatch",
	[TLSRESULTS_EXPIRED] = "certificate-expired",
	[TLSRESULTS_NOT_TRUSTED] = "certificate-not-trusted",
	[TLSRESULTS_VALIDATION_FAILURE] = "validation-failure",
	[TLSRESULTS_TLSA_INVALID] = "tlsa-invalid",
	[TLSRESULTS_DNSSEC_INVALID] = "dnssec-invalid",
	[TLSRESULTS_DANE_REQUIRED] = "dane-required",
	[TLSRESULTS_STS_FETCH_ERROR] = "sts-policy-fetch-error",
	[TLSRESULTS_STS_POLICY_INVALID] = "sts-policy-invalid",
	[TLSRESULTS_STS_WEBPKI_INVALID] = "sts-webpki-invalid",
};

/* A line of the file: all but its number, which is what is added up. */
struct entry {
	struct span key;
	uint64_t count;
};

const char *tlsresults_type_name(enum tlsresults_type type)
{
	return type_names[type];
}

static const char *name_or_dash(const char *name)
{
	return hostname_is_valid(span_of(name)) ? name : "-";
}

static void format_day(int32_t day, char ret[DAY_LEN + 1])
{
	char text[CLOCK_TEXT_MAX];

	clock_format_iso((int64_t)day * DAY_S, text, sizeof(text));
	memcpy(ret, text, DAY_LEN);
	ret[DAY_LEN] = '\0';
}

void tlsresults_format(const struct tlsresults_line *line, struct buf *out)
{
	char day[DAY_LEN + 1];

	format_day(line->day, day);
	buf_addf(out, "%s %s %s %s %s %" PRIu64 "\n", day, policy_names[line->policy],
		name_or_dash(line->domain), type_names[line->type],
		name_or_dash(line->host), line->count);
}

static bool is_one_of(struct span word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_is(word, names[i]))
			return true;
	}
	return false;
}

static bool is_name(struct span word)
{
	return span_is(word, "-") || hostname_is_valid(word);
}

static bool is_day(struct span s)
{
	static const char shape[DAY_LEN + 1] = "dddd-dd-dd";

	if (s.len != DAY_LEN)
		return false;
	for (size_t i = 0; i < DAY_LEN; i++) {
		if (shape[i] == 'd' ? !text_is_digit(s.data[i]) : s.data[i] != shape[i])
			return false;
	}
	return true;
}

/* Days as text are in order as they are in time. */
static bool is_kept(struct span day, int64_t now_s)
{
	char first[DAY_LEN + 1], last[DAY_LEN + 1];

	format_day((int32_t)(now_s / DAY_S - TLSRESULTS_DAYS), first);
	format_day((int32_t)(now_s / DAY_S), last);
	return is_day(day) && span_cmp(day, span_of(first)) >= 0 &&
	       span_cmp(day, span_of(last)) <= 0;
}

static bool parse(struct span line, int64_t now_s, struct entry *ret)
{
	struct span rest = line;
	struct span day, policy, domain, type, host, count;

	if (!span_cut(&rest, ' ', &day) || !span_cut(&rest, ' ', &policy) ||
		!span_cut(&rest, ' ', &domain) || !span_cut(&rest, ' ', &type) ||
		!span_cut(&rest, ' ', &host) || !span_cut(&rest, ' ', &count) ||
		rest.data)
		return false;
	ret->key = span_head(line, (size_t)(count.data - line.data));
	return is_kept(day, now_s) &&
	       is_one_of(policy, policy_names, ARRAY_LEN(policy_names)) &&
	       is_name(domain) && is_one_of(type, type_names, ARRAY_LEN(type_names)) &&
	       is_name(host) && span_to_uint(count, COUNT_MAX, &ret->count) == 0;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return span_cmp(x->key, y->key);
}

/* Equal keys, which stand together, become one. Returns how many are left. */
static size_t add_up(struct entry *entries, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && span_eq(entries[kept - 1].key, entries[i].key))
			entries[kept - 1].count += entries[i].count;
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

void tlsresults_merge(struct span text, int64_t now_s, struct buf *out)
{
	struct entry *entries = NULL;
	size_t count = 0, cap = 0;
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		struct entry e;

		if (!parse(line, now_s, &e))
			continue;
		if (count == cap) {
			cap = cap ? 2 * cap : 64;
			entries = mem_regrow(entries, cap, sizeof(*entries));
		}
		entries[count++] = e;
	}
	if (count)
		qsort(entries, count, sizeof(*entries), compare);
	count = add_up(entries, count);
	for (size_t i = count > TLSRESULTS_MAX ? count - TLSRESULTS_MAX : 0; i < count;
		i++)
		buf_addf(out, "%.*s%" PRIu64 "\n", SPAN_ARGS(entries[i].key),
			entries[i].count > COUNT_MAX ? COUNT_MAX : entries[i].count);
	free(entries);
}
