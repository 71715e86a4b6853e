#include "smtp/expected.h"

#include "base/bug.h"

void smtp_expected_push(
	struct smtp_expected *e, enum smtp_step step, uint32_t length, uint64_t end)
{
	if (e->count == SMTP_EXPECTED_MAX)
		BUG("too many commands without a reply");
	e->ring[(e->first + e->count) % SMTP_EXPECTED_MAX] =
		(struct smtp_expected_reply){step, length, end};
	e->count++;
	e->octets += length;
	if (e->octets >= SMTP_WINDOW)
		e->is_window_closed = true;
}

const struct smtp_expected_reply *smtp_expected_front(const struct smtp_expected *e)
{
	return e->count ? &e->ring[e->first] : NULL;
}

static size_t back_index(const struct smtp_expected *e)
{
	return (e->first + e->count - 1) % SMTP_EXPECTED_MAX;
}

const struct smtp_expected_reply *smtp_expected_back(const struct smtp_expected *e)
{
	return e->count ? &e->ring[back_index(e)] : NULL;
}

void smtp_expected_set_end(struct smtp_expected *e, uint64_t end)
{
	e->ring[back_index(e)].end = end;
}

void smtp_expected_pop(struct smtp_expected *e)
{
	e->octets -= e->ring[e->first].length;
	e->first = (e->first + 1) % SMTP_EXPECTED_MAX;
	e->count--;
	/* not at the first reply: a packet for each further command would be a waste */
	if (e->octets <= SMTP_WINDOW / 2)
		e->is_window_closed = false;
}
