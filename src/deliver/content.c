#include "deliver/content.h"

#include <string.h>

#include "base/codec.h"
#include "base/text.h"
#include "mail/header.h"
#include "net/idn.h"

/* what is read at once to be encoded */
#define BLOCK (32 * 1024)

/* what of the header section is read first: most are smaller */
#define HEAD_FIRST (16 * 1024)

void content_init(struct content *c, const struct message *message, struct span trace,
	const struct header_transform *transform)
{
	*c = (struct content){.message = message, .trace = trace, .transform = transform};
	buf_init(&c->head, CONTENT_HEADER_MAX);
	buf_init(&c->encoded, CONTENT_BLOCK_MAX + MIME_ROOM(BLOCK));
}

static void drop_variant(struct content *c)
{
	mime_free(c->mime);
	c->mime = NULL;
	c->is_prepared = false;
}

void content_release(struct content *c)
{
	drop_variant(c);
	buf_release(&c->head);
	buf_release(&c->encoded);
}

static const struct content_facts *stored_facts(const struct content *c)
{
	return &c->message->envelope.facts;
}

static struct outcome damaged(struct content *c, struct fault *why)
{
	(void)text_copy(c->damage, sizeof(c->damage), span_of(why->text));
	fault_prefix(why, "the stored message is damaged");
	return outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.3.0", why);
}

static ssize_t read_stored(
	struct content *c, uint64_t offset, char *to, size_t n, struct outcome *ret_why)
{
	struct fault f;
	ssize_t got = message_read(c->message, offset, to, n, &f);

	if (got >= 0)
		return got;
	if (f.err) /* EIO and the like: this machine, perhaps not tomorrow */
		*ret_why =
			outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.3.0", &f);
	else
		*ret_why = damaged(c, &f);
	return -1;
}

/* --- what goes in: the header, rewritten perhaps, and what is stored behind it ------- */

static void rewind_source(struct content *c)
{
	c->head_at = 0;
	c->source_at = c->head_of;
	c->crc = c->head_crc;
}

static bool is_source_read(const struct content *c)
{
	return c->head_at == c->head.len && c->source_at == stored_facts(c)->octets;
}

static ssize_t read_source(struct content *c, char *to, size_t n, struct outcome *ret_why)
{
	struct span head = span_head(span_from(buf_span(&c->head), c->head_at), n);
	struct fault f;
	ssize_t got;

	if (head.len) {
		memcpy(to, head.data, head.len);
		c->head_at += head.len;
		return (ssize_t)head.len;
	}
	got = read_stored(c, c->source_at, to, n, ret_why);
	if (got < 0)
		return -1;
	c->crc = crc32c(c->crc, to, (size_t)got);
	c->source_at += (uint64_t)got;
	if (is_source_read(c) && c->crc != stored_facts(c)->crc) {
		fault_set(&f, FAULT_DATA, 0, "checksum");
		*ret_why = damaged(c, &f);
		return -1;
	}
	return got;
}

/* --- the header, rewritten ------------------------------------------------------------ */

/* The length of the fields at the beginning; false when they may go on behind `text`. */
static bool find_section(struct span text, bool is_all, size_t *ret_length)
{
	struct span rest = text;
	struct header_field field;

	while (header_next(&rest, &field))
		*ret_length = text.len - rest.len;
	/* a field ends where a line follows that does not continue it */
	return is_all || rest.len > HEADER_NAME_MAX || span_starts(rest, "\r\n");
}

static int load_section(
	struct content *c, struct buf *text, size_t *ret_length, struct outcome *ret_why)
{
	uint64_t octets = stored_facts(c)->octets;

	for (size_t n = HEAD_FIRST;; n *= 2) {
		ssize_t got;

		buf_reset(text);
		got = read_stored(c, 0, buf_reserve(text, n), n, ret_why);
		if (got < 0)
			return -1;
		buf_commit(text, (size_t)got);
		*ret_length = 0;
		if (find_section(buf_span(text), text->len == octets, ret_length))
			return 0;
		if (n >= CONTENT_HEADER_MAX)
			break;
	}
	*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_MESSAGE, "5.3.4",
		"the header has more than %d octets", CONTENT_HEADER_MAX);
	return -1;
}

static int rewrite_header(struct content *c, struct outcome *ret_why)
{
	struct buf text = BUF_INIT(2 * CONTENT_HEADER_MAX);
	size_t length;
	int rc = load_section(c, &text, &length, ret_why);

	if (rc == 0) {
		c->transform->apply(
			c->transform->ctx, span_head(buf_span(&text), length), &c->head);
		c->head_of = length;
		c->head_crc = crc32c(0, text.data, length);
		c->is_rewritten = true;
	}
	if (rc == 0 && c->head.is_overfull) {
		*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_MESSAGE, "5.3.4",
			"the rewritten header has more than %d octets",
			CONTENT_HEADER_MAX);
		rc = -1;
	}
	buf_release(&text);
	return rc;
}

/* --- what goes out ---------------------------------------------------------------- */

static void rewind_all(struct content *c)
{
	c->at = 0;
	rewind_source(c);
	buf_reset(&c->encoded);
	c->encoded_at = 0;
	c->is_encoded = false;
	if (c->mime)
		mime_encode_begin(c->mime);
}

/* Append more of the encoded form to `encoded`, until all is there. */
static int encode_more(struct content *c, struct outcome *ret_why)
{
	char block[BLOCK];
	ssize_t got = read_source(c, block, sizeof(block), ret_why);

	if (got < 0)
		return -1;
	mime_encode(c->mime, (struct span){block, (size_t)got}, &c->encoded);
	if (is_source_read(c)) {
		mime_encode_finish(c->mime, &c->encoded);
		c->is_encoded = true;
	}
	if (c->encoded.is_overfull)
		BUG("encoded content without bounds");
	return 0;
}

static ssize_t read_encoded(
	struct content *c, char *to, size_t n, struct outcome *ret_why)
{
	struct span ready;

	while (!c->is_encoded && c->encoded.len - c->encoded_at < n) {
		buf_consume(&c->encoded, c->encoded_at);
		c->encoded_at = 0;
		if (encode_more(c, ret_why) < 0)
			return -1;
	}
	ready = span_head(span_from(buf_span(&c->encoded), c->encoded_at), n);
	if (ready.len)
		memcpy(to, ready.data, ready.len);
	c->encoded_at += ready.len;
	return (ssize_t)ready.len;
}

static bool is_all_read(const struct content *c)
{
	return c->mime ? c->is_encoded && c->encoded_at == c->encoded.len
		       : is_source_read(c);
}

ssize_t content_read(struct content *c, uint64_t offset, char *to, size_t n,
	bool *ret_is_last, struct outcome *ret_why)
{
	struct span trace = offset ? SPAN_NONE : c->trace;
	ssize_t got;

	if (!c->is_prepared || (offset && offset != c->at) || n <= trace.len ||
		n > CONTENT_BLOCK_MAX)
		BUG("content that was not prepared, out of order, or in small pieces");
	if (offset == 0)
		rewind_all(c);
	if (trace.len)
		memcpy(to, trace.data, trace.len);
	to += trace.len;
	n -= trace.len;
	got = c->mime ? read_encoded(c, to, n, ret_why) : read_source(c, to, n, ret_why);
	if (got < 0)
		return -1;
	got += (ssize_t)trace.len;
	c->at += (uint64_t)got;
	*ret_is_last = is_all_read(c);
	return got;
}

/* --- the form for a host ------------------------------------------------------------ */

static bool domain_to_ascii(struct span domain, struct buf *out)
{
	char ascii[IDN_NAME_SIZE];
	struct fault ignored;

	if (idn_to_ascii(domain, ascii, &ignored) < 0)
		return false;
	buf_add_str(out, ascii);
	return true;
}

/* What is known of head and body without looking at them again. */
static struct content_facts facts_of_source(const struct content *c)
{
	struct content_facts facts = *stored_facts(c);
	uint64_t line_octets = 0;

	content_facts_add(&facts, &line_octets, buf_span(&c->head));
	facts.octets += c->trace.len;
	facts.octets -= c->head_of;
	if (c->has_ascii_envelope)
		facts.needs_utf8 = false;
	return facts;
}

/* Nobody can have anything against it. */
static bool is_harmless(const struct content_facts *facts)
{
	return !facts->has_8bit && !facts->has_nul &&
	       facts->longest_line <= MIME_LINE_MAX;
}

static int scan(struct content *c, enum mime_verdict *ret, struct outcome *ret_why)
{
	char block[BLOCK];

	rewind_source(c);
	while (!is_source_read(c)) {
		ssize_t got = read_source(c, block, sizeof(block), ret_why);

		if (got < 0)
			return -1;
		mime_scan(c->mime, (struct span){block, (size_t)got});
	}
	*ret = mime_scan_finish(c->mime);
	return 0;
}

/* SIZE is to be exact (RFC 1870 5): encode once to count. */
static int count_encoded(struct content *c, struct outcome *ret_why)
{
	rewind_all(c);
	c->facts.octets = c->trace.len;
	while (!c->is_encoded) {
		if (encode_more(c, ret_why) < 0)
			return -1;
		c->facts.octets += c->encoded.len;
		buf_reset(&c->encoded);
	}
	c->facts.has_8bit = mime_is_8bit(c->mime);
	return 0;
}

static int refuse(struct outcome *ret_why, enum outcome_scope scope, const char *status,
	const char *text)
{
	*ret_why = outcome_make(OUTCOME_FAILED, scope, status, "%s", text);
	return -1;
}

static int choose(struct content *c, const struct smtp_extensions *extensions,
	struct outcome *ret_why)
{
	enum mime_verdict verdict;

	c->mime = mime_new(&c->target);
	if (scan(c, &verdict, ret_why) < 0)
		return -1;
	switch (verdict) {
	case MIME_AS_IS:
		mime_free(c->mime);
		c->mime = NULL;
		return 0;
	case MIME_CHANGED:
		return count_encoded(c, ret_why);
	case MIME_NEEDS_UTF8:
		if (!extensions->has_smtputf8 || c->target.has_utf8)
			return refuse(ret_why, OUTCOME_HOST, "5.6.7",
				"an address in the header is outside ASCII, and this "
				"server lacks SMTPUTF8");
		mime_free(c->mime);
		c->target.has_utf8 = c->facts.needs_utf8 = true;
		return choose(c, extensions, ret_why);
	case MIME_NEEDS_8BIT:
		return refuse(ret_why, OUTCOME_HOST, "5.6.3",
			"a signed or encrypted part has octets over 127, must not be "
			"changed, and this server lacks 8BITMIME");
	case MIME_IMPOSSIBLE:
		break;
	}
	return refuse(ret_why, OUTCOME_MESSAGE, "5.6.3",
		"a signed or encrypted part has a NUL or a line over 998 octets, which "
		"no server has to take, and must not be changed");
}

static bool is_for(const struct content *c, const struct smtp_extensions *extensions)
{
	return c->is_prepared && c->was_8bit == extensions->has_8bitmime &&
	       c->was_utf8 == extensions->has_smtputf8;
}

int content_prepare(struct content *c, const struct smtp_extensions *extensions,
	struct content_facts *ret, struct outcome *ret_why)
{
	if (c->transform && !c->is_rewritten && rewrite_header(c, ret_why) < 0)
		return -1;
	if (!is_for(c, extensions)) {
		drop_variant(c);
		c->facts = facts_of_source(c);
		c->target = (struct mime_target){
			.has_8bit = extensions->has_8bitmime,
			.has_utf8 = extensions->has_smtputf8 && c->facts.needs_utf8,
			.domain_to_ascii = domain_to_ascii,
		};
		if (!is_harmless(&c->facts) && choose(c, extensions, ret_why) < 0)
			return -1;
		c->was_8bit = extensions->has_8bitmime;
		c->was_utf8 = extensions->has_smtputf8;
		c->is_prepared = true;
	}
	*ret = c->facts;
	return 0;
}
