/*
 * A message as a program hands it over on stdin becomes a message in wire form: CRLF line
 * ends, complete header (RFC 5322 3.6, RFC 6409 8), no Bcc. A pure filter: octets in,
 * octets out; memory does not grow with the body.
 *
 * Added where missing (or blank): Date, Message-ID, From; Sender where From names several
 * people; above all others Resent-Date, -From and -Message-ID where the message is being
 * sent again. Left out: Bcc, Resent-Bcc, Return-Path, Content-Length, an mbox's line before
 * the header. Refused: two From. Of To and Cc several fields become one; of Date, Subject
 * and the like the first one stays. A Date that is none stays. Bare names in address
 * fields get a domain. All else goes out byte for byte and in order but for line ends:
 * no line is cut, no octet encoded, whatever its length or value.
 */
#ifndef MAIL_INTAKE_H
#define MAIL_INTAKE_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/strv.h"
#include "mail/content.h"
#include "mail/tls_wish.h"

#define INTAKE_HEADER_MAX   (256 * 1024) /* octets of the header section */
#define INTAKE_FIELDS_MAX   1000
#define INTAKE_RECEIVED_MAX 100         /* trace fields (RFC 5321 6.3): more is a loop */
#define INTAKE_DOMAINS_MAX  (64 * 1024) /* octets of domains given to bare names */
/* octets added to a header: fields and those */
#define INTAKE_ADDED_MAX (8 * 1024 + INTAKE_DOMAINS_MAX)

#define INTAKE_ODDITIES_MAX 1024

struct intake_options {
	bool dot_ends; /* no -i: a lone dot ends the input, a leading ".." becomes "." */
	bool takes_recipients; /* -t */
	uint64_t octets_max;   /* of the result */
	size_t recipients_max; /* of those taken from the header */
	int64_t now_s;         /* for an added Date and Message-ID */
	const char *hostname;  /* right side of an added Message-ID */
	const char *domain;    /* for bare names */
	const char *from;      /* canonical address, not "", for an added From field */
	const char *full_name; /* name in an added From field as header_add_phrase takes
				  it, refused there or not used; "" none */
};

struct intake;

/* `options` and its strings are borrowed until intake_free. */
struct intake *intake_new(const struct intake_options *options);
void intake_free(struct intake *in);

/*
 * Take more input and append what is finished to `out`: at most twice the input,
 * INTAKE_HEADER_MAX and INTAKE_ADDED_MAX (less room is a BUG). Returns 1 when the input
 * has ended by a lone dot (what follows it is ignored), 0 to go on, -1 and a fault of
 * FAULT_DATA when the message cannot be accepted: then only intake_free may follow.
 */
int intake_feed(struct intake *in, struct span data, struct buf *out, struct fault *f);

/* The input has ended: append what is left. 0, or -1 and a fault. */
int intake_finish(struct intake *in, struct buf *out, struct fault *f);

/*
 * Valid after intake_finish; borrowed until intake_free. crc is left 0, needs_utf8 false:
 * that one follows from the addresses of the envelope, which its writer knows.
 */
const struct content_facts *intake_facts(const struct intake *in);

/*
 * Recipients of the header in canonical form, as found, each once or more: from
 * Resent-To/Cc/Bcc of the most recent block if one is there, else To/Cc/Bcc. Valid once
 * anything was appended to `out`.
 */
const struct strv *intake_recipients(const struct intake *in);

/* What the header says of TLS (mail/tls_wish.h). Valid at the same time. */
enum tls_wish intake_tls_wish(const struct intake *in);

/*
 * What is odd about a header that was accepted, for a log: octets of the header stand in it
 * as they came. "" when there is nothing. Valid when intake_recipients is, borrowed until
 * intake_free.
 */
const char *intake_oddities(const struct intake *in);

#endif
