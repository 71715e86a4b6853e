/*
 * Routes of mail for the users of this machine: the submission program wants them without the
 * library for international domain names that route_resolve brings along.
 */
#include "policy/route.h"

#include <string.h>

#include "base/text.h"
#include "mail/address.h"

bool route_is_user_name(struct span name)
{
	bool is_good = name.len > 0 && name.len <= ROUTE_USER_MAX;

	for (size_t i = 0; is_good && i < name.len; i++)
		is_good = name.data[i] > ' ' && name.data[i] < 0x7f &&
			  !strchr("\"/:", name.data[i]);
	return is_good;
}

/* As it stands, then in lower case. */
static int find_user(const struct route_local *local, struct span name, struct route *ret,
	struct fault *f)
{
	struct buf text = BUF_INIT(ROUTE_USER_MAX);
	int found;

	if (!route_is_user_name(name))
		return 0;
	buf_add_span(&text, name);
	found = local->find_user(local->ctx, buf_str(&text), f);
	if (found == 0) {
		buf_reset(&text);
		text_add_lower(&text, name);
		if (!span_eq(buf_span(&text), name))
			found = local->find_user(local->ctx, buf_str(&text), f);
	}
	if (found == 1)
		(void)text_copy(ret->name, sizeof(ret->name), buf_span(&text));
	buf_release(&text);
	return found;
}

static int resolve_mailbox(const struct route_local *local, struct span recipient,
	struct route *ret, struct outcome *ret_why)
{
	struct span name = address_local(recipient);
	struct route route = {.kind = ROUTE_MAILBOX};
	ptrdiff_t plus = span_find(name, '+');
	struct fault f;
	int found = find_user(local, name, &route, &f);

	if (found == 0 && plus > 0)
		found = find_user(local, span_head(name, (size_t)plus), &route, &f);
	if (found < 0)
		*ret_why = outcome_make(OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.3.0",
			"whether there is a user %.*s is not known now: %s",
			SPAN_ARGS(name), f.text);
	else if (found == 0)
		*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1",
			"there is no user %.*s on this machine, and no alias",
			SPAN_ARGS(name));
	else
		*ret = route;
	return found == 1 ? 0 : -1;
}

int route_resolve_local(const struct route_local *local, struct span recipient,
	struct route *ret, struct outcome *ret_why)
{
	if (!local->way)
		return resolve_mailbox(local, recipient, ret, ret_why);
	*ret = (struct route){.kind = ROUTE_RELAY, .way = local->way};
	return 0;
}
