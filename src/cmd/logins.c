#include "cmd/logins.h"

#include <stdlib.h>

static bool has_login(const struct conf_relay *relay)
{
	return relay->user || relay->password || relay->auth.count;
}

static bool has_any_login(const struct conf *conf)
{
	for (size_t i = 0; i < conf->route_count; i++)
		if (has_login(conf->routes[i]))
			return true;
	return has_login(&conf->relay);
}

static int read_secret(
	void *ctx, const struct conf_relay *relay, struct secret *ret, struct fault *f)
{
	const struct logins *l = ctx;
	int found = l->vault ? vault_read(l->vault, relay, ret, f) : 0;

	if (found)
		return found;
	return credential_read(ret, &l->owner, relay, f);
}

void logins_init(struct logins *l, const struct conf *conf, const struct user *user,
	const struct vault *vault)
{
	*l = (struct logins){
		.owner = {.user = user,
			.credentials_dir = getenv("CREDENTIALS_DIRECTORY")},
		.vault = vault,
		.source = {.read = read_secret,
			.ctx = l,
			.memory_fd = vault ? vault->refusals_fd : -1},
	};
	if (has_any_login(conf))
		secret_protect_process();
}
