#include "deliver/addressing.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/mem.h"
#include "mail/address.h"

struct search {
	const struct addressing_rules *rules;
	struct addressing found;
	size_t cap;
	const char *path[ADDRESSING_DEPTH_MAX]; /* users whose files led here */
	size_t depth;
	struct strv followed; /* users: once each */
	bool is_broken;
	struct fault *why;
};

static void stop(struct search *s, const char *why)
{
	fault_set(s->why, FAULT_CONFIG, 0, "%s", why);
	s->is_broken = true;
}

static bool is_there(const struct search *s, struct span address, const char *user)
{
	for (size_t i = 0; i < s->found.count; i++) {
		const struct addressing_target *t = &s->found.items[i];

		if (user && t->user ? strcmp(user, t->user) == 0
				    : address_is_same(address, span_of(t->address)))
			return true;
	}
	return false;
}

/* `fate` may be NULL, and is copied. */
static void add(struct search *s, struct span address, const char *user,
	const struct outcome *fate)
{
	struct addressing_target t = {0};

	if (is_there(s, address, user))
		return;
	if (s->found.count == ALIAS_RESULTS_MAX) {
		stop(s, "more than 1000 addresses, by aliases and ~/.forward");
		return;
	}
	if (s->found.count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 4;
		s->found.items = mem_regrow(s->found.items, s->cap, sizeof(t));
	}
	t.address = mem_copy(address.data, address.len);
	t.user = user ? mem_string(user) : NULL;
	if (fate) {
		t.fate = mem_alloc(sizeof(*fate));
		*t.fate = *fate;
		t.is_open = true;
	}
	s->found.items[s->found.count++] = t;
}

static bool is_on_path(const struct search *s, const char *user)
{
	for (size_t i = 0; i < s->depth; i++)
		if (strcmp(s->path[i], user) == 0)
			return true;
	return false;
}

static void follow(struct search *s, struct span address, const char *user);

/* An address behind the aliases. Recursion ends at ADDRESSING_DEPTH_MAX. */
static void arrive(struct search *s, struct span address, bool is_final)
{
	const struct addressing_rules *rules = s->rules;
	const struct route_local *local = rules->route->local;
	struct outcome ignored; /* expansion_route meets it again */
	struct route route;

	if (!local || local->way ||
		route_resolve(rules->route, rules->sender, address, &route, &ignored) <
			0 ||
		route.kind != ROUTE_MAILBOX)
		add(s, address, NULL, NULL);
	else if (!rules->forwards || is_final || is_on_path(s, route.name))
		add(s, address, route.name, NULL);
	else if (!strv_has(&s->followed, span_of(route.name)))
		follow(s, address, route.name);
}

/* What alias_trace tells, and which of its results are final. */
struct alias_search {
	const struct addressing_tracer *tracer;
	struct strv finals;
};

static void note_step(void *ctx, struct span address, const struct alias_entry *entry)
{
	const struct alias_search *a = ctx;

	if (a->tracer && a->tracer->alias)
		a->tracer->alias(a->tracer->ctx, address, entry);
}

static void note_final(void *ctx, struct span address)
{
	struct alias_search *a = ctx;

	strv_add(&a->finals, address);
}

static enum alias_result look_up(const struct addressing_rules *rules,
	struct alias_search *a, struct span address, struct strv *ret,
	struct fault *ret_why)
{
	const struct alias_tracer tracer = {note_step, note_final, a};
	enum alias_result result = ALIAS_NONE;

	if (rules->aliases)
		result = alias_trace(
			rules->aliases, rules->scope, address, &tracer, ret, ret_why);
	if (result == ALIAS_NONE)
		strv_add(ret, address);
	return result;
}

/* What is wrong with the table is wrong for all, but a file names one name among others. */
static void note_broken(struct search *s, struct span address, const struct fault *why)
{
	struct outcome o;

	if (s->depth == 0) {
		*s->why = *why;
		s->is_broken = true;
		return;
	}
	o = outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.3.5", why);
	add(s, address, NULL, &o);
}

/* Any address. */
static void reach(struct search *s, struct span address)
{
	struct alias_search a = {.tracer = s->rules->tracer};
	struct strv found = {0};
	struct fault why;

	if (look_up(s->rules, &a, address, &found, &why) == ALIAS_BROKEN)
		note_broken(s, address, &why);
	for (size_t i = 0; i < found.count && !s->is_broken; i++) {
		struct span one = span_of(found.items[i]);

		arrive(s, one, strv_has(&a.finals, one));
	}
	strv_release(&found);
	strv_release(&a.finals);
}

/* A bare name is one of this machine, whatever domain its mail shows to others. */
static void follow_target(struct search *s, const struct forward_target *t)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);

	buf_add_str(&address, t->text);
	if (t->is_bare)
		buf_addf(&address, "@%s", s->rules->route->local->scope->hostname);
	if (address.is_overfull)
		stop(s, "a name of a ~/.forward is too long for an address");
	else if (t->is_final)
		arrive(s, buf_span(&address), true);
	else
		reach(s, buf_span(&address));
	buf_release(&address);
}

static void follow_all(struct search *s, const struct forwards_answer *a)
{
	strv_add(&s->followed, span_of(a->user));
	s->path[s->depth++] = a->user;
	for (size_t i = 0; i < a->forward.count && !s->is_broken; i++)
		follow_target(s, &a->forward.targets[i]);
	s->depth--;
}

static void postpone(struct search *s, struct span address, const char *user,
	const char *status, const char *why)
{
	struct outcome o = outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, status,
		"the ~/.forward of %s: %s", user, why);

	add(s, address, user, &o);
}

static void leave(struct search *s, struct span address, const char *user)
{
	size_t before = s->found.count;

	add(s, address, user, NULL);
	if (s->found.count > before)
		s->found.items[before].is_open = true;
}

/* The mailbox of `user`, or what is said instead. */
static void follow(struct search *s, struct span address, const char *user)
{
	const struct forwards_answer *a = forwards_ask(s->rules->forwards, user);
	const struct addressing_tracer *tracer = s->rules->tracer;

	if (tracer && tracer->forward)
		tracer->forward(tracer->ctx, address, a);
	if (a->is_left) {
		leave(s, address, user);
		return;
	}
	switch (a->forward.kind) {
	case FORWARD_MAILBOX:
		add(s, address, user, NULL);
		break;
	case FORWARD_FOUND:
		if (s->depth == ADDRESSING_DEPTH_MAX)
			postpone(s, address, user, "4.4.6",
				"more than 10 users forward to one another");
		else
			follow_all(s, a);
		break;
	case FORWARD_DISCARD:
		break;
	case FORWARD_LATER:
		postpone(s, address, user, "4.3.0", a->why);
		break;
	}
}

static enum alias_result judge(const struct search *s, struct span address)
{
	const struct addressing_target *only = s->found.items;

	if (s->is_broken)
		return ALIAS_BROKEN;
	if (s->found.count == 0)
		return ALIAS_DISCARD;
	return s->found.count == 1 && !only->fate && span_is(address, only->address)
		       ? ALIAS_NONE
		       : ALIAS_FOUND;
}

struct addressing_rules addressing_rules_of(const struct flush *flush, struct span sender)
{
	return (struct addressing_rules){
		.aliases = flush->aliases,
		.scope = flush->alias_scope,
		.route = &flush->route,
		.forwards = flush->forwards,
		.sender = sender,
	};
}

enum alias_result addressing_find(const struct addressing_rules *rules,
	struct span address, struct addressing *ret, struct fault *ret_why)
{
	struct search s = {.rules = rules, .why = ret_why};
	enum alias_result result;

	reach(&s, address);
	strv_release(&s.followed);
	result = judge(&s, address);
	if (result == ALIAS_BROKEN)
		addressing_release(&s.found);
	*ret = s.found;
	return result;
}

void addressing_release(struct addressing *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->items[i].address);
		free(a->items[i].user);
		free(a->items[i].fate);
	}
	free(a->items);
	*a = (struct addressing){0};
}
