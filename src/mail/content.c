#include "mail/content.h"

#include <string.h>

/* four words at a time: this runs over every octet of every body */
static bool has_8bit(struct span s)
{
	uint64_t all = 0, words[4];
	size_t i = 0;

	for (; i + sizeof(words) <= s.len; i += sizeof(words)) {
		memcpy(words, s.data + i, sizeof(words));
		all |= words[0] | words[1] | words[2] | words[3];
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

/*
 * Only a line longer than the longest is of interest. So look for a line end backwards from
 * where it would be the longest, which finds the last of many short ones at once.
 */
static void measure_lines(
	struct content_facts *facts, uint64_t *line_octets, struct span content)
{
	const char *at = content.data, *end = at + content.len, *lf;

	while (at < end) {
		uint64_t enough = (uint64_t)facts->longest_line + 2; /* CR and LF */
		size_t n = (size_t)(end - at);

		if (*line_octets + n > enough)
			n = *line_octets < enough ? (size_t)(enough - *line_octets) : 0;
		lf = memrchr(at, '\n', n);
		if (!lf && at + n < end) {
			lf = memchr(at + n, '\n', (size_t)(end - at) - n);
			if (lf)
				end_line(facts, *line_octets + (uint64_t)(lf - at));
		}
		if (!lf)
			break;
		*line_octets = 0;
		at = lf + 1;
	}
	*line_octets += (uint64_t)(end - at);
}

void content_facts_add(
	struct content_facts *facts, uint64_t *line_octets, struct span content)
{
	if (content.len == 0)
		return;
	facts->octets += content.len;
	facts->has_8bit = facts->has_8bit || has_8bit(content);
	facts->has_nul = facts->has_nul || span_find(content, '\0') >= 0;
	measure_lines(facts, line_octets, content);
}
