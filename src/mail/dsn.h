/*
 * Delivery status notification options as a sender gives them (RFC 3461): what to report,
 * how much of the message to return. And the recipient that carries them.
 */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"

#define DSN_ENVID_MAX 100 /* RFC 3461 4.4, after decoding */
#define DSN_ORCPT_MAX 500 /* RFC 3461 4.2 */

/* NOTIFY (RFC 3461 4.1): 0 means nothing was asked; NEVER excludes the others. */
enum dsn_notify {
	DSN_NEVER = 1,
	DSN_SUCCESS = 2,
	DSN_FAILURE = 4,
	DSN_DELAY = 8,
};

/* RET (RFC 3461 4.3) */
enum dsn_return { DSN_RETURN_UNSET, DSN_RETURN_FULL, DSN_RETURN_HEADERS };

/*
 * One recipient of an envelope. `address` is in canonical form (mail/address.h). `orcpt`
 * is NULL or the ORCPT value as it goes on the wire: "rfc822;" and xtext.
 */
struct recipient {
	char *address;
	unsigned notify; /* enum dsn_notify, or-ed */
	char *orcpt;
};

/* "success,failure,delay" or "never", any case. 0, or -1 and a fault of FAULT_DATA. */
int dsn_notify_parse(struct span s, unsigned *ret_notify, struct fault *f);

/* "SUCCESS,FAILURE" in the order of RFC 3461; nothing for 0. */
void dsn_notify_format(unsigned notify, struct buf *out);

/* "full" or "hdrs", any case. 0, or -1 and a fault of FAULT_DATA. */
int dsn_return_parse(struct span s, enum dsn_return *ret, struct fault *f);

/* Append `s` as xtext (RFC 3461 4): '+', '=', and what is not 33..126 as +HH. */
void dsn_xtext_encode(struct buf *out, struct span s);

/*
 * Append the decoded xtext. Returns 0, or -1 and a fault of FAULT_DATA for malformed
 * xtext or an encoded octet below 0x20 or 0x7f (+00 must not end a string somewhere
 * later).
 */
int dsn_xtext_decode(struct buf *out, struct span s, struct fault *f);

/*
 * Whether `s` may be the value of ENVID or ORCPT as it goes on the wire (RFC 3461 4.4, 4.2):
 * xtext of clean octets within the maximum, behind an address type and ';' for ORCPT.
 * Nothing in it can end the word that it stands in.
 */
bool dsn_envid_is_valid(struct span s);
bool dsn_orcpt_is_valid(struct span s);

#endif
