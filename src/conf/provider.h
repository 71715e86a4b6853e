/*
 * Mail providers: what each of them wants of a client, one row a provider. A section that
 * names one has its values for every key that nothing else sets.
 */
#ifndef CONF_PROVIDER_H
#define CONF_PROVIDER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct conf_provider {
	const char *name;
	const char *host;      /* as one would write it in the file */
	const char *auth;      /* the same; "" any */
	uint64_t message_size; /* octets; 0: as the server says */
	unsigned recipients;   /* of a transaction; 0: as the server says */
	const char *advice;    /* what user and password have to be: one line */
};

/* The row; 0 is "none", and the only one without a host. `number` is of this table. */
const struct conf_provider *conf_provider_at(unsigned number);

/* Whether there is one of this name, in any case. */
bool conf_provider_find(struct span name, unsigned *ret_number);

/* Append "none, gmail, ...". */
void conf_provider_list(struct buf *out);

#endif
