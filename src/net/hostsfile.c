#include "net/hostsfile.h"

static bool has_name(struct span line, const char *name)
{
	struct span word;

	while (span_word(&line, &word))
		if (span_iis(word, name))
			return true;
	return false;
}

void hostsfile_find(struct span text, const char *name, struct netaddr_list *ret)
{
	struct span line, rest, first;
	struct netaddr address;

	while (span_cut(&text, '\n', &line)) {
		rest = line;
		(void)span_cut(&rest, '#', &line); /* a comment goes to the end */
		line = span_trim(line);
		if (span_word(&line, &first) && netaddr_parse(first, 0, &address) == 0 &&
			has_name(line, name))
			netaddr_list_add(ret, &address);
	}
}
