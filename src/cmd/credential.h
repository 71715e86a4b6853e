/*
 * The password or token of a relay's section, from where the section says:
 *
 *	password_command	a program's output
 *	password_file		a file (cmd/secret_file.h)
 *	password		the configuration itself
 *	$CREDENTIALS_DIRECTORY	none of these, but a user, or a mechanism that wants a token:
 *				systemd's "nullmta.password", of [route NAME]
 *				"nullmta.NAME.password" (systemd.exec(5), LoadCredential=)
 *
 * Of files and output the first line counts. Nothing read here is ever logged or in a fault.
 */
#ifndef CMD_CREDENTIAL_H
#define CMD_CREDENTIAL_H

#include "base/fault.h"
#include "base/secret.h"
#include "base/user.h"
#include "conf/relay.h"

#define CREDENTIAL_MAX (16 * 1024) /* octets of a file or of output, all lines together */

/* Who asks. Borrowed. */
struct credential_owner {
	const struct user *user;     /* for ~/ and %u, and for the command */
	const char *credentials_dir; /* systemd's; NULL: none */
};

/*
 * Read it; `ret` stays without data where the section names none. Wipe with secret_wipe.
 *
 * -1 and a fault: FAULT_ACCESS where this user may not read the file, which says nothing
 * against the mail; FAULT_CONFIG for a file that others can read, belongs to another user,
 * is no file or holds no secret, with the command that mends it; FAULT_SYSTEM for a command
 * that fails, which the next try may mend.
 */
int credential_read(struct secret *ret, const struct credential_owner *owner,
	const struct conf_relay *relay, struct fault *f);

#endif
