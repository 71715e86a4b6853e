/*
 * A DNS answer, and the parser of the packet that holds it (RFC 1035 4). Pure: octets in,
 * records out. A packet is hostile input: every length in it is checked against what is
 * there, and what does not fit makes the whole answer DNS_FAILED, never a guess.
 */
#ifndef NET_DNSMSG_H
#define NET_DNSMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bug.h"
#include "base/span.h"
#include "net/netaddr.h"

#define DNS_PACKET_MAX  65535
#define DNS_NAME_SIZE   256 /* 253 octets of text and a NUL, rounded up */
#define DNS_CNAMES_MAX  10
#define DNS_RECORDS_MAX 100 /* of the type asked for; more are left out */
#define DNS_TXT_MAX     20  /* the same for TXT */
#define DNS_WHY_MAX     128

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52,
};

enum dns_result {
	DNS_FAILED,  /* no trustworthy answer now; `why` tells */
	DNS_FOUND,   /* at least one record */
	DNS_NO_DATA, /* the name exists, a record of this type does not */
	DNS_NO_NAME, /* the name does not exist (NXDOMAIN), said by one who can know */
};

/* What a TLSA record has in a field for which its data is too short: nobody's number. */
#define DNS_TLSA_MISSING 255

struct dns_record {
	struct netaddr address;   /* A, AAAA; port 0 */
	uint16_t preference;      /* MX; of SRV the priority (RFC 2782) */
	uint16_t weight;          /* SRV */
	uint16_t port;            /* SRV */
	uint8_t usage;            /* TLSA (RFC 6698 2.1), also the next two */
	uint8_t selector;         /* DNS_TLSA_MISSING where it is cut */
	uint8_t matching;         /* the same */
	char name[DNS_NAME_SIZE]; /* MX, SRV, CNAME: the target, as `canonical` below */
	char *data; /* TLSA: the association data; TXT: its strings joined */
	size_t data_len;
};

/*
 * Names are text in lower case without trailing dot; the root is "". An octet that no
 * host name has becomes '?', so that hostname_is_valid refuses the name.
 */
struct dns_answer {
	enum dns_result result;
	bool is_secure;  /* AD was set, about all of the answer, its CNAMEs included;
			    resolver_lookup clears it where nobody trusts the server */
	unsigned cnames; /* followed from the name asked to `canonical` */
	char canonical[DNS_NAME_SIZE]; /* where `records` stand, or would */
	struct dns_record *records;    /* in the packet's order */
	size_t count;
	char why[DNS_WHY_MAX]; /* DNS_FAILED: one line for a person */
};

/*
 * Parse the answer to a question for `name` and `type`. `*ret` is always filled; the
 * caller releases it. CNAMEs are followed inside the packet; where they lead out of it
 * the result is DNS_NO_DATA and `canonical` the name to ask next. A packet that answers
 * another question, is truncated (TC) or malformed is DNS_FAILED. A TLSA record of any
 * length is no such thing: RFC 7672 2.2 wants it counted, as one that cannot be used.
 */
void dnsmsg_parse(
	struct span packet, const char *name, enum dns_type type, struct dns_answer *ret);

/* Whether the TC bit asks for another try by TCP (RFC 7766 5). */
bool dnsmsg_is_truncated(struct span packet);

/* What the response code says to a person, "the name server failed (SERVFAIL)"; or NULL. */
const char *dnsmsg_error_text(struct span packet);

/* "MX", "A" …: for texts. */
const char *dnsmsg_type_name(enum dns_type type);

/* An answer without records that failed for the reason given. */
void dnsmsg_answer_fail(struct dns_answer *ret, const char *name, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/*
 * Append a zeroed record, or NULL when DNS_RECORDS_MAX are there. For resolvers; its `data`
 * is then the answer's.
 */
struct dns_record *dnsmsg_answer_add(struct dns_answer *answer);

void dnsmsg_answer_release(struct dns_answer *answer);

#endif
