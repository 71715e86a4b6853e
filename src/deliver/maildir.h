/*
 * A Maildir (maildir(5)): each message a file of its own, so nothing is ever locked and a
 * crash leaves a whole message or none that anybody sees.
 */
#ifndef DELIVER_MAILDIR_H
#define DELIVER_MAILDIR_H

#include "deliver/letter.h"

/*
 * Lay `l` into the Maildir `path` (absolute): synced when this returns 0; on -1 and a
 * fault nothing is left in new/. The directory itself, cur/, new/ and tmp/ are made where
 * they are missing.
 *
 * The directories must belong to this user. `path` may be a link to one, as people who
 * keep mail on another disk have it: the link stands in the user's own home, and all
 * below is opened from the directory that was checked. cur/, new/ and tmp/ may not.
 */
int maildir_add(const char *path, const struct letter *l, struct fault *f);

#endif
