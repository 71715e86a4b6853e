/*
 * Any text merges into lines that merge into themselves.
 */
#include <stdint.h>

#include "base/bug.h"
#include "policy/tlsresults.h"

#define NOW 1795419407

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(TLSRESULTS_TEXT_MAX);
	struct buf twice = BUF_INIT(TLSRESULTS_TEXT_MAX);

	tlsresults_merge((struct span){(const char *)data, size}, NOW, &once);
	if (once.is_overfull)
		BUG("more text than there may be");
	tlsresults_merge(buf_span(&once), NOW, &twice);
	if (!span_eq(buf_span(&once), buf_span(&twice)))
		BUG("another result the second time");
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
