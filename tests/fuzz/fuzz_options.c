/*
 * Any words as the command line of sendmail, which web forms fill, too: a fault that says
 * something, or options whose recipients are words of it. A word ends at a 0x00.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/mem.h"
#include "cmd/sendmail_options.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_one_of(char *const *words, const char *word)
{
	for (; *words; words++)
		if (*words == word)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy((const char *)data, size);
	char *argv[WORDS_MAX + 2] = {text};
	struct span rest = {text, size};
	struct sendmail_options o;
	struct span word;
	struct fault f;
	int argc = 0;

	while (argc < WORDS_MAX && span_cut(&rest, '\0', &word))
		argv[argc++] = (char *)(uintptr_t)word.data;
	if (sendmail_options_parse(&o, argc, argv, &f) == 0) {
		for (size_t i = 0; i < o.recipient_count; i++)
			if (!is_one_of(argv, o.recipients[i]))
				BUG("a recipient from nowhere");
		sendmail_options_release(&o);
	} else if (!f.text[0] || (f.kind != FAULT_USAGE && f.kind != FAULT_DATA)) {
		BUG("fault");
	}
	free(text);
	return 0;
}
