#include "cmd/network.h"

#include "base/buf.h"

#define NAMESERVERS_MAX 4096

int network_open(struct world *ret, const struct conf *conf, struct fault *f)
{
	struct buf nameservers = BUF_INIT(NAMESERVERS_MAX);
	int rc;

	for (size_t i = 0; i < conf->dns.nameservers.count; i++)
		buf_addf(&nameservers, "%s ", conf->dns.nameservers.items[i]);
	rc = world_init(ret, buf_str(&nameservers), f);
	buf_release(&nameservers);
	return rc;
}

struct route_options network_route(const struct conf *conf)
{
	return (struct route_options){
		.relay_host = conf->relay.host,
		.relay_port = (uint16_t)conf->relay.port,
		.mx_port = (uint16_t)conf->delivery.port,
	};
}
