#include "deliver/leave.h"

#include "base/log.h"
#include "deliver/notice.h"

static bool waits_too_long(const struct flush *flush, const struct destination *d)
{
	int64_t warn_after_s = flush->conf->spool.warn_after_s;
	int64_t now_s = flush->world->now_s();

	for (uint32_t i = d->slot->next_job; warn_after_s && i < d->job_count; i++)
		if (now_s - spool_id_time_s(d->jobs[i].entry.id) >= warn_after_s)
			return true;
	return false;
}

static void leave(const struct flush *flush, struct destination *d,
	const struct outcome *why, const char *event, const char *hint)
{
	log_event(LOG_LEVEL_WARNING, event, LOG_TEXT("route", d->key),
		LOG_NUMBER("waiting", (int64_t)plan_waiting(d)),
		LOG_TEXT("why", why->text), LOG_TEXT("hint", hint));
	flush_show(flush, "=== left %s: %s",
		flush->is_systems ? "as it is" : "to the flush of the system", why->text);
	if (waits_too_long(flush, d))
		notice_file(flush, d, why);
	while (plan_take_job(d))
		;
}

void leave_secret(
	const struct flush *flush, struct destination *d, const struct outcome *why)
{
	leave(flush, d, why, "secret-unreadable",
		flush->is_systems
			? "it is read with this user's rights; mend its owner or mode"
			: "this mail is left to the flush of the system, which may read "
			  "it");
}

void leave_mailbox(const struct flush *flush, struct destination *d)
{
	const struct outcome why = outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.0",
		"only %s or root may write to the mailbox of %s", d->route.name,
		d->route.name);

	leave(flush, d, &why, "mailbox-of-another",
		"this mail is left to the flush of the system: nullmta flush --all");
}

bool leave_is_ours(const struct flush *flush, const struct destination *d)
{
	const struct local_door *door = flush->local;

	return door && door->is_ours(door->ctx, d->route.name);
}
