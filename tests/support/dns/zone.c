#include "dns/zone.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/bug.h"
#include "base/file.h"
#include "base/mem.h"
#include "dns/name.h"
#include "dns/rdata.h"

#define WAIT_MAX_MS 60000

struct place {
	const char *path;
	unsigned line;
};

__attribute__((noreturn)) static void mistake(const struct place *at, const char *what)
{
	errx(2, "%s:%u: %s", at->path, at->line, what);
}

static const struct {
	const char *name;
	uint16_t type;
} type_names[] = {
	{"A", ZONE_A},
	{"NS", ZONE_NS},
	{"CNAME", ZONE_CNAME},
	{"SOA", ZONE_SOA},
	{"PTR", ZONE_PTR},
	{"MX", ZONE_MX},
	{"TXT", ZONE_TXT},
	{"AAAA", ZONE_AAAA},
	{"SRV", ZONE_SRV},
	{"TLSA", ZONE_TLSA},
	{"ANY", ZONE_ANY},
	{"SECURE", ZONE_SECURE},
};

static uint16_t parse_type(struct span word, const struct place *at)
{
	uint64_t number;

	for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
		if (span_iis(word, type_names[i].name))
			return type_names[i].type;
	if (span_istarts(word, "TYPE") &&
		span_to_uint(span_from(word, 4), 65535, &number) == 0)
		return (uint16_t)number;
	mistake(at, "unknown type");
}

static const struct {
	const char *name;
	enum zone_mischief mischief;
} mischief_names[] = {
	{"!servfail", ZONE_SERVFAIL},
	{"!refused", ZONE_REFUSED},
	{"!formerr", ZONE_FORMERR},
	{"!nxdomain", ZONE_NXDOMAIN},
	{"!nodata", ZONE_NODATA},
	{"!timeout", ZONE_TIMEOUT},
	{"!wrongquestion", ZONE_WRONG_QUESTION},
	{"!wrongid", ZONE_WRONG_ID},
	{"!truncate", ZONE_TRUNCATE},
	{"!wait", ZONE_WAIT},
	{"!raw", ZONE_RAW},
};

/* [!first N] !WORD [ARGUMENT] */
static void parse_mischief(
	struct zone_record *record, struct span rest, const struct place *at)
{
	struct span word = SPAN_NONE;
	uint64_t number;

	(void)span_word(&rest, &word); /* begins with '!' */
	if (span_is(word, "!first")) {
		if (!span_word(&rest, &word) || span_to_uint(word, 1000000, &number) < 0)
			mistake(at, "!first needs a number");
		record->limit = (unsigned)number;
		if (!span_word(&rest, &word))
			mistake(at, "!first N needs a mischief");
	}
	for (size_t i = 0; i < ARRAY_LEN(mischief_names); i++)
		if (span_is(word, mischief_names[i].name))
			record->mischief = mischief_names[i].mischief;
	if (record->mischief == ZONE_HONEST)
		mistake(at, "unknown mischief");
	if (record->mischief == ZONE_WAIT) {
		if (span_to_uint(span_trim(rest), WAIT_MAX_MS, &number) < 0)
			mistake(at, "!wait needs milliseconds");
		record->number = (unsigned)number;
	}
	buf_add_span(&record->data, rest);
}

static void parse_record(struct zone *zone, struct span line, const struct place *at)
{
	struct zone_record *record = &zone->records[zone->count];
	struct buf name = BUF_INIT(ZONE_NAME_MAX + 1);
	struct span word = SPAN_NONE;

	if (zone->count == ZONE_RECORDS_MAX)
		mistake(at, "too many records");
	*record = (struct zone_record){
		.name = BUF_INIT(ZONE_NAME_MAX),
		.data = BUF_INIT(ZONE_DATA_MAX),
	};
	if (!span_word(&line, &word) || !name_from_text(&name, word))
		mistake(at, "not a name");
	name_add_lower(&record->name, buf_span(&name));
	buf_release(&name);
	if (!span_word(&line, &word))
		mistake(at, "no type");
	record->type = parse_type(word, at);
	line = span_trim(line);
	if (span_starts(line, "!"))
		parse_mischief(record, line, at);
	else if (!rdata_from_text(&record->data, record->type, line))
		mistake(at, "bad data for this type");
	zone->count++;
}

void zone_load(struct zone *ret, const char *path)
{
	struct buf file = BUF_INIT(ZONE_FILE_MAX);
	struct place at = {.path = path};
	struct span line = SPAN_NONE;
	struct span rest;
	struct fault f;

	if (file_read(AT_FDCWD, path, &file, &f) < 0)
		errx(2, "%s", f.text);
	ret->records = mem_array(ZONE_RECORDS_MAX, sizeof(*ret->records));
	ret->count = 0;
	ret->hits = mmap(NULL, ZONE_RECORDS_MAX * sizeof(*ret->hits),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ret->hits == MAP_FAILED)
		err(2, "mmap");
	rest = buf_span(&file);
	while (span_cut(&rest, '\n', &line)) {
		at.line++;
		line = span_trim(line);
		if (line.len && line.data[0] != '#' && line.data[0] != ';')
			parse_record(ret, line, &at);
	}
	buf_release(&file);
}

/* Exactly this name: no wildcard. */
static bool owns(const struct zone_record *record, struct span name)
{
	return span_eq(buf_span(&record->name), name);
}

static bool has_own_record(const struct zone *zone, struct span name)
{
	for (size_t i = 0; i < zone->count; i++)
		if (owns(&zone->records[i], name))
			return true;
	return false;
}

/* The name under which the zone keeps what belongs to `name`: itself, or a wildcard. */
static struct span find_owner(const struct zone *zone, struct span name, struct buf *room)
{
	if (has_own_record(zone, name))
		return name;
	for (struct span up = name_parent(name); up.len; up = name_parent(up)) {
		buf_reset(room);
		buf_add(room, "\001*", 2);
		buf_add_span(room, up);
		if (has_own_record(zone, buf_span(room)))
			return buf_span(room);
	}
	return name;
}

const struct zone_record *zone_mischief(
	const struct zone *zone, struct span name, uint16_t type)
{
	struct buf room = BUF_INIT(ZONE_NAME_MAX + 2);
	struct span owner = find_owner(zone, name, &room);
	const struct zone_record *found = NULL;

	for (size_t i = 0; i < zone->count && !found; i++) {
		const struct zone_record *record = &zone->records[i];

		if (record->mischief == ZONE_HONEST || !owns(record, owner))
			continue;
		if (record->type != type && record->type != ZONE_ANY)
			continue;
		if (!record->limit || atomic_fetch_add(&zone->hits[i], 1) < record->limit)
			found = record;
	}
	buf_release(&room);
	return found;
}

const struct zone_record *zone_next(const struct zone *zone, struct span name,
	uint16_t type, const struct zone_record *after)
{
	struct buf room = BUF_INIT(ZONE_NAME_MAX + 2);
	struct span owner = find_owner(zone, name, &room);
	const struct zone_record *found = NULL;
	size_t from = after ? (size_t)(after - zone->records) + 1 : 0;

	for (size_t i = from; i < zone->count && !found; i++) {
		const struct zone_record *record = &zone->records[i];

		if (record->mischief == ZONE_HONEST && record->type == type &&
			owns(record, owner))
			found = record;
	}
	buf_release(&room);
	return found;
}

bool zone_has_name(const struct zone *zone, struct span name)
{
	struct buf room = BUF_INIT(ZONE_NAME_MAX + 2);
	struct span owner = find_owner(zone, name, &room);
	bool is_found = false;

	for (size_t i = 0; i < zone->count && !is_found; i++) {
		struct span up = buf_span(&zone->records[i].name);

		for (; up.len && !is_found; up = name_parent(up))
			is_found = span_eq(up, owner);
	}
	buf_release(&room);
	return is_found;
}

void zone_add_type_name(struct buf *out, uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
		if (type_names[i].type == type) {
			buf_add_str(out, type_names[i].name);
			return;
		}
	}
	buf_addf(out, "TYPE%u", (unsigned)type);
}
