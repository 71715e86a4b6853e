/*
 * ~/.forward: to whom the mail of one user of this machine goes instead of the mailbox. One
 * list, on as many lines as one likes, of the items that an alias has (mail/alias.h):
 *
 *	# a comment
 *	joe@example.org, alice       an address, and another user of this machine
 *	\joe                         the own mailbox as well; the bare own name means it too
 *	/dev/null                    discard
 *
 * Nothing is ever run, nor written or read elsewhere: programs, files and includes are left
 * out. A file without anything that can be used leaves the mail in the mailbox, where its
 * owner finds it.
 *
 * Pure.
 */
#ifndef MAIL_FORWARD_H
#define MAIL_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/span.h"

#define FORWARD_OCTETS_MAX    ((size_t)64 << 10)
#define FORWARD_ADDRESSES_MAX 100 /* a file with more is none */
#define FORWARD_NOTES_MAX     20  /* that one file gives */

enum forward_kind {
	FORWARD_MAILBOX, /* nobody else: no file, or nothing in it can be used */
	FORWARD_FOUND,   /* the targets */
	FORWARD_DISCARD, /* /dev/null and nothing else */
	FORWARD_LATER,   /* it cannot be read just now */
};

struct forward_target {
	char *text;    /* canonical address; the local part of one where it is bare */
	bool is_bare;  /* a user of this machine */
	bool is_final; /* \name: no alias and no ~/.forward of that name counts */
};

struct forward {
	enum forward_kind kind;
	struct forward_target *targets;
	size_t count;
};

/* Who is told what is wrong in which line, without its content, and what would be right. */
struct forward_critic {
	void (*note)(void *ctx, unsigned line, const char *why);
	void *ctx;
};

/* Read the text of a whole file: anything but LATER. Release with forward_release. */
void forward_parse(
	struct forward *ret, struct span text, const struct forward_critic *critic);
void forward_release(struct forward *fw);

#endif
