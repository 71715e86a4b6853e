/*
 * What the sender of a message says of TLS on its way (RFC 8689).
 */
#ifndef MAIL_TLS_WISH_H
#define MAIL_TLS_WISH_H

#include "base/span.h"

enum tls_wish {
	TLS_WISH_USUAL,    /* nothing */
	TLS_WISH_OPTIONAL, /* rather in clear than not at all: `TLS-Required: No` */
	TLS_WISH_REQUIRED, /* rather not at all than not verified: REQUIRETLS */
};

/*
 * What a header (wire form) says: OPTIONAL, where it has the field TLS-Required once and
 * its value is No (5), else USUAL.
 */
enum tls_wish tls_wish_of_header(struct span header);

#endif
