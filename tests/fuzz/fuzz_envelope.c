/*
 * Whatever a spool file says: an envelope is refused, or it is one that can be written
 * again and read as the same.
 */
#include <stdint.h>
#include <string.h>

#include "mail/address.h"
#include "spool/envelope.h"
#include "spool/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_word(const char *word)
{
	if (!word)
		return;
	for (const char *p = word; *p; p++)
		check(*p > ' ' && *p < 0x7f, "a word that is not one on the wire");
}

static void check_values(const struct envelope *e)
{
	check(spool_id_is_valid(span_of(e->id)), "id");
	check(e->arrival_s >= 0, "arrival");
	check(!*e->sender || address_is_canonical(span_of(e->sender)), "sender");
	check(e->recipient_count > 0 && e->recipient_count <= ENVELOPE_RECIPIENTS_MAX,
		"count of recipients");
	check_word(e->envid);
	for (size_t i = 0; i < e->recipient_count; i++) {
		check(address_is_canonical(span_of(e->recipients[i].address)),
			"recipient");
		check_word(e->recipients[i].orcpt);
	}
}

static void check_again(const struct envelope *e)
{
	struct buf text = BUF_INIT(2 * (size_t)ENVELOPE_MAX);
	struct buf again_text = BUF_INIT(2 * (size_t)ENVELOPE_MAX);
	struct envelope again;
	struct fault f;
	size_t at;

	envelope_format(e, &text, &at);
	check(envelope_parse(buf_span(&text), &again, &at, &f) == ENVELOPE_GOOD,
		"its own text is refused");
	check(at == text.len, "content begins elsewhere");
	envelope_format(&again, &again_text, &at);
	check(span_eq(buf_span(&text), buf_span(&again_text)), "another envelope");
	envelope_release(&again);
	buf_release(&text);
	buf_release(&again_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct envelope e;
	struct fault f = {0};
	size_t at = 0;

	if (envelope_parse(text, &e, &at, &f) != ENVELOPE_GOOD) {
		check(f.text[0], "no word of why");
		return 0;
	}
	check(at <= size && at >= 2 && memcmp(data + at - 2, "\n\n", 2) == 0,
		"content does not follow the empty line");
	check_values(&e);
	check_again(&e);
	envelope_release(&e);
	return 0;
}
