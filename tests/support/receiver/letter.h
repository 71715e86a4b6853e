/*
 * One transaction as the receiver saw it: the envelope, then the content.
 */
#ifndef RECEIVER_LETTER_H
#define RECEIVER_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "receiver/peer.h"

#define LETTER_CONTENT_MAX  (512 * 1024 * 1024)
#define LETTER_ENVELOPE_MAX (4 * 1024 * 1024)

struct letter {
	struct buf hello;      /* "EHLO client.test" */
	struct buf sender;     /* "<a@b> SIZE=12": all behind "MAIL FROM:" */
	struct buf recipients; /* one line each, all behind "RCPT TO:" */
	size_t recipient_count;
	struct buf content; /* without the stuffing and the final dot */
	bool has_bare_cr;
	bool has_bare_lf;
};

void letter_init(struct letter *l);
void letter_release(struct letter *l);

/* Forget sender, recipients and content; the greeting stays. */
void letter_reset(struct letter *l);

void letter_set_hello(struct letter *l, struct span line);
void letter_set_sender(struct letter *l, struct span path_and_parameters);
void letter_add_recipient(struct letter *l, struct span path_and_parameters);

/*
 * Read the content up to CRLF.CRLF and take the stuffing off (RFC 5321 4.5.2). False when
 * the client is gone before that.
 */
bool letter_read_content(struct letter *l, struct peer *p);

/*
 * Keep it: DIR/NNNN.env, then DIR/NNNN.eml, each whole under its name or not there.
 *
 *	connection 1
 *	at 127.0.0.1
 *	hello EHLO client.test
 *	from <a@b> SIZE=12
 *	to <c@d>
 */
void letter_store(const struct letter *l, const struct peer *p);

#endif
