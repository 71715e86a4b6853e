#include "policy/mtasts.h"

#include <stdio.h>
#include <string.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "base/text.h"

#define RECORD_START   "v=STSv1;"
#define MAX_AGE_DIGITS 10 /* RFC 8461 3.2 */

static bool is_id(struct span s)
{
	if (s.len == 0 || s.len > MTASTS_ID_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!text_is_alpha(s.data[i]) && !text_is_digit(s.data[i]))
			return false;
	}
	return true;
}

/* "v=STSv1; id=20160831085700Z;": what else stands there is for later versions */
static bool record_parse(struct span text, struct span *ret_id)
{
	struct span field;
	unsigned ids = 0;

	while (span_cut(&text, ';', &field)) {
		field = span_trim(field);
		if (!span_starts(field, "id="))
			continue;
		*ret_id = span_from(field, 3);
		ids++;
	}
	return ids == 1 && is_id(*ret_id);
}

bool mtasts_find_id(const struct dns_answer *txt, char ret_id[MTASTS_ID_MAX + 1])
{
	struct span record = SPAN_NONE;
	struct span id = SPAN_NONE;
	unsigned found = 0;

	for (size_t i = 0; i < txt->count; i++) {
		struct span text = {txt->records[i].data, txt->records[i].data_len};

		if (!span_starts(text, RECORD_START))
			continue;
		record = text;
		found++;
	}
	if (found != 1 || !record_parse(record, &id))
		return false;
	(void)text_copy(ret_id, MTASTS_ID_MAX + 1, id);
	return true;
}

static const char *const mode_names[] = {
	[MTASTS_NONE] = "none",
	[MTASTS_TESTING] = "testing",
	[MTASTS_ENFORCE] = "enforce",
};

const char *mtasts_mode_name(enum mtasts_mode mode)
{
	return mode_names[mode];
}

/* A policy while it is read: of each field but mx the first one counts (3.2). */
struct reading {
	struct mtasts_policy policy;
	bool has_version;
	bool has_mode;
	bool has_max_age;
};

static const char *read_version(struct reading *r, struct span value)
{
	if (!span_is(value, "STSv1"))
		return "unknown version";
	r->has_version = true;
	return NULL;
}

static const char *read_mode(struct reading *r, struct span value)
{
	for (size_t i = 0; i < ARRAY_LEN(mode_names); i++) {
		if (!span_is(value, mode_names[i]))
			continue;
		r->policy.mode = (enum mtasts_mode)i;
		r->has_mode = true;
		return NULL;
	}
	return "unknown mode";
}

static const char *read_max_age(struct reading *r, struct span value)
{
	uint64_t age;

	if (value.len > MAX_AGE_DIGITS || span_to_uint(value, UINT64_MAX, &age) < 0)
		return "max_age is no number";
	r->policy.max_age_s = age < MTASTS_AGE_MAX ? (int64_t)age : MTASTS_AGE_MAX;
	r->has_max_age = true;
	return NULL;
}

static const char *read_mx(struct reading *r, struct span value)
{
	struct span name = span_starts(value, "*.") ? span_from(value, 2) : value;
	struct buf lower = BUF_INIT(HOSTNAME_MAX + 2);
	const char *why = NULL;

	if (!hostname_is_valid(name))
		why = "an mx pattern is no host name";
	else if (r->policy.mx.count == MTASTS_MX_MAX)
		why = "too many mx patterns";
	else {
		text_add_lower(&lower, value);
		strv_add(&r->policy.mx, buf_span(&lower));
	}
	buf_release(&lower);
	return why;
}

static const char *read_field(struct reading *r, struct span key, struct span value)
{
	if (span_is(key, "version"))
		return r->has_version ? NULL : read_version(r, value);
	if (span_is(key, "mode"))
		return r->has_mode ? NULL : read_mode(r, value);
	if (span_is(key, "max_age"))
		return r->has_max_age ? NULL : read_max_age(r, value);
	if (span_is(key, "mx"))
		return read_mx(r, value);
	return NULL; /* of a later version */
}

static const char *read_all(struct reading *r, struct span text)
{
	const char *why = NULL;
	struct span line;

	while (!why && span_cut(&text, '\n', &line)) {
		struct span value = span_trim(line);
		struct span key;

		if (value.len == 0)
			continue;
		(void)span_cut(&value, ':', &key);
		if (!value.data)
			return "a line has no colon";
		why = read_field(r, key, span_trim(value));
	}
	if (why)
		return why;
	if (!r->has_version)
		return "no version";
	if (!r->has_mode)
		return "no mode";
	if (!r->has_max_age)
		return "no max_age";
	if (r->policy.mode != MTASTS_NONE && r->policy.mx.count == 0)
		return "no mx";
	return NULL;
}

int mtasts_policy_parse(
	struct mtasts_policy *ret, struct span text, char ret_why[MTASTS_WHY_MAX])
{
	struct reading r = {.policy = {.mode = MTASTS_NONE}};
	const char *why = text.len > MTASTS_POLICY_MAX ? "too long" : read_all(&r, text);

	if (why) {
		mtasts_policy_release(&r.policy);
		(void)text_copy(ret_why, MTASTS_WHY_MAX, span_of(why));
		return -1;
	}
	*ret = r.policy;
	return 0;
}

void mtasts_policy_release(struct mtasts_policy *p)
{
	strv_release(&p->mx);
	*p = (struct mtasts_policy){.mode = MTASTS_NONE};
}

/* RFC 8461 4.1: "*" stands for the whole first label and for nothing else */
static bool matches(struct span pattern, struct span host)
{
	ptrdiff_t dot = span_find(host, '.');

	if (!span_starts(pattern, "*."))
		return span_ieq(pattern, host);
	return dot > 0 && span_ieq(span_from(pattern, 1), span_from(host, (size_t)dot));
}

bool mtasts_allows(const struct mtasts_policy *p, const char *host)
{
	for (size_t i = 0; i < p->mx.count; i++) {
		if (matches(span_of(p->mx.items[i]), span_of(host)))
			return true;
	}
	return false;
}
