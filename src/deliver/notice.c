#include "deliver/notice.h"

#include <inttypes.h>

#include "base/log.h"
#include "conf/provider.h"
#include "deliver/reader.h"
#include "deliver/state_file.h"
#include "mail/notice.h"
#include "spool/envelope.h"

#define NAME     "state/notices"
#define FILE_MAX (256 * 1024)

#define SECTION_MAX 320

/* "4.7.8": what the trouble is, whatever the words. */
static struct span reason_of(
	const struct outcome *why, char status[OUTCOME_STATUS_TEXT_MAX])
{
	outcome_status_format(why->status, status);
	return span_of(status);
}

/* Whether a line is about `key`; `*ret_reason` is what it says it was. */
static bool is_about(struct span line, const char *key, struct span *ret_reason)
{
	struct span word;

	if (!span_cut(&line, ' ', &word) || !span_is(word, key) ||
		!span_cut(&line, ' ', &word))
		return false;
	*ret_reason = line;
	return true;
}

static bool is_told(struct span text, const char *key, struct span reason)
{
	struct span line, told;

	while (span_cut(&text, '\n', &line))
		if (is_about(line, key, &told) && span_eq(told, reason))
			return true;
	return false;
}

/* "[relay]", "[route work]", "[local]" */
static void add_section(
	struct buf *out, const struct conf *conf, const struct conf_relay *relay)
{
	if (relay->name)
		buf_addf(out, "[route %s]", relay->name);
	else
		buf_add_str(out, relay == &conf->relay ? "[relay]" : "[local]");
}

static void compose(const struct flush *flush, const struct conf_relay *relay,
	const struct outcome *why, const char *to, struct buf *out)
{
	struct buf from = BUF_INIT(SECTION_MAX), section = BUF_INIT(SECTION_MAX);
	char unique[ENVELOPE_ID_LEN + 1];
	struct notice n = {
		.hostname = flush->identity->hostname,
		.to = to,
		.unique = unique,
		.now_s = flush->world->now_s(),
		.why = why,
		.advice = conf_provider_at(relay->provider)->advice,
		.lifetime_s = flush->conf->spool.lifetime_s,
	};

	spool_id_make(n.now_s * 1000000, unique);
	buf_addf(&from, "mailer-daemon@%s", flush->identity->domain);
	add_section(&section, flush->conf, relay);
	n.from = buf_str(&from);
	n.section = buf_str(&section);
	notice_compose(&n, out);
	buf_release(&from);
	buf_release(&section);
}

/* The reader whom the trouble does not keep the notice from. */
static int find_reader(const struct flush *flush, const struct destination *d,
	struct reader *ret, struct fault *f)
{
	if (reader_find(flush, "", ret, f) == 0 &&
		(ret->is_local || !reader_is_behind(flush, ret, d->key)))
		return 0;
	return reader_find_mailbox(flush, ret, f);
}

static int file(const struct flush *flush, const struct destination *d,
	const struct outcome *why, const struct reader *to, struct fault *f)
{
	struct buf text = BUF_INIT(NOTICE_MAX);
	int rc;

	compose(flush, flush_relay(flush, &d->route), why, to->address, &text);
	rc = reader_file(flush, to, buf_span(&text), TLS_WISH_USUAL, f);
	if (rc == 0)
		log_event(LOG_LEVEL_INFO, "route-notice", LOG_TEXT("route", d->key),
			LOG_TEXT("to", to->address),
			LOG_TEXT("mailbox", to->is_local ? to->box.path : NULL));
	buf_release(&text);
	return rc;
}

/* False where it is left to the flush of the system, which meets the same trouble. */
static bool tell(
	const struct flush *flush, const struct destination *d, const struct outcome *why)
{
	struct reader to;
	struct fault f;
	int rc = find_reader(flush, d, &to, &f);

	if (rc < 0 && f.kind == FAULT_ACCESS)
		return false;
	if (rc == 0)
		rc = file(flush, d, why, &to, &f);
	if (rc < 0)
		log_event(LOG_LEVEL_ERROR, "notice-failed", LOG_TEXT("route", d->key),
			LOG_TEXT("why", f.text));
	return true;
}

static void add_line(struct buf *out, const char *key, int64_t now_s, struct span reason)
{
	if (out->len && !span_ends(buf_span(out), "\n"))
		buf_add_char(out, '\n'); /* a crash has cut it */
	buf_addf(out, "%s %" PRId64 " ", key, now_s);
	buf_add_span(out, reason);
	buf_add_char(out, '\n');
}

/* Whether the way is one that somebody here can mend. */
static bool is_ours(const struct destination *d)
{
	return d->route.kind == ROUTE_RELAY || d->route.kind == ROUTE_MAILBOX;
}

void notice_file(
	const struct flush *flush, const struct destination *d, const struct outcome *why)
{
	char status[OUTCOME_STATUS_TEXT_MAX];
	struct span reason = reason_of(why, status);
	struct state_file s;

	if (flush->is_trial || !is_ours(d) || why->scope != OUTCOME_ROUTE ||
		!state_file_open(&s, flush->spool, NAME, FILE_MAX))
		return;
	/* told before it is noted: a crash between repeats it, never loses it */
	if (!is_told(buf_span(&s.text), d->key, reason) && tell(flush, d, why)) {
		add_line(&s.text, d->key, flush->world->now_s(), reason);
		state_file_write(&s, buf_span(&s.text));
	}
	state_file_close(&s);
}

void notice_forget(const struct flush *flush, const struct destination *d)
{
	struct buf others = BUF_INIT(FILE_MAX);
	struct span rest, line, ignored;
	struct state_file s;

	if (!is_ours(d) || state_file_is_empty(flush->spool, NAME) ||
		!state_file_open(&s, flush->spool, NAME, FILE_MAX))
		return;
	rest = buf_span(&s.text);
	while (span_cut(&rest, '\n', &line)) {
		if (line.len == 0 || is_about(line, d->key, &ignored))
			continue;
		buf_add_span(&others, line);
		buf_add_char(&others, '\n');
	}
	if (others.len != s.text.len)
		state_file_write(&s, buf_span(&others));
	state_file_close(&s);
	buf_release(&others);
}
