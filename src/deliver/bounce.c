#include "deliver/bounce.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/reader.h"
#include "mail/intake.h"

#define FROM_MAX 1024

/* One report on its way. */
struct filing {
	const struct flush *flush;
	const struct claim *claim;
	enum report_kind kind;
	const size_t *numbers; /* of the recipients that it is about */
	size_t count;
	struct reader to;
	struct buf text; /* in wire form */
};

static bool is_wanted(enum report_kind kind, unsigned notify)
{
	static const unsigned flags[] = {
		[REPORT_FAILED] = DSN_FAILURE,
		[REPORT_DELAYED] = DSN_DELAY,
		[REPORT_RELAYED] = DSN_SUCCESS,
	};

	return notify & flags[kind] || (notify == 0 && kind != REPORT_RELAYED);
}

static int read_content(
	const struct filing *fl, struct buf *ret, bool *ret_is_full, struct fault *f)
{
	const struct message *m = &fl->claim->message;
	uint64_t octets = m->envelope.facts.octets;
	size_t want = octets < INTAKE_HEADER_MAX ? (size_t)octets : INTAKE_HEADER_MAX;
	ssize_t n;

	*ret_is_full = report_returns_full(fl->kind, m->envelope.ret, octets) &&
		       m->envelope.tls != TLS_WISH_REQUIRED; /* RFC 8689 4.2 */
	n = message_read(m, 0, buf_reserve(ret, want), want, f);
	if (n < 0)
		return -1;
	buf_commit(ret, (size_t)n);
	return 0;
}

static struct report_recipient *recipients_of(const struct filing *fl)
{
	struct report_recipient *list = mem_array(fl->count, sizeof(*list));

	for (size_t i = 0; i < fl->count; i++) {
		const struct journal_recipient *r =
			&fl->claim->past.recipients[fl->numbers[i]];

		list[i] = (struct report_recipient){
			.recipient =
				&fl->claim->addressees.items[fl->numbers[i]].recipient,
			.named = claim_alias(fl->claim, fl->numbers[i]),
			.status = r->status,
			.code = r->code,
			.remote = r->remote,
			.text = r->text,
			.may_be_delivered = r->may_be_delivered,
			.time_s = r->time_s,
		};
	}
	return list;
}

static int compose(struct filing *fl, struct fault *f)
{
	const struct flush *flush = fl->flush;
	const struct envelope *e = &fl->claim->message.envelope;
	struct buf content = BUF_INIT(INTAKE_HEADER_MAX);
	struct buf from = BUF_INIT(FROM_MAX);
	struct report_recipient *list = recipients_of(fl);
	char unique[ENVELOPE_ID_LEN + 1];
	struct report r = {
		.kind = fl->kind,
		.hostname = flush->identity->hostname,
		.to = fl->to.address,
		.unique = unique,
		.now_s = flush->world->now_s(),
		.queue_id = e->id,
		.envid = e->envid,
		.arrival_s = e->arrival_s,
		.retry_until_s = e->arrival_s + flush_lifetime_s(flush, e->sender),
		.recipients = list,
		.recipient_count = fl->count,
	};
	int rc = read_content(fl, &content, &r.is_full, f);

	if (rc == 0) {
		spool_id_make(r.now_s * 1000000, unique);
		buf_addf(&from, "mailer-daemon@%s", flush->identity->domain);
		r.from = buf_str(&from);
		r.content = buf_span(&content);
		report_compose(&r, &fl->text);
	}
	free(list);
	buf_release(&from);
	buf_release(&content);
	return rc;
}

/* What was to travel safely is reported safely (RFC 8689 5). */
static enum tls_wish wish_of(const struct filing *fl)
{
	enum tls_wish wish = fl->claim->message.envelope.tls;

	return wish == TLS_WISH_REQUIRED ? wish : TLS_WISH_USUAL;
}

static void log_filing(const struct filing *fl)
{
	static const char *const events[] = {
		[REPORT_FAILED] = "bounced",
		[REPORT_DELAYED] = "delay-notice",
		[REPORT_RELAYED] = "relay-notice",
	};

	log_event(LOG_LEVEL_INFO, events[fl->kind],
		LOG_TEXT("id", fl->claim->message.entry.id),
		LOG_TEXT("to", fl->to.address),
		LOG_TEXT("mailbox", fl->to.is_local ? fl->to.box.path : NULL),
		LOG_NUMBER("recipients", (int64_t)fl->count));
}

static enum bounce_result find_and_file(struct filing *fl, struct fault *why)
{
	int rc;

	if (reader_find(fl->flush, fl->claim->message.envelope.sender, &fl->to, why) < 0)
		return why->kind == FAULT_ACCESS ? BOUNCE_LEFT : BOUNCE_IMPOSSIBLE;
	if (!reader_is_within_cap(fl->flush)) {
		fault_set(why, FAULT_SYSTEM, 0, "%u reports were filed this hour already",
			fl->flush->conf->bounce.per_hour);
		return BOUNCE_LATER;
	}
	buf_init(&fl->text, REPORT_MAX);
	rc = compose(fl, why);
	if (rc == 0)
		rc = reader_file(
			fl->flush, &fl->to, buf_span(&fl->text), wish_of(fl), why);
	if (rc == 0)
		log_filing(fl);
	buf_release(&fl->text);
	return rc == 0 ? BOUNCE_DONE : BOUNCE_LATER;
}

enum bounce_result bounce_file(const struct flush *flush, const struct claim *c,
	enum report_kind kind, const size_t *numbers, size_t count, struct fault *why)
{
	const struct envelope *e = &c->message.envelope;
	size_t *wanted = mem_array(count, sizeof(*wanted));
	struct filing fl = {.flush = flush, .claim = c, .kind = kind, .numbers = wanted};
	enum bounce_result result = BOUNCE_DONE;

	for (size_t i = 0; i < count; i++)
		if (is_wanted(kind, c->addressees.items[numbers[i]].recipient.notify))
			wanted[fl.count++] = numbers[i];
	if (*e->sender == '\0') {
		fault_set(why, FAULT_DATA, 0,
			"it has the null sender, which is never answered");
		result = BOUNCE_IMPOSSIBLE;
	} else if (fl.count) {
		result = find_and_file(&fl, why);
	}
	free(wanted);
	return result;
}
