#include "deliver/wire_address.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mail/address.h"
#include "net/idn.h"

#define WIRE_ADDRESS_MAX (4 * ADDRESS_LOCAL_MAX + IDN_NAME_SIZE)

/* a converted copy, or NULL where nothing has to or can be converted */
static char *convert(const char *address)
{
	struct span domain = address_domain(span_of(address));
	struct buf out = BUF_INIT(WIRE_ADDRESS_MAX);
	char ascii[IDN_NAME_SIZE];
	struct fault ignored;
	char *result = NULL;

	if (!span_has_8bit(domain) || idn_to_ascii(domain, ascii, &ignored) < 0)
		return NULL;
	buf_add_span(&out, address_local(span_of(address)));
	buf_addf(&out, "@%s", ascii);
	if (!out.is_overfull)
		result = mem_string(buf_str(&out));
	buf_release(&out);
	return result;
}

const struct recipient *wire_recipient(
	struct wire_addresses *w, const struct recipient *r)
{
	char *address = convert(r->address);
	struct recipient *copy;

	if (!address)
		return r;
	copy = mem_alloc(sizeof(*copy));
	*copy = (struct recipient){
		.address = address, .notify = r->notify, .orcpt = r->orcpt};
	w->recipients =
		mem_regrow(w->recipients, w->count + 1, sizeof(struct recipient *));
	w->recipients[w->count++] = copy;
	return copy;
}

const char *wire_sender(
	struct wire_addresses *w, const char *sender, const struct rewrite *rewrite)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);

	if (rewrite)
		rewrite_sender(rewrite, span_of(sender), &address);
	else
		buf_add_str(&address, sender);
	w->sender = convert(buf_str(&address));
	if (!w->sender)
		w->sender = mem_string(buf_str(&address));
	buf_release(&address);
	return w->sender;
}

void wire_addresses_release(struct wire_addresses *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->recipients[i]->address);
		free(w->recipients[i]);
	}
	free(w->recipients);
	free(w->sender);
	*w = (struct wire_addresses){0};
}
