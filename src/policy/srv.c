#include "policy/srv.h"

#include "base/hostname.h"
#include "policy/mx_search.h"

static void keep_hosts(struct dns_answer *answer)
{
	size_t kept = 0;

	for (size_t i = 0; i < answer->count; i++)
		if (hostname_is_valid(span_of(answer->records[i].name)))
			answer->records[kept++] = answer->records[i];
	answer->count = kept;
	if (kept == 0 && answer->result == DNS_FOUND)
		answer->result = DNS_NO_DATA;
}

/* Where the records of the priority at `from` end. */
static size_t end_of_level(const struct dns_answer *answer, size_t from)
{
	size_t end = from;

	while (end < answer->count &&
		answer->records[end].preference == answer->records[from].preference)
		end++;
	return end;
}

/*
 * RFC 2782, "Weight": a number from 0 to the sum of the weights, both included, chooses the
 * first record at which the running sum is not less. Records of weight 0 stand in front, so
 * they have a small chance.
 */
static size_t choose(
	const struct dns_record *records, size_t count, const struct mx_options *options)
{
	uint32_t sum = 0, number;
	size_t i = 0;

	for (size_t k = 0; k < count; k++)
		sum += records[k].weight;
	number = mx_search_random(options, sum + 1);
	for (sum = records[0].weight; sum < number; sum += records[i].weight)
		i++;
	return i;
}

/* Take out the one at `from`, and put it at `to` in front of it; the others move up. */
static void move_up(struct dns_record *records, size_t from, size_t to)
{
	struct dns_record taken = records[from];

	for (; from > to; from--)
		records[from] = records[from - 1];
	records[to] = taken;
}

static bool stands_behind(const struct dns_record *a, const struct dns_record *b)
{
	if (a->preference != b->preference)
		return a->preference > b->preference;
	return a->weight != 0 && b->weight == 0;
}

void srv_order(struct dns_answer *answer, const struct mx_options *options)
{
	struct dns_record *r = answer->records;

	keep_hosts(answer);
	for (size_t i = 1; i < answer->count; i++)
		for (size_t k = i; k && stands_behind(&r[k - 1], &r[k]); k--)
			move_up(r, k, k - 1);
	for (size_t i = 0; i < answer->count; i++) {
		size_t count = end_of_level(answer, i) - i;

		move_up(r, i + choose(r + i, count, options), i);
	}
}
