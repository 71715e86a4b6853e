/*
 * A message made fit for a host that cannot take it as it is (RFC 2045, 2046, 2047, 2231;
 * RFC 6152 3): parts with octets over 127, NULs or lines over 998 octets are encoded,
 * header fields become ASCII and are folded, the MIME fields tell of it. What MIME decodes on
 * the other side is what was there before. Parts that are signed or encrypted
 * (RFC 1847) are never touched.
 *
 * A part's header comes before what decides about it, so the content is read twice: first
 * by mime_scan, whole, then by mime_encode, as often as wanted. Pure; memory is bounded by
 * the constants here, whatever the message.
 *
 * Content that is not MIME as it should be is never an error: a multipart without usable
 * boundary, nested too deep or of too many parts is opaque text.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define MIME_DEPTH_MAX    100
#define MIME_PARTS_MAX    1000
#define MIME_BOUNDARY_MAX 800 /* RFC 2046 5.1.1 has 70; its parameter must fit a line */
#define MIME_HEADER_MAX   (512 * 1024) /* a section; more of it is no header but text */
#define MIME_LINE_MAX     998          /* RFC 5322 2.1.1 */

/* Room that `out` of mime_encode needs for `n` octets. */
#define MIME_ROOM(n) (8 * (n) + 8 * MIME_HEADER_MAX)

/* What the host can take. */
struct mime_target {
	bool has_8bit; /* octets over 127 in bodies: 8BITMIME (RFC 6152) */
	bool has_utf8; /* and UTF-8 in header fields: SMTPUTF8 (RFC 6531) is used */
	/*
	 * Append the domain of a header address, which is not ASCII, as A-labels
	 * (RFC 5890); false where it is none. NULL: no domain is.
	 */
	bool (*domain_to_ascii)(struct span domain, struct buf *out);
};

enum mime_verdict {
	MIME_AS_IS,      /* nothing needs to be changed */
	MIME_CHANGED,    /* mime_encode makes it fit */
	MIME_NEEDS_UTF8, /* an address in the header needs a target with has_utf8 */
	MIME_NEEDS_8BIT, /* a sealed part needs a target with has_8bit */
	MIME_IMPOSSIBLE, /* a sealed part has a NUL or a line that is too long */
};

struct mime;

/* Copies `target`. Free with mime_free. */
struct mime *mime_new(const struct mime_target *target);
void mime_free(struct mime *m);

/* The next octets of the content, in wire form, cut anywhere. */
void mime_scan(struct mime *m, struct span content);

/* All of it was seen. */
enum mime_verdict mime_scan_finish(struct mime *m);

/* Whether octets over 127 are left in what mime_encode makes. */
bool mime_is_8bit(const struct mime *m);

/* Begin to encode, from the first octet on; after mime_scan_finish, any number of times. */
void mime_encode_begin(struct mime *m);

/* The next octets of the same content; what they become is appended to `out`. */
void mime_encode(struct mime *m, struct span content, struct buf *out);

/* The content has ended: append what was held back. */
void mime_encode_finish(struct mime *m, struct buf *out);

#endif
