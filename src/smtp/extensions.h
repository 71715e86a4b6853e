/*
 * What a server offers in its reply to EHLO (RFC 5321 4.1.1.1).
 */
#ifndef SMTP_EXTENSIONS_H
#define SMTP_EXTENSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* All zero: nothing offered, as after HELO. */
struct smtp_extensions {
	bool has_pipelining; /* RFC 2920 */
	bool has_8bitmime;   /* RFC 6152 */
	bool has_size;       /* RFC 1870 */
	bool has_dsn;        /* RFC 3461 */
	bool has_smtputf8;   /* RFC 6531 */
	bool has_starttls;   /* RFC 3207 */
	bool has_requiretls; /* RFC 8689 */
	uint64_t size_max;   /* octets of a message; 0: no limit known */
	uint64_t mail_max;   /* transactions a session (RFC 9422); 0: no limit known */
	uint64_t rcpt_max;   /* recipients a transaction (RFC 9422); 0: no limit known */
	unsigned auth;       /* RFC 4954: enum smtp_auth_mechanism of smtp/auth.h */
};

/*
 * Parse the text of a reply to EHLO, lines separated by '\n'. The first line is the
 * server's domain. Keywords in any case and order; unknown ones and malformed parameters
 * count as not offered.
 */
struct smtp_extensions smtp_extensions_parse(struct span text);

#endif
