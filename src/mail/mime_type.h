/*
 * What the header section of a MIME entity says about its body (RFC 2045 5, 6). Of use to
 * the mime files of this room only.
 */
#ifndef MAIL_MIME_TYPE_H
#define MAIL_MIME_TYPE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/mime.h"

enum mime_structure {
	MIME_LEAF,
	MIME_MULTIPART, /* with a usable boundary */
	MIME_MESSAGE,   /* message/rfc822 */
	MIME_SEALED,    /* signed, encrypted, or of a kind that nothing may encode */
};

enum mime_transfer {
	MIME_TRANSFER_NONE, /* no field: 7bit */
	MIME_TRANSFER_7BIT,
	MIME_TRANSFER_8BIT,
	MIME_TRANSFER_BINARY,
	MIME_TRANSFER_QP,
	MIME_TRANSFER_BASE64,
	MIME_TRANSFER_OTHER, /* its name says that there is an encoding we do not know */
};

struct mime_type {
	bool has_version;  /* MIME-Version is there */
	bool has_type;     /* Content-Type is there */
	bool is_text;      /* text, also by default */
	bool is_composite; /* multipart or message/rfc822, whatever `structure` says */
	bool is_digest;    /* parts are messages by default (RFC 2046 5.1.5) */
	enum mime_structure structure;
	enum mime_transfer transfer;
	char boundary[MIME_BOUNDARY_MAX + 1];
	size_t boundary_len;
};

/*
 * Read a header section in wire form. `is_message`: without Content-Type it is a
 * message/rfc822 (in a digest), else text/plain.
 */
void mime_type_parse(struct mime_type *ret, struct span section, bool is_message);

#endif
