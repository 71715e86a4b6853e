/*
 * One key=value line for each step, to syslog, stderr or a file. The only module with
 * mutable globals. Rooms below `deliver` log nothing but debug.
 *
 *	nullmta[412]: event=deferred id=6C3MLHR9M9G68G to=a@example.org status=4.7.1
 *
 * (in one line; remote=, code=, reply= and others follow)
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * One pair. A NULL string leaves the pair out. Values are cleaned, and quoted where they
 * are empty or hold a space, a quote or '='.
 */
struct log_field {
	const char *key;
	const char *text;
	int64_t number;
	bool is_number;
};

#define LOG_TEXT(key_, text_) ((struct log_field){.key = (key_), .text = (text_)})
#define LOG_NUMBER(key_, number_) \
	((struct log_field){.key = (key_), .number = (number_), .is_number = true})

/*
 * Where lines go: "syslog" (also NULL; the default), "stderr", "none", or an absolute
 * path (appended to, made with mode 0600). Before log_open lines go to syslog. Returns
 * -1 when the file cannot be opened; lines then go to syslog.
 */
int log_open(const char *target, struct fault *f);

/* The descriptor that lines go to, or -1: what closes all others has to leave it open. */
int log_descriptor(void);

/* Lines of a level above this are dropped; LOG_LEVEL_INFO at the start. */
void log_set_level(enum log_level level);

/* Write one line. Never fails and never blocks a delivery: a lost line is lost. */
#define log_event(level_, event_, ...) \
	log_fields((level_), (event_), (const struct log_field[]){__VA_ARGS__, {0}})
void log_fields(enum log_level level, const char *event, const struct log_field *fields);

#endif
