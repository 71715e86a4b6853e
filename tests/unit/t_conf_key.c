/* sources: tests/support/scratch.c tests/support/conf_fixture.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/file.h"
#include "conf/key.h"
#include "conf/scan.h"
#include "conf_fixture.h"

#define DOCUMENT_MAX 65536

/* A file of the source tree: tests/run tells where that is. */
static void read_document(struct buf *ret, const char *name)
{
	const char *top = getenv("TOP");
	int dir = open(top ? top : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct fault f;

	if (file_read(dir, name, ret, &f) < 0)
		fail_msg("%s (run from the top of the source, or set TOP)", f.text);
	file_close(dir);
}

/* "#key = value" is an example to take the # from, "# text" is a comment. */
static bool is_example(struct span line)
{
	struct span key = span_from(line, 1);

	return span_starts(line, "#") && key.len && key.data[0] != ' ' &&
	       span_find(key, '=') > 0;
}

static void read_example(struct buf *ret)
{
	struct buf text = BUF_INIT(DOCUMENT_MAX);
	struct span rest, line;

	read_document(&text, "nullmta.conf.example");
	rest = buf_span(&text);
	while (span_cut(&rest, '\n', &line)) {
		buf_add_span(ret, is_example(line) ? span_from(line, 1) : line);
		buf_add_char(ret, '\n');
	}
	buf_release(&text);
}

/* The section as a file would have it. */
static const char *written_section(const struct conf_key *key)
{
	return conf_key_is_route(key) ? "route example" : key->section;
}

static void the_example_says_nothing_as_it_is(void **state)
{
	struct buf text = BUF_INIT(DOCUMENT_MAX);
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	read_document(&text, "nullmta.conf.example");
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_string_equal(conf_fixture_problem(&f, 0), "");
	for (size_t i = 0; i < conf_key_count(); i++)
		assert_null(f.conf.origins[i].where);
	buf_release(&text);
	conf_fixture_release(&f);
}

static void the_example_has_every_key_with_its_default(void **state)
{
	struct buf text = BUF_INIT(DOCUMENT_MAX);
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	read_example(&text);
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	/* it shows three ways to say a password, and more than one is too many */
	assert_int_equal(f.problems.count, 1);
	assert_non_null(strstr(conf_fixture_problem(&f, 0), "keep one of them"));
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct conf_key *key = conf_key_at(i);
		const char *section = written_section(key);
		const char *value;

		if (strcmp(conf_fixture_origin(&f, section, key->name), "default") == 0)
			fail_msg("the example lacks [%s] %s", section, key->name);
		value = conf_fixture_value(&f, section, key->name);
		if (*key->fallback && strcmp(value, key->fallback) != 0)
			fail_msg("[%s] %s: %s", key->section, key->name, value);
	}
	buf_release(&text);
	conf_fixture_release(&f);
}

/* In the example a key stands once, where its section is: the scan would not mind. */
static void the_example_keeps_the_order_of_the_table(void **state)
{
	struct buf text = BUF_INIT(DOCUMENT_MAX);
	struct scan_item item;
	struct scan scan;
	size_t i = 0;

	(void)state;
	read_example(&text);
	scan_init(&scan, buf_span(&text));
	while (scan_next(&scan, &item) != SCAN_END) {
		const struct conf_key *key;

		if (item.kind != SCAN_ENTRY)
			continue;
		key = conf_key_find(item.section, item.key);
		/* the keys of [relay] are explained there */
		if (conf_key_route(item.section).len && !conf_key_is_route(key))
			continue;
		/* a table may have several */
		if (i && key == conf_key_at(i - 1) && key->spec.kind == VALUE_TABLE)
			continue;
		assert_non_null(key);
		assert_ptr_equal(key, conf_key_at(i));
		i++;
	}
	assert_int_equal(i, conf_key_count());
	buf_release(&text);
}

/* The next heading; .Sx is a reference to one. */
static const char *find_heading(const char *from)
{
	while ((from = strstr(from, "\n.S")) && from[3] == 'x')
		from++;
	return from;
}

/* The part of the man page from `start` up to the next subsection, or empty. */
static struct span section_of(const struct buf *page, const char *section)
{
	struct buf start = BUF_INIT(128);
	struct span found = SPAN_NONE;
	const char *from, *end;

	buf_addf(&start, "\n.Ss %s:", section);
	from = strstr(buf_str(page), buf_str(&start));
	if (from) {
		end = find_heading(from + 1);
		found.data = from;
		found.len = end ? (size_t)(end - from) : strlen(from);
	}
	buf_release(&start);
	return found;
}

static void the_man_page_has_every_key(void **state)
{
	struct buf page = BUF_INIT(DOCUMENT_MAX);
	struct buf item = BUF_INIT(128);

	(void)state;
	read_document(&page, "man/nullmta.conf.5");
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct conf_key *key = conf_key_at(i);
		struct span section = section_of(&page, key->section);

		buf_reset(&item);
		buf_addf(&item, "\n.It Ic %s\n",
			key->spec.kind == VALUE_TABLE ? "NAME" : key->name);
		if (!section.len ||
			!memmem(section.data, section.len, item.data, item.len))
			fail_msg("nullmta.conf.5 lacks [%s] %s", key->section, key->name);
	}
	buf_release(&item);
	buf_release(&page);
}

static void finds_rows(void **state)
{
	struct buf list = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct conf_key *key = conf_key_at(i);

		assert_ptr_equal(
			conf_key_find(span_of(written_section(key)), span_of(key->name)),
			key);
		assert_int_equal(conf_key_index(key), i);
		assert_true(strlen(key->help) > 0 && strlen(key->help) <= 78);
	}
	assert_null(conf_key_at(conf_key_count()));
	assert_null(conf_key_find(SPAN_LIT("relay"), SPAN_LIT("level")));
	assert_true(conf_key_has_section(SPAN_LIT("RELAY")));
	assert_false(conf_key_has_section(SPAN_LIT("rela")));
	assert_false(conf_key_has_section(SPAN_LIT("route")));
	assert_true(conf_key_has_section(SPAN_LIT("Route  a-1")));
	assert_false(conf_key_has_section(SPAN_LIT("route a b")));
	conf_key_list(&list, SPAN_LIT("relay"));
	assert_true(span_starts(buf_span(&list), "host, port, provider, user, "));
	assert_true(span_ends(buf_span(&list), ", proxy, from"));
	buf_reset(&list);
	conf_key_list(&list, SPAN_LIT("route a"));
	assert_true(span_starts(buf_span(&list), "host, port, "));
	assert_true(span_ends(buf_span(&list), ", sender, recipient, local_user"));
	buf_reset(&list);
	conf_key_list_sections(&list);
	assert_string_equal(buf_str(&list),
		"nullmta, relay, route NAME, spool, dns, delivery, mta_sts, "
		"rewrite, generic, header, local, mailbox, bounce, log");
	buf_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_rows),
		cmocka_unit_test(the_example_says_nothing_as_it_is),
		cmocka_unit_test(the_example_has_every_key_with_its_default),
		cmocka_unit_test(the_example_keeps_the_order_of_the_table),
		cmocka_unit_test(the_man_page_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
