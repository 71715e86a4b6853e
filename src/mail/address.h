/*
 * Addresses (RFC 5321 4.1.2, RFC 5322 3.4 with its obsolete forms, RFC 6532), from the
 * command line, from options and from header fields.
 *
 * The canonical form, in which envelopes hold them: local part unquoted where a dot-atom
 * can say it and minimally quoted otherwise, '@', domain without trailing dot. Case is
 * kept (RFC 5321 2.4). The null sender is "". In a canonical address the last '@' is
 * always the one before the domain.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"
#include "base/strv.h"

#define ADDRESS_LOCAL_MAX   64  /* octets, RFC 5321 4.5.3.1.1 */
#define ADDRESS_DOMAIN_MAX  255 /* RFC 5321 4.5.3.1.2 */
#define ADDRESS_LABEL_MAX   63  /* RFC 1035 2.3.4 */
#define ADDRESS_OCTETS_MAX  254 /* with "<>" a path of 256, RFC 5321 4.5.3.1.3 */
#define ADDRESS_NESTING_MAX 20  /* of comments */

/*
 * Parse an address list as it stands in an argument: addr-specs, <addr>, names, comments,
 * groups, empty members, source routes (cut off). Append each address in canonical form to
 * `*ret`. A bare name gets "@`domain`"; where that is NULL or "", it is refused. The text
 * may be folded (a line end with a blank behind it); any other control octet is refused.
 * Nothing is appended on failure: -1 and a fault of FAULT_DATA that shows the address.
 */
int address_list_parse(
	struct span s, const char *domain, struct strv *ret, struct fault *f);

/*
 * The same for the value of a header field (To, Cc, Bcc, From), where tabs are blanks too.
 */
int address_field_parse(
	struct span s, const char *domain, struct strv *ret, struct fault *f);

/* One mailbox of an address field, as parts of the text that it stands in. */
struct address_place {
	struct span whole;  /* name, brackets and comments too; no blanks at the ends */
	struct span phrase; /* what stands before the '<', trimmed; may be empty */
	struct span spec;   /* addr-spec or bare name, without a source route */
	bool is_bare;
};

struct address_places {
	struct address_place *items;
	size_t count;
	size_t cap;
	struct strv addresses; /* of the same order: in canonical form */
};

/*
 * The same as address_field_parse, telling where each mailbox stands. `*ret` is filled on
 * success only, borrows from `s`, and is released with address_places_release.
 */
int address_field_places(
	struct span s, const char *domain, struct address_places *ret, struct fault *f);
void address_places_release(struct address_places *places);

/*
 * The same for exactly one address, as -f and -r take it; "" and "<>" give the null
 * sender "". No control octet at all. `*ret` is replaced, on success only.
 */
int address_parse(struct span s, const char *domain, struct buf *ret, struct fault *f);

/*
 * Whether `s` is a canonical address that may stand in an envelope: syntax and length
 * limits (RFC 5321 4.5.3.1), no control octets, valid UTF-8, a domain that is a host name
 * or an address literal. For what comes back from spool files. "" is not one.
 */
bool address_is_canonical(struct span s);

/*
 * Append the canonical form of a local part, which is text as meant (a login name, say),
 * not as quoted, and a domain. -1 and a fault of FAULT_DATA, nothing appended, when it
 * would not be canonical.
 */
int address_compose(
	struct span local, struct span domain, struct buf *out, struct fault *f);

/* The parts of a canonical address: behind and before the last '@'. */
struct span address_domain(struct span address);
struct span address_local(struct span address);

/* The same mailbox: local parts equal octet by octet, domains without case. */
bool address_is_same(struct span a, struct span b);

/* Whether a letter needs no quotes in a local part or a name: atext, RFC 5322 3.2.3. */
bool address_is_atext(char c);

/* Append as a quoted-string (RFC 5322 3.2.4). */
void address_quote(struct buf *out, struct span s);

#endif
