#include "mail/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "mail/address_lexer.h"

#define LITERAL_IPV6 "IPv6:" /* RFC 5321 4.1.3 */
#define EXCERPT_MAX  160

/* atoms joined by single dots */
static bool is_dot_atom(struct span s)
{
	char before = '.';

	for (size_t i = 0; i < s.len; i++) {
		bool is_dot = s.data[i] == '.';

		if (is_dot ? before == '.'
			   : !address_is_atext(s.data[i]) &&
					(unsigned char)s.data[i] < 0x80)
			return false;
		before = s.data[i];
	}
	return before != '.';
}

/* Append a local part, quoted where it must be. Returns what is wrong with it or NULL. */
static const char *add_local(struct buf *out, struct span local)
{
	size_t before = out->len;

	/* RFC 5321 4.1.2: not even quotes or a backslash make room for one */
	if (span_has_control(local))
		return "the local part has a control character";
	if (!span_is_utf8(local))
		return "the local part is neither ASCII nor UTF-8";
	if (is_dot_atom(local))
		buf_add_span(out, local);
	else
		address_quote(out, local);
	if (out->is_overfull || out->len - before > ADDRESS_LOCAL_MAX)
		return "the local part has more than 64 octets";
	return NULL;
}

static const char *literal_error(struct span s)
{
	unsigned char binary[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	int family = AF_INET;

	s = span_from(s, 1);
	if (s.len)
		s.len--;
	if (span_istarts(s, LITERAL_IPV6)) {
		family = AF_INET6;
		s = span_from(s, strlen(LITERAL_IPV6));
	}
	if (!text_copy(text, sizeof(text), s) || strlen(text) != s.len ||
		inet_pton(family, text, binary) != 1)
		return "in [] goes an address such as 192.0.2.1 or IPv6:2001:db8::1";
	return NULL;
}

/*
 * LDH as RFC 5321 4.1.2 has it, '_' because such hosts exist, and U-labels (RFC 6531 3.3),
 * whose length counts only as the A-label that they become elsewhere.
 */
static const char *label_error(struct span label)
{
	if (label.len == 0)
		return "the domain has an empty label";
	if (label.len > ADDRESS_LABEL_MAX && !span_has_8bit(label))
		return "a label of the domain has more than 63 octets";
	if (label.data[0] == '-' || label.data[label.len - 1] == '-')
		return "a label of the domain begins or ends with '-'";
	for (size_t i = 0; i < label.len; i++) {
		char c = label.data[i];

		if ((unsigned char)c < 0x80 && !text_is_alpha(c) && !text_is_digit(c) &&
			c != '-' && c != '_')
			return "the domain has a character that host names do not have";
	}
	return NULL;
}

static const char *domain_error(struct span domain)
{
	struct span rest = domain;
	struct span label;
	const char *error = NULL;

	if (domain.len == 0)
		return "there is no domain behind the '@'";
	if (domain.len > ADDRESS_DOMAIN_MAX)
		return "the domain has more than 255 octets";
	if (domain.data[0] == '[')
		return span_ends(domain, "]") ? literal_error(domain)
					      : "the domain has a '[' without its ']'";
	if (!span_is_utf8(domain))
		return "the domain is neither ASCII nor UTF-8";
	while (!error && span_cut(&rest, '.', &label))
		error = label_error(label);
	return error;
}

/* Append the canonical form. Returns what is wrong, with `*out` as it was, or NULL. */
static const char *add_canonical(struct buf *out, struct span local, struct span domain)
{
	struct buf canonical = BUF_INIT(2 * ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX);
	const char *error = add_local(&canonical, local);

	if (!error)
		error = domain_error(domain);
	if (!error) {
		buf_add_char(&canonical, '@');
		buf_add_span(&canonical, domain);
		if (canonical.len > ADDRESS_OCTETS_MAX)
			error = "the address has more than 254 octets";
	}
	if (!error)
		buf_add_span(out, buf_span(&canonical));
	buf_release(&canonical);
	return error;
}

bool address_is_canonical(struct span s)
{
	struct span local = address_local(s);
	struct buf meant = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct buf canonical = BUF_INIT(ADDRESS_OCTETS_MAX);
	bool is_canonical;

	if (s.len > ADDRESS_OCTETS_MAX)
		return false;
	if (span_starts(local, "\""))
		address_unquote(&meant, local);
	else
		buf_add_span(&meant, local);
	is_canonical = !add_canonical(&canonical, buf_span(&meant), address_domain(s)) &&
		       span_eq(buf_span(&canonical), s);
	buf_release(&meant);
	buf_release(&canonical);
	return is_canonical;
}

int address_compose(
	struct span local, struct span domain, struct buf *out, struct fault *f)
{
	const char *error = add_canonical(out, local, domain);

	if (!error)
		return 0;
	fault_set(f, FAULT_DATA, 0, "'%.*s@%.*s': %s",
		SPAN_ARGS(span_head(local, EXCERPT_MAX)),
		SPAN_ARGS(span_head(domain, EXCERPT_MAX)), error);
	return -1;
}

static struct span before_last_at(struct span address, struct span *ret_behind)
{
	size_t at = address.len;

	while (at && address.data[at - 1] != '@')
		at--;
	*ret_behind = span_from(address, at);
	return span_head(address, at ? at - 1 : 0);
}

struct span address_domain(struct span address)
{
	struct span domain;

	(void)before_last_at(address, &domain);
	return domain;
}

struct span address_local(struct span address)
{
	struct span domain;

	return before_last_at(address, &domain);
}

bool address_is_same(struct span a, struct span b)
{
	return span_eq(address_local(a), address_local(b)) &&
	       span_ieq(address_domain(a), address_domain(b));
}

bool address_is_atext(char c)
{
	return text_is_alpha(c) || text_is_digit(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

void address_quote(struct buf *out, struct span s)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '"' || s.data[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, s.data[i]);
	}
	buf_add_char(out, '"');
}
