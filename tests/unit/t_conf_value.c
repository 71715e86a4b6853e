#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/strv.h"
#include "conf/value.h"

static const char *const colours[] = {"red", "green", NULL};
static const char *const never[] = {"never", "0", NULL};
static const char *const places[] = {"here", "there", NULL};
static const char *const letters[] = {"%h", "%%", "%|", NULL};

static const struct value_spec yes_no = {.kind = VALUE_YES_NO};
static const struct value_spec word = {.kind = VALUE_WORD, .words = colours};
static const struct value_spec port = {.kind = VALUE_NUMBER, .min = 1, .max = 65535};
static const struct value_spec octets = {
	.kind = VALUE_OCTETS, .min = 1024, .max = (int64_t)1 << 40};
static const struct value_spec duration = {
	.kind = VALUE_SECONDS, .min = 1, .max = 30 * 86400};
static const struct value_spec patience = {
	.kind = VALUE_SECONDS, .max = 30 * 86400, .words = never};
static const struct value_spec hostname = {.kind = VALUE_HOSTNAME};
static const struct value_spec domain = {.kind = VALUE_DOMAIN};
static const struct value_spec servers = {.kind = VALUE_SERVERS};
static const struct value_spec schedule = {.kind = VALUE_SCHEDULE};
static const struct value_spec path = {.kind = VALUE_PATH};
static const struct value_spec path_or_none = {
	.kind = VALUE_PATH, .words = (const char *const[]){"none", NULL}};
static const struct value_spec report = {.kind = VALUE_REPORT, .words = places};
static const struct value_spec address = {.kind = VALUE_ADDRESS};
static const struct value_spec domains = {.kind = VALUE_DOMAINS};
static const struct value_spec names = {.kind = VALUE_NAMES};
static const struct value_spec fields = {.kind = VALUE_FIELDS, .words = letters};
static const struct value_spec template = {.kind = VALUE_TEMPLATE, .words = letters};
static const struct value_spec log_target = {.kind = VALUE_LOG, .words = places};

struct value_case {
	const char *why;
	const struct value_spec *spec;
	const char *text;
	const char *shown; /* what value_format makes of it; NULL: refused */
};

static const struct value_case cases[] = {
	{"an address", &address, "a+b@x.test", "a+b@x.test"},
	{"no address", &address, "", ""},
	{"a bare name", &address, "root", NULL},
	{"a name in front", &address, "A <a@x.test>", NULL},
	{"no domain", &address, "a@", NULL},

	{"domains", &domains, "a.test  .below b", "a.test .below b"},
	{"no domains", &domains, "", ""},
	{"a dot", &domains, ".", NULL},
	{"an address for a domain", &domains, "a@b", NULL},
	{"a comma", &domains, "a.test,b.test", NULL},

	{"names of fields", &names, "X-Mailer  user-agent", "X-Mailer user-agent"},
	{"no names", &names, "", ""},
	{"From is for others", &names, "X-A from", NULL},
	{"the content's fields are reserved", &names, "content-type", NULL},
	{"resent ones too", &names, "Resent-To", NULL},
	{"Content alone is none", &names, "Content", "Content"},
	{"a colon", &names, "X-A:", NULL},
	{"an 8-bit name", &names, "X-\xc3\xbc", NULL},
	{"a long name", &names,
		"X-2345678901234567890123456789012345678901234567890123456"
		"789012345678901234567",
		NULL},

	{"a field", &fields, "X-Host: %h", "X-Host: %h"},
	{"several", &fields, "X-A: 1|X-B:2 |  X-C :", "X-A: 1 | X-B:2 | X-C :"},
	{"a bar in the text", &fields, "X-A: 1 %| 2 | X-B: 100%%|X-C: c",
		"X-A: 1 %| 2 | X-B: 100%% | X-C: c"},
	{"no fields", &fields, "", ""},
	{"no colon", &fields, "X-A 1", NULL},
	{"an empty one", &fields, "X-A: 1 | | X-B: 2", NULL},
	{"no such letter", &fields, "X-A: %n", NULL},
	{"a percent sign at the end", &fields, "X-A: 5%", NULL},
	{"a reserved one", &fields, "X-A: 1 | Date: now", NULL},
	{"no UTF-8", &fields, "X-A: \xff", NULL},
	{"UTF-8", &fields, "X-A: \xc3\xbc", "X-A: \xc3\xbc"},

	{"a template", &template, "a \"b\" %h %%", "a \"b\" %h %%"},
	{"no template", &template, "", ""},
	{"a template with an unknown letter", &template, "%x", NULL},
	{"a half letter", &template, "50%", NULL},

	{"yes", &yes_no, "yes", "yes"},
	{"no", &yes_no, "No", "no"},
	{"true", &yes_no, "true", "yes"},
	{"off", &yes_no, "off", "no"},
	{"1", &yes_no, "1", "yes"},
	{"y alone, which iniparser takes", &yes_no, "y", NULL},
	{"nothing for a bool", &yes_no, "", NULL},

	{"a word", &word, "green", "green"},
	{"a word in capitals", &word, "RED", "red"},
	{"no such word", &word, "blue", NULL},
	{"no word", &word, "", NULL},

	{"a port", &port, "25", "25"},
	{"the largest", &port, "65535", "65535"},
	{"row 138: 0", &port, "0", NULL},
	{"row 138: 65536", &port, "65536", NULL},
	{"row 138: 25x", &port, "25x", NULL},
	{"row 138: a space in quotes", &port, " 25", NULL},
	{"a sign", &port, "+25", NULL},
	{"negative", &port, "-1", NULL},
	{"hexadecimal, which iniparser takes", &port, "0x19", NULL},
	{"more than 64 bits", &port, "18446744073709551641", NULL},
	{"nothing for a number", &port, "", NULL},

	{"octets", &octets, "52428800", "50m"},
	{"k", &octets, "1500k", "1500k"},
	{"g", &octets, "1G", "1g"},
	{"not a multiple", &octets, "1025", "1025"},
	{"too few", &octets, "1023", NULL},
	{"too many", &octets, "1025g", NULL},
	{"overflow", &octets, "99999999999999999999g", NULL},
	{"a fraction", &octets, "1.5m", NULL},

	{"seconds", &duration, "90", "90s"},
	{"minutes", &duration, "5m", "5m"},
	{"days", &duration, "5d", "5d"},
	{"weeks", &duration, "2w", "14d"},
	{"row 139: -1", &duration, "-1", NULL},
	{"row 139: 5x", &duration, "5x", NULL},
	{"row 139: 10^20", &duration, "100000000000000000000", NULL},
	{"0 where it means nothing", &duration, "0", NULL},
	{"never where it means nothing", &duration, "never", NULL},
	{"over the maximum", &duration, "31d", NULL},
	{"a word for 0", &patience, "never", "never"},
	{"0 with a word", &patience, "0", "never"},
	{"0 with a unit", &patience, "0s", "never"},

	{"a full name", &hostname, "box.example.org", "box.example.org"},
	{"none", &hostname, "", ""},
	{"a bare name is no full one", &hostname, "box", NULL},
	{"an address is no name", &hostname, "192.0.2.1", NULL},
	{"an underscore in our own name", &hostname, "my_box.example.org", NULL},

	{"a domain", &domain, "example.org", "example.org"},
	{"a domain of one label", &domain, "lan", "lan"},
	{"an address", &domain, "joe@example.org", NULL},

	{"no server", &servers, "", ""},
	{"a server", &servers, "192.0.2.1:5353", "192.0.2.1:5353"},
	{"a port that is left out", &servers, "192.0.2.1", "192.0.2.1:53"},
	{"two", &servers, "[::1]:53  ::1", "[::1]:53 [::1]:53"},
	{"three", &servers, "1.1.1.1 1.1.1.1 1.1.1.1",
		"1.1.1.1:53 1.1.1.1:53 1.1.1.1:53"},
	{"four", &servers, "1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1", NULL},
	{"a name", &servers, "dns.example.org:53", NULL},
	{"a name behind an address", &servers, "192.0.2.1 localhost", NULL},
	{"a comma", &servers, "192.0.2.1,192.0.2.2", NULL},
	{"port 0", &servers, "192.0.2.1:0", NULL},

	{"a schedule", &schedule, "1m 5m 15m", "1m 5m 15m"},
	{"one step", &schedule, "1s", "1s"},
	{"32 steps", &schedule,
		"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
		"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"},
	{"33 steps", &schedule,
		"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
		NULL},
	{"no step", &schedule, "", NULL},
	{"only spaces", &schedule, "  ", NULL},
	{"a step of 0", &schedule, "1m 0", NULL},
	{"a step that is none", &schedule, "1m soon", NULL},

	{"a path", &path, "/var/spool/x", "/var/spool/x"},
	{"a path at home", &path, "~/Maildir/", "~/Maildir/"},
	{"a path by user", &path, "/srv/%u/100%%", "/srv/%u/100%%"},
	{"no path", &path, "", ""},
	{"no path, in a word", &path_or_none, "None", ""},
	{"a path where there is a word", &path_or_none, "/none", "/none"},
	{"a word that is none", &path, "none", NULL},
	{"a relative path", &path, "spool", NULL},
	{"another user's home", &path, "~joe/mail", NULL},
	{"an unknown percent", &path, "/srv/%d", NULL},
	{"a percent at the end", &path, "/srv/%", NULL},
	{"a newline", &path, "/srv\n/x", NULL},

	{"a word for who", &report, "Here", "here"},
	{"an address", &report, "joe@example.org", "joe@example.org"},
	{"a local part with an @", &report, "\"a@b\"@example.org", "\"a@b\"@example.org"},
	{"nobody", &report, "", NULL},
	{"no local part", &report, "@example.org", NULL},
	{"no domain", &report, "joe@", NULL},
	{"angle brackets", &report, "<joe@example.org>", NULL},
	{"two addresses", &report, "joe@example.org jim@example.org", NULL},
	{"a typo of a word", &report, "hear", NULL},

	{"a word for the log", &log_target, "there", "there"},
	{"a file", &log_target, "/var/log/mail", "/var/log/mail"},
	{"a relative file", &log_target, "mail.log", NULL},
	{"no log at all is a word", &log_target, "", NULL},
};

/* Any field that a kind may have. */
union field {
	bool flag;
	unsigned number;
	int64_t seconds;
	uint64_t octets;
	char *string;
	struct strv list;
};

static void check_case(const struct value_case *c)
{
	struct buf want = BUF_INIT(1024);
	struct buf shown = BUF_INIT(1024);
	union field field;
	int rc;

	memset(&field, 0, sizeof(field));
	rc = value_parse(c->spec, span_of(c->text), &field, &want);
	if ((rc == 0) != (c->shown != NULL))
		fail_msg("%s: %d %s", c->why, rc, buf_str(&want));
	if ((rc != 0) != (want.len > 0) || want.is_overfull)
		fail_msg("%s: says \"%s\"", c->why, buf_str(&want));
	if (rc == 0) {
		value_format(c->spec, &field, &shown);
		if (strcmp(buf_str(&shown), c->shown) != 0)
			fail_msg("%s: %s", c->why, buf_str(&shown));
	}
	value_release(c->spec, &field);
	buf_release(&want);
	buf_release(&shown);
}

static void reads_and_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

/* What is shown can be written into the file again. */
static void shows_what_it_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct value_case again = cases[i];

		again.text = again.shown;
		if (again.shown)
			check_case(&again);
	}
}

static void keeps_the_old_value_on_a_mistake(void **state)
{
	struct buf want = BUF_INIT(1024);
	char *name = strdup("old.example.org");
	unsigned number = 7;

	(void)state;
	assert_int_equal(value_parse(&hostname, SPAN_LIT("-"), &name, &want), -1);
	assert_string_equal(name, "old.example.org");
	assert_int_equal(value_parse(&port, SPAN_LIT("0"), &number, &want), -1);
	assert_int_equal(number, 7);
	assert_int_equal(value_parse(&hostname, SPAN_LIT(""), &name, &want), 0);
	assert_null(name);
	buf_release(&want);
}

static void never_repeats_the_text(void **state)
{
	(void)state;
	for (enum value_kind kind = VALUE_YES_NO; kind <= VALUE_LOG; kind++) {
		struct value_spec spec = {.kind = kind, .max = 9, .words = places};
		struct buf want = BUF_INIT(1024);
		union field field;

		memset(&field, 0, sizeof(field));
		assert_int_equal(
			value_parse(&spec, SPAN_LIT("hunter2 %s"), &field, &want), -1);
		assert_null(strstr(buf_str(&want), "hunter2"));
		buf_release(&want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_shows),
		cmocka_unit_test(shows_what_it_reads),
		cmocka_unit_test(keeps_the_old_value_on_a_mistake),
		cmocka_unit_test(never_repeats_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
