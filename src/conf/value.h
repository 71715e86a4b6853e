/*
 * How one value of the configuration becomes a C value and text again. Knows no keys and
 * no sources.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The C type of each kind. Kinds marked with * may be none: an empty text, a NULL. */
enum value_kind {
	VALUE_YES_NO,   /* bool */
	VALUE_WORD,     /* an enum that counts from 0: one of `words` */
	VALUE_NUMBER,   /* unsigned, min to max; `words` name 0 */
	VALUE_OCTETS,   /* uint64_t, min to max, with k, m or g */
	VALUE_SECONDS,  /* int64_t, min to max, with s, m, h, d or w; `words` name 0 */
	VALUE_HOSTNAME, /* char *, a full host name, with a dot * */
	VALUE_DOMAIN,   /* char *, a domain * */
	VALUE_SERVERS,  /* struct strv, numeric host:port, at most 3 * */
	VALUE_SCHEDULE, /* char *, 1 to 32 durations of at least 1s */
	VALUE_PATH,   /* char *, absolute or ~/…, with %u and %%; `words` name none * */
	VALUE_REPORT, /* char *, auto, user, sender or an address */
	VALUE_LOG,    /* char *, syslog, stderr, none or an absolute path */
	VALUE_ADDRESS,    /* char *, an address with its @ * */
	VALUE_DOMAINS,    /* struct strv, domains, or ".domain" for those below it * */
	VALUE_NAMES,      /* struct strv, names of header fields * */
	VALUE_FIELDS,     /* struct strv, "Name: template"; `words` as in a template * */
	VALUE_TEMPLATE,   /* char *, text with the placeholders that are `words` * */
	VALUE_TABLE,      /* struct conf_table, which is filled entry by entry * */
	VALUE_TEXT,       /* char *, any text * */
	VALUE_SECRET,     /* char *, shown as "(set)", overwritten when it goes * */
	VALUE_HOPS,       /* struct conf_hops * */
	VALUE_LOCAL,      /* struct conf_local, one of `words`, or lmtp: and where * */
	VALUE_PROVIDER,   /* unsigned, for conf_provider_at */
	VALUE_SOURCES,    /* struct strv, IP literals, at most one a family * */
	VALUE_PROXY,      /* struct conf_proxy, shown without its login * */
	VALUE_MECHANISMS, /* struct strv, of `words`, as they are written there * */
	VALUE_FINGERPRINTS, /* struct strv, 64 digits of lower-case hex each * */
	VALUE_PATTERNS, /* struct strv, addresses, domains, "*.domain", or of `words` * */
	VALUE_USERS,    /* struct strv, names * */
};

struct value_spec {
	enum value_kind kind;
	int64_t min;
	int64_t max;
	const char *const *words; /* NULL behind the last */
};

/*
 * Read `text` into `field`, whose old content is released. -1: the field is untouched and
 * `want` says what would be right, such as "a number from 1 to 65535"; it never repeats
 * the text, which may be a misplaced secret.
 */
int value_parse(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);

/* Append the value as one would write it; nothing for none. */
void value_format(const struct value_spec *spec, const void *field, struct buf *out);

/* Free what the field owns and zero it. */
void value_release(const struct value_spec *spec, void *field);

#endif
