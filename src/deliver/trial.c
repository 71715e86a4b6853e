#include "deliver/trial.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/plan.h"
#include "deliver/worker.h"

static void compose(struct envelope *ret, const struct flush *flush,
	const struct trial_request *request)
{
	*ret = (struct envelope){
		.arrival_s = flush->world->now_s(),
		.facts = {.octets = request->octets},
		.sender = mem_string(request->sender),
	};
	spool_id_make(clock_now_us(), ret->id);
	/* nobody can be promised a report about it, nor is there one */
	envelope_add_recipient(ret, span_of(request->recipient), 0, NULL);
}

/* Each destination of its addressees once. */
static void plan_all(struct plan *plan, const struct flush *flush, const struct claim *c)
{
	for (size_t i = 0; i < c->addressees.count; i++) {
		struct route route;
		struct outcome ignored; /* the worker tells */
		struct destination *d;
		int rc;

		if (!claim_is_pending(c, i))
			continue;
		rc = expansion_route(flush, &c->message.envelope, &c->addressees.items[i],
			&route, &ignored);
		d = plan_destination(plan, rc < 0 ? NULL : &route);
		if (d->job_count == 0)
			plan_add_job(d, &c->message.entry, 0);
	}
}

void trial_run(
	struct claim *ret, const struct flush *flush, const struct trial_request *request)
{
	struct claim *const shared[] = {ret};
	struct flush trial = *flush;
	struct plan plan = {0};
	struct envelope envelope;
	struct hosts hosts; /* of no other run, and forgotten */

	trial.is_trial = trial.is_now = true;
	compose(&envelope, flush, request);
	claim_begin_trial(ret, &trial, &envelope);
	plan_all(&plan, &trial, ret);
	hosts_init(&hosts);
	for (size_t i = 0; i < plan.count && !flush_is_stopping(); i++) {
		const struct worker_task task = {
			.flush = &trial,
			.destination = plan.items[i],
			.shared = shared,
			.wake_fd = -1, /* no run wants to hear that a host is up */
			.hosts = &hosts,
		};

		worker_run(&task);
	}
	hosts_release(&hosts);
	plan_release(&plan);
}
