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

#define READ_BLOCK (64 * 1024)

/* what one block of input can become, and a header section on top of it */
#define WIRE_MAX (2 * READ_BLOCK + 2 * INTAKE_HEADER_MAX)

#define ADDRESS_MAX (ADDRESS_LOCAL_MAX * 2 + ADDRESS_DOMAIN_MAX + 8)

/* one submission on its way */
struct submission {
	const struct setup *setup;
	const struct submit_request *request;
	struct buf own_address;
	struct buf own_name;
	struct buf wire;
	char *block;
	struct intake *intake;
	struct draft draft;
	struct envelope envelope;
	bool has_envelope; /* written to the draft */
};

void submit_own_address(struct buf *ret, const struct setup *setup)
{
	const char *email = getenv("EMAIL");
	struct buf one = BUF_INIT(ADDRESS_MAX);
	struct fault f;

	if (email && *email &&
		address_parse(span_of(email), setup->identity.domain, &one, &f) == 0 &&
		one.len)
		buf_add_span(ret, buf_span(&one));
	/* a login name that is no address is rare, and no reason to lose mail */
	else if (address_compose(span_of(setup->user.name),
			 span_of(setup->identity.domain), ret, &f) < 0)
		buf_addf(ret, "uid%lu@%s", (unsigned long)setup->user.uid,
			setup->identity.domain);
	buf_release(&one);
}

/* linear: the number is limited, and the usual one is 1 */
static bool has_recipient(const struct envelope *e, struct span address)
{
	for (size_t i = 0; i < e->recipient_count; i++)
		if (address_is_same(span_of(e->recipients[i].address), address))
			return true;
	return false;
}

static int add_recipients(
	struct submission *s, const struct strv *addresses, struct fault *f)
{
	unsigned limit = s->setup->conf.nullmta.recipients;

	for (size_t i = 0; i < addresses->count; i++) {
		struct span address = span_of(addresses->items[i]);

		if (has_recipient(&s->envelope, address))
			continue;
		if (s->envelope.recipient_count == limit) {
			fault_set(f, FAULT_DATA, 0,
				"more than %u recipients; send several messages or raise "
				"[nullmta] recipients",
				limit);
			return -1;
		}
		envelope_add_recipient(&s->envelope, address, s->request->notify, NULL);
		if (span_has_8bit(address_local(address)))
			s->envelope.facts.needs_utf8 = true;
	}
	return 0;
}

/* The header is complete: all recipients are known and the envelope can be written. */
static int write_envelope(struct submission *s, struct fault *f)
{
	const char *sender = s->request->sender;

	if (add_recipients(s, s->request->recipients, f) < 0)
		return -1;
	if (s->request->takes_recipients &&
		add_recipients(s, intake_recipients(s->intake), f) < 0)
		return -1;
	if (s->envelope.recipient_count == 0) {
		fault_set(f, FAULT_USAGE, 0,
			s->request->takes_recipients
				? "no recipient in To, Cc or Bcc, and none given"
				: "no recipient given; name one, or use -t to take them "
				  "from the "
				  "header");
		return -1;
	}
	s->envelope.arrival_s = clock_now_s();
	s->envelope.sender = mem_string(sender ? sender : buf_str(&s->own_address));
	s->envelope.envid = mem_string(s->request->envid);
	s->envelope.ret = s->request->ret;
	if (span_has_8bit(address_local(span_of(s->envelope.sender))))
		s->envelope.facts.needs_utf8 = true;
	s->has_envelope = true;
	return draft_envelope(&s->draft, &s->envelope, f);
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

/* read to the end of the input, or to the lone dot that ends it */
static int read_message(struct submission *s, struct fault *f)
{
	int has_ended = 0;

	while (!has_ended) {
		ssize_t n = file_read_some(
			s->request->fd, s->block, READ_BLOCK, "the message", f);
		struct span data = {s->block, (size_t)n};

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		has_ended = intake_feed(s->intake, data, &s->wire, f);
		if (has_ended < 0 || write_wire(s, f) < 0)
			return -1;
	}
	if (intake_finish(s->intake, &s->wire, f) < 0)
		return -1;
	return write_wire(s, f);
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

static int store(struct submission *s, struct fault *f)
{
	struct content_facts facts;

	if (read_message(s, f) < 0)
		return -1;
	facts = *intake_facts(s->intake);
	facts.needs_utf8 = s->envelope.facts.needs_utf8;
	return draft_commit(&s->draft, &facts, f);
}

static void log_submission(const struct submission *s)
{
	log_event(LOG_LEVEL_INFO, "queued", LOG_TEXT("id", s->draft.id),
		LOG_NUMBER("uid", (int64_t)s->setup->user.uid),
		LOG_TEXT("from", s->envelope.sender),
		LOG_TEXT("to", s->envelope.recipients[0].address),
		LOG_NUMBER("recipients", (int64_t)s->envelope.recipient_count),
		LOG_NUMBER("size", (int64_t)s->draft.octets));
}

int submit_message(struct submit_result *ret, const struct setup *setup,
	const struct submit_request *request, struct fault *f)
{
	struct place_options place = setup_place(setup);
	struct submission s = {.setup = setup, .request = request};
	struct intake_options options;
	int rc = -1;

	buf_init(&s.own_address, ADDRESS_MAX);
	buf_init(&s.own_name, 2 * USER_FULL_NAME_MAX);
	buf_init(&s.wire, WIRE_MAX);
	if (setup->conf.spool.dir && !setup->spool_dir) {
		*f = setup->place_fault;
		return -1;
	}
	if (place_open(&ret->spool, &place, f) < 0)
		return -1;
	if (draft_begin(&s.draft, &ret->spool, f) < 0) {
		spool_close(&ret->spool);
		return -1;
	}
	submit_own_address(&s.own_address, setup);
	user_full_name(&setup->user, &s.own_name);
	s.block = mem_alloc(READ_BLOCK);
	options = intake_options_of(&s);
	s.intake = intake_new(&options);
	rc = store(&s, f);
	draft_abandon(&s.draft); /* it has borrowed the spool, which may be closed now */
	if (rc == 0) {
		(void)text_copy(ret->id, sizeof(ret->id), span_of(s.draft.id));
		log_submission(&s);
	} else {
		log_event(LOG_LEVEL_ERROR, "refused",
			LOG_NUMBER("uid", (int64_t)setup->user.uid),
			LOG_TEXT("why", f->text));
		spool_close(&ret->spool);
	}
	intake_free(s.intake);
	free(s.block);
	envelope_release(&s.envelope);
	buf_release(&s.wire);
	buf_release(&s.own_name);
	buf_release(&s.own_address);
	return rc;
}
