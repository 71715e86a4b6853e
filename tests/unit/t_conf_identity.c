/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/bug.h"
#include "conf/identity.h"
#include "scratch.h"

#define LABEL_63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"

struct identity_case {
	const char *why;
	const char *configured_hostname, *configured_domain, *node;
	const char *hosts, *mailname; /* NULL: no such file */
	const char *hostname, *domain;
	bool is_qualified;
};

#define LOOPBACK "127.0.0.1\tlocalhost\n::1 localhost ip6-localhost\n"

static const struct identity_case cases[] = {
	{"all is configured", "a.example.org", "example.org", "box", NULL,
		"b.example.org\n", "a.example.org", "example.org", true},
	{"the machine has a full name", NULL, NULL, "box.example.org",
		"192.0.2.1 x.example.net box.example.org\n", NULL, "box.example.org",
		"box.example.org", true},
	{"the hosts file has it", NULL, NULL, "box",
		LOOPBACK "127.0.1.1 box.example.org box\n", NULL, "box.example.org",
		"box.example.org", true},
	{"the canonical name need not begin with the bare one", NULL, NULL, "box",
		"192.0.2.1 www.example.org box\n", NULL, "www.example.org",
		"www.example.org", true},
	{"the full name as an alias", NULL, NULL, "box",
		"127.0.1.1 box box.example.org\n", NULL, "box.example.org",
		"box.example.org", true},
	{"another alias is another name", NULL, NULL, "box",
		"127.0.1.1 box web.example.org\n", NULL, "box", "box", false},
	{"half of a name is another one", NULL, NULL, "box",
		"127.0.1.1 boxer.example.org boxer\n", NULL, "box", "box", false},
	{"a later line", NULL, NULL, "box",
		"127.0.1.1 box\n192.0.2.1 box.example.org box\n", NULL, "box.example.org",
		"box.example.org", true},
	{"in a comment it does not count", NULL, NULL, "box",
		"#127.0.1.1 box.example.org box\n"
		"127.0.1.1 x.example.org x # box\n",
		NULL, "box", "box", false},
	{"case does not matter", NULL, NULL, "Box", "127.0.1.1\tBOX.Example.ORG bOx\r\n",
		NULL, "BOX.Example.ORG", "BOX.Example.ORG", true},
	{"no hosts file", NULL, NULL, "box", NULL, NULL, "box", "box", false},
	{"an odd hosts file", NULL, NULL, "box",
		"\n\n# \n127.0.1.1\n \t \nbox.example.org\n", NULL, "box", "box", false},
	{"a name in hosts that is none", NULL, NULL, "box",
		"127.0.1.1 b_x.example.org box\n", NULL, "box", "box", false},
	{"mailname gives the domain", NULL, NULL, "box.example.org", NULL,
		" example.org \r\nsecond\n", "box.example.org", "example.org", true},
	{"mailname without a newline", NULL, NULL, "box.example.org", NULL, "example.org",
		"box.example.org", "example.org", true},
	{"mailname with a comment is no name", NULL, NULL, "box.example.org", NULL,
		"example.org # ours\n", "box.example.org", "box.example.org", true},
	{"an empty mailname", NULL, NULL, "box.example.org", NULL, "", "box.example.org",
		"box.example.org", true},
	{"the configured host name is the domain, too", "a.example.org", NULL, "box",
		NULL, NULL, "a.example.org", "a.example.org", true},
	{"only the domain is configured", NULL, "example.org", "box", NULL, NULL, "box",
		"example.org", false},
	{"localhost is nobody's name", NULL, NULL, "localhost",
		"127.0.0.1 localhost.localdomain localhost\n", NULL,
		"localhost.localdomain", "localhost.localdomain", false},
	{"no name", NULL, NULL, "", NULL, NULL, "localhost.invalid", "localhost.invalid",
		false},
	{"a name that would break a header", NULL, NULL, "a\r\nBcc: x", NULL, NULL,
		"localhost.invalid", "localhost.invalid", false},
	{"a name too long", NULL, NULL, "x" LABEL_63, NULL, NULL, "localhost.invalid",
		"localhost.invalid", false},
};

static const char *file_of(
	struct scratch *s, const char *name, const char *content, char *ret_path)
{
	if (content)
		scratch_write(s, name, span_of(content), 0600);
	memcpy(ret_path, scratch_path(s, content ? name : "missing"), SCRATCH_PATH_MAX);
	return ret_path;
}

static void finds_both_names(void **state)
{
	struct scratch s;
	char hosts[SCRATCH_PATH_MAX], mailname[SCRATCH_PATH_MAX];

	(void)state;
	scratch_init(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct identity_case *c = &cases[i];
		struct identity_sources sources = {
			.hostname = c->configured_hostname,
			.domain = c->configured_domain,
			.node = c->node,
			.hosts_file = file_of(&s, "hosts", c->hosts, hosts),
			.mailname_file = file_of(&s, "mailname", c->mailname, mailname),
		};
		struct identity got;

		identity_find(&got, &sources);
		if (strcmp(got.hostname, c->hostname) != 0 ||
			strcmp(got.domain, c->domain) != 0 ||
			got.is_qualified != c->is_qualified)
			fail_msg("%s: %s %s %d", c->why, got.hostname, got.domain,
				got.is_qualified);
	}
	scratch_release(&s);
}

/* A list of trackers of a megabyte costs no more, and no half of a name is taken. */
static void reads_only_the_head(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct scratch s;
	struct identity got;

	(void)state;
	scratch_init(&s);
	while (text.len < 65536 - 20)
		buf_add_char(&text, '#');
	buf_add_str(&text, "\n127.0.1.1 box.example.org box\n");
	scratch_write(&s, "hosts", buf_span(&text), 0600);
	identity_find(&got, &(struct identity_sources){.node = "box",
				    .domain = "example.org",
				    .hosts_file = scratch_path(&s, "hosts")});
	assert_string_equal(got.hostname, "box");
	buf_release(&text);
	scratch_release(&s);
}

/* Neither a FIFO nor a directory may stop a submission. */
static void is_stopped_by_no_file(void **state)
{
	struct scratch s;
	struct identity got;

	(void)state;
	scratch_init(&s);
	assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
	identity_find(&got, &(struct identity_sources){.node = "box",
				    .hosts_file = scratch_path(&s, "fifo"),
				    .mailname_file = s.dir});
	assert_string_equal(got.hostname, "box");
	assert_string_equal(got.domain, "box");
	scratch_release(&s);
}

static void has_a_name_on_any_machine(void **state)
{
	struct identity got;

	(void)state;
	identity_find(&got, &(struct identity_sources){0});
	assert_true(strlen(got.hostname) > 0);
	assert_true(strlen(got.domain) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_both_names),
		cmocka_unit_test(reads_only_the_head),
		cmocka_unit_test(is_stopped_by_no_file),
		cmocka_unit_test(has_a_name_on_any_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
