#include "conf/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define KEY_MAX_LEN 1024 /* a line has 1000 octets */

static void release_entry(struct conf_entry *e)
{
	free(e->key);
	free(e->value);
	*e = (struct conf_entry){0};
}

/* The place of a key, or `count`. */
static size_t find(const struct conf_table *t, struct span key)
{
	size_t i = 0;

	while (i < t->count && !span_iis(key, t->entries[i].key))
		i++;
	return i;
}

static void take_out(struct conf_table *t, size_t place)
{
	if (place == t->count)
		return;
	release_entry(&t->entries[place]);
	t->count--;
	memmove(t->entries + place, t->entries + place + 1,
		(t->count - place) * sizeof(*t->entries));
}

static char *lower(struct span key)
{
	struct buf text = BUF_INIT(KEY_MAX_LEN);

	text_add_lower(&text, key);
	return text.data;
}

/* An empty entry in this place, which is one that is there or the next. */
static struct conf_entry *empty_entry(struct conf_table *t, size_t place)
{
	if (place < t->count) {
		release_entry(&t->entries[place]);
		return &t->entries[place];
	}
	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 8;
		t->entries = mem_regrow(t->entries, t->cap, sizeof(*t->entries));
	}
	return &t->entries[t->count++];
}

int conf_table_put(struct conf_table *t, struct span key, struct span value,
	const struct conf_origin *origin, struct buf *want)
{
	size_t place = find(t, key);

	/* C1 of the threat model: such text would reach a header, a command or a log */
	if (key.len > KEY_MAX_LEN || span_has_control(key) || span_has_control(value)) {
		buf_add_str(want, "text without control characters");
		return -1;
	}
	if (value.len && place == CONF_TABLE_MAX) {
		buf_addf(want, "at most %d entries", CONF_TABLE_MAX);
		return -1;
	}
	if (value.len)
		*empty_entry(t, place) = (struct conf_entry){
			.key = lower(key),
			.value = mem_copy(value.data, value.len),
			.origin = *origin,
		};
	else
		take_out(t, place);
	return 0;
}

int conf_table_parse(
	const struct value_spec *spec, struct span text, void *field, struct buf *want)
{
	(void)spec;
	if (text.len) {
		buf_add_str(want, "its entries one by one, in a section of their own");
		return -1;
	}
	conf_table_release(field);
	return 0;
}

void conf_table_format(const struct value_spec *spec, const void *field, struct buf *out)
{
	const struct conf_table *t = field;

	(void)spec;
	for (size_t i = 0; i < t->count; i++)
		buf_addf(out, "%s%s = %s", i ? ", " : "", t->entries[i].key,
			t->entries[i].value);
}

void conf_table_release(void *field)
{
	struct conf_table *t = field;

	for (size_t i = 0; i < t->count; i++)
		release_entry(&t->entries[i]);
	free(t->entries);
	*t = (struct conf_table){0};
}
