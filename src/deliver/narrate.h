/*
 * What somebody who watches (flush->show) is told beside the dialogue: what DNS says and how
 * far that can be trusted, how a host is to be secured and why, who it is, the login.
 */
#ifndef DELIVER_NARRATE_H
#define DELIVER_NARRATE_H

#include "deliver/flush.h"
#include "policy/mx.h"
#include "policy/tlspolicy.h"
#include "smtp/auth.h"

/* The hosts of `route`, in the order to try them. */
void narrate_hosts(const struct flush *flush, const struct route *route,
	const struct mx_list *hosts);

/* How a host is to be secured, and why. */
void narrate_policy(const struct flush *flush, const struct tlspolicy_request *request,
	const struct tlspolicy *policy);

/* The channel, and the certificate that the host has shown; also where it was refused. */
void narrate_tls(const struct flush *flush, const struct tls_facts *facts);

/* `mechanism` NULL: there was no login. */
void narrate_login(const struct flush *flush, const char *user, const char *mechanism);

/* A login was refused: what may be the reason, where its letters may be. */
void narrate_refused_login(const struct flush *flush, const struct smtp_login *login);

#endif
