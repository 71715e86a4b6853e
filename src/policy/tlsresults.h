/*
 * How TLS went, counted by day, domain and policy, so that a report can be made of it (RFC
 * 8460 4; nobody sends one yet). Pure: lines of text. state/tls-results has them:
 *
 *	2026-11-23 sts example.org success mx.example.org 12
 *	2026-11-23 sts example.org certificate-expired mx2.example.org 1
 *
 * These are the day (UTC), the type of policy, whose policy, the result, the MX host ("-"
 * for what is of no host) and how many sessions. Lines are appended as sessions end; now and
 * then those that differ in the last number alone are made one.
 */
#ifndef POLICY_TLSRESULTS_H
#define POLICY_TLSRESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define TLSRESULTS_MAX      1000 /* lines that are kept; of more the oldest go */
#define TLSRESULTS_LINE_MAX 600
#define TLSRESULTS_TEXT_MAX (1024 * 1024)
#define TLSRESULTS_DAYS     7 /* kept: a report about a day is due on the next */

/* RFC 8460 4.4: policy-type */
enum tlsresults_policy { TLSRESULTS_NO_POLICY, TLSRESULTS_TLSA, TLSRESULTS_STS };

/* RFC 8460 4.3: result-type; and success, which is none */
enum tlsresults_type {
	TLSRESULTS_SUCCESS,
	TLSRESULTS_NO_STARTTLS,
	TLSRESULTS_HOST_MISMATCH,
	TLSRESULTS_EXPIRED,
	TLSRESULTS_NOT_TRUSTED,
	TLSRESULTS_VALIDATION_FAILURE,
	TLSRESULTS_TLSA_INVALID,
	TLSRESULTS_DNSSEC_INVALID,
	TLSRESULTS_DANE_REQUIRED,
	TLSRESULTS_STS_FETCH_ERROR,
	TLSRESULTS_STS_POLICY_INVALID,
	TLSRESULTS_STS_WEBPKI_INVALID,
};

struct tlsresults_line {
	int32_t day; /* days since the epoch */
	enum tlsresults_policy policy;
	enum tlsresults_type type;
	const char *domain;
	const char *host; /* "": of none */
	uint64_t count;
};

/* "success", "certificate-expired" … */
const char *tlsresults_type_name(enum tlsresults_type type);

/* Append one line with its end. Names that are none become "-". */
void tlsresults_format(const struct tlsresults_line *line, struct buf *out);

/*
 * Append what the lines of `text` say in as few lines as possible, in order, without those
 * older than TLSRESULTS_DAYS, without those of days to come, and without what is no such
 * line.
 */
void tlsresults_merge(struct span text, int64_t now_s, struct buf *out);

#endif
