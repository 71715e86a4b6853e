#include "deliver/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"

#define SEEN_FIRST 256

/* the place of `id`: where it stands or where it belongs */
static char *place_of(const struct seen *s, const char *id)
{
	size_t at = crc32c(0, id, ENVELOPE_ID_LEN) & (s->size - 1);

	while (s->ids[at][0] && memcmp(s->ids[at], id, ENVELOPE_ID_LEN) != 0)
		at = (at + 1) & (s->size - 1);
	return s->ids[at];
}

static void grow(struct seen *s)
{
	struct seen bigger = {
		.size = s->size ? 2 * s->size : SEEN_FIRST, .count = s->count};

	bigger.ids = mem_array(bigger.size, sizeof(*bigger.ids));
	for (size_t i = 0; i < s->size; i++)
		if (s->ids[i][0])
			memcpy(place_of(&bigger, s->ids[i]), s->ids[i], ENVELOPE_ID_LEN);
	free(s->ids);
	*s = bigger;
}

bool seen_add(struct seen *s, const char *id)
{
	char *place;

	if (2 * s->count >= s->size)
		grow(s);
	place = place_of(s, id);
	if (place[0])
		return false;
	memcpy(place, id, ENVELOPE_ID_LEN);
	s->count++;
	return true;
}

bool seen_has(const struct seen *s, const char *id)
{
	return s->size && place_of(s, id)[0];
}

void seen_release(struct seen *s)
{
	free(s->ids);
	*s = (struct seen){0};
}
