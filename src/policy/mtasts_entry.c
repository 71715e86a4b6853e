/*
 * The entry in which a policy is kept: its text, and what its times mean.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bug.h"
#include "base/codec.h"
#include "base/text.h"
#include "policy/mtasts.h"

#define HEAD "nullmta-mta-sts 1\n"

/* beyond any clock of ours */
#define TIME_MAX ((uint64_t)1 << 40)

void mtasts_entry_format(const struct mtasts_entry *e, struct buf *out)
{
	const struct mtasts_policy *p = &e->policy;
	size_t start = out->len;

	buf_add_str(out, HEAD);
	if (e->has_policy)
		buf_addf(out, "id %s\nfetched %" PRId64 "\n", e->id, e->fetched_s);
	if (e->failed_id[0])
		buf_addf(out, "failed %" PRId64 " %s\n", e->failed_s, e->failed_id);
	if (e->has_policy)
		buf_addf(out, "mode %s\nmax_age %" PRId64 "\n", mtasts_mode_name(p->mode),
			p->max_age_s);
	for (size_t i = 0; e->has_policy && i < p->mx.count; i++)
		buf_addf(out, "mx %s\n", p->mx.items[i]);
	buf_addf(out, "crc %08" PRIx32 "\n",
		crc32c(0, buf_str(out) + start, out->len - start));
}

/* Cut the last line off and see whether the rest is what it says. */
static bool take_crc(struct span *text)
{
	static const size_t line_len = sizeof("crc 01234567\n") - 1;
	struct span line;
	uint32_t crc;

	if (text->len < line_len || !span_ends(*text, "\n"))
		return false;
	line = span_from(*text, text->len - line_len);
	*text = span_head(*text, text->len - line_len);
	return span_starts(line, "crc ") &&
	       hex_to_uint32(span_head(span_from(line, 4), 8), &crc) == 0 &&
	       crc == crc32c(0, text->data, text->len);
}

static bool read_time(struct span s, int64_t *ret)
{
	uint64_t value;

	if (span_to_uint(s, TIME_MAX, &value) < 0)
		return false;
	*ret = (int64_t)value;
	return true;
}

/* Our own lines; the policy's are given back to who reads policies. */
static bool read_line(struct mtasts_entry *e, struct span line, struct buf *policy)
{
	struct span key = SPAN_NONE;
	struct span value = line;
	struct span time;

	if (!span_cut(&value, ' ', &key) || !value.data)
		return false;
	if (span_is(key, "id"))
		return text_copy(e->id, sizeof(e->id), value);
	if (span_is(key, "fetched"))
		return read_time(value, &e->fetched_s);
	if (span_is(key, "failed"))
		return span_cut(&value, ' ', &time) && read_time(time, &e->failed_s) &&
		       value.data && text_copy(e->failed_id, sizeof(e->failed_id), value);
	buf_addf(policy, "%.*s: %.*s\n", SPAN_ARGS(key), SPAN_ARGS(value));
	return true;
}

static bool read_lines(struct mtasts_entry *e, struct span text)
{
	struct buf policy = BUF_INIT(MTASTS_ENTRY_MAX);
	char ignored[MTASTS_WHY_MAX];
	bool is_good = true;
	struct span line;

	while (is_good && text.len && span_cut(&text, '\n', &line))
		is_good = read_line(e, line, &policy);
	if (is_good && policy.len) {
		buf_add_str(&policy, "version: STSv1\n");
		is_good = e->id[0] && mtasts_policy_parse(&e->policy, buf_span(&policy),
					      ignored) == 0;
		e->has_policy = is_good;
	}
	buf_release(&policy);
	return is_good;
}

int mtasts_entry_parse(struct mtasts_entry *ret, struct span text)
{
	struct mtasts_entry e = {.has_policy = false};

	*ret = e;
	if (!take_crc(&text) || !span_starts(text, HEAD))
		return -1;
	if (!read_lines(&e, span_from(text, sizeof(HEAD) - 1))) {
		mtasts_entry_release(&e);
		return -1;
	}
	*ret = e;
	return 0;
}

void mtasts_entry_release(struct mtasts_entry *e)
{
	mtasts_policy_release(&e->policy);
	*e = (struct mtasts_entry){.has_policy = false};
}

void mtasts_entry_mend_times(struct mtasts_entry *e, int64_t now_s)
{
	if (e->fetched_s > now_s)
		e->fetched_s = now_s;
	if (e->failed_s > now_s)
		e->failed_s = now_s;
}

bool mtasts_entry_is_valid(const struct mtasts_entry *e, int64_t now_s)
{
	return e->has_policy && now_s - e->fetched_s < e->policy.max_age_s;
}

/* RFC 8461 3.3 asks for a fetch a day; one that lives shorter is renewed at half time. */
static bool is_old(const struct mtasts_entry *e, int64_t now_s)
{
	int64_t half_s = e->policy.max_age_s / 2;

	return now_s - e->fetched_s >=
	       (half_s < MTASTS_REFRESH_S ? half_s : MTASTS_REFRESH_S);
}

bool mtasts_entry_wants_fetch(const struct mtasts_entry *e, const char *id, int64_t now_s)
{
	if (!id)
		return false;
	if (strcmp(e->failed_id, id) == 0 && now_s - e->failed_s < MTASTS_RETRY_S)
		return false;
	return !e->has_policy || strcmp(e->id, id) != 0 || is_old(e, now_s);
}

static void set_id(char ret[MTASTS_ID_MAX + 1], const char *id)
{
	if (!text_copy(ret, MTASTS_ID_MAX + 1, span_of(id)))
		BUG("policy id");
}

void mtasts_entry_store(struct mtasts_entry *e, const char *id,
	struct mtasts_policy *policy, int64_t now_s)
{
	mtasts_entry_release(e);
	e->has_policy = true;
	e->policy = *policy;
	*policy = (struct mtasts_policy){.mode = MTASTS_NONE};
	set_id(e->id, id);
	e->fetched_s = now_s;
}

void mtasts_entry_note_failure(struct mtasts_entry *e, const char *id, int64_t now_s)
{
	set_id(e->failed_id, id);
	e->failed_s = now_s;
}
