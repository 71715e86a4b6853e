/*
 * Any octets as what a proxy says: SOCKS ends, wants no more than it may, and never asks for
 * a login that it was not given.
 */
#include <stdint.h>

#include "base/bug.h"
#include "net/socks5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socks5_request request = {.host = SPAN_LIT("mx.test"), .port = 25};
	struct span rest = {(const char *)data, size};
	struct socks5 s;
	unsigned steps = 0;

	if (size && (data[0] & 1)) {
		request.user = SPAN_LIT("user");
		request.password = SPAN_LIT("pencil");
	}
	socks5_init(&s, &request);
	while (s.step == SOCKS5_WRITE || s.step == SOCKS5_READ) {
		check(++steps < 20, "no end");
		if (s.step == SOCKS5_WRITE) {
			check(s.output.len > 0 && !s.output.is_overfull,
				"nothing to say");
			check(request.user.len || s.output.data[0] == 5, "a login");
			socks5_written(&s);
			continue;
		}
		check(s.wanted > 0 && s.wanted <= SOCKS5_READ_MAX, "wants too much");
		if (rest.len < s.wanted)
			break;
		socks5_received(&s, span_head(rest, s.wanted));
		rest = span_from(rest, s.wanted);
	}
	check((s.step != SOCKS5_FAILED && s.step != SOCKS5_REFUSED) || s.why,
		"no reason");
	socks5_release(&s);
	return 0;
}
