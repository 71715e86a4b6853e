/*
 * MTA-STS (RFC 8461): the TXT record that says that there is a policy, the policy, and the
 * entry in which it is kept. Pure: no file, no clock, no connection.
 *
 * An entry is a text file:
 *
 *	nullmta-mta-sts 1
 *	id 20160831085700Z
 *	fetched 1795419407
 *	failed 1795505807 20160901000000Z
 *	mode enforce
 *	max_age 604800
 *	mx mx.example.org
 *	mx *.example.net
 *	crc 0123abcd
 *
 * `failed` stands there when the last try to fetch was in vain: when it was, and for which
 * id. Without a policy it stands alone. `crc` is the CRC-32C of all lines before it.
 */
#ifndef POLICY_MTASTS_H
#define POLICY_MTASTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/strv.h"
#include "net/dnsmsg.h"

#define MTASTS_ID_MAX     32
#define MTASTS_POLICY_MAX (64 * 1024) /* octets of the policy as it is fetched (3.3) */
#define MTASTS_MX_MAX     256         /* patterns */
#define MTASTS_AGE_MAX    31557600    /* s */
#define MTASTS_ENTRY_MAX  (128 * 1024)
#define MTASTS_REFRESH_S  86400 /* an old policy is fetched again before it expires */
#define MTASTS_RETRY_S    300   /* not sooner after a fetch in vain */
#define MTASTS_WHY_MAX    128

enum mtasts_mode {
	MTASTS_NONE,    /* the domain has ended its policy */
	MTASTS_TESTING, /* what fails is counted, and sent all the same */
	MTASTS_ENFORCE,
};

struct mtasts_policy {
	enum mtasts_mode mode;
	int64_t max_age_s;
	struct strv mx; /* "mx.example.org", "*.example.org": A-labels in lower case */
};

struct mtasts_entry {
	bool has_policy;
	struct mtasts_policy policy;
	char id[MTASTS_ID_MAX + 1]; /* of the policy */
	int64_t fetched_s;
	char failed_id[MTASTS_ID_MAX + 1]; /* "": the last fetch was no failure */
	int64_t failed_s;
};

/*
 * The id in the answer to TXT for _mta-sts.DOMAIN. False unless exactly one record begins
 * with "v=STSv1;" and that one is well-formed (3.1).
 */
bool mtasts_find_id(const struct dns_answer *txt, char ret_id[MTASTS_ID_MAX + 1]);

/*
 * Parse a policy as it was fetched (3.2). Returns 0; or -1, `*ret` untouched, and why in
 * `ret_why`. A max_age over MTASTS_AGE_MAX counts as that.
 */
int mtasts_policy_parse(
	struct mtasts_policy *ret, struct span text, char ret_why[MTASTS_WHY_MAX]);
void mtasts_policy_release(struct mtasts_policy *p);

/* Whether a pattern matches this MX host: the name, or "*." for one label (4.1). */
bool mtasts_allows(const struct mtasts_policy *p, const char *host);

/* "none", "testing", "enforce" */
const char *mtasts_mode_name(enum mtasts_mode mode);

/* Read an entry. Returns 0; or -1, `*ret` then empty, for one that is damaged. */
int mtasts_entry_parse(struct mtasts_entry *ret, struct span text);
void mtasts_entry_format(const struct mtasts_entry *e, struct buf *out);
void mtasts_entry_release(struct mtasts_entry *e);

/*
 * A time in the future is one of a clock that was wrong: it becomes `now_s`, so that no
 * policy is valid for longer than its max_age from now on.
 */
void mtasts_entry_mend_times(struct mtasts_entry *e, int64_t now_s);

/* Whether its policy holds: it has one that has not expired. */
bool mtasts_entry_is_valid(const struct mtasts_entry *e, int64_t now_s);

/*
 * Whether to fetch the policy. `id` is what the DNS says, NULL for nothing usable: then
 * there is nothing new to be had, and a valid old policy goes on to hold (5.1).
 */
bool mtasts_entry_wants_fetch(
	const struct mtasts_entry *e, const char *id, int64_t now_s);

/* The fetch for `id` gave `policy`, whose contents move into the entry. */
void mtasts_entry_store(struct mtasts_entry *e, const char *id,
	struct mtasts_policy *policy, int64_t now_s);

/* The fetch for `id` was in vain; what is there stays. */
void mtasts_entry_note_failure(struct mtasts_entry *e, const char *id, int64_t now_s);

#endif
