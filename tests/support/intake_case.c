#include "intake_case.h"

#include <string.h>

#include "base/codec.h"

struct intake_options intake_case_options(void)
{
	return (struct intake_options){
		.octets_max = 1 << 24,
		.recipients_max = 9999,
		.now_s = 0,
		.hostname = "host.test",
		.domain = "here.test",
		.from = "joe@here.test",
		.full_name = "Joe User",
	};
}

void intake_case_hide_random(struct buf *wire)
{
	static const char before[] = "Message-ID: <0.";
	char *from = wire->data;

	while (from && (from = memmem(from, wire->len - (size_t)(from - wire->data),
				before, sizeof(before) - 1))) {
		char *end = from += sizeof(before) - 1;

		while (hex_value(*end) >= 0)
			end++;
		if (end - from == 32)
			memset(from, '*', 32);
	}
}
