/*
 * The command line of nullmta send.
 */
#ifndef CMD_SEND_OPTIONS_H
#define CMD_SEND_OPTIONS_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/strv.h"

struct send_options {
	bool wants_help;
	bool is_html;
	bool is_verbose;
	bool requires_tls;
	const char *subject;
	const char *from;
	struct strv to; /* recipients named without an option */
	struct strv cc;
	struct strv bcc;
	struct strv fields;
	struct strv attachments;
};

/*
 * Options and recipients may be mixed up to "--"; values are joined or the next word, and
 * the long forms take "--subject=TEXT" as well. Some strings are borrowed from argv; release
 * with send_options_release. 0, or -1 and a fault of FAULT_USAGE.
 */
int send_options_parse(struct send_options *ret, int argc, char **argv, struct fault *f);
void send_options_release(struct send_options *o);

#endif
