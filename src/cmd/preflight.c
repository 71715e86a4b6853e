#include "cmd/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/credential.h"
#include "cmd/exit_code.h"
#include "cmd/setup.h"
#include "cmd/submit.h"

static int check_spool(
	const struct setup *setup, const struct flush_options *o, struct fault *f)
{
	struct spool spool;
	int rc = o->spool ? spool_open(&spool, o->spool, true, f)
			  : submit_open(&spool, setup, f);

	if (rc < 0)
		return -1;
	if (faccessat(spool.fd, ".", W_OK, 0) != 0) {
		fault_set(
			f, FAULT_CREATE, errno, "cannot write the spool %s", spool.path);
		rc = -1;
	}
	spool_close(&spool);
	return rc;
}

/* On a machine of many, a password that only root can read is as it should be. */
static int check_login(const struct setup *setup, struct fault *f)
{
	const struct credential_owner owner = {.user = &setup->user};
	struct secret secret = {0};
	int rc = 0;

	if (!setup->conf.relay.is_file_of_environment)
		return 0;
	secret_protect_process();
	rc = credential_read(&secret, &owner, &setup->conf.relay, f);
	secret_wipe(&secret);
	return rc;
}

int preflight_check(const struct flush_options *o)
{
	struct setup setup;
	struct fault f;
	int code = EX_OK;

	setup_load(&setup, o->conf_file);
	if (!setup.problems.errors &&
		(check_spool(&setup, o, &f) < 0 || check_login(&setup, &f) < 0))
		code = exit_with("nullmta flush", &f);
	setup_release(&setup);
	return code;
}
