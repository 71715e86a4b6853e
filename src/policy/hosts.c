#include "policy/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/text.h"

#define VERSION_LINE "nullmta-hosts 1"
#define TIME_MAX     ((uint64_t)253402300799) /* the last second of the year 9999 */
#define FAILURES_MAX 1000000
#define CODE_MAX     599
#define NO_REMOTE    "-"

static const char *const scope_names[] = {
	[OUTCOME_HOST] = "host",
	[OUTCOME_ROUTE] = "route",
};

void hosts_init(struct hosts *h)
{
	*h = (struct hosts){0};
}

static void host_release(struct host *host)
{
	free(host->key);
	free(host->remote);
	free(host->text);
}

void hosts_release(struct hosts *h)
{
	for (size_t i = 0; i < h->count; i++)
		host_release(&h->items[i]);
	free(h->items);
	hosts_init(h);
}

/* Where `key` is, or would be: the number of keys before it. */
static size_t find_place(const struct hosts *h, const char *key, bool *ret_is_there)
{
	size_t low = 0, high = h->count;

	/* a state file is sorted: reading it in only ever appends */
	if (high && strcmp(h->items[high - 1].key, key) < 0)
		low = high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(h->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_is_there = low < h->count && strcmp(h->items[low].key, key) == 0;
	return low;
}

static void remove_at(struct hosts *h, size_t at)
{
	host_release(&h->items[at]);
	h->count--;
	memmove(&h->items[at], &h->items[at + 1], (h->count - at) * sizeof(*h->items));
}

static void remove_oldest(struct hosts *h)
{
	size_t oldest = 0;

	for (size_t i = 1; i < h->count; i++) {
		if (h->items[i].last_try_s < h->items[oldest].last_try_s)
			oldest = i;
	}
	remove_at(h, oldest);
}

/* The entry of `key`, made where it is new. */
static struct host *provide(struct hosts *h, const char *key)
{
	bool is_there;
	size_t at = find_place(h, key, &is_there);

	if (is_there)
		return &h->items[at];
	if (h->count == HOSTS_MAX) {
		remove_oldest(h);
		at = find_place(h, key, &is_there);
	}
	if (h->count == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 16;
		h->items = mem_regrow(h->items, h->cap, sizeof(*h->items));
	}
	memmove(&h->items[at + 1], &h->items[at], (h->count - at) * sizeof(*h->items));
	h->items[at] = (struct host){.key = mem_string(key)};
	h->count++;
	return &h->items[at];
}

static void replace(char **place, struct span with)
{
	free(*place);
	*place = mem_copy(with.data, with.len);
}

static bool is_word(struct span s, size_t max)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] <= ' ' || s.data[i] > '~')
			return false;
	}
	return s.len > 0 && s.len <= max;
}

/* Whether text_clean has nothing to do but double the backslashes it made itself. */
static bool is_clean(struct span text)
{
	char cleaned[OUTCOME_TEXT_MAX];
	struct span part;

	while (span_cut(&text, '\\', &part)) {
		text_clean_into(cleaned, sizeof(cleaned), part);
		if (!span_is(part, cleaned))
			return false;
	}
	return true;
}

static bool parse_number(struct span s, uint64_t max, int64_t *ret)
{
	uint64_t value;

	if (span_to_uint(s, max, &value) < 0)
		return false;
	*ret = (int64_t)value;
	return true;
}

static bool parse_scope(struct span s, enum outcome_scope *ret)
{
	if (span_is(s, scope_names[OUTCOME_HOST]))
		*ret = OUTCOME_HOST;
	else if (span_is(s, scope_names[OUTCOME_ROUTE]))
		*ret = OUTCOME_ROUTE;
	else
		return false;
	return true;
}

/* the words between key and text */
enum { FAILURES, LAST_TRY, NEXT_TRY, SCOPE, STATUS, CODE, REMOTE, WORDS };

/* `ret` gets all but its strings. */
static bool parse_words(const struct span words[WORDS], struct host *ret)
{
	int64_t failures, code;

	if (!parse_number(words[FAILURES], FAILURES_MAX, &failures) || failures == 0 ||
		!parse_number(words[LAST_TRY], TIME_MAX, &ret->last_try_s) ||
		!parse_number(words[NEXT_TRY], TIME_MAX, &ret->next_try_s) ||
		!parse_scope(words[SCOPE], &ret->scope) ||
		outcome_status_parse(words[STATUS], &ret->status) < 0 ||
		!parse_number(words[CODE], CODE_MAX, &code) ||
		!is_word(words[REMOTE], OUTCOME_REMOTE_MAX - 1))
		return false;
	ret->failures = (unsigned)failures;
	ret->code = (int)code;
	return true;
}

static void parse_line(struct hosts *h, struct span line)
{
	struct span key, words[WORDS];
	struct host read = {0};
	struct host *host;
	char text[HOSTS_KEY_MAX + 1];

	if (!span_cut(&line, ' ', &key) || !is_word(key, HOSTS_KEY_MAX))
		return;
	for (size_t i = 0; i < WORDS; i++) {
		if (!span_cut(&line, ' ', &words[i]))
			return;
	}
	if (!parse_words(words, &read) || line.len >= OUTCOME_TEXT_MAX || !is_clean(line))
		return;
	(void)text_copy(text, sizeof(text), key); /* its length is known */
	host = provide(h, text);
	read.key = host->key;
	read.remote = host->remote;
	read.text = host->text;
	*host = read;
	replace(&host->remote,
		span_is(words[REMOTE], NO_REMOTE) ? SPAN_NONE : words[REMOTE]);
	replace(&host->text, line);
}

void hosts_parse(struct hosts *h, struct span text)
{
	struct span line;

	if (!span_cut(&text, '\n', &line) || !span_is(line, VERSION_LINE))
		return;
	while (span_cut(&text, '\n', &line))
		parse_line(h, line);
}

void hosts_format(const struct hosts *h, struct buf *out)
{
	char status[OUTCOME_STATUS_TEXT_MAX];

	buf_add_str(out, VERSION_LINE "\n");
	for (size_t i = 0; i < h->count; i++) {
		const struct host *host = &h->items[i];

		outcome_status_format(host->status, status);
		buf_addf(out, "%s %u %lld %lld %s %s %d %s %s\n", host->key,
			host->failures, (long long)host->last_try_s,
			(long long)host->next_try_s, scope_names[host->scope], status,
			host->code, host->remote[0] ? host->remote : NO_REMOTE,
			host->text);
	}
}

const struct host *hosts_find(const struct hosts *h, const char *key)
{
	bool is_there;
	size_t at = find_place(h, key, &is_there);

	return is_there ? &h->items[at] : NULL;
}

bool hosts_is_down(const struct hosts *h, const char *key, int64_t now_s)
{
	const struct host *host = hosts_find(h, key);

	return host && host->next_try_s > now_s &&
	       host->next_try_s - now_s <= HOSTS_WAIT_MAX;
}

struct outcome hosts_outcome(const struct host *host)
{
	struct outcome o = {.kind = OUTCOME_DEFERRED,
		.scope = host->scope,
		.status = host->status,
		.code = host->code};

	(void)text_copy(o.remote, sizeof(o.remote), span_of(host->remote));
	(void)text_copy(o.text, sizeof(o.text), span_of(host->text));
	return o;
}

static int64_t wait_s(unsigned failures, uint32_t random)
{
	static const int64_t waits_s[] = {60, 300, 900, 1800};
	size_t last = ARRAY_LEN(waits_s) - 1;
	int64_t wait = waits_s[failures - 1 < last ? failures - 1 : last];
	int64_t permille = (int64_t)(random % 201) - 100;

	return wait + wait * permille / 1000;
}

static void set_reason(struct host *host, const struct outcome *outcome)
{
	struct span remote = span_of(outcome->remote);

	host->scope = outcome->scope == OUTCOME_ROUTE ? OUTCOME_ROUTE : OUTCOME_HOST;
	host->status = outcome->status;
	host->code = outcome->code;
	replace(&host->remote,
		is_word(remote, OUTCOME_REMOTE_MAX - 1) ? remote : SPAN_NONE);
	replace(&host->text, span_of(outcome->text));
}

void hosts_note_failure(struct hosts *h, const char *key, const struct outcome *outcome,
	int64_t now_s, uint32_t random)
{
	bool is_known = hosts_is_down(h, key, now_s);
	struct host *host;

	if (!is_word(span_of(key), HOSTS_KEY_MAX))
		BUG("host key");
	host = provide(h, key);
	set_reason(host, outcome);
	if (is_known)
		return;
	if (host->failures < FAILURES_MAX)
		host->failures++;
	host->last_try_s = now_s;
	host->next_try_s = now_s + wait_s(host->failures, random);
}

void hosts_note_success(struct hosts *h, const char *key)
{
	bool is_there;
	size_t at = find_place(h, key, &is_there);

	if (is_there)
		remove_at(h, at);
}

void hosts_expire(struct hosts *h, int64_t now_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->count; i++) {
		int64_t age_s = now_s - h->items[i].last_try_s;

		if (age_s > HOSTS_AGE_MAX || age_s < -HOSTS_WAIT_MAX)
			host_release(&h->items[i]);
		else
			h->items[kept++] = h->items[i];
	}
	h->count = kept;
}
