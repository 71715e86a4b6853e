/*
 * The connection to one host, made as secure as it has to be: what SMTP is spoken over.
 */
#ifndef DELIVER_CHANNEL_H
#define DELIVER_CHANNEL_H

#include <stdbool.h>

#include "deliver/flush.h"
#include "deliver/published.h"
#include "policy/mx.h"
#include "policy/tlspolicy.h"
#include "smtp/client.h"

struct channel {
	const struct flush *flush;
	const struct route *route;
	struct published *published;
	const struct mx_target *target;
	char remote[OUTCOME_REMOTE_MAX];
	struct tlspolicy policy;
	struct stream *stream; /* NULL: not connected */
	bool is_implicit;      /* TLS came first (RFC 8314 3.3) */
	/*
	 * TLS was wanted but not needed, and came to nothing: who has waited for it in vain
	 * once before may do without, on a new connection.
	 */
	bool may_do_without;
	/* What failed was only an MTA-STS policy in testing: a new connection goes on. */
	bool has_failed_test;
	bool is_counted; /* how TLS went, for reports */
};

/*
 * Connect to `target`, one of the hosts of `published`, and where TLS comes first shake
 * hands. With `in_clear` TLS is not even tried; that is the caller's to decide. 0; or -1 and
 * `*ret_why`. Either way end it with channel_close.
 */
int channel_open(struct channel *ret, struct published *published,
	const struct mx_target *target, bool in_clear, struct outcome *ret_why);

/* STARTTLS was accepted: shake hands. 0; or -1 and `*ret_why`, then only close it. */
int channel_secure(struct channel *c, struct outcome *ret_why);

/*
 * Mail is about to go (`trouble` is NULL), or the session has ended with `trouble`: where
 * TLS was wanted and the server has no STARTTLS, or refuses it, that is counted.
 */
void channel_note_no_tls(struct channel *c, const struct outcome *trouble);

/* Borrowed files and memory go, too; a channel of zeros is fine. */
void channel_close(struct channel *c);

/* What the engine has to know. */
enum smtp_tls channel_smtp_tls(const struct channel *c);

/* The deadline, on world->mono_ms, for a wait of `patience_s` that [delivery] may cap. */
int64_t channel_deadline_ms(const struct flush *flush, int64_t patience_s);

/* The version of TLS for the log, its cipher, how the peer was verified; NULL in clear. */
const struct tls_facts *channel_facts(const struct channel *c);

/*
 * Add to the text of our relay's trouble what a person can do about it; nothing where that
 * is not known, and about hosts that nobody here has chosen.
 */
void channel_advise(const struct channel *c, struct outcome *trouble);

#endif
