#include "mail/date.h"

#include "base/bug.h"
#include "base/text.h"
#include "mail/address_lexer.h"

static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
	"Aug", "Sep", "Oct", "Nov", "Dec"};

static const char *const zone_names[] = {
	"UT", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"};

/* the letters of obs-zone: all but J, and none means anything (RFC 5322 4.3) */
static bool is_military(struct span s)
{
	return s.len == 1 && text_is_alpha(s.data[0]) && text_lower(s.data[0]) != 'j';
}

static bool is_among(struct span s, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_iis(s, names[i]))
			return true;
	return false;
}

static bool is_number(struct span s, size_t digits, unsigned max)
{
	uint64_t ignored;

	return s.len == digits && span_to_uint(s, max, &ignored) == 0;
}

static bool take_special(struct address_lexer *l, char special)
{
	return address_token_is(address_lexer_next(l), special);
}

static struct span take_word(struct address_lexer *l)
{
	struct address_token token = address_lexer_next(l);

	return token.kind == ADDRESS_ATOM ? token.text : SPAN_NONE;
}

static bool is_day(struct span s)
{
	return !span_is(s, "0") && !span_is(s, "00") &&
	       (is_number(s, 1, 9) || is_number(s, 2, 31));
}

/* four digits, or the two and three of obs-year */
static bool is_year(struct span s)
{
	return is_number(s, 2, 99) || is_number(s, 3, 999) ||
	       (is_number(s, 4, 9999) && span_cmp(s, SPAN_LIT("1900")) >= 0);
}

static bool is_zone(struct span s)
{
	if (span_starts(s, "+") || span_starts(s, "-"))
		return is_number(span_from(s, 1), 4, 9959) &&
		       is_number(span_from(s, 3), 2, 59);
	return is_military(s) || is_among(s, zone_names, ARRAY_LEN(zone_names));
}

/* hh:mm or hh:mm:ss, and the zone behind it; a minute may have a leap second */
static bool take_time(struct address_lexer *l)
{
	struct address_token token;

	if (!is_number(take_word(l), 2, 23) || !take_special(l, ':') ||
		!is_number(take_word(l), 2, 59))
		return false;
	token = address_lexer_next(l);
	if (address_token_is(token, ':')) {
		if (!is_number(take_word(l), 2, 60))
			return false;
		token = address_lexer_next(l);
	}
	return token.kind == ADDRESS_ATOM && is_zone(token.text);
}

bool date_is_valid(struct span value)
{
	struct address_lexer l = {.rest = value};
	struct span word = take_word(&l);

	if (is_among(word, day_names, ARRAY_LEN(day_names))) {
		if (!take_special(&l, ','))
			return false;
		word = take_word(&l);
	}
	return is_day(word) &&
	       is_among(take_word(&l), month_names, ARRAY_LEN(month_names)) &&
	       is_year(take_word(&l)) && take_time(&l) &&
	       address_lexer_next(&l).kind == ADDRESS_END;
}
