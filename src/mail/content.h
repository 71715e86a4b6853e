/*
 * What is known of a message's content (header and body in wire form: CRLF line ends,
 * before dot-stuffing) without reading it again.
 */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct content_facts {
	uint64_t octets;       /* as SIZE counts them (RFC 1870 3) */
	uint32_t crc;          /* crc32c of all octets */
	uint32_t longest_line; /* octets without CRLF; UINT32_MAX when longer */
	bool has_8bit;         /* any octet over 127 (RFC 6152) */
	bool has_nul;
	bool needs_utf8; /* SMTPUTF8 needed: an address outside ASCII (RFC 6531) */
};

/*
 * Count more content, which may be cut anywhere. `*line_octets` carries the length of the
 * line begun from call to call: 0 at the start. Leaves crc and needs_utf8 alone.
 */
void content_facts_add(
	struct content_facts *facts, uint64_t *line_octets, struct span content);

#endif
