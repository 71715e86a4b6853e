#include "cmd/smtp_server.h"

#include <unistd.h>

#include "base/log.h"
#include "cmd/exit_code.h"
#include "cmd/setup.h"
#include "cmd/smtp_listener.h"
#include "cmd/smtp_session.h"
#include "mail/address.h"

#define PROGRAM "sendmail"

/* stderr is no place for it: a client that reads it gives up (Symfony) */
static void log_problems(const struct setup *setup)
{
	if (setup->problems.errors)
		log_event(LOG_LEVEL_ERROR, "configuration",
			LOG_NUMBER("problems", (int64_t)setup->problems.errors),
			LOG_TEXT("hint", "mail stays queued; see nullmta config check"));
}

static int serve(const struct smtp_session_options *options)
{
	struct smtp_listener listener;
	struct fault f;

	if (smtp_listener_inherit(&listener, &f) < 0)
		return exit_with(PROGRAM, &f);
	if (listener.count)
		return smtp_listener_run(&listener, options);
	if (listener.connection >= 0)
		return smtp_session_serve(
			options, listener.connection, listener.connection);
	return smtp_session_serve(options, STDIN_FILENO, STDOUT_FILENO);
}

int cmd_smtp_server(enum dispatch delivery, const char *sender)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct smtp_session_options options = {.delivery = delivery};
	struct setup setup;
	struct fault f;
	int code;

	setup_load(&setup, NULL);
	log_problems(&setup);
	options.setup = &setup;
	if (sender &&
		address_parse(span_of(sender), setup.identity.domain, &address, &f) < 0) {
		fault_prefix(&f, "-f");
		code = exit_with(PROGRAM, &f);
	} else {
		options.address = address.len ? buf_str(&address) : NULL;
		code = serve(&options);
	}
	buf_release(&address);
	setup_release(&setup);
	return code;
}
