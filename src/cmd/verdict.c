#include "cmd/verdict.h"

#include <sysexits.h>

#include "mail/advice.h"

static const char waits[] =
	"Nothing would be lost: mail would wait in the queue and be tried again.";

static struct verdict verdict_of_failure(const struct outcome *o)
{
	const char *advice = advice_find(o->status);

	if (o->status.subject == 1 && o->status.detail == 1) /* maybe of this machine */
		return (struct verdict){EX_NOUSER, advice};
	if (!o->code)
		return (struct verdict){
			o->status.subject == 7 ? EX_UNAVAILABLE : EX_NOHOST, advice};
	return (struct verdict){
		o->status.subject == 1 ? EX_NOUSER : EX_UNAVAILABLE, advice};
}

/* Found out by us, who have said what to do in the text. */
static struct verdict verdict_of_finding(const struct outcome *o)
{
	const struct outcome_status *s = &o->status;

	if (s->subject == 3 && s->detail == 5) /* a file of ours, or an alias */
		return (struct verdict){EX_CONFIG, ""};
	if (s->subject == 7 && s->detail == 8) /* there is nothing to log in with */
		return (struct verdict){EX_CONFIG, ""};
	if (s->subject == 7)
		return (struct verdict){EX_NOPERM, ""};
	if (o->scope == OUTCOME_ROUTE && s->subject == 4 && s->detail == 4)
		return (struct verdict){EX_CONFIG, "Check host in that section."};
	if (s->subject == 4 && s->detail <= 4)
		return (struct verdict){EX_TEMPFAIL, advice_find(*s)};
	return (struct verdict){EX_TEMPFAIL, waits};
}

/* RFC 4954 4 and 6: what a server says to a login, or for want of one. */
static bool is_about_login(const struct outcome *o)
{
	return o->code / 10 == 53 || o->status.subject == 7;
}

static struct verdict verdict_of_login(const struct outcome *o)
{
	static const struct outcome_status credentials = {4, 7, 8};

	/* some servers say no status to it */
	return (struct verdict){
		EX_NOPERM, advice_find(o->code == 535 ? credentials : o->status)};
}

struct verdict verdict_of(const struct outcome *o)
{
	if (o->kind == OUTCOME_DELIVERED)
		return (struct verdict){EX_OK, ""};
	if (o->kind == OUTCOME_FAILED)
		return verdict_of_failure(o);
	if (o->kind == OUTCOME_PENDING || !o->code)
		return verdict_of_finding(o);
	if (o->scope == OUTCOME_ROUTE && is_about_login(o))
		return verdict_of_login(o);
	if (o->scope == OUTCOME_ROUTE && o->code >= 500)
		return (struct verdict){EX_UNAVAILABLE, advice_find(o->status)};
	return (struct verdict){EX_TEMPFAIL, waits};
}
