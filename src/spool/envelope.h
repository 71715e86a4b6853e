/*
 * The head of a message file: who sent what to whom, as text lines, an empty line, then
 * the content in wire form. Written once, never changed. The grammar with its version is
 * in man/nullmta-spool.5. What a spool holds is input from its owner: parsed strictly.
 */
#ifndef SPOOL_ENVELOPE_H
#define SPOOL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "mail/content.h"
#include "mail/dsn.h"
#include "mail/tls_wish.h"

#define ENVELOPE_VERSION        1
#define ENVELOPE_RECIPIENTS_MAX 10000
#define ENVELOPE_MAX            (4 * 1024 * 1024) /* octets */
#define ENVELOPE_ID_LEN         14

struct envelope {
	char id[ENVELOPE_ID_LEN + 1];
	int64_t arrival_s; /* since the epoch */
	struct content_facts facts;
	char *sender; /* canonical, "" is the null sender */
	char *envid;  /* NULL, or as it goes on the wire: xtext */
	enum dsn_return ret;
	enum tls_wish tls;
	struct recipient *recipients;
	size_t recipient_count;
	size_t recipient_cap;
};

enum envelope_verdict {
	ENVELOPE_GOOD,
	ENVELOPE_BAD,     /* damaged or forged: never sent, set aside */
	ENVELOPE_UNKNOWN, /* a newer version: left alone and reported */
	ENVELOPE_SHORT,   /* no empty line yet within `text`: read more */
};

void envelope_release(struct envelope *e);

/* Append a recipient; the strings are copied. */
void envelope_add_recipient(
	struct envelope *e, struct span address, unsigned notify, const char *orcpt);

/*
 * Append the text form with its empty line. The lines of facts have a fixed width and
 * begin at *ret_facts_at, so that envelope_format_facts can be written over them when
 * the content is known.
 */
void envelope_format(const struct envelope *e, struct buf *out, size_t *ret_facts_at);
void envelope_format_facts(const struct content_facts *facts, struct buf *out);

/*
 * Parse the head of a file. On ENVELOPE_GOOD `*ret` is filled (release it) and
 * *ret_content_at is the offset of the content. On the others `f` says why and `*ret`
 * is untouched. Checks addresses, counts, order and duplicates of lines; not the content.
 */
enum envelope_verdict envelope_parse(
	struct span text, struct envelope *ret, size_t *ret_content_at, struct fault *f);

#endif
