#include "base/bug.h"
#include "mail/address.h"
#include "mail/alias_parts.h"

/* An entry whose targets are being followed, and the address that led to it. */
struct step {
	const struct alias_entry *entry;
	struct span address;
};

struct expansion {
	const struct alias_table *table;
	const struct alias_scope *scope;
	const struct alias_tracer *tracer;
	struct step path[ALIAS_DEPTH_MAX];
	size_t depth;
	const struct alias_entry *seen[ALIAS_RESULTS_MAX]; /* each is followed once */
	size_t seen_count;
	struct strv results;
	const char *refusal; /* the first target that was left out */
	bool has_nothing;    /* /dev/null */
	bool is_broken;
	struct fault *why;
};

static void tell_step(
	const struct expansion *x, const struct alias_entry *entry, struct span address)
{
	if (x->tracer && x->tracer->step)
		x->tracer->step(x->tracer->ctx, address, entry);
}

static void tell_final(const struct expansion *x, struct span address)
{
	if (x->tracer && x->tracer->final)
		x->tracer->final(x->tracer->ctx, address);
}

/* A text of the table is clean already. */
static void set_why(const struct expansion *x, const char *clean)
{
	fault_set(x->why, FAULT_CONFIG, 0, "%s", "");
	fault_append(x->why, "%s", clean);
}

static void stop(struct expansion *x, const char *clean)
{
	set_why(x, clean);
	x->is_broken = true;
}

/* The same, and `entry` is where to look. */
static void give_up(struct expansion *x, const struct alias_entry *entry, const char *why)
{
	fault_set(x->why, FAULT_CONFIG, 0, "%s:%u: %s", x->table->file, entry->line, why);
	x->is_broken = true;
}

static void add_result(struct expansion *x, struct span address)
{
	for (size_t i = 0; i < x->results.count; i++)
		if (address_is_same(address, span_of(x->results.items[i])))
			return;
	if (x->results.count == ALIAS_RESULTS_MAX)
		give_up(x, x->path[0].entry, "this alias has more than 1000 addresses");
	else
		strv_add(&x->results, address);
}

static void add_final(struct expansion *x, struct span address)
{
	tell_final(x, address);
	add_result(x, address);
}

static bool is_seen(const struct expansion *x, const struct alias_entry *entry)
{
	for (size_t i = 0; i < x->seen_count; i++)
		if (x->seen[i] == entry)
			return true;
	return false;
}

/*
 * The way from path[begin] leads back to its entry by `address`. Which name of the loop gets
 * the mail: the one that only the wildcard took, as it is the last resort; else the one that
 * closes the loop.
 */
static struct span end_of_loop(
	const struct expansion *x, size_t begin, struct span address)
{
	if (alias_is_wildcard(x->path[begin].entry))
		return address;
	for (size_t i = x->depth; i-- > begin;)
		if (alias_is_wildcard(x->path[i].entry))
			return x->path[i].address;
	return address;
}

static void follow(
	struct expansion *x, const struct alias_entry *entry, struct span address);

/* Whether an entry of this name may be in what the table lacks. */
static bool is_missing(
	const struct expansion *x, const struct alias_entry *entry, struct span address)
{
	return x->table->gap && (!entry || alias_is_wildcard(entry)) &&
	       alias_is_for_wildcard(x->scope, address);
}

/* Recursion ends at ALIAS_DEPTH_MAX. */
static void reach(struct expansion *x, struct span address)
{
	const struct alias_entry *entry = alias_find(x->table, x->scope, address);
	size_t begin = 0;

	if (is_missing(x, entry, address)) {
		stop(x, x->table->gap);
		return;
	}
	if (!entry) {
		add_result(x, address);
		return;
	}
	while (begin < x->depth && x->path[begin].entry != entry)
		begin++;
	if (begin < x->depth)
		add_result(x, end_of_loop(x, begin, address));
	else if (!is_seen(x, entry))
		follow(x, entry, address);
}

static void follow_target(struct expansion *x, const struct alias_entry *entry,
	const struct alias_target *target)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);

	switch (target->kind) {
	case ALIAS_NAME:
	case ALIAS_ADDRESS:
		if (!alias_target_address(x->scope, target, &address))
			give_up(x, entry, "a name is too long for an address");
		else if (target->is_final)
			add_final(x, buf_span(&address));
		else
			reach(x, buf_span(&address));
		break;
	case ALIAS_NOTHING:
		x->has_nothing = true;
		break;
	case ALIAS_REFUSED:
		x->refusal = x->refusal ? x->refusal : target->text;
		break;
	case ALIAS_UNKNOWN:
		stop(x, target->text);
		break;
	}
	buf_release(&address);
}

static void follow(
	struct expansion *x, const struct alias_entry *entry, struct span address)
{
	if (x->depth == ALIAS_DEPTH_MAX) {
		give_up(x, entry, "more than 20 aliases lead to one another");
		return;
	}
	if (x->seen_count == ALIAS_RESULTS_MAX) {
		give_up(x, x->path[0].entry, "this alias leads to more than 1000 others");
		return;
	}
	x->seen[x->seen_count++] = entry;
	x->path[x->depth++] = (struct step){entry, address};
	tell_step(x, entry, address);
	for (size_t i = 0; i < entry->count && !x->is_broken; i++)
		follow_target(x, entry, &x->table->targets[entry->first + i]);
	x->depth--;
}

static enum alias_result judge(const struct expansion *x, struct span address)
{
	if (x->is_broken)
		return ALIAS_BROKEN;
	if (x->results.count == 1 && span_is(address, x->results.items[0]))
		return ALIAS_NONE;
	if (x->results.count)
		return ALIAS_FOUND;
	if (!x->refusal)
		return ALIAS_DISCARD;
	set_why(x, x->refusal);
	return ALIAS_BROKEN;
}

enum alias_result alias_trace(const struct alias_table *t,
	const struct alias_scope *scope, struct span address,
	const struct alias_tracer *tracer, struct strv *ret, struct fault *ret_why)
{
	struct expansion x = {
		.table = t, .scope = scope, .tracer = tracer, .why = ret_why};
	enum alias_result result;

	reach(&x, address);
	result = judge(&x, address);
	for (size_t i = 0; result == ALIAS_FOUND && i < x.results.count; i++)
		strv_add(ret, span_of(x.results.items[i]));
	strv_release(&x.results);
	return result;
}

enum alias_result alias_expand(const struct alias_table *t,
	const struct alias_scope *scope, struct span address, struct strv *ret,
	struct fault *ret_why)
{
	return alias_trace(t, scope, address, NULL, ret, ret_why);
}
