#include "mail/qualify.h"

#include <string.h>

#include "mail/address.h"

static size_t count_bare(const struct address_places *places)
{
	size_t count = 0;

	for (size_t i = 0; i < places->count; i++)
		count += places->items[i].is_bare;
	return count;
}

int qualify_field(struct buf *out, struct span value, const char *domain, size_t *room)
{
	struct address_places places = {0};
	const char *from = value.data;
	struct fault ignored;
	size_t added;

	/* on failure there are no places, and nothing is touched */
	(void)address_field_places(value, domain, &places, &ignored);
	added = count_bare(&places) * (1 + strlen(domain));
	if (added > *room) {
		address_places_release(&places);
		return -1;
	}
	*room -= added;
	for (size_t i = 0; i < places.count; i++) {
		struct span spec = places.items[i].spec;
		const char *end = spec.data + spec.len;

		if (!places.items[i].is_bare)
			continue;
		buf_add(out, from, (size_t)(end - from));
		buf_addf(out, "@%s", domain);
		from = end;
	}
	buf_add_span(out, span_from(value, (size_t)(from - value.data)));
	address_places_release(&places);
	return 0;
}
