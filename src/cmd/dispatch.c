#include "cmd/dispatch.h"

#include <sysexits.h>

#include "cmd/flush_program.h"
#include "cmd/kick.h"

static enum dispatch configured(const struct conf *conf)
{
	static const enum dispatch configured[] = {
		[CONF_DELIVER_BACKGROUND] = DISPATCH_BACKGROUND,
		[CONF_DELIVER_FOREGROUND] = DISPATCH_FOREGROUND,
		[CONF_DELIVER_QUEUE] = DISPATCH_QUEUE,
	};

	return configured[conf->nullmta.deliver];
}

int dispatch_message(enum dispatch how, const struct setup *setup,
	const struct spool *spool, const char *id)
{
	int code;

	if (how == DISPATCH_AS_CONFIGURED)
		how = configured(&setup->conf);
	if (how == DISPATCH_QUEUE)
		return EX_OK;
	if (how == DISPATCH_BACKGROUND) {
		kick_flush(setup, spool);
		return EX_OK;
	}
	code = flush_program_message(spool, id, how == DISPATCH_VERBOSE);
	/* queued is accepted: 75 would make callers send it again */
	return code == EX_TEMPFAIL && !setup->conf.nullmta.is_strict ? EX_OK : code;
}

void dispatch_spool(
	enum dispatch how, const struct setup *setup, const struct spool *spool)
{
	if (how == DISPATCH_AS_CONFIGURED)
		how = configured(&setup->conf);
	if (how != DISPATCH_QUEUE)
		kick_flush(setup, spool);
}
