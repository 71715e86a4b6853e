#include "deliver/expansion.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/addressing.h"
#include "mail/address.h"

/* What is known while the addressees are put together. */
struct making {
	const struct flush *flush;
	const struct envelope *envelope;
	const struct journal_state *past;
	struct expansion *x;
	size_t cap;
};

static bool is_final(const struct journal_recipient *r)
{
	return r->kind == OUTCOME_DELIVERED || r->kind == OUTCOME_FAILED;
}

static struct addressee *add(struct making *m)
{
	struct expansion *x = m->x;

	if (x->count == m->cap) {
		m->cap = 2 * m->cap;
		x->items = mem_regrow(x->items, m->cap, sizeof(x->items[0]));
	}
	x->items[x->count] = (struct addressee){0};
	return &x->items[x->count++];
}

/* RFC 3461 5.2.7: the options go with the message, and whom it was for is not forgotten. */
static void set_address(
	struct addressee *a, const struct recipient *parent, const char *address)
{
	struct buf orcpt = BUF_INIT(DSN_ORCPT_MAX);

	a->own_address = mem_string(address);
	a->recipient = (struct recipient){
		.address = a->own_address,
		.notify = parent->notify,
		.orcpt = parent->orcpt,
	};
	if (parent->orcpt || span_has_8bit(span_of(parent->address)))
		return;
	buf_add_str(&orcpt, "rfc822;");
	dsn_xtext_encode(&orcpt, span_of(parent->address));
	if (!orcpt.is_overfull)
		a->own_orcpt = mem_string(buf_str(&orcpt));
	a->recipient.orcpt = a->own_orcpt;
	buf_release(&orcpt);
}

static void set_fate(struct addressee *a, const struct outcome *o)
{
	a->fate = mem_alloc(sizeof(*a->fate));
	*a->fate = *o;
}

/* The numbers that the journal knows already, those of the envelope first. */
static void add_known(struct making *m)
{
	const struct envelope *e = m->envelope;

	for (size_t i = 0; i < e->recipient_count; i++) {
		struct addressee *a = add(m);

		a->recipient = e->recipients[i];
		a->is_active = true;
	}
	for (size_t i = e->recipient_count; i < m->past->count; i++) {
		const struct journal_recipient *r = &m->past->recipients[i];
		struct addressee *a = add(m);

		a->parent = r->parent;
		if (r->address)
			set_address(a, &e->recipients[r->parent], r->address);
	}
}

static struct addressee *find_child(
	const struct making *m, size_t parent, const char *address)
{
	for (size_t i = m->envelope->recipient_count; i < m->x->count; i++) {
		struct addressee *a = &m->x->items[i];

		if (a->own_address && a->parent == parent &&
			address_is_same(span_of(a->own_address), span_of(address)))
			return a;
	}
	return NULL;
}

/* Whether it had several addresses, and all of them have their outcome. */
static bool is_done_by_others(const struct making *m, size_t number)
{
	size_t children = 0;

	for (size_t i = m->envelope->recipient_count; i < m->past->count; i++) {
		const struct journal_recipient *r = &m->past->recipients[i];

		if (!r->address || r->parent != number)
			continue;
		if (!is_final(r))
			return false;
		children++;
	}
	return children > 0;
}

/* What has its outcome keeps it. */
static void take_target(
	struct making *m, struct addressee *a, struct addressing_target *target)
{
	size_t number = (size_t)(a - m->x->items);

	a->own_user = target->user;
	target->user = NULL; /* moved */
	if (number < m->past->count && is_final(&m->past->recipients[number]))
		return;
	a->fate = target->fate;
	target->fate = NULL; /* moved */
}

static bool is_open(const struct addressing *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].is_open)
			return true;
	return false;
}

/* Who waits since a try that knew more waits on: else the message would end without them. */
static void keep_children(struct making *m, size_t number)
{
	for (size_t i = m->envelope->recipient_count; i < m->past->count; i++) {
		const struct journal_recipient *r = &m->past->recipients[i];

		if (r->address && r->parent == number && !is_final(r))
			m->x->items[i].is_active = true;
	}
}

static void add_children(struct making *m, size_t number, struct addressing *found)
{
	const struct recipient *parent = &m->envelope->recipients[number];

	m->x->items[number].is_active = false;
	if (is_open(found))
		keep_children(m, number);
	for (size_t i = 0; i < found->count; i++) {
		struct addressee *a = find_child(m, number, found->items[i].address);

		if (!a) {
			a = add(m);
			a->is_new = true;
			a->parent = number;
			set_address(a, parent, found->items[i].address);
		}
		a->is_active = true;
		take_target(m, a, &found->items[i]);
	}
}

static enum alias_result find(const struct making *m, size_t number,
	struct addressing *ret, struct fault *ret_why)
{
	const struct addressing_rules rules =
		addressing_rules_of(m->flush, span_of(m->envelope->sender));

	return addressing_find(
		&rules, span_of(m->envelope->recipients[number].address), ret, ret_why);
}

/* One address in the place of a recipient, with the recipient's number. */
static void rename_only(struct making *m, size_t number, struct addressing_target *only)
{
	const struct recipient *r = &m->envelope->recipients[number];
	struct addressee *a = &m->x->items[number];

	if (!address_is_same(span_of(r->address), span_of(only->address)))
		set_address(a, r, only->address);
	take_target(m, a, only);
}

static void replace(struct making *m, size_t number, struct addressing *found)
{
	struct outcome o;

	if (m->x->count + found->count > JOURNAL_RECIPIENTS_MAX) {
		o = outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.3.5",
			"the aliases of one message give more than %d addresses",
			JOURNAL_RECIPIENTS_MAX);
		set_fate(&m->x->items[number], &o);
	} else if (found->count > 1 || find_child(m, number, found->items[0].address)) {
		add_children(m, number, found);
	} else {
		rename_only(m, number, &found->items[0]);
	}
}

static void expand(struct making *m, size_t number)
{
	struct addressing found;
	struct outcome o;
	struct fault why;

	switch (find(m, number, &found, &why)) {
	case ALIAS_NONE:
	case ALIAS_FOUND:
		replace(m, number, &found);
		break;
	case ALIAS_DISCARD:
		o = outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0",
			"discarded: its alias or ~/.forward is /dev/null");
		set_fate(&m->x->items[number], &o);
		break;
	case ALIAS_BROKEN:
		o = outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.3.5", &why);
		set_fate(&m->x->items[number], &o);
		break;
	}
	addressing_release(&found);
}

/* Who has had the message, as far as can be told today: nobody shall get it again. */
static void recall(struct making *m, size_t number)
{
	struct addressing found;
	struct fault ignored;

	(void)find(m, number, &found, &ignored);
	if (found.count == 1)
		rename_only(m, number, &found.items[0]);
	addressing_release(&found);
}

/* An address and its number, for sorting; domains have no case. */
struct place {
	uint32_t hash;
	uint32_t number;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static uint32_t hash_text(const char *text)
{
	uint32_t hash = 0;

	for (; *text; text++) {
		char c = text_lower(*text);

		hash = crc32c(hash, &c, 1);
	}
	return hash;
}

/* One mailbox has many addresses. */
static uint32_t hash_addressee(const struct addressee *a)
{
	return hash_text(a->own_user ? a->own_user : a->recipient.address);
}

static bool is_same(const struct addressee *a, const struct addressee *b)
{
	if (a->own_user && b->own_user)
		return strcmp(a->own_user, b->own_user) == 0;
	return address_is_same(
		span_of(a->recipient.address), span_of(b->recipient.address));
}

/*
 * Somebody who is named twice gets one copy, under the first number: that one is the same at
 * every try, as long as the table says the same.
 */
static void drop_repeated(struct expansion *x)
{
	struct place *places = mem_array(x->count, sizeof(*places));
	size_t count = 0;

	for (size_t i = 0; i < x->count; i++)
		if (x->items[i].is_active && !x->items[i].fate)
			places[count++] =
				(struct place){hash_addressee(&x->items[i]), (uint32_t)i};
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 1; i < count; i++) {
		struct addressee *a = &x->items[places[i].number];

		for (size_t k = i; k > 0 && places[k - 1].hash == places[i].hash; k--)
			if (is_same(a, &x->items[places[k - 1].number])) {
				a->is_active = false;
				break;
			}
	}
	free(places);
}

static void free_addressee(struct addressee *a)
{
	free(a->fate);
	free(a->own_address);
	free(a->own_orcpt);
	free(a->own_user);
}

/* Who has no number yet and needs none, being named twice, gets none. */
static void drop_unused(struct expansion *x)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->count; i++) {
		if (x->items[i].is_new && !x->items[i].is_active)
			free_addressee(&x->items[i]);
		else
			x->items[kept++] = x->items[i];
	}
	x->count = kept;
}

/* Whether there is anything that a name could stand for. */
static bool is_needed(const struct flush *flush)
{
	return flush->aliases || flush->forwards;
}

void expansion_make(struct expansion *ret, const struct flush *flush,
	const struct envelope *e, const struct journal_state *past)
{
	struct making m = {flush, e, past, ret, past->count};

	*ret = (struct expansion){.items = mem_array(past->count, sizeof(ret->items[0]))};
	add_known(&m);
	if (!is_needed(flush) && past->count == e->recipient_count)
		return;
	for (size_t i = 0; i < e->recipient_count; i++) {
		bool has_had_it = is_final(&past->recipients[i]);

		if (!has_had_it && is_done_by_others(&m, i))
			ret->items[i].is_active = false;
		else if (is_needed(flush) && has_had_it)
			recall(&m, i);
		else if (is_needed(flush))
			expand(&m, i);
	}
	drop_repeated(ret);
	drop_unused(ret);
}

void expansion_release(struct expansion *x)
{
	for (size_t i = 0; i < x->count; i++)
		free_addressee(&x->items[i]);
	free(x->items);
	*x = (struct expansion){0};
}

int expansion_route(const struct flush *flush, const struct envelope *e,
	const struct addressee *a, struct route *ret, struct outcome *ret_why)
{
	if (a->fate) {
		*ret_why = *a->fate;
		return -1;
	}
	if (route_resolve(&flush->route, span_of(e->sender),
		    span_of(a->recipient.address), ret, ret_why) < 0)
		return -1;
	route_note_wish(&flush->route, ret, e->tls);
	return 0;
}
