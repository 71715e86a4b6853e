/*
 * What a process with a user's rights tells another one of that user's ~/.forward: addresses,
 * and nothing else that may stand in a file which the other one may not read.
 *
 *	found                        or: mailbox, discard, later
 *	address joe@example.org      lines of `found` only, in order, at least one
 *	name alice
 *	final-name joe               as \joe; also final-address
 *	end
 *
 * Pure. Both sides are nullmta, but the one that answers works for a user, and so may say
 * anything: the other one believes no octet that does not fit.
 */
#ifndef MAIL_FORWARD_ANSWER_H
#define MAIL_FORWARD_ANSWER_H

#include "base/buf.h"
#include "mail/forward.h"

#define FORWARD_ANSWER_MAX ((size_t)32 << 10) /* 100 lines of the longest address fit */

/* Append the answer to `out`, which has room for FORWARD_ANSWER_MAX. */
void forward_answer_format(struct buf *out, const struct forward *fw);

/* Whether nothing can come behind what has been read. */
bool forward_answer_is_whole(struct span text);

/* Read a whole answer. 0 and `*ret`, to be released; or -1 and a fault. */
int forward_answer_parse(struct forward *ret, struct span text, struct fault *f);

#endif
