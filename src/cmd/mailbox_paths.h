/*
 * The places that a process which lays mail into one user's mailbox has to write to.
 */
#ifndef CMD_MAILBOX_PATHS_H
#define CMD_MAILBOX_PATHS_H

#include "base/strv.h"
#include "cmd/setup.h"

/* Append them: files and directories, for sandbox_enter. */
void mailbox_paths_add(struct strv *paths, const struct setup *s);

/* Append `name` in `directory`; nothing where that is too long for a path. */
void mailbox_paths_add_below(struct strv *paths, const char *directory, const char *name);

#endif
