/*
 * Addresses as they go on the wire: a domain outside ASCII as A-labels, so that it needs no
 * SMTPUTF8 (RFC 6531 3.2). What a user wrote stays in the envelope and in the header.
 */
#ifndef DELIVER_WIRE_ADDRESS_H
#define DELIVER_WIRE_ADDRESS_H

#include <stddef.h>

#include "mail/dsn.h"
#include "mail/rewrite.h"

/* Copies that had to be made; everything else is borrowed from the envelope. */
struct wire_addresses {
	struct recipient **recipients;
	size_t count;
	char *sender;
};

/*
 * `r` itself, or a copy of it with another domain, owned by `w`. A domain that cannot be
 * converted stays: then the server has to say what it thinks of it.
 */
const struct recipient *wire_recipient(
	struct wire_addresses *w, const struct recipient *r);

/* The same for the reverse-path, by the rules of `rewrite` (NULL: none); call once. */
const char *wire_sender(
	struct wire_addresses *w, const char *sender, const struct rewrite *rewrite);

void wire_addresses_release(struct wire_addresses *w);

#endif
