/*
 * ~/.forward as a file: the task LOCAL_FORWARD (deliver/local_door.h). In a process that has
 * the user's rights, so that links lead where the user may go and nowhere else.
 */
#ifndef DELIVER_FORWARD_FILE_H
#define DELIVER_FORWARD_FILE_H

#include "base/user.h"
#include "mail/forward.h"

/*
 * What the file of `user` says. One that is not a regular file of the user or root which
 * nobody else can write, or is too large, or closed to the user, counts as none, with a log
 * line; where the trouble may pass it is FORWARD_LATER. To be released.
 */
void forward_file_read(struct forward *ret, const struct user *user);

/* Read it and tell it over the socket `fd` (mail/forward_answer.h). */
void forward_file_serve(const struct user *user, int fd);

#endif
