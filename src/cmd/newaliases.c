#include "cmd/newaliases.h"

#include <sysexits.h>

#include "cmd/aliases.h"
#include "cmd/setup.h"

int cmd_newaliases(void)
{
	struct setup setup;
	struct aliases aliases;

	setup_load(&setup, NULL);
	aliases_load(
		&aliases, &setup.conf, &setup.identity, &setup.user, &setup.problems);
	aliases_check(&aliases, &setup.problems);
	setup_print_problems(&setup, "newaliases");
	aliases_release(&aliases);
	setup_release(&setup);
	return EX_OK;
}
