/*
 * A reply to a query, honest or not. No socket.
 */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "dns/zone.h"

#define ANSWER_MAX 65535

/* A query taken apart. The name is copied in lower case, the rest borrowed. */
struct question {
	struct span whole; /* the section as it was sent: name, type, class */
	struct buf name;
	uint16_t type;
	unsigned id;
	bool wants_recursion;
	size_t udp_max; /* 512, or what EDNS says (RFC 6891) */
	bool has_edns;
};

/* False when it is no query with one question. Release with question_release. */
bool question_parse(struct span query, struct question *ret);
void question_release(struct question *q);

/* What to do with it: `reply` is empty for no answer; wait `wait_ms` before sending. */
struct answer {
	struct buf reply;
	unsigned wait_ms;
};

void answer_make(const struct zone *zone, const struct question *q, bool is_udp,
	struct answer *ret);
void answer_release(struct answer *a);

#endif
