#include "cmd/sendmail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/dispatch.h"
#include "cmd/exit_code.h"
#include "cmd/flush_program.h"
#include "cmd/mailq.h"
#include "cmd/newaliases.h"
#include "cmd/sendmail_options.h"
#include "cmd/setup.h"
#include "cmd/smtp_server.h"
#include "cmd/submit.h"
#include "mail/address.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

static const char help[] =
	"usage: sendmail [options] [--] recipient...  < message\n"
	"       mailq\n"
	"\n"
	"Store the message durably in your spool and send it from there: by the "
	"recipients'\n"
	"MX hosts, or by the relay that nullmta.conf names. Exit 0 means: it is on "
	"disk.\n"
	"\n"
	"  -t            take recipients from To, Cc and Bcc; Bcc is removed\n"
	"  -i, -oi       a line with a single dot does not end the message\n"
	"  -f, -r ADDR   envelope sender; '' or '<>' is the null sender\n"
	"  -F NAME       full name for an added From field\n"
	"  -odb -odi -odq  send in the background, wait for the first try, only queue\n"
	"  -N WHEN       never, or any of success,failure,delay: reports to ask for\n"
	"  -R full|hdrs  how much of the message a report returns\n"
	"  -V ID         envelope id for reports\n"
	"  -v            wait for the first try and show the dialogue with the server\n"
	"  -bs           speak SMTP on stdin and stdout, or on sockets from systemd\n"
	"  -bv           say what would become of mail to the recipients; send none\n"
	"  -bp, mailq    list your queue; as root, those of all users\n"
	"  -bi           say what is wrong with the aliases; there is nothing to "
	"build\n"
	"  -q            try everything that is queued now; -q15m: again every 15 "
	"minutes;\n"
	"                -qI, -qR, -qS TEXT: what has TEXT in its id, recipients, "
	"sender\n"
	"\n"
	"Other options of other sendmails are accepted and ignored. See nullmta(1).\n";

/* the recipients of the command line; each argument may be a list */
static int parse_recipients(struct strv *ret, const struct sendmail_options *o,
	const char *domain, struct fault *f)
{
	for (size_t i = 0; i < o->recipient_count; i++)
		if (address_list_parse(span_of(o->recipients[i]), domain, ret, f) < 0)
			return -1;
	if (ret->count == 0 && !o->takes_recipients) {
		fault_set(f, FAULT_USAGE, 0,
			"no recipient given; name one, or use -t to take them from the "
			"header");
		return -1;
	}
	return 0;
}

/* what -f takes: as an address, or the null sender */
static int parse_sender(struct buf *ret, const struct sendmail_options *o,
	const char *domain, struct fault *f)
{
	if (!o->sender)
		return 0;
	if (address_parse(span_of(o->sender), domain, ret, f) < 0) {
		fault_prefix(f, "-f");
		return -1;
	}
	return 0;
}

/* each address as a recipient with the same wishes; the caller frees */
static struct recipient *recipients_of(const struct strv *addresses, unsigned notify)
{
	struct recipient *recipients =
		mem_array(addresses->count + 1, sizeof(*recipients));

	for (size_t i = 0; i < addresses->count; i++)
		recipients[i] = (struct recipient){addresses->items[i], notify, NULL};
	return recipients;
}

/* -v waits for the first try, but where nothing is to be sent there is nothing to show */
static enum dispatch dispatch_of(const struct sendmail_options *o)
{
	return o->is_verbose && o->delivery != DISPATCH_QUEUE ? DISPATCH_VERBOSE
							      : o->delivery;
}

static int store(const struct submit_request *request, const struct sendmail_options *o,
	const struct setup *setup, struct fault *f)
{
	char id[ENVELOPE_ID_LEN + 1];
	struct submission *submission;
	struct spool spool;
	int code;

	if (submit_open(&spool, setup, f) < 0) {
		submit_log_refusal(&setup->user, f);
		return exit_with("sendmail", f);
	}
	if (submit_begin(&submission, setup, &spool, request, f) < 0 ||
		submit_message(submission, STDIN_FILENO, id, f) < 0)
		code = exit_with("sendmail", f);
	else
		code = dispatch_message(dispatch_of(o), setup, &spool, id);
	spool_close(&spool);
	return code;
}

static int submit(
	const struct sendmail_options *o, const struct setup *setup, struct fault *f)
{
	struct strv addresses = {0};
	struct buf sender = BUF_INIT(1024);
	struct submit_request request = {
		.takes_recipients = o->takes_recipients,
		.notify = o->notify,
		.dot_ends = !o->ignores_dots,
		.full_name = o->full_name,
		.ret = o->ret,
		.envid = o->envid,
		.requires_tls = o->requires_tls,
	};
	struct recipient *recipients = NULL;
	int code;

	if (parse_recipients(&addresses, o, setup->identity.domain, f) < 0 ||
		parse_sender(&sender, o, setup->identity.domain, f) < 0) {
		submit_log_refusal(&setup->user, f);
		code = exit_with("sendmail", f);
	} else {
		recipients = recipients_of(&addresses, o->notify);
		request.recipients = recipients;
		request.recipient_count = addresses.count;
		request.sender = o->sender ? buf_str(&sender) : NULL;
		code = store(&request, o, setup, f);
	}
	free(recipients);
	buf_release(&sender);
	strv_release(&addresses);
	return code;
}

/* "OPTION TEXT" for each text */
static void add_selection(
	char **argv, size_t *argc, char *option, const struct strv *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		argv[(*argc)++] = option;
		argv[(*argc)++] = texts->items[i];
	}
}

/* sendmail -q: the flush program takes over */
static int run_queue(const struct sendmail_options *o, struct fault *f)
{
	char every[32];
	size_t texts =
		o->only_ids.count + o->only_recipients.count + o->only_senders.count;
	char **argv = mem_array(2 * texts + 6, sizeof(*argv));
	size_t argc = 1;
	int code;

	(void)snprintf(every, sizeof(every), "%" PRId64 "s", o->interval_s);
	argv[argc++] = "flush";
	argv[argc++] = o->interval_s ? "--every" : "--now";
	if (o->interval_s)
		argv[argc++] = every;
	if (o->is_verbose)
		argv[argc++] = "--verbose";
	add_selection(argv, &argc, "--only-id", &o->only_ids);
	add_selection(argv, &argc, "--only-recipient", &o->only_recipients);
	add_selection(argv, &argc, "--only-sender", &o->only_senders);
	flush_program_exec(argv, f);
	code = exit_with("sendmail", f);
	free(argv);
	return code;
}

/* sendmail -bv: so does explaining */
static int run_explain(const struct sendmail_options *o, struct fault *f)
{
	char **argv = mem_array(o->recipient_count + 8, sizeof(*argv));
	size_t argc = 1;
	int code;

	argv[argc++] = "explain";
	if (o->takes_recipients) {
		argv[argc++] = "--message";
		argv[argc++] = "-";
	}
	if (o->sender) {
		argv[argc++] = "--from";
		argv[argc++] = (char *)(uintptr_t)o->sender;
	}
	argv[argc++] = "--";
	for (size_t i = 0; i < o->recipient_count; i++)
		argv[argc++] = (char *)(uintptr_t)o->recipients[i];
	flush_program_exec(argv, f);
	code = exit_with("sendmail", f);
	free(argv);
	return code;
}

static int submit_with_setup(const struct sendmail_options *o, struct fault *f)
{
	struct setup setup;
	int code;

	if (setup_load_to_submit(&setup, "sendmail", f) < 0)
		code = exit_with("sendmail", f);
	else
		code = submit(o, &setup, f);
	setup_release(&setup);
	return code;
}

static int act(const struct sendmail_options *o, struct fault *f)
{
	switch (o->mode) {
	case SENDMAIL_SUBMIT:
		return submit_with_setup(o, f);
	case SENDMAIL_SERVE:
		return cmd_smtp_server(o->delivery, o->sender);
	case SENDMAIL_EXPLAIN:
		return run_explain(o, f);
	case SENDMAIL_LIST:
		return cmd_mailq();
	case SENDMAIL_RUN:
		return run_queue(o, f);
	case SENDMAIL_ALIASES:
		return cmd_newaliases();
	case SENDMAIL_HELP:
		(void)fputs(help, stdout);
		return EX_OK;
	case SENDMAIL_VERSION:
		(void)puts("nullmta " VERSION);
		return EX_OK;
	}
	BUG("mode");
}

int cmd_sendmail(int argc, char **argv)
{
	struct sendmail_options o;
	struct fault f;
	int code;

	if (sendmail_options_parse(&o, argc, argv, &f) < 0)
		return exit_with("sendmail", &f);
	code = act(&o, &f);
	sendmail_options_release(&o);
	return code;
}
