/*
 * How one value of the configuration becomes a C value and text again. Knows no keys and
 * no sources.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stddef.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define VALUE_MAX 1024 /* octets of one value */

enum value_kind {
	VALUE_YES_NO,   /* bool */
	VALUE_WORD,     /* an enum: one of `words` */
	VALUE_NUMBER,   /* unsigned, min to max */
	VALUE_OCTETS,   /* uint64_t, min to max; k, m, g */
	VALUE_SECONDS,  /* int64_t, min to max; s, m, h, d, w. With min 0 also `never` */
	VALUE_HOSTNAME, /* char *, a full host name, with a dot; may be none */
	VALUE_DOMAIN,   /* char *, a domain; may be none */
	VALUE_HOST,     /* char *, a host name or an IP literal, kept without brackets;
			   may be none */
	VALUE_SERVERS,  /* struct strv, numeric host:port between spaces; may be none */
	VALUE_SCHEDULE, /* char *, 1 to 32 durations of at least 1s */
	VALUE_PATH,     /* char *, absolute or ~/…, %u and %%; may be none */
	VALUE_REPORT,   /* char *, auto, user, sender or an address */
	VALUE_LOG,      /* char *, syslog, stderr, none or an absolute path */
};

struct value_spec {
	enum value_kind kind;
	int64_t min;
	int64_t max;
	const char *const *words; /* VALUE_WORD: in enum order, NULL behind the last */
};

/*
 * Read `text` (trimmed, no control characters) into `field`, whose old content is
 * released. -1: the field is untouched and `why` holds what would be right, such as
 * "a number from 1 to 65535"; it never repeats the text, which may be a misplaced secret.
 */
int value_parse(
	const struct value_spec *spec, struct span text, void *field, struct buf *why);

/* Append the value as one would write it; "" for none. */
void value_format(const struct value_spec *spec, const void *field, struct buf *out);

/* Free what the field owns and zero it. */
void value_release(const struct value_spec *spec, void *field);

/* A host name or, without brackets, an IP literal: what VALUE_HOST accepts but "". */
bool value_is_host(struct span s);

/*
 * Split "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 literal. Without a port
 * `*ret_port` is 0. The host stands without brackets. 0, or -1 for anything else.
 */
int value_split_host(struct span s, struct span *ret_host, unsigned *ret_port);

#endif
