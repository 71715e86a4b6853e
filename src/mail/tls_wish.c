#include "mail/tls_wish.h"

#include "mail/header.h"

enum tls_wish tls_wish_of_header(struct span header)
{
	enum tls_wish wish = TLS_WISH_USUAL;
	struct header_field field;
	unsigned count = 0;

	while (header_next(&header, &field)) {
		if (!header_is(&field, "TLS-Required"))
			continue;
		count++;
		if (span_iis(span_trim(field.value), "No"))
			wish = TLS_WISH_OPTIONAL;
	}
	return count == 1 ? wish : TLS_WISH_USUAL;
}
