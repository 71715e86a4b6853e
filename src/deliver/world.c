#include "deliver/world.h"

#include "base/clock.h"
#include "base/rand.h"

int world_init(struct world *ret, const struct resolver_options *dns, struct fault *f)
{
	*ret = (struct world){
		.now_s = clock_now_s,
		.mono_ms = clock_mono_ms,
		.random = rand_below,
		.dial = stream_new,
		.dial_from = stream_new_from,
	};
	if (resolver_new(&ret->resolver, dns, f) < 0)
		return -1;
	ret->tls = tls_cache_new();
	return 0;
}

void world_release(struct world *w)
{
	tls_cache_free(w->tls);
	resolver_free(w->resolver);
	*w = (struct world){0};
}
