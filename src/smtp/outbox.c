#include "smtp/outbox.h"

#include <string.h>

void smtp_outbox_init(struct smtp_outbox *o)
{
	*o = (struct smtp_outbox){.octets = BUF_INIT(SMTP_OUTBOX_MAX)};
}

void smtp_outbox_release(struct smtp_outbox *o)
{
	buf_release(&o->octets);
}

void smtp_outbox_wipe(struct smtp_outbox *o)
{
	struct buf *b = &o->octets;

	buf_consume(b, o->gone);
	o->gone = 0;
	if (b->data)
		explicit_bzero(b->data + b->len, b->cap - b->len);
}

struct buf *smtp_outbox_open(struct smtp_outbox *o)
{
	/* moves no more octets than have left since the last move: linear in total */
	if (o->gone && o->gone >= o->octets.len - o->gone) {
		buf_consume(&o->octets, o->gone);
		o->gone = 0;
	}
	return &o->octets;
}

struct span smtp_outbox_pending(const struct smtp_outbox *o)
{
	return span_from(buf_span(&o->octets), o->gone);
}

void smtp_outbox_written(struct smtp_outbox *o, size_t n)
{
	if (n > o->octets.len - o->gone)
		BUG("more written than offered");
	o->gone += n;
	o->written += n;
}

uint64_t smtp_outbox_end(const struct smtp_outbox *o)
{
	return o->written + (o->octets.len - o->gone);
}
