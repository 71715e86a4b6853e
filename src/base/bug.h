/*
 * The impossible, and the small words every room uses.
 */
#ifndef BASE_BUG_H
#define BASE_BUG_H

#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define PRINTF_LIKE(fmt_, args_) __attribute__((format(printf, fmt_, args_)))
#define MUST_USE                 __attribute__((warn_unused_result))

/*
 * What cannot happen has happened: print where, then abort. A killed process is
 * always sound here (spool/spool.h), a confused one is not.
 */
#define BUG(why) bug_abort(__FILE__, __LINE__, (why))

/* What BUG does: one line on stderr, then abort(3). */
__attribute__((noreturn, cold)) void bug_abort(
	const char *file, int line, const char *why);

#endif
