/*
 * The command line of sendmail as its callers use it.
 */
#ifndef CMD_SENDMAIL_OPTIONS_H
#define CMD_SENDMAIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/strv.h"
#include "cmd/dispatch.h"
#include "mail/dsn.h"

enum sendmail_mode {
	SENDMAIL_SUBMIT,
	SENDMAIL_SERVE,   /* -bs */
	SENDMAIL_EXPLAIN, /* -bv */
	SENDMAIL_LIST,    /* -bp, mailq */
	SENDMAIL_RUN,     /* -q */
	SENDMAIL_ALIASES, /* -bi, newaliases */
	SENDMAIL_HELP,
	SENDMAIL_VERSION,
};

struct sendmail_options {
	enum sendmail_mode mode;
	enum dispatch delivery;      /* -od */
	bool takes_recipients;       /* -t */
	bool ignores_dots;           /* -i */
	bool is_verbose;             /* -v */
	bool wants_to_listen;        /* -bd */
	const char *sender;          /* -f, -r; NULL not given */
	const char *full_name;       /* -F */
	const char *envid;           /* -V */
	unsigned notify;             /* -N */
	enum dsn_return ret;         /* -R */
	bool requires_tls;           /* -O RequireTLS */
	int64_t interval_s;          /* -q15m; 0 once */
	struct strv only_ids;        /* -qI; parts of ids */
	struct strv only_recipients; /* -qR */
	struct strv only_senders;    /* -qS */
	const char **recipients;
	size_t recipient_count;
};

/*
 * Parse argv as the program named by argv[0] (sendmail, mailq, newaliases). Options and
 * recipients may be mixed up to "--". Strings are borrowed from argv; release with
 * sendmail_options_release. 0, or -1 and a fault of FAULT_USAGE or FAULT_DATA.
 */
int sendmail_options_parse(
	struct sendmail_options *ret, int argc, char **argv, struct fault *f);
void sendmail_options_release(struct sendmail_options *o);

#endif
