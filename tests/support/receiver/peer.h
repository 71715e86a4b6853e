/*
 * One connection to a client under test: blocking reads of lines, batched writes, the
 * dialogue log. A client that is gone is no error here; it is what is_gone says.
 */
#ifndef RECEIVER_PEER_H
#define RECEIVER_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/bug.h"
#include "base/span.h"
#include "receiver/receiver.h"

/* a test may send a line of any length it can think of */
#define PEER_INPUT_MAX  (64 * 1024 * 1024)
#define PEER_OUTPUT_MAX (1024 * 1024)

struct peer {
	const struct receiver *receiver;
	int fd;
	unsigned number; /* of the connection, from 1 */
	struct buf in;
	size_t in_at; /* octets of `in` already taken */
	struct buf out;
	bool is_gone;       /* the client has closed or reset */
	struct ssl_st *ssl; /* NULL: in clear */
};

void peer_init(struct peer *p, const struct receiver *r, int fd, unsigned number);

/*
 * The next line with its line end, after what is to be said has left. Borrowed until the
 * next read. False when the client is gone; a last piece without a line end is dropped.
 */
bool peer_read_line(struct peer *p, struct span *ret_line);

/* Take whatever comes, at most `max` octets; 0 when the client is gone. */
size_t peer_read_some(struct peer *p, size_t max);

/* Octets that the client has sent and nobody has taken are waiting right now. */
bool peer_has_input(struct peer *p);

/* Add octets; they leave with peer_flush or before the next read. */
void peer_write(struct peer *p, struct span data);

/* Add one reply line; CRLF is added and the log told. */
void peer_say(struct peer *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

void peer_flush(struct peer *p);

/* Shake hands, which the log tells. False when that fails; the client is gone then. */
bool peer_start_tls(struct peer *p);

/* One line in the log: "3 < EHLO client.test". `mark` is '<', '>' or '*'. */
void peer_log(const struct peer *p, char mark, struct span text);
void peer_logf(const struct peer *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Say no more, wait until the client closes, too, then close: no reply gets lost. */
void peer_close(struct peer *p);

/* Close with a reset. */
void peer_reset(struct peer *p);

#endif
