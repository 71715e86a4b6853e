#include "mail/content.h"

#include <string.h>

/* a word at a time: this runs over every octet of every body */
static bool has_8bit(struct span s)
{
	uint64_t all = 0;
	size_t i = 0;

	for (; i + sizeof(all) <= s.len; i += sizeof(all)) {
		uint64_t word;

		memcpy(&word, s.data + i, sizeof(word));
		all |= word;
	}
	for (; i < s.len; i++)
		all |= (unsigned char)s.data[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

static void end_line(struct content_facts *facts, uint64_t octets)
{
	/* a CR stands before each LF */
	uint64_t length = octets ? octets - 1 : 0;

	if (length > facts->longest_line)
		facts->longest_line = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
}

void content_facts_add(
	struct content_facts *facts, uint64_t *line_octets, struct span content)
{
	facts->octets += content.len;
	facts->has_8bit = facts->has_8bit || has_8bit(content);
	facts->has_nul = facts->has_nul || span_find(content, '\0') >= 0;
	while (content.len) {
		ptrdiff_t lf = span_find(content, '\n');

		if (lf < 0) {
			*line_octets += content.len;
			return;
		}
		end_line(facts, *line_octets + (uint64_t)lf);
		*line_octets = 0;
		content = span_from(content, (size_t)lf + 1);
	}
}
