#include "spool/envelope.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"

#define RECIPIENTS_FIRST_CAP 4

void envelope_release(struct envelope *e)
{
	for (size_t i = 0; i < e->recipient_count; i++) {
		free(e->recipients[i].address);
		free(e->recipients[i].orcpt);
	}
	free(e->recipients);
	free(e->sender);
	free(e->envid);
	*e = (struct envelope){0};
}

void envelope_add_recipient(
	struct envelope *e, struct span address, unsigned notify, const char *orcpt)
{
	if (e->recipient_count == e->recipient_cap) {
		e->recipient_cap =
			e->recipient_cap ? e->recipient_cap * 2 : RECIPIENTS_FIRST_CAP;
		e->recipients = mem_regrow(
			e->recipients, e->recipient_cap, sizeof(e->recipients[0]));
	}
	e->recipients[e->recipient_count++] = (struct recipient){
		.address = mem_copy(address.data, address.len),
		.notify = notify,
		.orcpt = mem_string(orcpt),
	};
}

void envelope_format_facts(const struct content_facts *facts, struct buf *out)
{
	buf_addf(out, "octets %020" PRIu64 "\n", facts->octets);
	buf_addf(out, "crc %08" PRIx32 "\n", facts->crc);
	buf_addf(out, "longest %010" PRIu32 "\n", facts->longest_line);
	buf_addf(out, "body %s\n", facts->has_8bit ? "8bit" : "7bit");
	buf_addf(out, "nul %s\n", facts->has_nul ? "yes" : "no ");
	buf_addf(out, "utf8 %s\n", facts->needs_utf8 ? "yes" : "no ");
}

static void format_recipient(const struct recipient *r, struct buf *out)
{
	buf_addf(out, "to <%s>", r->address);
	if (r->notify) {
		buf_add_str(out, " notify=");
		dsn_notify_format(r->notify, out);
	}
	if (r->orcpt)
		buf_addf(out, " orcpt=%s", r->orcpt);
	buf_add_char(out, '\n');
}

void envelope_format(const struct envelope *e, struct buf *out, size_t *ret_facts_at)
{
	buf_addf(out, "nullmta %d\n", ENVELOPE_VERSION);
	buf_addf(out, "id %s\n", e->id);
	/* a clock before 1970 counts as 1970: schedule and reports know no other time */
	buf_addf(out, "arrival %" PRId64 "\n", e->arrival_s < 0 ? 0 : e->arrival_s);
	*ret_facts_at = out->len;
	envelope_format_facts(&e->facts, out);
	buf_addf(out, "from <%s>\n", e->sender);
	if (e->ret != DSN_RETURN_UNSET)
		buf_addf(out, "ret %s\n", e->ret == DSN_RETURN_FULL ? "full" : "hdrs");
	if (e->envid)
		buf_addf(out, "envid %s\n", e->envid);
	if (e->tls != TLS_WISH_USUAL)
		buf_addf(out, "tls %s\n",
			e->tls == TLS_WISH_REQUIRED ? "required" : "optional");
	for (size_t i = 0; i < e->recipient_count; i++)
		format_recipient(&e->recipients[i], out);
	buf_add_char(out, '\n');
}
