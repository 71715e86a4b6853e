#include "mail/dsn.h"

#include "base/bug.h"
#include "base/codec.h"
#include "base/text.h"

/* in the order of RFC 3461 4.1 */
static const struct {
	enum dsn_notify bit;
	const char *word;
} notify_words[] = {
	{DSN_NEVER, "NEVER"},
	{DSN_SUCCESS, "SUCCESS"},
	{DSN_FAILURE, "FAILURE"},
	{DSN_DELAY, "DELAY"},
};

static unsigned notify_bit(struct span word)
{
	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++)
		if (span_iis(word, notify_words[i].word))
			return notify_words[i].bit;
	return 0;
}

int dsn_notify_parse(struct span s, unsigned *ret_notify, struct fault *f)
{
	struct span rest = s.data ? s : SPAN_LIT("");
	struct span word;
	unsigned notify = 0;

	while (span_cut(&rest, ',', &word)) {
		unsigned bit = notify_bit(word);

		if (bit == 0) {
			fault_set(f, FAULT_DATA, 0,
				"'%.*s': not never, success, failure or delay",
				SPAN_ARGS(span_head(word, 80)));
			return -1;
		}
		notify |= bit;
	}
	if (notify & DSN_NEVER && notify != DSN_NEVER) {
		fault_set(f, FAULT_DATA, 0,
			"'never' excludes the other notifications (RFC 3461 4.1)");
		return -1;
	}
	*ret_notify = notify;
	return 0;
}

void dsn_notify_format(unsigned notify, struct buf *out)
{
	const char *between = "";

	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++) {
		if (!(notify & notify_words[i].bit))
			continue;
		buf_add_str(out, between);
		buf_add_str(out, notify_words[i].word);
		between = ",";
	}
}

int dsn_return_parse(struct span s, enum dsn_return *ret, struct fault *f)
{
	if (span_iis(s, "full")) {
		*ret = DSN_RETURN_FULL;
	} else if (span_iis(s, "hdrs")) {
		*ret = DSN_RETURN_HEADERS;
	} else {
		fault_set(f, FAULT_DATA, 0, "'%.*s': not full or hdrs",
			SPAN_ARGS(span_head(s, 80)));
		return -1;
	}
	return 0;
}

/* RFC 3461 4: xchar is 33..126 without '+' and '=' */
static bool is_xchar(char c)
{
	return c > ' ' && c < 0x7f && c != '+' && c != '=';
}

void dsn_xtext_encode(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_xchar(s.data[i]))
			buf_add_char(out, s.data[i]);
		else
			buf_addf(out, "+%02X", (unsigned char)s.data[i]);
	}
}

/* upper case only (RFC 3461 4): what is accepted here is sent on as it is */
static int upper_hex_value(char c)
{
	return c >= 'a' ? -1 : hex_value(c);
}

/* The octet that "+HH" stands for; -1 for other text and for a control octet. */
static int escaped_octet(struct span s)
{
	int high = s.len < 3 ? -1 : upper_hex_value(s.data[1]);
	int low = s.len < 3 ? -1 : upper_hex_value(s.data[2]);
	int octet = high < 0 || low < 0 ? -1 : high << 4 | low;

	return octet < 0 || text_is_control((char)octet) ? -1 : octet;
}

int dsn_xtext_decode(struct buf *out, struct span s, struct fault *f)
{
	size_t before = out->len;

	for (size_t i = 0; i < s.len;) {
		struct span rest = span_from(s, i);
		int octet = is_xchar(rest.data[0]) ? rest.data[0] : -1;

		if (rest.data[0] == '+')
			octet = escaped_octet(rest);
		if (octet < 0) {
			buf_truncate(out, before);
			fault_set(f, FAULT_DATA, 0,
				"'%.*s': not xtext (RFC 3461 4) from octet %zu on",
				SPAN_ARGS(span_head(s, 120)), i + 1);
			return -1;
		}
		buf_add_char(out, (char)octet);
		i += rest.data[0] == '+' ? 3 : 1;
	}
	return 0;
}

static bool is_xtext(struct span s, size_t decoded_max)
{
	struct buf decoded = BUF_INIT(decoded_max);
	struct fault unused;
	bool is_good = s.len && dsn_xtext_decode(&decoded, s, &unused) == 0 &&
		       !decoded.is_overfull;

	buf_release(&decoded);
	return is_good;
}

bool dsn_envid_is_valid(struct span s)
{
	return is_xtext(s, DSN_ENVID_MAX);
}

bool dsn_orcpt_is_valid(struct span s)
{
	struct span type;

	if (s.len > DSN_ORCPT_MAX || !span_cut(&s, ';', &type) || !type.len)
		return false;
	for (size_t i = 0; i < type.len; i++)
		if (!text_is_alpha(type.data[i]) && !text_is_digit(type.data[i]) &&
			type.data[i] != '-')
			return false;
	return is_xtext(s, DSN_ORCPT_MAX);
}
