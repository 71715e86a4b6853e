/*
 * The MTA-STS policies of domains (policy/mtasts.h): asked for by DNS, fetched by HTTPS,
 * kept in state/mta-sts/DOMAIN.
 */
#ifndef DELIVER_MTASTS_CACHE_H
#define DELIVER_MTASTS_CACHE_H

#include "deliver/flush.h"
#include "policy/mtasts.h"

/*
 * The policy that holds for `domain` now, fetched where that is due: may take a minute.
 * Without one it is of mode NONE. Release it.
 */
void mtasts_cache_find(
	const struct flush *flush, const char *domain, struct mtasts_policy *ret);

/*
 * Remove entries whose policies must have expired long ago, at most `limit`. A failure is
 * nobody's harm.
 */
void mtasts_cache_sweep(const struct spool *spool, int64_t now_s, unsigned limit);

#endif
