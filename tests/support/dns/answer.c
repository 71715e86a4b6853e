#include "dns/answer.h"

#include "dns/name.h"
#include "dns/rdata.h"

#define HEADER_LEN     12
#define CHAIN_MAX      64
#define UDP_PLAIN      512
#define TTL            60
#define CLASS_IN       1
#define TYPE_OPT       41
#define FLAG_QR        0x8000
#define FLAG_AA        0x0400
#define FLAG_TC        0x0200
#define FLAG_RD        0x0100
#define FLAG_RA        0x0080
#define FLAG_AD        0x0020
#define RCODE_FORMERR  1
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

/* where the name of the question stands in every honest reply (RFC 1035 4.1.4) */
#define POINTER_TO_QUESTION 0xc00c

static unsigned get_u16(struct span s, size_t at)
{
	struct span two = span_head(span_from(s, at), 2);

	if (two.len < 2)
		return 0;
	return (unsigned)(unsigned char)two.data[0] << 8 | (unsigned char)two.data[1];
}

/* The OPT record, which our clients put alone into the additional section. */
static void parse_edns(struct question *q, struct span rest, unsigned additional)
{
	if (additional == 0 || rest.len < 11 || rest.data[0] != 0 ||
		get_u16(rest, 1) != TYPE_OPT)
		return;
	q->has_edns = true;
	q->udp_max = get_u16(rest, 3);
	if (q->udp_max < UDP_PLAIN)
		q->udp_max = UDP_PLAIN;
}

bool question_parse(struct span query, struct question *ret)
{
	struct span rest = span_from(query, HEADER_LEN);
	struct span name;

	if (query.len < HEADER_LEN || get_u16(query, 2) & FLAG_QR ||
		get_u16(query, 4) != 1 || !name_take(rest, &name) ||
		rest.len < name.len + 4)
		return false;
	*ret = (struct question){
		.whole = span_head(rest, name.len + 4),
		.name = BUF_INIT(ZONE_NAME_MAX),
		.type = (uint16_t)get_u16(rest, name.len),
		.id = get_u16(query, 0),
		.wants_recursion = get_u16(query, 2) & FLAG_RD,
		.udp_max = UDP_PLAIN,
	};
	name_add_lower(&ret->name, name);
	parse_edns(ret, span_from(rest, ret->whole.len), get_u16(query, 10));
	return true;
}

void question_release(struct question *q)
{
	buf_release(&q->name);
}

void answer_release(struct answer *a)
{
	buf_release(&a->reply);
}

/* What stands in the header of a reply and is known only at its end. */
struct head {
	unsigned id;
	unsigned flags; /* beside those that every reply has */
	unsigned rcode;
	unsigned answers;
};

static void compose(const struct question *q, const struct head *head,
	struct span section, struct buf *out)
{
	unsigned flags = FLAG_QR | FLAG_AA | FLAG_RA | head->flags | head->rcode;

	buf_reset(out);
	rdata_add_u16(out, head->id);
	rdata_add_u16(out, flags | (q->wants_recursion ? FLAG_RD : 0));
	rdata_add_u16(out, 1);
	rdata_add_u16(out, head->answers);
	rdata_add_u16(out, 0);
	rdata_add_u16(out, q->has_edns);
	buf_add_span(out, q->whole);
	buf_add_span(out, section);
	if (q->has_edns) {
		buf_add_char(out, '\0');
		rdata_add_u16(out, TYPE_OPT);
		rdata_add_u16(out, ANSWER_MAX);
		rdata_add_u32(out, 0);
		rdata_add_u16(out, 0);
	}
}

/* Add a record where the section has room; an owner of SPAN_NONE is the question's. */
static bool add_record(
	struct buf *section, struct span owner, const struct zone_record *record)
{
	size_t need = owner.len + 2 + 10 + record->data.len;

	if (section->len + need > section->max)
		return false;
	if (owner.len)
		buf_add_span(section, owner);
	else
		rdata_add_u16(section, POINTER_TO_QUESTION);
	rdata_add_u16(section, record->type);
	rdata_add_u16(section, CLASS_IN);
	rdata_add_u32(section, TTL);
	rdata_add_u16(section, (unsigned)record->data.len);
	buf_add_span(section, buf_span(&record->data));
	return true;
}

/* A name further down a chain of aliases may be broken, too. */
static unsigned mischief_rcode(enum zone_mischief mischief)
{
	switch (mischief) {
	case ZONE_SERVFAIL:
		return RCODE_SERVFAIL;
	case ZONE_REFUSED:
		return RCODE_REFUSED;
	case ZONE_FORMERR:
		return RCODE_FORMERR;
	case ZONE_NXDOMAIN:
		return RCODE_NXDOMAIN;
	default:
		return 0;
	}
}

/* The records of `name`, through its aliases (RFC 1034 4.3.2). */
static void collect(const struct zone *zone, const struct question *q, struct head *head,
	struct buf *section)
{
	struct buf name = BUF_INIT(ZONE_NAME_MAX);
	const struct zone_record *record = NULL;
	struct span owner = SPAN_NONE;
	bool is_secure = true;

	name_add_lower(&name, buf_span(&q->name));
	for (int i = 0; i < CHAIN_MAX; i++) {
		is_secure &= zone_next(zone, buf_span(&name), ZONE_SECURE, NULL) != NULL;
		while ((record = zone_next(zone, buf_span(&name), q->type, record)))
			head->answers += add_record(section, owner, record);
		record = zone_next(zone, buf_span(&name), ZONE_CNAME, NULL);
		if (!record || q->type == ZONE_CNAME)
			break;
		head->answers += add_record(section, owner, record);
		buf_reset(&name);
		name_add_lower(&name, buf_span(&record->data));
		owner = buf_span(&record->data);
		record = zone_mischief(zone, buf_span(&name), q->type);
		if (record) {
			head->rcode = mischief_rcode(record->mischief);
			break;
		}
	}
	if (!record && !zone_has_name(zone, buf_span(&name)))
		head->rcode = RCODE_NXDOMAIN;
	if (is_secure)
		head->flags |= FLAG_AD;
	buf_release(&name);
}

/*
 * The reply's text behind the id: hexadecimal, where Q stands for the question section as
 * it was asked.
 */
static void compose_raw(const struct question *q, struct span text, struct buf *out)
{
	struct span word = SPAN_NONE;

	rdata_add_u16(out, q->id);
	while (span_word(&text, &word)) {
		if (span_is(word, "Q"))
			buf_add_span(out, q->whole);
		else
			(void)rdata_add_hex(
				out, word); /* a bad digit ends the raw text */
	}
}

static void compose_honest(const struct zone *zone, const struct question *q,
	struct head *head, struct buf *out)
{
	struct buf section = BUF_INIT(ANSWER_MAX - 1024);

	collect(zone, q, head, &section);
	compose(q, head, buf_span(&section), out);
	buf_release(&section);
}

static void compose_wrong_question(const struct question *q, struct buf *out)
{
	struct question other = *q;

	/* type 0x0001 and class 0x0001 of the root: "\0 \0\1 \0\1" */
	other.whole = (struct span){"\0\0\1\0\1", 5};
	compose(&other, &(struct head){.id = q->id}, SPAN_NONE, out);
}

void answer_make(const struct zone *zone, const struct question *q, bool is_udp,
	struct answer *ret)
{
	const struct zone_record *record =
		zone_mischief(zone, buf_span(&q->name), q->type);
	enum zone_mischief mischief = record ? record->mischief : ZONE_HONEST;
	struct head head = {.id = q->id, .rcode = mischief_rcode(mischief)};

	*ret = (struct answer){.reply = BUF_INIT(ANSWER_MAX)};
	switch (mischief) {
	case ZONE_TIMEOUT:
		return;
	case ZONE_RAW:
		compose_raw(q, buf_span(&record->data), &ret->reply);
		return;
	case ZONE_WRONG_QUESTION:
		compose_wrong_question(q, &ret->reply);
		return;
	case ZONE_SERVFAIL:
	case ZONE_REFUSED:
	case ZONE_FORMERR:
	case ZONE_NXDOMAIN:
	case ZONE_NODATA:
		compose(q, &head, SPAN_NONE, &ret->reply);
		return;
	case ZONE_WRONG_ID:
		head.id ^= 1;
		break;
	case ZONE_WAIT:
		ret->wait_ms = record->number;
		break;
	case ZONE_TRUNCATE:
	case ZONE_HONEST:
		break;
	}
	compose_honest(zone, q, &head, &ret->reply);
	if (is_udp && (mischief == ZONE_TRUNCATE || ret->reply.len > q->udp_max)) {
		head = (struct head){.id = q->id, .flags = FLAG_TC};
		compose(q, &head, SPAN_NONE, &ret->reply);
	}
}
