/*
 * The parts of rewriting. Of use to mail/rewrite*.c only.
 */
#ifndef MAIL_REWRITE_PARTS_H
#define MAIL_REWRITE_PARTS_H

#include <stdbool.h>

#include "mail/rewrite.h"

enum rewrite_role {
	REWRITE_NOT,
	REWRITE_FROM,   /* the author: names follow the template */
	REWRITE_SENDER, /* the envelope, Sender, Resent- fields */
	REWRITE_ANSWER, /* Reply-To */
};

/* Append what the first rule that fits makes of a canonical address. */
void rewrite_address(const struct rewrite *r, enum rewrite_role role, struct span address,
	struct buf *out);

/* Append what an address field's value becomes; false where it stays as it is. */
bool rewrite_value(const struct rewrite *r, enum rewrite_role role, struct span value,
	struct buf *out);

/*
 * Take the next literal text and the letter of the placeholder behind it off a template;
 * '\0' at its end. False when nothing is left.
 */
bool rewrite_template_next(struct span *rest, struct span *ret_literal, char *ret_letter);

/*
 * Append a placeholder that means the same everywhere; nothing for another letter.
 */
void rewrite_template_add(const struct rewrite *r, char letter, struct buf *out);

/* Make one line of it: control octets become spaces. */
void rewrite_flatten(struct buf *text);

#endif
