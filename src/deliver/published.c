#include "deliver/published.h"

#include "deliver/mtasts_cache.h"
#include "deliver/tls_results.h"

static size_t number_of(const struct published *p, const struct mx_target *target)
{
	return (size_t)(target - p->hosts->targets);
}

void published_init(struct published *ret, const struct flush *flush,
	const struct route *route, const struct mx_list *hosts)
{
	*ret = (struct published){.flush = flush, .route = route, .hosts = hosts};
}

void published_release(struct published *p)
{
	for (size_t i = 0; i < MX_TARGETS_MAX; i++)
		dane_release(&p->of_hosts[i].dane);
	mtasts_policy_release(&p->sts);
}

static void show_dane(const struct flush *flush, const struct mx_target *target,
	const struct dane *dane)
{
	if (dane->result == DANE_USABLE)
		flush_show(flush, "=== DANE: %zu TLSA records of %s, signed", dane->count,
			dane->base);
	else if (dane->result == DANE_UNUSABLE)
		flush_show(flush, "=== DANE: no TLSA record of %s can be used",
			target->host);
}

const struct dane *published_dane(struct published *p, const struct mx_target *target)
{
	struct published_host *host = &p->of_hosts[number_of(p, target)];
	const char *domain = p->route->kind == ROUTE_MX ? p->route->name : NULL;

	if (!host->has_dane) {
		dane_resolve(
			p->flush->world->resolver, domain, p->hosts, target, &host->dane);
		show_dane(p->flush, target, &host->dane);
	}
	host->has_dane = true;
	return &host->dane;
}

const struct mtasts_policy *published_sts(struct published *p)
{
	if (p->route->kind != ROUTE_MX || !p->flush->conf->mta_sts.is_enabled)
		return NULL;
	if (!p->has_sts) {
		mtasts_cache_find(p->flush, p->route->name, &p->sts);
		if (p->sts.mode != MTASTS_NONE)
			flush_show(p->flush, "=== MTA-STS: policy of %s, mode %s",
				p->route->name, mtasts_mode_name(p->sts.mode));
	}
	p->has_sts = true;
	return p->sts.mode == MTASTS_NONE ? NULL : &p->sts;
}

void published_fail_test(struct published *p, const struct mx_target *target)
{
	p->of_hosts[number_of(p, target)].has_failed_test = true;
}

bool published_has_failed_test(const struct published *p, const struct mx_target *target)
{
	return p->of_hosts[number_of(p, target)].has_failed_test;
}

void published_count(const struct published *p, const struct mx_target *target,
	enum tlsresults_policy found, enum tlsresults_type result)
{
	const struct tlsresults_line line = {
		.policy = found,
		.type = result,
		.domain = p->route->name,
		.host = target->host,
		.count = 1,
	};

	/* a relay is ours, and who has an address alone gets no reports */
	if (p->route->kind == ROUTE_MX)
		tls_results_add(p->flush->spool, &line, p->flush->world->now_s());
}
