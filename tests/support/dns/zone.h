/*
 * What the DNS server of the tests knows: lines of "NAME TYPE DATA", and lines of "NAME
 * TYPE !MISCHIEF". The language is described in tests/support/README.md.
 */
#ifndef DNS_ZONE_H
#define DNS_ZONE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define ZONE_FILE_MAX    (4 * 1024 * 1024)
#define ZONE_RECORDS_MAX 20000
#define ZONE_NAME_MAX    255 /* RFC 1035 2.3.4, in wire form */
#define ZONE_DATA_MAX    65535

enum zone_type {
	ZONE_A = 1,
	ZONE_NS = 2,
	ZONE_CNAME = 5,
	ZONE_SOA = 6,
	ZONE_PTR = 12,
	ZONE_MX = 15,
	ZONE_TXT = 16,
	ZONE_AAAA = 28,
	ZONE_SRV = 33,
	ZONE_TLSA = 52,
	ZONE_ANY = 255,      /* only with mischief: whatever is asked */
	ZONE_SECURE = 65280, /* private (RFC 6895 3.1): the name is signed */
};

enum zone_mischief {
	ZONE_HONEST, /* a record, no mischief */
	ZONE_SERVFAIL,
	ZONE_REFUSED,
	ZONE_FORMERR,
	ZONE_NXDOMAIN,
	ZONE_NODATA,
	ZONE_TIMEOUT,        /* no answer */
	ZONE_WRONG_QUESTION, /* an answer to something that was not asked */
	ZONE_WRONG_ID,
	ZONE_TRUNCATE, /* TC by UDP, whatever the size */
	ZONE_WAIT,     /* answer after `number` ms */
	ZONE_RAW,      /* the reply behind the id stands in `data`, see zone_raw_expand */
};

struct zone_record {
	struct buf name; /* wire form, lower case */
	uint16_t type;
	enum zone_mischief mischief;
	unsigned limit; /* mischief happens that many times; 0 always */
	unsigned number;
	struct buf data; /* RDATA in wire form; of ZONE_RAW its text */
};

struct zone {
	struct zone_record *records;
	size_t count;
	atomic_uint *hits; /* of mischief, one a record; shared between processes */
};

/* Parse the file; a mistake ends the program. Never released. */
void zone_load(struct zone *ret, const char *path);

/* The mischief that applies now to this name and type, or NULL. */
const struct zone_record *zone_mischief(
	const struct zone *zone, struct span name, uint16_t type);

/*
 * The record of this name and type that follows `after` (NULL: the first one); NULL when
 * there is none. A name of its own hides a wildcard (RFC 4592).
 */
const struct zone_record *zone_next(const struct zone *zone, struct span name,
	uint16_t type, const struct zone_record *after);

/* Whether the name, or one below it, has a record. */
bool zone_has_name(const struct zone *zone, struct span name);

/* "TXT" or "TYPE99", for the log. */
void zone_add_type_name(struct buf *out, uint16_t type);

#endif
