/*
 * Any state file gives sorted entries, whose text is read back to the same text.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "policy/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_entries(const struct hosts *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct host *host = &h->items[i];

		check(hosts_find(h, host->key) == host, "an entry that is not found");
		check(i == 0 || strcmp(host[-1].key, host->key) < 0, "not sorted");
		check(!span_has_control(span_of(host->text)), "control in text");
		(void)hosts_is_down(h, host->key, 1795419407);
		(void)hosts_outcome(host);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(HOSTS_TEXT_MAX);
	struct buf twice = BUF_INIT(HOSTS_TEXT_MAX);
	struct hosts h, back;

	hosts_init(&h);
	hosts_init(&back);
	hosts_parse(&h, (struct span){(const char *)data, size});
	check_entries(&h);
	hosts_format(&h, &once);
	hosts_parse(&back, buf_span(&once));
	hosts_format(&back, &twice);
	check(span_eq(buf_span(&once), buf_span(&twice)), "not read back");
	hosts_expire(&h, 1795419407);
	check_entries(&h);
	hosts_release(&h);
	hosts_release(&back);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
