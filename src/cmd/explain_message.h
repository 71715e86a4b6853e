/*
 * A message as it is given and as it would leave: who gets it, what its header becomes.
 */
#ifndef CMD_EXPLAIN_MESSAGE_H
#define CMD_EXPLAIN_MESSAGE_H

#include "base/strv.h"
#include "cmd/setup.h"
#include "mail/rewrite.h"

struct explain_message {
	struct buf given;       /* the header section as it was read */
	struct buf leaves;      /* completed and rewritten, wire form */
	struct strv recipients; /* of To, Cc and Bcc */
};

/*
 * Read the message `path` ("-": stdin), of which only the header counts. `sender` as for
 * a submission. 0, or -1 and a fault. Release with explain_message_release.
 */
int explain_message_read(struct explain_message *ret, const char *path,
	const struct setup *setup, const struct rewrite *rules, const char *sender,
	struct fault *f);
void explain_message_release(struct explain_message *m);

/*
 * Append a line for each field that goes ("-"), comes ("+"), or stays and has addresses of
 * senders ("="); cleaned.
 */
void explain_message_compare(const struct explain_message *m, struct buf *out);

#endif
