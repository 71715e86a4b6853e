/*
 * One entity of a message and what becomes of it: what mime_scan leaves for mime_encode. Part 0
 * is the message itself; parts are in the order of their headers, so a parent comes before
 * its children. Of use to the mime files of this room only.
 */
#ifndef MAIL_MIME_PART_H
#define MAIL_MIME_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/mime_codec.h"
#include "mail/mime_type.h"

struct mime_part {
	uint32_t parent; /* its own number for part 0 */

	/* known from its place and its header */
	enum mime_structure structure;
	enum mime_transfer transfer;
	bool is_headless;  /* no header that anybody would read: it is all text */
	bool is_opaque;    /* its structure is no use */
	bool is_message;   /* the message, or what a message/rfc822 holds */
	bool is_forwarded; /* within a message/rfc822 */
	bool is_text;
	bool is_composite;
	bool has_version;
	bool has_type;
	bool has_8bit_header;
	bool has_broken_header; /* a NUL, a line that is too long */
	bool is_header_unfit;

	/* of its own text: for a multipart that is before and behind its parts */
	uint32_t longest_line;
	bool has_8bit;
	bool has_nul;
	bool is_utf8; /* that text; only known where has_type is not */
	bool has_parts;

	/* decided when all is known */
	enum mime_coding coding;
	enum mime_transfer new_transfer; /* MIME_TRANSFER_NONE: the field stays */
	bool is_retyped;                 /* Content-Type becomes text/plain */
	bool is_left_8bit;               /* this or a part of it, when encoded */
};

#endif
