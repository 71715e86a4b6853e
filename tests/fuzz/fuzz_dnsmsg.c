/*
 * Any packet gives an answer that keeps its promises: lengths, counts, characters.
 * The first octet chooses the type asked for.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "base/text.h"
#include "net/dnsmsg.h"
#include "base/hostname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_name(const char *name)
{
	size_t len = strnlen(name, DNS_NAME_SIZE);

	check(len <= HOSTNAME_MAX, "name too long");
	for (size_t i = 0; i < len; i++)
		check(name[i] > ' ' && name[i] <= '~' && text_lower(name[i]) == name[i],
			"odd character in a name");
}

static void check_answer(const struct dns_answer *a, enum dns_type type)
{
	size_t data_len = 0;

	check((a->result == DNS_FOUND) == (a->count > 0), "records without result");
	check((a->result == DNS_FAILED) == (a->why[0] != '\0'), "failure without reason");
	check(a->count <= DNS_RECORDS_MAX && a->cnames <= DNS_CNAMES_MAX, "too many");
	check(type != DNS_TXT || a->count <= DNS_TXT_MAX, "too many texts");
	check_name(a->canonical);
	for (size_t i = 0; i < a->count; i++) {
		check_name(a->records[i].name);
		if (type == DNS_A)
			check(a->records[i].address.any.sa_family == AF_INET, "family");
		if (type == DNS_AAAA)
			check(a->records[i].address.any.sa_family == AF_INET6, "family");
		if (type != DNS_TLSA && type != DNS_TXT)
			check(!a->records[i].data, "data of a type that has none");
		data_len += a->records[i].data_len;
	}
	check(data_len <= DNS_PACKET_MAX, "more data than a packet holds");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {
		DNS_A, DNS_AAAA, DNS_MX, DNS_CNAME, DNS_TLSA, DNS_TXT, DNS_SRV};
	struct dns_answer answer;
	struct span packet;
	enum dns_type type;

	if (size == 0)
		return 0;
	type = types[data[0] % ARRAY_LEN(types)];
	packet = (struct span){(const char *)data + 1, size - 1};
	(void)dnsmsg_is_truncated(packet);
	(void)dnsmsg_error_text(packet);
	dnsmsg_parse(packet, "example.org", type, &answer);
	check_answer(&answer, type);
	dnsmsg_answer_release(&answer);
	return 0;
}
