#include "cmd/network.h"

#include <limits.h>

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

int network_open(struct world *ret, const struct conf *conf, const struct user *user,
	struct fault *f)
{
	struct buf nameservers = BUF_INIT(NAMESERVERS_MAX);
	struct buf hosts = BUF_INIT(PATH_MAX - 1);
	struct resolver_options options = {.trust = resolver_trust(conf->dns.trust_ad)};
	int rc = 0;

	for (size_t i = 0; i < conf->dns.nameservers.count; i++)
		buf_addf(&nameservers, "%s ", conf->dns.nameservers.items[i]);
	options.nameservers = buf_str(&nameservers);
	if (conf->dns.hosts_file) {
		rc = conf_path(&hosts, conf->dns.hosts_file, user->uid, user->home, f);
		options.hosts_file = buf_str(&hosts);
	}
	if (rc == 0)
		rc = world_init(ret, &options, f);
	buf_release(&nameservers);
	buf_release(&hosts);
	return rc;
}
