/*
 * Whether mail would flow: a delivery of a message that exists in memory only, and of which a
 * server is asked everything but whether it takes the content. Aliases, routes, DNS, TLS,
 * login and dialogue are those of a delivery because the same functions do it, down to
 * worker_run; so it says what a delivery would meet. Who watches sees it by flush->show.
 */
#ifndef DELIVER_TRIAL_H
#define DELIVER_TRIAL_H

#include "deliver/claim.h"
#include "deliver/flush.h"
#include "spool/envelope.h"

/* `content` octets of plain text go with it, as far as the servers are told. */
struct trial_request {
	const char *sender;    /* canonical, "" null */
	const char *recipient; /* canonical */
	uint64_t octets;
};

/*
 * Ask. `ret->addressees` are then who the recipient is today, `ret->answers` what became of
 * each of them: DELIVERED where the server would take it, or where it is discarded; PENDING
 * where nobody was asked, since we are stopping or this user may not. End it with
 * claim_release. Nothing is left behind but what every connection leaves: lines of the log,
 * which logins were refused, policies of MTA-STS.
 */
void trial_run(struct claim *ret, const struct flush *flush,
	const struct trial_request *request);

#endif
