/*
 * A report about a message finds its reader: the local user whose spool it is, or the
 * envelope sender, or who the configuration says. It is filed before anything is
 * forgotten; a crash between repeats a report, never loses one.
 */
#ifndef DELIVER_BOUNCE_H
#define DELIVER_BOUNCE_H

#include "deliver/claim.h"
#include "deliver/flush.h"
#include "mail/report.h"

enum bounce_result {
	BOUNCE_DONE,       /* filed and synced, or nobody wants it (NOTIFY, null delay) */
	BOUNCE_LATER,      /* this machine cannot now, or too many were filed this hour */
	BOUNCE_LEFT,       /* this process cannot, the flush of the system can */
	BOUNCE_IMPOSSIBLE, /* there is nobody to tell: park the message */
};

/*
 * Report on the addressees `numbers` of a claimed message. Their outcomes are in c->past.
 * About a message with the null sender nothing is ever reported (RFC 5321 6.1): its
 * failure is IMPOSSIBLE. `why` is filled unless it is DONE.
 */
enum bounce_result bounce_file(const struct flush *flush, const struct claim *c,
	enum report_kind kind, const size_t *numbers, size_t count, struct fault *why);

#endif
