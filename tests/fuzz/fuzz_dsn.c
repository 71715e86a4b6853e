/*
 * What is accepted as NOTIFY or xtext comes back from its wire form, and any text goes
 * through xtext.
 */
#include <stdint.h>

#include "base/bug.h"
#include "mail/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_notify(struct span text)
{
	struct buf wire = BUF_INIT(100);
	unsigned notify, again = 0;
	enum dsn_return ret;
	struct fault f;

	(void)dsn_return_parse(text, &ret, &f);
	if (dsn_notify_parse(text, &notify, &f) < 0)
		return;
	dsn_notify_format(notify, &wire);
	check(dsn_notify_parse(buf_span(&wire), &again, &f) == 0, "refused again");
	check(notify == again && notify != 0, "another value");
	buf_release(&wire);
}

static void check_xtext(struct span text)
{
	struct buf decoded = BUF_INIT(1 << 20), encoded = BUF_INIT(1 << 22);
	struct fault f;

	dsn_xtext_encode(&encoded, text);
	check(!span_has_control(buf_span(&encoded)) && !span_has_8bit(buf_span(&encoded)),
		"no xtext");
	if (dsn_xtext_decode(&decoded, buf_span(&encoded), &f) == 0)
		check(span_eq(buf_span(&decoded), text), "encoded and decoded differs");
	else
		check(span_has_control(text) && decoded.len == 0, "own xtext refused");

	buf_reset(&decoded);
	if (dsn_xtext_decode(&decoded, text, &f) == 0)
		check(!span_has_control(buf_span(&decoded)), "a control octet");
	buf_release(&decoded);
	buf_release(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	check_notify(text);
	check_xtext(text);
	return 0;
}
