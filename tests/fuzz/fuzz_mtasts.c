/*
 * What a domain publishes: the first octet says whether the rest is a TXT record, a policy
 * or an entry of ours. A policy that is accepted comes back whole from its entry.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "base/mem.h"
#include "policy/mtasts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void try_record(struct span text)
{
	struct dns_answer txt = {.result = DNS_FOUND};
	struct dns_record *r = dnsmsg_answer_add(&txt);
	char id[MTASTS_ID_MAX + 1];

	r->data = mem_copy(text.data, text.len);
	r->data_len = text.len;
	if (mtasts_find_id(&txt, id))
		check(strnlen(id, sizeof(id)) > 0 && strnlen(id, sizeof(id)) < sizeof(id),
			"id");
	dnsmsg_answer_release(&txt);
}

static void check_policy(const struct mtasts_policy *p)
{
	check(p->max_age_s >= 0 && p->max_age_s <= MTASTS_AGE_MAX, "max_age");
	check(p->mx.count <= MTASTS_MX_MAX, "too many hosts");
	check(p->mode == MTASTS_NONE || p->mx.count > 0, "no hosts");
	for (size_t i = 0; i < p->mx.count; i++) {
		struct span mx = span_of(p->mx.items[i]);

		check(hostname_is_valid(span_starts(mx, "*.") ? span_from(mx, 2) : mx),
			"a pattern that is no name");
		(void)mtasts_allows(p, "mx.example.org");
	}
}

static void check_entry(const struct mtasts_entry *e)
{
	struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
	struct mtasts_entry back;

	mtasts_entry_format(e, &text);
	check(!text.is_overfull, "an entry too large");
	check(mtasts_entry_parse(&back, buf_span(&text)) == 0, "an entry lost");
	check(back.has_policy == e->has_policy && back.policy.mode == e->policy.mode &&
			back.policy.max_age_s == e->policy.max_age_s &&
			back.policy.mx.count == e->policy.mx.count,
		"an entry changed");
	mtasts_entry_release(&back);
	buf_release(&text);
}

static void try_policy(struct span text)
{
	struct mtasts_entry e = {.has_policy = false};
	struct mtasts_policy p;
	char why[MTASTS_WHY_MAX];

	if (mtasts_policy_parse(&p, text, why) < 0) {
		check(why[0] != '\0', "no reason");
		return;
	}
	check_policy(&p);
	mtasts_entry_store(&e, "1", &p, 1);
	check_entry(&e);
	mtasts_entry_release(&e);
}

static void try_entry(struct span text)
{
	struct mtasts_entry e;

	if (mtasts_entry_parse(&e, text) == 0 && e.has_policy)
		check_policy(&e.policy);
	mtasts_entry_release(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data + 1, size - 1};

	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		try_record(text);
		break;
	case 1:
		try_policy(text);
		break;
	default:
		try_entry(text);
	}
	return 0;
}
