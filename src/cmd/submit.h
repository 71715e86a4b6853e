/*
 * One message into the spool: the path that every way of handing over mail shares.
 *
 *	submit_begin  submit_feed ...  submit_finish or submit_abandon
 *
 * Nothing is promised before submit_finish returns 0; whatever ends a submission earlier
 * leaves nothing behind.
 */
#ifndef CMD_SUBMIT_H
#define CMD_SUBMIT_H

#include "cmd/setup.h"
#include "mail/dsn.h"
#include "spool/spool.h"

/* Borrowed until the submission ends. */
struct submit_request {
	const struct recipient *recipients; /* addressed once, however often named */
	size_t recipient_count;
	bool takes_recipients; /* -t: those of the header as well */
	unsigned notify;       /* for those */
	bool dot_ends;
	const char *sender;    /* canonical, "" null; NULL: the user's own address */
	const char *full_name; /* NULL: the user's */
	enum dsn_return ret;
	const char *envid;       /* xtext, NULL */
	bool requires_tls;       /* REQUIRETLS (RFC 8689), whatever the header says */
	const struct user *user; /* who hands it over; NULL: who runs this program */
	const char *address;     /* that user's, canonical; NULL: submit_own_address */
	const char *trace; /* fields for the top, whole lines in wire form; NULL: none */
};

struct submission;

/* Open the user's spool, made where it is missing. Close it. 0, or -1 and a fault. */
int submit_open(struct spool *ret, const struct setup *setup, struct fault *f);

/*
 * Begin a message in `spool`, which is borrowed as `setup` is. 0; or -1 and a fault, whose
 * kind is the exit code to be.
 */
int submit_begin(struct submission **ret, const struct setup *setup,
	const struct spool *spool, const struct submit_request *request, struct fault *f);

/*
 * Take more of the message. 1 when a lone dot has ended it (what follows is ignored), 0 to
 * go on, -1 and a fault: then only submit_abandon may follow.
 */
int submit_feed(struct submission *s, struct span data, struct fault *f);

/*
 * The message is complete: store it. When this returns 0 it is on disk, synced, and
 * `ret_id` is its id; on -1 nothing is left behind. Either way the submission is over and
 * logged.
 */
int submit_finish(
	struct submission *s, char ret_id[ENVELOPE_ID_LEN + 1], struct fault *f);

/*
 * Log that a message was refused before there was a submission: who looks for mail that never
 * came may have nothing but the log. submit_begin and all that follows log by themselves.
 */
void submit_log_refusal(const struct user *user, const struct fault *why);

/*
 * Forget the message. `why` is what submit_feed said, for the log, or NULL for a sender
 * that has gone. NULL for `s` is allowed.
 */
void submit_abandon(struct submission *s, const struct fault *why);

/*
 * Feed and finish, or abandon: what `fd` holds to its end, or to the dot, is the message.
 * Either way the submission is over.
 */
int submit_message(
	struct submission *s, int fd, char ret_id[ENVELOPE_ID_LEN + 1], struct fault *f);

/*
 * A user's own canonical address: for the one who runs this program EMAIL where it is one;
 * else user@domain. Appends to `ret`.
 */
void submit_own_address(
	struct buf *ret, const struct setup *setup, const struct user *user);

#endif
