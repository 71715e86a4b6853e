/*
 * A message as it is laid into a local mailbox: LF line ends as all mailboxes of Unix have
 * them, and on top who sent it and whom it came for (RFC 5321 4.4).
 */
#ifndef DELIVER_LETTER_H
#define DELIVER_LETTER_H

#include <stdint.h>

#include "base/fault.h"
#include "base/span.h"

struct letter {
	struct span content;      /* in wire form */
	const char *return_path;  /* envelope sender, "" the null sender */
	const char *delivered_to; /* address of the mailbox's owner, NULL unknown */
	const char *hostname;     /* of this machine */
	int64_t now_s;
};

/* One file of a Maildir: nothing in front of the message, nothing behind. */
int letter_write(const struct letter *l, int fd, const char *what, struct fault *f);

/*
 * One message of an mbox (RFC 4155): a "From " line in front, an empty line behind, and a
 * '>' before each line that begins with "From " behind any number of '>' (mboxrd: what
 * was quoted can be told from what was not).
 *
 * Both write blocks of at least 64 KiB, whatever the size, and return 0, or -1 and a
 * fault; `what` names the file in it. Nothing is synced.
 */
int letter_write_mbox(const struct letter *l, int fd, const char *what, struct fault *f);

#endif
