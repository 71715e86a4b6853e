/*
 * What any list yields is canonical, and a canonical address parses to itself, alone, in
 * brackets and in a list.
 */
#include <stdint.h>

#include "base/bug.h"
#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_stable(struct span address)
{
	struct buf text = BUF_INIT(1000), again = BUF_INIT(1000);
	struct strv list = {0};
	struct fault f;

	check(address_is_canonical(address), "not canonical");
	check(!span_has_control(address), "a control octet");
	check(address_is_same(address, address), "not the same as itself");
	check(address_parse(address, NULL, &again, &f) == 0, "refused on its own");
	check(span_eq(buf_span(&again), address), "changed on its own");
	buf_addf(&text, "\"x, y\" <%s>,(c)%s;", address.data, address.data);
	buf_truncate(&text, text.len - 1);
	check(address_list_parse(buf_span(&text), NULL, &list, &f) == 0,
		"refused in a list");
	check(list.count == 2 && span_is(address, list.items[0]) &&
			span_is(address, list.items[1]),
		"changed in a list");
	strv_release(&list);
	buf_release(&text);
	buf_release(&again);
}

static void check_list(struct span text)
{
	struct strv from_list = {0}, from_field = {0};
	struct fault f;
	int rc = address_list_parse(text, "here.test", &from_list, &f);

	check(rc == 0 || from_list.count == 0, "half a list");
	check(rc < 0 || address_field_parse(text, "here.test", &from_field, &f) == 0,
		"a field is stricter than an argument");
	check(rc < 0 || from_field.count == from_list.count, "a field differs");
	for (size_t i = 0; i < from_list.count; i++)
		check_stable(span_of(from_list.items[i]));
	strv_release(&from_list);
	strv_release(&from_field);
}

static void check_within(struct span part, struct span whole)
{
	if (part.len)
		check(part.data >= whole.data &&
				part.data + part.len <= whole.data + whole.len,
			"a part outside its whole");
}

/* Places lie in the text, in order; what stands there is the address. */
static void check_places(struct span text)
{
	struct address_places places;
	struct span rest = text;
	struct strv one = {0};
	struct fault f;

	if (address_field_places(text, "here.test", &places, &f) < 0)
		return;
	check(places.count == places.addresses.count, "addresses without a place");
	for (size_t i = 0; i < places.count; i++) {
		const struct address_place *p = &places.items[i];

		check_within(p->whole, rest);
		check_within(p->spec, p->whole);
		check_within(p->phrase, p->whole);
		check(address_field_parse(
			      p->spec, p->is_bare ? "here.test" : NULL, &one, &f) == 0 &&
				strcmp(one.items[i], places.addresses.items[i]) == 0,
			"another address");
		rest = span_from(
			rest, (size_t)(p->whole.data - rest.data) + p->whole.len);
	}
	strv_release(&one);
	address_places_release(&places);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct buf one = BUF_INIT(1000);
	struct fault f;

	check_list(text);
	check_places(text);
	if (address_parse(text, "here.test", &one, &f) == 0 && one.len)
		check_stable(buf_span(&one));
	if (address_is_canonical(text)) {
		check(address_parse(text, NULL, &one, &f) == 0 &&
				span_eq(buf_span(&one), text),
			"canonical, but parsed differently");
	}
	buf_release(&one);
	return 0;
}
