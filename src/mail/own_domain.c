#include "mail/own_domain.h"

static bool is_below(struct span domain, struct span parent)
{
	return domain.len > parent.len && parent.len && parent.data[0] == '.' &&
	       span_ieq(span_from(domain, domain.len - parent.len), parent);
}

bool own_domain_has(const struct strv *own, struct span domain)
{
	for (size_t i = 0; i < own->count; i++) {
		struct span one = span_of(own->items[i]);

		if (span_ieq(domain, one) || is_below(domain, one))
			return true;
	}
	return false;
}
