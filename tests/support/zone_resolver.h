/*
 * A resolver (net/resolver.h) that answers from a text zone, for tests.
 *
 *	example.org      MX     10 mx.example.org
 *	mx.example.org   A      192.0.2.1
 *	mx.example.org   AAAA   2001:db8::1
 *	null.example     MX     0 .
 *	_x._tcp.d.test   SRV    0 5 465 mx.example.org
 *	www.example.org  CNAME  example.org      followed, as a recursive server does
 *	far.example.org  CNAME! example.net      given, not followed
 *	empty.example    NONE                    the name exists, nothing else
 *	bad.example      MX     !servfail        any word behind '!' is the reason
 *	dead.example     *      !timeout         for every type
 *	_25._tcp.mx.x    TLSA   3 1 1 0123abcd   hexadecimal; "TLSA 3" is cut short
 *	x.example        TXT    all to the end of the line
 *	x.example        SECURE                  what is said of this name is signed; of an alias,
 *	                                         the names that it leads to have to be so, too
 *
 * One record a line, any blanks between words, names without trailing dot, lines from '#'
 * on are comments. A name without a line does not exist. A line that is wrong is a BUG.
 */
#ifndef TESTS_ZONE_RESOLVER_H
#define TESTS_ZONE_RESOLVER_H

#include "net/resolver.h"

/* `text` is borrowed for the life of the resolver. Free it with resolver_free. */
struct resolver *zone_resolver_new(const char *text);

/* How many lookups there were for `name`; NULL: for all names. */
unsigned zone_resolver_lookups(const struct resolver *r, const char *name);

#endif
