/*
 * RDATA from text (RFC 1035 3.3, 5.1).
 */
#ifndef DNS_RDATA_H
#define DNS_RDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * Append the wire form of "192.0.2.1", "10 mx.test", "\"text\" \"text\"", or of any type
 * as "\# LENGTH HEX" (RFC 3597 5). False when `text` is no data of this type.
 */
bool rdata_from_text(struct buf *out, uint16_t type, struct span text);

/* Append octets from hexadecimal digits, spaces between them as you like. */
bool rdata_add_hex(struct buf *out, struct span text);

/* Append a number in network order. */
void rdata_add_u16(struct buf *out, unsigned value);
void rdata_add_u32(struct buf *out, uint32_t value);

#endif
