/*
 * One message from a file descriptor into the spool: the path that every way of handing
 * over mail shares.
 */
#ifndef CMD_SUBMIT_H
#define CMD_SUBMIT_H

#include "base/strv.h"
#include "cmd/setup.h"
#include "mail/dsn.h"
#include "spool/spool.h"

struct submit_request {
	const struct strv *recipients; /* canonical; those of the header are added (-t) */
	bool takes_recipients;
	bool dot_ends;
	const char *sender;    /* canonical, "" null; NULL: the user's own address */
	const char *full_name; /* NULL: the user's */
	unsigned notify;
	enum dsn_return ret;
	const char *envid; /* xtext, NULL */
	int fd;            /* the message is read from here to its end */
};

struct submit_result {
	struct spool spool; /* open: close it */
	char id[ENVELOPE_ID_LEN + 1];
};

/*
 * Read, complete and store the message; when this returns 0 it is on disk, synced. On -1
 * nothing is left behind and the fault's kind is the exit code to be. Logs the
 * submission.
 */
int submit_message(struct submit_result *ret, const struct setup *setup,
	const struct submit_request *request, struct fault *f);

/*
 * The user's own canonical address: EMAIL where it is one, else user@domain. Appends to
 * `ret`.
 */
void submit_own_address(struct buf *ret, const struct setup *setup);

#endif
