/*
 * Any octets as the system's file: the result is whole and its values are valid, each
 * mistake has a text, a value counts only where the scan saw it, and what is shown reads
 * as the same again.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "conf/conf.h"
#include "conf/key.h"

#define OUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

/* Put together again, one by one. */
static void check_table(const struct conf_table *table, struct conf_table *copy)
{
	struct buf want = BUF_INIT(1024);

	check(table->count <= CONF_TABLE_MAX, "too many entries");
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_entry *e = &table->entries[i];

		check(conf_table_put(copy, span_of(e->key), span_of(e->value), &e->origin,
			      &want) == 0,
			"an entry that is not valid");
		check(copy->count == i + 1, "a key twice, or an empty value");
	}
	buf_release(&want);
}

static void check_value(
	const struct conf *c, const struct conf_relay *route, const struct conf_key *key)
{
	struct buf text = BUF_INIT(OUT_MAX), again = BUF_INIT(OUT_MAX),
		   want = BUF_INIT(1024);
	struct conf copy = {0};
	void *field = conf_key_field(key, &copy, NULL);

	conf_format(&text, c, route, key);
	check(!text.is_overfull && !span_has_control(buf_span(&text)), "an odd value");
	if (key->spec.kind == VALUE_TABLE)
		check_table(&c->generic, field);
	else
		check(value_parse(&key->spec, buf_span(&text), field, &want) == 0,
			"a value that is not valid");
	conf_format(&again, &copy, NULL, key);
	check(span_eq(buf_span(&text), buf_span(&again)), "a value that is not stable");
	value_release(&key->spec, field);
	buf_release(&text);
	buf_release(&again);
	buf_release(&want);
}

static void check_problems(const struct conf_problems *p)
{
	check(p->errors + p->warnings >= p->count, "problems that nobody counted");
	for (size_t i = 0; i < p->count; i++) {
		struct buf line = BUF_INIT(65536);

		conf_problem_format(&line, &p->items[i]);
		check(p->items[i].text && p->items[i].text[0],
			"a problem without a text");
		check(!line.is_overfull && !span_has_control(buf_span(&line)),
			"a problem that is not one clean line");
		buf_release(&line);
	}
}

static int open_input(const uint8_t *data, size_t size, struct buf *ret_path)
{
	struct span input = {(const char *)data, size};
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct fault f;

	check(fd >= 0 && file_write_all(fd, input, "the input", &f) == 0, "no input");
	buf_addf(ret_path, "/proc/self/fd/%d", fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf path = BUF_INIT(64);
	int fd = open_input(data, size, &path);
	struct conf_options options = {.file = buf_str(&path)};
	struct conf_problems problems = {0};
	struct conf c;

	conf_load(&c, &options, &problems);
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct conf_key *key = conf_key_at(i);

		check_value(&c, NULL, key);
		for (size_t k = 0; k < c.route_count && conf_key_is_relay(key); k++)
			check_value(&c, c.routes[k], key);
	}
	check_problems(&problems);
	conf_problems_release(&problems);
	conf_release(&c);
	buf_release(&path);
	file_close(fd);
	return 0;
}
