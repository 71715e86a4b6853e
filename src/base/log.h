/*
 * One line for each step, key=value or JSON, to syslog, stderr or a file. The only module
 * with mutable globals. Rooms below `deliver` log nothing but debug.
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

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

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
 * Where lines go: "syslog", "stderr", "none", "auto" (also NULL; syslog, but see
 * log_prefer_stderr), or an absolute path (appended to, made with mode 0600; no link is
 * followed but those of /proc). Before log_open lines go to syslog. Returns -1 when the
 * file cannot be opened; lines then go to syslog.
 */
int log_open(const char *target, struct fault *f);

/*
 * This process is what somebody runs in the foreground and reads: for a later log_open,
 * "auto" is stderr where there is no syslog on this machine.
 */
void log_prefer_stderr(void);

/* The descriptor that lines go to, or -1: what closes all others has to leave it open. */
int log_descriptor(void);

/* Lines of a level above this are dropped; LOG_LEVEL_INFO at the start. */
void log_set_level(enum log_level level);

/* How a line looks: LOG_FORMAT_TEXT at the start; for the other see base/log_json.h. */
void log_set_format(enum log_format format);

/* Write one line. Never fails and never blocks a delivery: a lost line is lost. */
#define log_event(level_, event_, ...) \
	log_fields((level_), (event_), (const struct log_field[]){__VA_ARGS__, {0}})
void log_fields(enum log_level level, const char *event, const struct log_field *fields);

#endif
