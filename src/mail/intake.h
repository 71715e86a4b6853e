/*
 * A message as a program hands it over on stdin becomes a message in wire form: CRLF line
 * ends, complete header (RFC 5322 3.6, RFC 6409 8), no Bcc. A pure filter: octets in,
 * octets out; memory does not grow with the body.
 */
#ifndef MAIL_INTAKE_H
#define MAIL_INTAKE_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/strv.h"
#include "mail/content.h"

#define INTAKE_HEADER_MAX   (256 * 1024) /* octets of the header section */
#define INTAKE_FIELDS_MAX   1000
#define INTAKE_RECEIVED_MAX 100 /* trace fields (RFC 5321 6.3): more is a loop */

struct intake_options {
	bool dot_ends; /* no -i: a lone dot ends the input, a leading ".." becomes "." */
	bool takes_recipients; /* -t */
	uint64_t octets_max;   /* of the result */
	size_t recipients_max; /* of those taken from the header */
	int64_t now_s;         /* for an added Date and Message-ID */
	const char *hostname;  /* right side of an added Message-ID */
	const char *domain;    /* for bare names in To, Cc, Bcc */
	const char *from;      /* canonical address for an added From field */
	const char *full_name; /* name in an added From field: raw text, any octets; ""
				  none */
};

struct intake;

/* `options` and its strings are borrowed until intake_free. */
struct intake *intake_new(const struct intake_options *options);
void intake_free(struct intake *in);

/*
 * Take more input and append what is finished to `out` (at most twice the input and the
 * header section). Returns 1 when the input has ended by a lone dot (what follows it is
 * ignored), 0 to go on, -1 and a fault of FAULT_DATA when the message cannot be accepted.
 */
int intake_feed(struct intake *in, struct span data, struct buf *out, struct fault *f);

/* The input has ended: append what is left. 0, or -1 and a fault. */
int intake_finish(struct intake *in, struct buf *out, struct fault *f);

/* Valid after intake_finish; borrowed until intake_free. crc is left 0. */
const struct content_facts *intake_facts(const struct intake *in);

/*
 * Recipients of the header in canonical form, as found, each once or more: from
 * Resent-To/Cc/Bcc of the most recent block if one is there, else To/Cc/Bcc. Valid once
 * anything was appended to `out`.
 */
const struct strv *intake_recipients(const struct intake *in);

#endif
