/*
 * The aliases that systems come with have no problems, and lead where they should.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "mail/alias.h"

/* Debian: exim4 and postfix */
static const char debian[] =
	"# /etc/aliases\n"
	"mailer-daemon: postmaster\npostmaster: root\nnobody: root\nhostmaster: root\n"
	"usenet: root\nnews: root\nwebmaster: root\nwww: root\nftp: root\nabuse: root\n"
	"noc: root\nsecurity: root\nroot: joe\n";

/* Debian: postfix where nothing else is there */
static const char debian_postfix[] =
	"# See man 5 aliases for format\npostmaster:    root\n";

static const char freebsd[] =
	"# $FreeBSD$\n"
	"#\t@(#)aliases\t5.3 (Berkeley) 5/24/90\n"
	"#\n"
	"#  Aliases in this file will NOT be expanded in the header from\n"
	"#  Mail, but WILL be visible over networks.\n"
	"#\n"
	"#\t>>>>>>>>>>\tThe program \"newaliases\" must be run after\n"
	"#\t>> NOTE >>\tthis file is updated for any changes to\n"
	"#\t>>>>>>>>>>\tshow through to sendmail.\n"
	"#\n"
	"# See also RFC 2142, `MAILBOX NAMES FOR COMMON SERVICES, ROLES\n"
	"# AND FUNCTIONS', May 1997\n"
	"# \thttp://tools.ietf.org/html/rfc2142\n"
	"\n"
	"# root:\tme@my.domain\n"
	"\n"
	"# Basic system aliases -- these MUST be present\n"
	"MAILER-DAEMON: postmaster\n"
	"postmaster: root\n"
	"\n"
	"# General redirections for pseudo accounts\n"
	"_dhcp:\troot\n_pflogd: root\nauditdistd:\troot\nbin:\troot\nbind:\troot\n"
	"daemon:\troot\ngames:\troot\nhast:\troot\nkmem:\troot\nmailnull: postmaster\n"
	"man:\troot\nnews:\troot\nnobody:\troot\noperator: root\npop:\troot\n"
	"proxy:\troot\nsmmsp:\tpostmaster\nsshd:\troot\nsystem:\troot\ntoor:\troot\n"
	"tty:\troot\nusenet: news\nuucp:\troot\n"
	"\n"
	"# Well-known aliases -- these should be filled in!\n"
	"# manager:\n"
	"# dumper:\n"
	"\n"
	"# BUSINESS-RELATED MAILBOX NAMES\n"
	"# info:\n# marketing:\n# sales:\n# support:\n"
	"\n"
	"# NETWORK OPERATIONS MAILBOX NAMES\n"
	"abuse:\troot\nnoc:\troot\nsecurity:\troot\n"
	"\n"
	"# SUPPORT MAILBOX NAMES FOR SPECIFIC INTERNET SERVICES\n"
	"ftp: \t\troot\nftp-bugs: \tftp\n# hostmaster: \troot\n# webmaster: \troot\n"
	"# www: \t\twebmaster\n"
	"\n"
	"# NOTE: /var/msgs and /var/msgs/bounds must be owned by sendmail's\n"
	"#\tDefaultUser (defaults to mailnull) for the msgs alias to work.\n"
	"#\n"
	"# msgs: \"| /usr/bin/msgs -s\"\n"
	"\n"
	"bit-bucket: /dev/null\n"
	"dev-null: bit-bucket\n";

/* Red Hat and its like: the colon is followed by tabs, and many accounts by root */
static const char red_hat[] =
	"#\n"
	"#  Aliases in this file will NOT be expanded in the header from\n"
	"#  Mail, but WILL be visible over networks or from /bin/mail.\n"
	"#\n"
	"mailer-daemon:\tpostmaster\npostmaster:\troot\nbin:\t\troot\n"
	"daemon:\t\troot\nadm:\t\troot\nlp:\t\troot\nsync:\t\troot\nshutdown:\troot\n"
	"halt:\t\troot\nnscd:\t\troot\nnoc:\t\troot\n"
	"# trap decode to catch security attacks\n"
	"decode:\t\troot\n"
	"\n"
	"# Person who should get root's mail\n"
	"#root:\t\tmarc\n";

static void fail_note(void *ctx, const char *file, unsigned line, const char *why)
{
	fail_msg("%s: %s:%u: %s", (const char *)ctx, file, line, why);
}

struct case_of {
	const char *system, *text, *name, *expect; /* NULL: discarded; "": stays */
};

static void check_case(const struct case_of *c)
{
	static char *names[] = {"box.example.org", "box", "localhost"};
	const struct strv own = {.items = names, .count = ARRAY_LEN(names)};
	const struct alias_scope scope = {
		.own = &own, .hostname = "box.example.org", .domain = "box.example.org"};
	const struct alias_critic critic = {fail_note, (void *)c->system};
	struct strv found = {0};
	struct buf address = BUF_INIT(100);
	enum alias_result result;
	struct alias_table t;
	struct fault why;

	alias_table_init(&t);
	alias_parse(&t, span_of(c->text), "aliases", NULL, &critic);
	alias_check(&t, &scope, &critic);
	buf_addf(&address, "%s@box.example.org", c->name);
	result = alias_expand(&t, &scope, buf_span(&address), &found, &why);
	if (!c->expect)
		assert_int_equal(result, ALIAS_DISCARD);
	else if (!*c->expect)
		assert_int_equal(result, ALIAS_NONE);
	else if (result != ALIAS_FOUND || found.count != 1 ||
		 strcmp(found.items[0], c->expect) != 0)
		fail_msg("%s: %s", c->system, c->name);
	strv_release(&found);
	buf_release(&address);
	alias_table_release(&t);
}

static void stock_files_work(void **state)
{
	static const struct case_of cases[] = {
		{"Debian", debian, "mailer-daemon", "joe@box.example.org"},
		{"Debian", debian, "security", "joe@box.example.org"},
		{"Debian", debian, "root", "joe@box.example.org"},
		{"Debian", debian, "joe", ""},
		{"Debian, postfix", debian_postfix, "Postmaster", "root@box.example.org"},
		{"FreeBSD", freebsd, "mailer-daemon", "root@box.example.org"},
		{"FreeBSD", freebsd, "MAILER-DAEMON", "root@box.example.org"},
		{"FreeBSD", freebsd, "_dhcp", "root@box.example.org"},
		{"FreeBSD", freebsd, "smmsp", "root@box.example.org"},
		{"FreeBSD", freebsd, "usenet", "root@box.example.org"},
		{"FreeBSD", freebsd, "ftp-bugs", "root@box.example.org"},
		{"FreeBSD", freebsd, "bit-bucket", NULL},
		{"FreeBSD", freebsd, "dev-null", NULL},
		{"FreeBSD", freebsd, "msgs", ""},
		{"FreeBSD", freebsd, "root", ""},
		{"Red Hat", red_hat, "decode", "root@box.example.org"},
		{"Red Hat", red_hat, "mailer-daemon", "root@box.example.org"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_files_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
