#include "net/dnsmsg.h"

#include <arpa/nameser.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* a walk has an end, whatever ANCOUNT says: ten times what is kept of them */
#define ANSWERS_MAX 1000

#define NAME_TEXT_MAX 253    /* of 255 octets, a length before each label and the root */
#define LABEL_LIMIT   64     /* a length octet of more is no length */
#define POINTER_BITS  0xc000 /* RFC 1035 4.1.4 */

/* A place in the packet. What is read never lies behind `end`. */
struct cursor {
	const unsigned char *packet;
	const unsigned char *at;
	const unsigned char *end;
};

/* What a record's head says; `data` lies whole inside the packet. */
struct record_head {
	char owner[DNS_NAME_SIZE];
	uint16_t type;
	uint16_t class;
	struct cursor data; /* at its start; `end` is the end of the packet */
	uint16_t data_len;
};

struct header {
	bool is_reply;
	bool is_authoritative;
	bool is_truncated;
	bool is_recursive;
	bool is_secure;
	unsigned opcode;
	unsigned rcode;
	uint16_t question_count;
	uint16_t answer_count;
};

static size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

static bool take_u16(struct cursor *c, uint16_t *ret)
{
	if (cursor_left(c) < 2)
		return false;
	*ret = (uint16_t)(c->at[0] << 8 | c->at[1]);
	c->at += 2;
	return true;
}

static bool skip(struct cursor *c, size_t n)
{
	if (cursor_left(c) < n)
		return false;
	c->at += n;
	return true;
}

/* lower case; what no host name has, also a dot inside a label, becomes '?' */
static char name_octet(unsigned char octet)
{
	char c = text_lower((char)octet);

	return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_' ? c : '?';
}

/* One label behind its length octet; false where a packet or a name has no room for it. */
static bool take_label(struct cursor *c, char ret[DNS_NAME_SIZE], size_t *used)
{
	size_t len = *c->at++;

	if (cursor_left(c) < len || *used + (*used > 0) + len > NAME_TEXT_MAX)
		return false;
	if (*used)
		ret[(*used)++] = '.';
	while (len--)
		ret[(*used)++] = name_octet(*c->at++);
	return true;
}

/*
 * A name (RFC 1035 4.1.4). A pointer leads further back than where its part of the name
 * began, which is how every name was written, and so it ends.
 */
static bool take_name(struct cursor *c, char ret[DNS_NAME_SIZE])
{
	struct cursor part = *c;
	const unsigned char *begin = c->at;
	bool is_elsewhere = false;
	size_t used = 0;

	while (cursor_left(&part) && *part.at) {
		uint16_t pointer;

		if (*part.at < LABEL_LIMIT) {
			if (!take_label(&part, ret, &used))
				return false;
			continue;
		}
		if (!take_u16(&part, &pointer) || pointer < POINTER_BITS)
			return false;
		if (!is_elsewhere)
			c->at = part.at;
		is_elsewhere = true;
		if (pointer - POINTER_BITS >= begin - part.packet)
			return false;
		begin = part.packet + (pointer - POINTER_BITS);
		part.at = begin;
	}
	if (!skip(&part, 1))
		return false;
	if (!is_elsewhere)
		c->at = part.at;
	ret[used] = '\0';
	return true;
}

static bool take_header(struct cursor *c, struct header *ret)
{
	const unsigned char *flags = c->packet + 2;
	struct cursor counts = *c;

	if (!skip(c, NS_HFIXEDSZ))
		return false;
	ret->is_reply = flags[0] & 0x80;
	ret->opcode = flags[0] >> 3 & 0x0f;
	ret->is_authoritative = flags[0] & 0x04;
	ret->is_truncated = flags[0] & 0x02;
	ret->is_recursive = flags[1] & 0x80;
	ret->is_secure = flags[1] & 0x20; /* RFC 4035 3.2.3 */
	ret->rcode = flags[1] & 0x0f;
	counts.at += 4;
	return take_u16(&counts, &ret->question_count) &&
	       take_u16(&counts, &ret->answer_count);
}

static bool take_record_head(struct cursor *c, struct record_head *ret)
{
	if (!take_name(c, ret->owner) || !take_u16(c, &ret->type) ||
		!take_u16(c, &ret->class) || !skip(c, 4) /* TTL */ ||
		!take_u16(c, &ret->data_len))
		return false;
	ret->data = *c;
	return skip(c, ret->data_len);
}

static bool is_same_name(const char *a, const char *b)
{
	return span_iis(span_of(a), b);
}

/* The question has to be ours, `name` without regard to case. NULL or why not. */
static const char *check_question(
	struct cursor *c, const struct header *h, enum dns_type type, char *name)
{
	char asked[DNS_NAME_SIZE];
	uint16_t asked_type, asked_class;

	if (!h->is_reply || h->opcode != ns_o_query)
		return "not an answer";
	if (h->question_count != 1 || !take_name(c, asked) || !take_u16(c, &asked_type) ||
		!take_u16(c, &asked_class) || !is_same_name(asked, name) ||
		asked_type != type || asked_class != ns_c_in)
		return "the answer is to another question";
	memcpy(name, asked, sizeof(asked)); /* now in lower case */
	return NULL;
}

/* NULL for the codes of a proper answer */
static const char *rcode_text(unsigned rcode)
{
	switch (rcode) {
	case ns_r_noerror:
	case ns_r_nxdomain:
		return NULL;
	case ns_r_formerr:
		return "the name server cannot read the question (FORMERR)";
	case ns_r_servfail:
		return "the name server failed (SERVFAIL)";
	case ns_r_notimpl:
		return "the name server cannot do that (NOTIMP)";
	case ns_r_refused:
		return "the name server refused to answer (REFUSED)";
	default:
		return "the name server gave an error code";
	}
}

/* the name at `data` has to end exactly where the record's data ends */
static bool parse_target(const struct record_head *head, size_t offset, char *ret)
{
	struct cursor c = head->data;

	if (head->data_len <= offset)
		return false;
	c.at += offset;
	return take_name(&c, ret) && c.at == head->data.at + head->data_len;
}

/* Whatever is missing stays so: that the record cannot be used is for others to say. */
static void parse_tlsa(const struct record_head *head, struct dns_record *ret)
{
	const unsigned char *data = head->data.at;
	size_t len = head->data_len;

	ret->usage = len > 0 ? data[0] : DNS_TLSA_MISSING;
	ret->selector = len > 1 ? data[1] : DNS_TLSA_MISSING;
	ret->matching = len > 2 ? data[2] : DNS_TLSA_MISSING;
	if (len <= 3)
		return;
	ret->data_len = len - 3;
	ret->data = mem_copy(data + 3, ret->data_len);
}

/* Strings, each behind an octet of its length; joined, as those who split them want it. */
static bool parse_txt(const struct record_head *head, struct dns_record *ret)
{
	const unsigned char *at = head->data.at;
	const unsigned char *end = at + head->data_len;
	char joined[DNS_PACKET_MAX];
	size_t used = 0;

	if (at == end)
		return false; /* RFC 1035 3.3.14: one or more */
	while (at < end) {
		size_t len = *at++;

		if ((size_t)(end - at) < len)
			return false;
		memcpy(joined + used, at, len);
		used += len;
		at += len;
	}
	ret->data = mem_copy(joined, used);
	ret->data_len = used;
	return true;
}

/* RDLENGTH lies at times, and code that trusted it has crashed mailers: check it first */
static bool parse_data(const struct record_head *head, struct dns_record *ret)
{
	const unsigned char *data = head->data.at;

	switch (head->type) {
	case DNS_A:
		if (head->data_len != NS_INADDRSZ)
			return false;
		ret->address = netaddr_v4(data, 0);
		return true;
	case DNS_AAAA:
		if (head->data_len != NS_IN6ADDRSZ)
			return false;
		ret->address = netaddr_v6(data, 0);
		return true;
	case DNS_MX:
		if (!parse_target(head, 2, ret->name))
			return false;
		ret->preference = (uint16_t)(data[0] << 8 | data[1]);
		return true;
	case DNS_SRV:
		if (!parse_target(head, 6, ret->name))
			return false;
		ret->preference = (uint16_t)(data[0] << 8 | data[1]);
		ret->weight = (uint16_t)(data[2] << 8 | data[3]);
		ret->port = (uint16_t)(data[4] << 8 | data[5]);
		return true;
	case DNS_CNAME:
		return parse_target(head, 0, ret->name);
	case DNS_TLSA:
		parse_tlsa(head, ret);
		return true;
	case DNS_TXT:
		return parse_txt(head, ret);
	default:
		return false;
	}
}

/*
 * Walk the answers from `c` on: the next record of `type` that `owner` has. Returns 1,
 * 0 when there is none, -1 when the packet is cut or lies about its counts.
 */
static int next_record(struct cursor *c, unsigned *left, const char *owner,
	enum dns_type type, struct record_head *ret)
{
	while (*left) {
		(*left)--;
		if (!take_record_head(c, ret))
			return -1;
		if (ret->class == ns_c_in && ret->type == type &&
			is_same_name(ret->owner, owner))
			return 1;
	}
	return 0;
}

/* Where CNAMEs lead from ret->canonical, in whatever order they stand; NULL or why not. */
static const char *follow_cnames(
	const struct cursor *answers, unsigned count, struct dns_answer *ret)
{
	for (;;) {
		struct cursor c = *answers;
		unsigned left = count;
		struct record_head head;
		struct dns_record cname;
		int found = next_record(&c, &left, ret->canonical, DNS_CNAME, &head);

		if (found == 0)
			return NULL;
		if (found < 0 || !parse_data(&head, &cname))
			return "malformed answer";
		if (ret->cnames == DNS_CNAMES_MAX)
			return "too many CNAMEs";
		memcpy(ret->canonical, cname.name, sizeof(ret->canonical));
		ret->cnames++;
	}
}

static const char *collect(const struct cursor *answers, unsigned count,
	enum dns_type type, struct dns_answer *ret)
{
	size_t max = type == DNS_TXT ? DNS_TXT_MAX : DNS_RECORDS_MAX;
	struct cursor c = *answers;
	struct record_head head;
	int found;

	while ((found = next_record(&c, &count, ret->canonical, type, &head)) > 0) {
		struct dns_record record = {0};

		if (!parse_data(&head, &record))
			return "malformed answer";
		if (ret->count < max)
			*dnsmsg_answer_add(ret) = record;
		else
			free(record.data);
	}
	return found < 0 ? "malformed answer" : NULL;
}

/* Nothing found: believe it only where somebody says so who can know. */
static const char *settle_absence(const struct header *h, struct dns_answer *ret)
{
	/* a bare referral, as a server gives that is asked to recurse and does not */
	if (!h->is_authoritative && !h->is_recursive)
		return "the name server does not resolve names for us";
	ret->result = h->rcode == ns_r_nxdomain ? DNS_NO_NAME : DNS_NO_DATA;
	return NULL;
}

static const char *parse(struct cursor *c, enum dns_type type, struct dns_answer *ret)
{
	struct header h;
	const char *why;
	unsigned count;

	if (!take_header(c, &h))
		return "malformed answer";
	why = check_question(c, &h, type, ret->canonical);
	if (!why)
		why = rcode_text(h.rcode);
	if (why)
		return why;
	if (h.is_truncated)
		return "truncated answer";
	ret->is_secure = h.is_secure;
	count = h.answer_count < ANSWERS_MAX ? h.answer_count : ANSWERS_MAX;
	if (type != DNS_CNAME)
		why = follow_cnames(c, count, ret);
	/* RFC 6604 3: NXDOMAIN is about the end of the chain */
	if (!why && h.rcode == ns_r_noerror)
		why = collect(c, count, type, ret);
	if (why)
		return why;
	if (ret->count == 0)
		return settle_absence(&h, ret);
	ret->result = DNS_FOUND;
	return NULL;
}

void dnsmsg_parse(
	struct span packet, const char *name, enum dns_type type, struct dns_answer *ret)
{
	const unsigned char *data = (const unsigned char *)packet.data;
	struct cursor c = {.packet = data, .at = data, .end = data + packet.len};
	const char *why;

	*ret = (struct dns_answer){0};
	/* one that is cut here is not what the packet's question says either */
	(void)text_copy(ret->canonical, sizeof(ret->canonical), span_of(name));
	why = parse(&c, type, ret);
	if (why) {
		dnsmsg_answer_release(ret);
		dnsmsg_answer_fail(ret, name, "%s", why);
	}
}

bool dnsmsg_is_truncated(struct span packet)
{
	return packet.len >= NS_HFIXEDSZ && (packet.data[2] & 0x02);
}

const char *dnsmsg_error_text(struct span packet)
{
	bool is_reply = packet.len >= NS_HFIXEDSZ && (packet.data[2] & 0x80);

	return is_reply ? rcode_text(packet.data[3] & 0x0f) : NULL;
}

const char *dnsmsg_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_CNAME:
		return "CNAME";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	case DNS_SRV:
		return "SRV";
	case DNS_TLSA:
		return "TLSA";
	}
	BUG("DNS type");
}

void dnsmsg_answer_fail(struct dns_answer *ret, const char *name, const char *fmt, ...)
{
	va_list args;

	*ret = (struct dns_answer){.result = DNS_FAILED};
	(void)text_copy(ret->canonical, sizeof(ret->canonical), span_of(name));
	va_start(args, fmt);
	(void)vsnprintf(ret->why, sizeof(ret->why), fmt, args);
	va_end(args);
}

struct dns_record *dnsmsg_answer_add(struct dns_answer *answer)
{
	if (answer->count == DNS_RECORDS_MAX)
		return NULL;
	answer->records =
		mem_regrow(answer->records, answer->count + 1, sizeof(*answer->records));
	answer->records[answer->count] = (struct dns_record){0};
	return &answer->records[answer->count++];
}

void dnsmsg_answer_release(struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		free(answer->records[i].data);
	free(answer->records);
	answer->records = NULL;
	answer->count = 0;
}
