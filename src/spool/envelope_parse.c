#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "spool/envelope.h"
#include "spool/spool.h"

/* octets within which a file must have told its version */
#define VERSION_LINE_MAX 32
#define VERSION_MAX      999999999

#define ARRIVAL_MAX_S 253402300799 /* the end of the year 9999 */

struct parser {
	struct span rest; /* lines not yet taken */
	struct fault *f;
};

static bool bad(struct parser *p, const char *why)
{
	fault_set(p->f, FAULT_DATA, 0, "bad envelope: %s", why);
	return false;
}

/* Take the next line if its key is `key`. */
static bool has_line(struct parser *p, const char *key, struct span *ret_value)
{
	size_t n = strlen(key);
	struct span line;

	if (!span_starts(p->rest, key) || p->rest.len == n || p->rest.data[n] != ' ')
		return false;
	(void)span_cut(&p->rest, '\n', &line); /* the head ends with a line end */
	*ret_value = span_from(line, n + 1);
	return true;
}

static bool take(struct parser *p, const char *key, struct span *ret_value)
{
	if (has_line(p, key, ret_value))
		return true;
	fault_set(p->f, FAULT_DATA, 0, "bad envelope: no \"%s\" line in its place", key);
	return false;
}

static bool take_number(struct parser *p, const char *key, size_t width, uint64_t *ret)
{
	struct span value;

	if (!take(p, key, &value))
		return false;
	if ((width && value.len != width) || span_to_uint(value, UINT64_MAX, ret) < 0)
		return bad(p, "wrong number");
	return true;
}

static bool take_flag(
	struct parser *p, const char *key, const char *const words[2], bool *ret_is_set)
{
	struct span value;

	if (!take(p, key, &value))
		return false;
	*ret_is_set = span_is(value, words[1]);
	return *ret_is_set || span_is(value, words[0]) || bad(p, "wrong flag");
}

static bool take_crc(struct parser *p, uint32_t *ret)
{
	struct span value;

	return take(p, "crc", &value) &&
	       (hex_to_uint32(value, ret) == 0 || bad(p, "wrong crc"));
}

static bool take_facts(struct parser *p, struct content_facts *ret)
{
	static const char *const body[] = {"7bit", "8bit"};
	static const char *const answer[] = {"no ", "yes"};
	uint64_t longest;

	if (!take_number(p, "octets", 20, &ret->octets) || !take_crc(p, &ret->crc) ||
		!take_number(p, "longest", 10, &longest) ||
		!take_flag(p, "body", body, &ret->has_8bit) ||
		!take_flag(p, "nul", answer, &ret->has_nul) ||
		!take_flag(p, "utf8", answer, &ret->needs_utf8))
		return false;
	if (longest > UINT32_MAX)
		return bad(p, "wrong number");
	ret->longest_line = (uint32_t)longest;
	return true;
}

/* The '>' that ends `<address>`: behind the quoted local part, which may hold one too. */
static size_t address_end(struct span s)
{
	bool is_quoted = false;

	for (size_t i = 1; i < s.len; i++) {
		if (s.data[i] == '\\' && is_quoted)
			i++;
		else if (s.data[i] == '"')
			is_quoted = !is_quoted;
		else if (s.data[i] == '>' && !is_quoted)
			return i;
	}
	return s.len;
}

/* `<address>` at the beginning of `*value`; what follows stays there. */
static bool cut_address(struct span *value, struct span *ret)
{
	size_t end = address_end(*value);

	if (!span_starts(*value, "<") || end == value->len)
		return false;
	*ret = span_from(span_head(*value, end), 1);
	*value = span_from(*value, end + 1);
	return true;
}

static bool take_sender(struct parser *p, struct envelope *e)
{
	struct span value, address;

	if (!take(p, "from", &value))
		return false;
	if (!cut_address(&value, &address) || value.len ||
		(address.len && !address_is_canonical(address)))
		return bad(p, "wrong sender");
	e->sender = mem_copy(address.data, address.len);
	return true;
}

static bool take_return(struct parser *p, struct envelope *e)
{
	struct span value;

	if (!has_line(p, "ret", &value))
		return true;
	if (span_is(value, "full"))
		e->ret = DSN_RETURN_FULL;
	else if (span_is(value, "hdrs"))
		e->ret = DSN_RETURN_HEADERS;
	else
		return bad(p, "wrong ret");
	return true;
}

static bool take_envid(struct parser *p, struct envelope *e)
{
	struct span value;

	if (!has_line(p, "envid", &value))
		return true;
	if (!dsn_envid_is_valid(value))
		return bad(p, "wrong envid");
	e->envid = mem_copy(value.data, value.len);
	return true;
}

static bool take_tls(struct parser *p, struct envelope *e)
{
	struct span value;

	if (!has_line(p, "tls", &value))
		return true;
	if (span_is(value, "required"))
		e->tls = TLS_WISH_REQUIRED;
	else if (span_is(value, "optional"))
		e->tls = TLS_WISH_OPTIONAL;
	else
		return bad(p, "wrong tls");
	return true;
}

/* Options of a `to` line: " key=value" at the beginning of `*rest`, or SPAN_NONE. */
static struct span cut_option(struct span *rest, const char *key)
{
	struct span option;
	ptrdiff_t end;

	if (!span_starts(*rest, key))
		return SPAN_NONE;
	option = span_from(*rest, strlen(key));
	end = span_find(option, ' ');
	if (end >= 0)
		option = span_head(option, (size_t)end);
	*rest = span_from(*rest, strlen(key) + option.len);
	return option;
}

static bool is_notify(struct span s, unsigned *ret_notify)
{
	struct fault unused;

	return s.len && dsn_notify_parse(s, ret_notify, &unused) == 0;
}

static bool take_recipient(struct parser *p, struct envelope *e)
{
	struct span value, address, notify, orcpt;
	unsigned notify_bits = 0;
	char *orcpt_text;

	if (!take(p, "to", &value))
		return false;
	if (e->recipient_count == ENVELOPE_RECIPIENTS_MAX)
		return bad(p, "too many recipients");
	if (!cut_address(&value, &address) || !address_is_canonical(address))
		return bad(p, "wrong recipient");
	notify = cut_option(&value, " notify=");
	orcpt = cut_option(&value, " orcpt=");
	if (value.len || (notify.data && !is_notify(notify, &notify_bits)) ||
		(orcpt.data && !dsn_orcpt_is_valid(orcpt)))
		return bad(p, "wrong recipient option");
	orcpt_text = orcpt.data ? mem_copy(orcpt.data, orcpt.len) : NULL;
	envelope_add_recipient(e, address, notify_bits, orcpt_text);
	free(orcpt_text);
	return true;
}

static bool take_id(struct parser *p, struct envelope *e)
{
	struct span value;

	if (!take(p, "id", &value))
		return false;
	if (!spool_id_is_valid(value))
		return bad(p, "wrong id");
	return text_copy(e->id, sizeof(e->id), value);
}

static bool take_arrival(struct parser *p, struct envelope *e)
{
	struct span value;
	uint64_t arrival_s;

	if (!take(p, "arrival", &value))
		return false;
	if (span_to_uint(value, ARRIVAL_MAX_S, &arrival_s) < 0)
		return bad(p, "wrong arrival");
	e->arrival_s = (int64_t)arrival_s;
	return true;
}

/* All lines but the first, in their order. */
static bool take_lines(struct parser *p, struct envelope *e)
{
	if (!take_id(p, e) || !take_arrival(p, e) || !take_facts(p, &e->facts) ||
		!take_sender(p, e) || !take_return(p, e) || !take_envid(p, e) ||
		!take_tls(p, e))
		return false;
	do {
		if (!take_recipient(p, e))
			return false;
	} while (p->rest.len);
	return true;
}

/* The version line, which every version has, before anything else is believed. */
static enum envelope_verdict take_version(struct parser *p)
{
	struct span value;
	uint64_t version;
	ptrdiff_t end = span_find(span_head(p->rest, VERSION_LINE_MAX), '\n');

	if (end < 0 && p->rest.len < VERSION_LINE_MAX) {
		(void)bad(p, "cut short");
		return ENVELOPE_SHORT;
	}
	if (end < 0 || !has_line(p, "nullmta", &value) ||
		span_to_uint(value, VERSION_MAX, &version) < 0 || version == 0) {
		(void)bad(p, "not a message of nullmta");
		return ENVELOPE_BAD;
	}
	if (version == ENVELOPE_VERSION)
		return ENVELOPE_GOOD;
	fault_set(p->f, FAULT_DATA, 0, "envelope version %u is newer than this program",
		(unsigned)version);
	return ENVELOPE_UNKNOWN;
}

/* Cut what follows the empty line off. */
static enum envelope_verdict find_end(struct parser *p, size_t *ret_length)
{
	const char *end = memmem(p->rest.data, p->rest.len, "\n\n", 2);

	if (!end && p->rest.len < ENVELOPE_MAX) {
		(void)bad(p, "cut short");
		return ENVELOPE_SHORT;
	}
	if (!end || end - p->rest.data > ENVELOPE_MAX - 2) {
		(void)bad(p, "too long");
		return ENVELOPE_BAD;
	}
	p->rest = span_head(p->rest, (size_t)(end - p->rest.data) + 1);
	*ret_length = p->rest.len;
	return ENVELOPE_GOOD;
}

static bool has_control(struct span lines)
{
	for (size_t i = 0; i < lines.len; i++)
		if (text_is_control(lines.data[i]) && lines.data[i] != '\n')
			return true;
	return false;
}

enum envelope_verdict envelope_parse(
	struct span text, struct envelope *ret, size_t *ret_content_at, struct fault *f)
{
	struct parser p = {.rest = text, .f = f};
	struct envelope e = {0};
	enum envelope_verdict verdict = take_version(&p);
	size_t version_length = text.len - p.rest.len;
	size_t length;

	if (verdict == ENVELOPE_GOOD)
		verdict = find_end(&p, &length);
	if (verdict != ENVELOPE_GOOD)
		return verdict;
	if (has_control(p.rest)) {
		(void)bad(&p, "control octet");
		return ENVELOPE_BAD;
	}
	if (!take_lines(&p, &e)) {
		envelope_release(&e);
		return ENVELOPE_BAD;
	}
	*ret = e;
	*ret_content_at = version_length + length + 1;
	return ENVELOPE_GOOD;
}
