#include "cmd/network.h"

#include "base/buf.h"

#define NAMESERVERS_MAX 4096

static enum resolver_trust resolver_trust(enum conf_trust trust)
{
	switch (trust) {
	case CONF_TRUST_AUTO:
		return RESOLVER_TRUST_AUTO;
	case CONF_TRUST_YES:
		return RESOLVER_TRUST_YES;
	case CONF_TRUST_NO:
		return RESOLVER_TRUST_NO;
	}
	BUG("trust_ad");
}

int network_open(struct world *ret, const struct conf *conf, struct fault *f)
{
	struct buf nameservers = BUF_INIT(NAMESERVERS_MAX);
	struct resolver_options options = {.trust = resolver_trust(conf->dns.trust_ad)};
	int rc;

	for (size_t i = 0; i < conf->dns.nameservers.count; i++)
		buf_addf(&nameservers, "%s ", conf->dns.nameservers.items[i]);
	options.nameservers = buf_str(&nameservers);
	rc = world_init(ret, &options, f);
	buf_release(&nameservers);
	return rc;
}

struct route_options network_route(const struct conf *conf)
{
	struct route_options options = {.mx_port = (uint16_t)conf->delivery.port};
	const struct conf_relay *relay = &conf->relay;

	if (relay->host.count) {
		options.relay_host = relay->host.items[0].name;
		options.relay_port =
			(uint16_t)conf_relay_port(relay, &relay->host.items[0]);
	}
	return options;
}
