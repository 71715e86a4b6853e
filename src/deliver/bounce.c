#include "deliver/bounce.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/mailbox.h"
#include "mail/address.h"
#include "mail/intake.h"
#include "spool/draft.h"

#define ADDRESS_MAX     1024
#define LOCK_TIMEOUT_MS 20000

/* Whom a report goes to. */
struct reader {
	bool is_local; /* into `box`, else by mail to `address` */
	struct mailbox box;
	char address[ADDRESS_MAX];
};

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

/* A name at this machine itself, or none: nothing that another host could deliver. */
static bool is_local_name(const struct flush *flush, const char *address)
{
	struct span domain = address_domain(span_of(address));

	return span_iis(domain, flush->identity->hostname) ||
	       span_iis(domain, "localhost") || span_find(domain, '.') < 0;
}

/* Whether an alias sends the mail of `address` away from this machine, all of it. */
static bool is_sent_on(const struct flush *flush, const char *address)
{
	struct strv addresses = {0};
	struct fault ignored;
	bool result = flush->aliases &&
		      alias_expand(flush->aliases, flush->alias_scope, span_of(address),
			      &addresses, &ignored) == ALIAS_FOUND;

	for (size_t i = 0; i < addresses.count; i++)
		result = result && !is_local_name(flush, addresses.items[i]);
	strv_release(&addresses);
	return result;
}

/* The user whose spool it is: by the alias for the name, else in the mailbox. */
static int find_user(const struct flush *flush, struct reader *ret, struct fault *f)
{
	const struct mailbox_place place = {
		.user = flush->user->name,
		.home = flush->user->home,
		.path = flush->mailbox_path,
		.system_dir = MAILBOX_SYSTEM_DIR,
	};

	(void)snprintf(ret->address, sizeof(ret->address), "%s@%s", flush->user->name,
		flush->identity->hostname);
	ret->is_local = !is_sent_on(flush, ret->address);
	return ret->is_local ? mailbox_find(&place, &ret->box, f) : 0;
}

static int set_address(const char *address, struct reader *ret, struct fault *f)
{
	ret->is_local = false;
	if (text_copy(ret->address, sizeof(ret->address), span_of(address)))
		return 0;
	fault_set(f, FAULT_CONFIG, 0, "the address %.40s... is too long", address);
	return -1;
}

/* [bounce] to: auto, user, sender, or an address */
static int find_reader(const struct flush *flush, const struct envelope *e,
	struct reader *ret, struct fault *f)
{
	const char *to = flush->conf->bounce.to;

	if (strcmp(to, "user") == 0)
		return find_user(flush, ret, f);
	if (strcmp(to, "sender") == 0)
		return set_address(e->sender, ret, f);
	if (strcmp(to, "auto") != 0)
		return set_address(to, ret, f);
	if (find_user(flush, ret, f) == 0)
		return 0;
	/* a container has nobody to read a mailbox, but its sender may be real */
	if (!is_local_name(flush, e->sender))
		return set_address(e->sender, ret, f);
	fault_append(f, "; or set [bounce] to = an address");
	return -1;
}

/* state/reports holds "HOUR COUNT": the reports filed in that hour since the epoch */
static bool may_file(const struct flush *flush, int fd)
{
	char text[64] = "";
	uint64_t hour, count = 0;
	uint64_t now = (uint64_t)(flush->world->now_s() / 3600);
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	struct span rest = {text, n > 0 ? (size_t)n : 0};
	struct span word;

	if (!span_word(&rest, &word) || span_to_uint(word, INT64_MAX, &hour) < 0 ||
		hour != now || !span_word(&rest, &word) ||
		span_to_uint(word, UINT32_MAX, &count) < 0)
		count = 0;
	if (count >= flush->conf->bounce.per_hour)
		return false;
	n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " \n", now, count + 1);
	/* a count that is lost lets one report more pass: no harm */
	(void)!pwrite(fd, text, (size_t)n, 0);
	return true;
}

/* A cap on what one spool files in an hour: no storm, whatever goes wrong. */
static bool is_within_cap(const struct flush *flush)
{
	struct fault ignored;
	bool result = true;
	int fd = openat(flush->spool->fd, "state/reports",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && file_lock(fd, "state/reports", &ignored) == 0)
		result = may_file(flush, fd);
	file_close(fd);
	return result;
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
	struct buf from = BUF_INIT(ADDRESS_MAX);
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

/* A report by mail: a message of its own with the null sender (RFC 3464 2). */
static int submit(const struct filing *fl, struct fault *f)
{
	enum tls_wish wish = fl->claim->message.envelope.tls;
	struct envelope e = {.arrival_s = fl->flush->world->now_s(),
		.sender = mem_string(""),
		.tls = wish == TLS_WISH_REQUIRED ? wish : TLS_WISH_USUAL};
	struct span to = span_of(fl->to.address);
	struct content_facts facts = {.needs_utf8 = span_has_8bit(address_local(to))};
	uint64_t line_octets = 0;
	struct draft d;
	int rc = draft_begin(&d, fl->flush->spool, f);

	if (rc == 0) {
		content_facts_add(&facts, &line_octets, buf_span(&fl->text));
		envelope_add_recipient(&e, to, DSN_NEVER, NULL);
		rc = draft_envelope(&d, &e, f);
		if (rc == 0)
			rc = draft_content(&d, buf_span(&fl->text), f);
		if (rc == 0)
			rc = draft_commit(&d, &facts, f);
		draft_abandon(&d);
	}
	envelope_release(&e);
	return rc;
}

static int file(const struct filing *fl, struct fault *f)
{
	const struct letter letter = {
		.content = buf_span(&fl->text),
		.return_path = "",
		.delivered_to = fl->to.address,
		.hostname = fl->flush->identity->hostname,
		.now_s = fl->flush->world->now_s(),
	};

	if (fl->to.is_local)
		return mailbox_deliver(&fl->to.box, &letter, LOCK_TIMEOUT_MS, f);
	return submit(fl, f);
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

	if (find_reader(fl->flush, &fl->claim->message.envelope, &fl->to, why) < 0)
		return BOUNCE_IMPOSSIBLE;
	if (!is_within_cap(fl->flush)) {
		fault_set(why, FAULT_SYSTEM, 0, "%u reports were filed this hour already",
			fl->flush->conf->bounce.per_hour);
		return BOUNCE_LATER;
	}
	buf_init(&fl->text, REPORT_MAX);
	rc = compose(fl, why);
	if (rc == 0)
		rc = file(fl, why);
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
