#include "cmd/submit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/intake.h"
#include "spool/draft.h"

#define BLOCK (64 * 1024)

/* what one block of input can become, and a header section on top of it */
#define WIRE_MAX (2 * BLOCK + 2 * INTAKE_HEADER_MAX)

#define ADDRESS_MAX (ADDRESS_LOCAL_MAX * 2 + ADDRESS_DOMAIN_MAX + 8)

struct submission {
	const struct setup *setup;
	const struct submit_request *request;
	const struct user *user;
	struct buf own_address;
	struct buf own_name;
	struct intake_options options; /* borrowed by `intake` */
	struct intake *intake;
	struct buf wire;
	struct draft draft;
	struct envelope envelope;
	bool has_envelope; /* written to the draft, and the trace behind it */
};

void submit_own_address(
	struct buf *ret, const struct setup *setup, const struct user *user)
{
	const char *email = user == &setup->user ? getenv("EMAIL") : NULL;
	struct buf one = BUF_INIT(ADDRESS_MAX);
	struct fault f;

	if (email && *email &&
		address_parse(span_of(email), setup->identity.domain, &one, &f) == 0 &&
		one.len)
		buf_add_span(ret, buf_span(&one));
	/* a login name that is no address is rare, and no reason to lose mail */
	else if (address_compose(span_of(user->name), span_of(setup->identity.domain),
			 ret, &f) < 0)
		buf_addf(ret, "uid%lu@%s", (unsigned long)user->uid,
			setup->identity.domain);
	buf_release(&one);
}

int submit_open(struct spool *ret, const struct setup *setup, struct fault *f)
{
	struct place_options place = setup_place(setup);

	if (setup->conf.spool.dir && !setup->spool_dir) {
		*f = setup->place_fault;
		return -1;
	}
	return place_open(ret, &place, f);
}

/* linear: the number is limited, and the usual one is 1 */
static bool has_recipient(const struct envelope *e, struct span address)
{
	for (size_t i = 0; i < e->recipient_count; i++)
		if (address_is_same(span_of(e->recipients[i].address), address))
			return true;
	return false;
}

static int add_recipient(
	struct submission *s, const struct recipient *recipient, struct fault *f)
{
	struct span address = span_of(recipient->address);
	unsigned limit = s->setup->conf.nullmta.recipients;

	if (has_recipient(&s->envelope, address))
		return 0;
	if (s->envelope.recipient_count == limit) {
		fault_set(f, FAULT_DATA, 0,
			"more than %u recipients; send several messages or raise "
			"[nullmta] recipients",
			limit);
		return -1;
	}
	envelope_add_recipient(
		&s->envelope, address, recipient->notify, recipient->orcpt);
	if (span_has_8bit(address_local(address)))
		s->envelope.facts.needs_utf8 = true;
	return 0;
}

static int add_recipients(struct submission *s, struct fault *f)
{
	const struct submit_request *r = s->request;
	const struct strv *found = intake_recipients(s->intake);

	for (size_t i = 0; i < r->recipient_count; i++)
		if (add_recipient(s, &r->recipients[i], f) < 0)
			return -1;
	for (size_t i = 0; r->takes_recipients && i < found->count; i++) {
		struct recipient one = {found->items[i], r->notify, NULL};

		if (add_recipient(s, &one, f) < 0)
			return -1;
	}
	if (s->envelope.recipient_count)
		return 0;
	fault_set(f, FAULT_USAGE, 0,
		r->takes_recipients
			? "no recipient in To, Cc or Bcc, and none given"
			: "no recipient given; name one, or use -t to take them from the "
			  "header");
	return -1;
}

/* The header is complete: all recipients are known and the envelope can be written. */
static int write_envelope(struct submission *s, struct fault *f)
{
	const char *sender = s->request->sender;

	const char *trace = s->request->trace;

	if (add_recipients(s, f) < 0)
		return -1;
	s->envelope.arrival_s = clock_now_s();
	s->envelope.sender = mem_string(sender ? sender : buf_str(&s->own_address));
	s->envelope.envid = mem_string(s->request->envid);
	s->envelope.ret = s->request->ret;
	s->envelope.tls =
		s->request->requires_tls ? TLS_WISH_REQUIRED : intake_tls_wish(s->intake);
	if (span_has_8bit(address_local(span_of(s->envelope.sender))))
		s->envelope.facts.needs_utf8 = true;
	s->has_envelope = true;
	if (draft_envelope(&s->draft, &s->envelope, f) < 0)
		return -1;
	return trace ? draft_content(&s->draft, span_of(trace), f) : 0;
}

static int write_wire(struct submission *s, struct fault *f)
{
	if (s->wire.len == 0)
		return 0;
	if (!s->has_envelope && write_envelope(s, f) < 0)
		return -1;
	if (draft_content(&s->draft, buf_span(&s->wire), f) < 0)
		return -1;
	buf_reset(&s->wire);
	return 0;
}

static struct intake_options intake_options_of(const struct submission *s)
{
	const struct setup *setup = s->setup;
	const struct submit_request *r = s->request;
	bool has_sender = r->sender && *r->sender;

	return (struct intake_options){
		.dot_ends = r->dot_ends,
		.takes_recipients = r->takes_recipients,
		.octets_max = setup->conf.nullmta.message_size,
		.recipients_max = setup->conf.nullmta.recipients,
		.now_s = clock_now_s(),
		.hostname = setup->identity.hostname,
		.domain = setup->identity.domain,
		.from = has_sender ? r->sender : buf_str(&s->own_address),
		.full_name = r->full_name ? r->full_name : buf_str(&s->own_name),
	};
}

static void release(struct submission *s)
{
	draft_abandon(&s->draft); /* nothing to do behind a commit */
	intake_free(s->intake);
	envelope_release(&s->envelope);
	buf_release(&s->wire);
	buf_release(&s->own_name);
	buf_release(&s->own_address);
	free(s);
}

void submit_log_refusal(const struct user *user, const struct fault *why)
{
	log_event(LOG_LEVEL_ERROR, "refused", LOG_NUMBER("uid", (int64_t)user->uid),
		LOG_TEXT("why", why->text));
}

int submit_begin(struct submission **ret, const struct setup *setup,
	const struct spool *spool, const struct submit_request *request, struct fault *f)
{
	struct submission *s = mem_alloc(sizeof(*s));

	s->setup = setup;
	s->request = request;
	s->user = request->user ? request->user : &setup->user;
	buf_init(&s->own_address, ADDRESS_MAX);
	buf_init(&s->own_name, 2 * USER_FULL_NAME_MAX);
	buf_init(&s->wire, WIRE_MAX);
	if (draft_begin(&s->draft, spool, f) < 0) {
		submit_log_refusal(s->user, f);
		release(s);
		return -1;
	}
	if (request->address)
		buf_add_str(&s->own_address, request->address);
	else
		submit_own_address(&s->own_address, setup, s->user);
	user_full_name(s->user, &s->own_name);
	s->options = intake_options_of(s);
	s->intake = intake_new(&s->options);
	*ret = s;
	return 0;
}

int submit_feed(struct submission *s, struct span data, struct fault *f)
{
	int has_ended = 0;

	while (data.len && !has_ended) {
		struct span block = span_head(data, BLOCK);

		has_ended = intake_feed(s->intake, block, &s->wire, f);
		if (has_ended < 0 || write_wire(s, f) < 0)
			return -1;
		data = span_from(data, block.len);
	}
	return has_ended;
}

/* What is known of the content, with the trace in front of it. */
static struct content_facts facts_of(const struct submission *s)
{
	struct content_facts facts = *intake_facts(s->intake);
	uint64_t line_octets = 0;

	content_facts_add(&facts, &line_octets, span_of(s->request->trace));
	facts.needs_utf8 = s->envelope.facts.needs_utf8;
	return facts;
}

static int store(struct submission *s, struct fault *f)
{
	struct content_facts facts;

	if (intake_finish(s->intake, &s->wire, f) < 0 || write_wire(s, f) < 0)
		return -1;
	facts = facts_of(s);
	return draft_commit(&s->draft, &facts, f);
}

static void log_oddities(const struct submission *s)
{
	const char *oddities = intake_oddities(s->intake);

	if (*oddities)
		log_event(LOG_LEVEL_WARNING, "odd-header", LOG_TEXT("id", s->draft.id),
			LOG_NUMBER("uid", (int64_t)s->user->uid),
			LOG_TEXT("why", oddities));
}

int submit_finish(struct submission *s, char ret_id[ENVELOPE_ID_LEN + 1], struct fault *f)
{
	int rc = store(s, f);

	if (rc == 0) {
		(void)text_copy(ret_id, ENVELOPE_ID_LEN + 1, span_of(s->draft.id));
		log_event(LOG_LEVEL_INFO, "queued", LOG_TEXT("id", s->draft.id),
			LOG_NUMBER("uid", (int64_t)s->user->uid),
			LOG_TEXT("from", s->envelope.sender),
			LOG_TEXT("to", s->envelope.recipients[0].address),
			LOG_NUMBER("recipients", (int64_t)s->envelope.recipient_count),
			LOG_NUMBER("size", (int64_t)s->draft.octets));
		log_oddities(s);
	} else {
		submit_log_refusal(s->user, f);
	}
	release(s);
	return rc;
}

void submit_abandon(struct submission *s, const struct fault *why)
{
	if (!s)
		return;
	if (why)
		submit_log_refusal(s->user, why);
	release(s);
}

/* read to the end of the input, or to the lone dot that ends it */
static int feed_all(struct submission *s, int fd, char *block, struct fault *f)
{
	int has_ended = 0;

	while (!has_ended) {
		ssize_t n = file_read_some(fd, block, BLOCK, "the message", f);

		if (n <= 0)
			return (int)n;
		has_ended = submit_feed(s, (struct span){block, (size_t)n}, f);
	}
	return has_ended < 0 ? -1 : 0;
}

int submit_message(
	struct submission *s, int fd, char ret_id[ENVELOPE_ID_LEN + 1], struct fault *f)
{
	char *block = mem_alloc(BLOCK);
	int rc = feed_all(s, fd, block, f);

	free(block);
	if (rc == 0)
		return submit_finish(s, ret_id, f);
	submit_abandon(s, f);
	return -1;
}
