#include "zone_resolver.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"

struct zone_resolver {
	struct resolver face;
	struct span text;
	struct strv asked;
};

struct zone_line {
	struct span name;
	struct span type;
	struct span data; /* without the spaces around it */
};

static bool next_line(struct span *text, struct zone_line *ret)
{
	struct span line;

	while (span_cut(text, '\n', &line)) {
		line = span_trim(line);
		if (line.len == 0 || span_starts(line, "#"))
			continue;
		if (!span_word(&line, &ret->name) || !span_word(&line, &ret->type))
			BUG("zone line");
		ret->data = span_trim(line);
		return true;
	}
	return false;
}

static void set_name(char ret[DNS_NAME_SIZE], struct span s)
{
	struct buf lower = BUF_INIT(DNS_NAME_SIZE - 1);

	if (!span_is(s, "."))
		text_add_lower(&lower, s);
	if (lower.is_overfull || !text_copy(ret, DNS_NAME_SIZE, buf_span(&lower)))
		BUG("zone name");
	buf_release(&lower);
}

static void parse_mx(struct span data, struct dns_record *record)
{
	struct span word;
	uint64_t preference;

	if (!span_word(&data, &word) || span_to_uint(word, 65535, &preference) < 0)
		BUG("zone MX");
	record->preference = (uint16_t)preference;
	set_name(record->name, span_trim(data));
}

static uint16_t take_number(struct span *data)
{
	struct span word;
	uint64_t value;

	if (!span_word(data, &word) || span_to_uint(word, 65535, &value) < 0)
		BUG("zone SRV");
	return (uint16_t)value;
}

static void parse_srv(struct span data, struct dns_record *record)
{
	record->preference = take_number(&data);
	record->weight = take_number(&data);
	record->port = take_number(&data);
	set_name(record->name, span_trim(data));
}

static uint8_t take_field(struct span *data)
{
	struct span word;
	uint64_t value;

	if (!span_word(data, &word))
		return DNS_TLSA_MISSING;
	if (span_to_uint(word, 255, &value) < 0)
		BUG("zone TLSA");
	return (uint8_t)value;
}

static void parse_tlsa(struct span data, struct dns_record *record)
{
	record->usage = take_field(&data);
	record->selector = take_field(&data);
	record->matching = take_field(&data);
	data = span_trim(data);
	if (data.len % 2)
		BUG("zone TLSA");
	record->data = mem_alloc(data.len / 2 + 1);
	for (size_t i = 0; i < data.len; i += 2)
		record->data[record->data_len++] = (char)(hex_value(data.data[i]) << 4 |
							  hex_value(data.data[i + 1]));
}

static void add_record(struct dns_answer *ret, enum dns_type type, struct span data)
{
	struct dns_record *record = dnsmsg_answer_add(ret);

	if (!record)
		return;
	if (type == DNS_MX)
		parse_mx(data, record);
	else if (type == DNS_SRV)
		parse_srv(data, record);
	else if (type == DNS_CNAME)
		set_name(record->name, data);
	else if (type == DNS_TLSA)
		parse_tlsa(data, record);
	else if (type == DNS_TXT) {
		record->data = mem_copy(data.data, data.len);
		record->data_len = data.len;
	} else if (netaddr_parse(data, 0, &record->address) < 0)
		BUG("zone address");
}

static bool is_for_type(const struct zone_line *line, enum dns_type type)
{
	return span_is(line->type, "*") || span_is(line->type, dnsmsg_type_name(type));
}

static void fail(struct dns_answer *ret, struct span why)
{
	char name[DNS_NAME_SIZE];

	memcpy(name, ret->canonical, sizeof(name));
	dnsmsg_answer_release(ret);
	dnsmsg_answer_fail(ret, name, "%.*s", SPAN_ARGS(why));
}

static bool is_signed(struct span zone, const char *name)
{
	struct zone_line line;

	while (next_line(&zone, &line)) {
		if (span_is(line.type, "SECURE") && span_iis(line.name, name))
			return true;
	}
	return false;
}

/* One pass for ret->canonical. Returns whether a CNAME has to be followed. */
static bool scan(struct span zone, enum dns_type type, struct dns_answer *ret)
{
	struct zone_line line;

	ret->is_secure &= is_signed(zone, ret->canonical);
	ret->result = DNS_NO_NAME;
	while (next_line(&zone, &line)) {
		if (!span_iis(line.name, ret->canonical))
			continue;
		if (ret->result == DNS_NO_NAME)
			ret->result = DNS_NO_DATA;
		if (span_starts(line.data, "!") && is_for_type(&line, type)) {
			fail(ret, span_from(line.data, 1));
			return false;
		}
		if (span_starts(line.data, "!"))
			continue;
		if (is_for_type(&line, type)) {
			add_record(ret, type, line.data);
			ret->result = DNS_FOUND;
		} else if (span_starts(line.type, "CNAME")) {
			set_name(ret->canonical, line.data);
			ret->cnames++;
			ret->result = DNS_NO_DATA;
			return span_is(line.type, "CNAME");
		}
	}
	return false;
}

static void lookup(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret)
{
	struct zone_resolver *z = (struct zone_resolver *)r;

	strv_add(&z->asked, span_of(name));
	*ret = (struct dns_answer){.is_secure = true};
	set_name(ret->canonical, span_of(name));
	while (scan(z->text, type, ret)) {
		if (ret->cnames > DNS_CNAMES_MAX) {
			dnsmsg_answer_fail(ret, name, "too many CNAMEs");
			return;
		}
	}
}

static void release(struct resolver *r)
{
	struct zone_resolver *z = (struct zone_resolver *)r;

	strv_release(&z->asked);
	free(z);
}

struct resolver *zone_resolver_new(const char *text)
{
	struct zone_resolver *z = mem_alloc(sizeof(*z));

	z->face =
		(struct resolver){.is_trusted = true, .lookup = lookup, .free = release};
	z->text = span_of(text);
	return &z->face;
}

unsigned zone_resolver_lookups(const struct resolver *r, const char *name)
{
	const struct zone_resolver *z = (const struct zone_resolver *)r;
	unsigned count = 0;

	for (size_t i = 0; i < z->asked.count; i++) {
		if (!name || span_iis(span_of(z->asked.items[i]), name))
			count++;
	}
	return count;
}
