/*
 * A TCP connection that never blocks and never raises SIGPIPE. TLS goes below this face:
 * therefore the stream says for which events to poll, and a read may find octets that
 * poll(2) does not see — read until STREAM_AGAIN before waiting. A write that was not
 * taken as a whole goes on with the same octets.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/span.h"
#include "net/netaddr.h"
#include "net/tls.h"

struct stream;

enum stream_result {
	STREAM_OK,
	STREAM_AGAIN,  /* not now: poll, then ask again */
	STREAM_CLOSED, /* the other side has ended the connection */
	STREAM_ERROR,  /* it is broken or was refused; stream_error says why */
};

/*
 * Begin to connect. Returns 0; -1 and a fault only where this machine is at fault (no
 * descriptors, no memory). Trouble on the way to `to` comes from stream_connect.
 */
int stream_new(struct stream **ret, const struct netaddr *to, struct fault *f);

/* The same from an address of this machine, its port left to the kernel; NULL: from any. */
int stream_new_from(struct stream **ret, const struct netaddr *to,
	const struct netaddr *from, struct fault *f);

/* Take over a connected socket: for tests and inherited descriptors. */
struct stream *stream_adopt(int fd);

/* Close and free; NULL is fine. */
void stream_free(struct stream *s);

/* OK when the connection stands, AGAIN while it is being made, or ERROR. */
enum stream_result stream_connect(struct stream *s);

/*
 * Read up to `n` octets (at least 1). OK: `*ret_n` (at least 1) came. Otherwise `*ret_n`
 * is untouched: AGAIN, CLOSED or ERROR.
 */
enum stream_result stream_read(struct stream *s, void *to, size_t n, size_t *ret_n);

/*
 * Write as much of `data` (not empty) as there is room for. OK: the first `*ret_n`
 * octets (at least 1) have left. Otherwise `*ret_n` is untouched: AGAIN or ERROR.
 */
enum stream_result stream_write(struct stream *s, struct span data, size_t *ret_n);

/* For an own poll(2): POLLIN, POLLOUT as this stream needs them to go on. */
int stream_fd(const struct stream *s);
short stream_events(const struct stream *s, bool wants_write);

/*
 * Wait until the stream may go on. OK: ask again. AGAIN: `deadline_ms` (clock_mono_ms)
 * has passed, or a signal came before it. Never fails otherwise.
 */
enum stream_result stream_wait(
	const struct stream *s, bool wants_write, int64_t deadline_ms);

/* Connect and wait until `deadline_ms`: OK, AGAIN (passed, or a signal came) or ERROR. */
enum stream_result stream_connect_wait(struct stream *s, int64_t deadline_ms);

/*
 * Make a connection that stands secure, as a client: begin, then shake hands until that is
 * OK. What is read and written from then on is inside TLS. `options` are borrowed until it
 * is over, `cache` as long as the stream lives.
 * Begin returns 0; or -1 and a fault where our own certificates or CAs cannot be used.
 * The handshake gives OK, AGAIN or ERROR (stream_error, and stream_tls_facts for details);
 * after an error the connection is good for nothing, for that is how TLS is (RFC 8446 6.2).
 */
int stream_start_tls(struct stream *s, const struct tls_options *options,
	struct tls_cache *cache, struct fault *f);
enum stream_result stream_handshake(struct stream *s);

/* Shake hands and wait until `deadline_ms`; results as from stream_connect_wait. */
enum stream_result stream_handshake_wait(struct stream *s, int64_t deadline_ms);

/* The channel and its peer; NULL where TLS has not begun. Borrowed. */
const struct tls_facts *stream_tls_facts(const struct stream *s);

/* The channel binding for SCRAM (tls_binding); -1 where there is none, as in clear. */
int stream_tls_binding(const struct stream *s, struct tls_binding_data *ret);

/*
 * After CLOSED: TLS did not end by its close_notify, so what came may have been cut. No
 * matter to a protocol that says itself where it ends.
 */
bool stream_is_truncated(const struct stream *s);

/* Why the last result was ERROR, such as "Connection refused"; "" before. */
const char *stream_error(const struct stream *s);

/* Our end's address, for an address literal in EHLO. 0, or -1 when not connected. */
int stream_local_address(const struct stream *s, struct netaddr *ret);

#endif
