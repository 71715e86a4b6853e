#include "cmd/flusher.h"

#include "base/clock.h"
#include "base/log.h"
#include "cmd/network.h"

static void load_rest(struct flusher *ret)
{
	struct setup *setup = &ret->setup;

	rewriting_load(&ret->rewriting, &setup->conf, &setup->identity, &setup->user,
		&setup->problems);
	aliases_load(&ret->aliases, &setup->conf, &setup->identity, &setup->user,
		&setup->problems);
	routing_load(&ret->routing, &setup->conf, &setup->user);
	routing_set_local(&ret->routing, &setup->conf, &ret->aliases.scope);
	securing_load(&ret->securing, &setup->conf, &setup->user, &setup->problems);
}

void flusher_load(struct flusher *ret, const char *conf_file)
{
	*ret = (struct flusher){0};
	setup_load(&ret->setup, conf_file);
	load_rest(ret);
}

void flusher_take(struct flusher *ret, struct setup *setup, struct vault *vault)
{
	*ret = (struct flusher){.setup = *setup, .vault = vault};
	*setup = (struct setup){0};
	load_rest(ret);
	if (vault)
		vault_narrow(vault, &ret->setup.conf, ret->securing.ways);
}

/* With the TLS files that were read beforehand, if there are any. */
static int open_world(struct flusher *fl, struct fault *f)
{
	struct tls_cache *tls;

	if (network_open(&fl->world, &fl->setup.conf, &fl->setup.user, f) < 0)
		return -1;
	tls = fl->vault ? vault_take_tls(fl->vault) : NULL;
	if (tls) {
		tls_cache_free(fl->world.tls);
		fl->world.tls = tls;
	}
	return 0;
}

int flusher_open(struct flusher *fl, const char *conf_file, int channel, struct fault *f)
{
	const struct setup *setup = &fl->setup;
	const struct conf *conf = &setup->conf;

	logins_init(&fl->logins, conf, &setup->user, fl->vault);
	if (open_world(fl, f) < 0)
		return -1;
	door_init(&fl->door, setup, conf_file, channel);
	fl->flush = (struct flush){
		.world = &fl->world,
		.conf = conf,
		.local_relay = &fl->routing.local_relay,
		.local = &fl->door.face,
		.identity = &setup->identity,
		.user = &setup->user,
		.mailbox_path = setup->mailbox_path,
		.route = fl->routing.options,
		.way_rewrites = fl->rewriting.ways,
		.way_tls = fl->securing.ways,
		.logins = &fl->logins.source,
		.is_systems = fl->vault != NULL,
	};
	if (fl->rewriting.is_needed)
		fl->flush.rewrite = &fl->rewriting.rules;
	if (fl->aliases.is_needed) {
		fl->flush.aliases = &fl->aliases.table;
		fl->flush.alias_scope = &fl->aliases.scope;
	}
	forwards_init(&fl->forwards, &fl->door.face, clock_mono_ms);
	if (fl->routing.options.local && !fl->routing.options.local->way)
		fl->flush.forwards = &fl->forwards;
	if (schedule_parse(span_of(conf->spool.retry), &fl->flush.retry) < 0)
		BUG("[spool] retry was checked");
	/* without the list the loop test has only the host name to go by */
	if (netaddr_list_add_own(&fl->flush.own_addresses, f) < 0)
		log_event(LOG_LEVEL_WARNING, "own-addresses", LOG_TEXT("why", f->text));
	return 0;
}

void flusher_release(struct flusher *fl)
{
	netaddr_list_release(&fl->flush.own_addresses);
	forwards_release(&fl->forwards);
	world_release(&fl->world);
	aliases_release(&fl->aliases);
	securing_release(&fl->securing);
	routing_release(&fl->routing);
	rewriting_release(&fl->rewriting);
	setup_release(&fl->setup);
}
