#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/bug.h"
#include "cmd/sendmail_options.h"

#define WORDS_MAX 12

static int parse(struct sendmail_options *ret, const char *const *words, struct fault *f)
{
	char *argv[WORDS_MAX + 1] = {NULL};
	int argc = 0;

	for (; argc < WORDS_MAX && words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	return sendmail_options_parse(ret, argc, argv, f);
}

/* What a command line means, as far as it is not the usual. */
struct meaning {
	enum sendmail_mode mode;
	enum dispatch delivery;
	bool takes_recipients;
	bool ignores_dots;
	const char *sender;
	const char *full_name;
	const char *envid;
	unsigned notify;
	enum dsn_return ret;
	bool requires_tls;
	int64_t interval_s;
	const char *only; /* -qI, -qR, -qS: "i,i|r,r|s" */
	const char *recipients[4];
};

struct row {
	const char *who;
	const char *words[WORDS_MAX];
	struct meaning means;
};

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add_list(struct buf *out, const struct strv *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_addf(out, "%s%s", i ? "," : "", list->items[i]);
}

static bool selects(const struct sendmail_options *o, const char *only)
{
	struct buf text = BUF_INIT(1024);
	bool is_same_selection;

	add_list(&text, &o->only_ids);
	buf_add_char(&text, '|');
	add_list(&text, &o->only_recipients);
	buf_add_char(&text, '|');
	add_list(&text, &o->only_senders);
	is_same_selection = span_is(buf_span(&text), only ? only : "||");
	buf_release(&text);
	return is_same_selection;
}

static const char *difference(
	const struct sendmail_options *o, const struct meaning *means)
{
	size_t count = 0;

	while (count < ARRAY_LEN(means->recipients) && means->recipients[count])
		count++;
	if (o->mode != means->mode)
		return "mode";
	if (o->delivery != means->delivery)
		return "delivery";
	if (o->takes_recipients != means->takes_recipients)
		return "-t";
	if (o->ignores_dots != means->ignores_dots)
		return "-i";
	if (!is_same(o->sender, means->sender))
		return "-f";
	if (!is_same(o->full_name, means->full_name))
		return "-F";
	if (!is_same(o->envid, means->envid))
		return "-V";
	if (o->notify != means->notify || o->ret != means->ret)
		return "-N, -R";
	if (o->requires_tls != means->requires_tls)
		return "-O RequireTLS";
	if (o->interval_s != means->interval_s)
		return "interval";
	if (!selects(o, means->only))
		return "selection";
	if (o->recipient_count != count)
		return "number of recipients";
	for (size_t i = 0; i < count; i++)
		if (!is_same(o->recipients[i], means->recipients[i]))
			return "recipient";
	return NULL;
}

static void expect(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sendmail_options o;
		struct fault f = {0};
		const char *what;

		if (parse(&o, rows[i].words, &f) < 0)
			fail_msg("%s: %s", rows[i].who, f.text);
		what = difference(&o, &rows[i].means);
		if (what)
			fail_msg("%s: %s", rows[i].who, what);
		sendmail_options_release(&o);
	}
}

/* sendmail-compat 1: the command lines as recorded from the programs */
static const struct row clients[] = {
	{"Debian cron",
		{"/usr/sbin/sendmail", "-FCronDaemon", "-i", "-B8BITMIME", "-oem",
			"a@x,b@y"},
		{.full_name = "CronDaemon",
			.ignores_dots = true,
			.recipients = {"a@x,b@y"}}},
	{"cronie",
		{"sendmail", "-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f",
			"root"},
		{.full_name = "CronDaemon",
			.ignores_dots = true,
			.takes_recipients = true,
			.delivery = DISPATCH_FOREGROUND,
			.sender = "root"}},
	{"anacron", {"sendmail", "-FAnacron", "-odi", "root"},
		{.full_name = "Anacron",
			.delivery = DISPATCH_FOREGROUND,
			.recipients = {"root"}}},
	{"systemd-cron", {"sendmail", "-i", "-B8BITMIME", "root"},
		{.ignores_dots = true, .recipients = {"root"}}},
	{"busybox crond", {"sendmail", "-ti"},
		{.takes_recipients = true, .ignores_dots = true}},
	{"at", {"sendmail", "-i", "joe"}, {.ignores_dots = true, .recipients = {"joe"}}},
	{"sudo, mdadm, logwatch", {"sendmail", "-t"}, {.takes_recipients = true}},
	{"auditd", {"/usr/lib/sendmail", "-t", "-froot"},
		{.takes_recipients = true, .sender = "root"}},
	{"fail2ban", {"/usr/sbin/sendmail", "-f", "fail2ban", "root"},
		{.sender = "fail2ban", .recipients = {"root"}}},
	{"unattended-upgrades", {"sendmail", "-oi", "-t"},
		{.ignores_dots = true, .takes_recipients = true}},
	{"popularity-contest", {"sendmail", "-oi", "-f", "a@x", "b@y"},
		{.ignores_dots = true, .sender = "a@x", .recipients = {"b@y"}}},
	{"reportbug", {"sendmail", "-f", "a@x", "-oi", "-oem", "b@y", "c@z"},
		{.ignores_dots = true, .sender = "a@x", .recipients = {"b@y", "c@z"}}},
	{"bsd-mailx", {"sendmail", "-i", "-t", "-f", "a@x"},
		{.ignores_dots = true, .takes_recipients = true, .sender = "a@x"}},
	{"s-nail", {"sendmail", "-i", "-f", "a@x", "--", "b@y"},
		{.ignores_dots = true, .sender = "a@x", .recipients = {"b@y"}}},
	{"mailutils", {"sendmail", "-oi", "-f", "joe@host", "-t"},
		{.ignores_dots = true, .takes_recipients = true, .sender = "joe@host"}},
	{"mutt",
		{"sendmail", "-oem", "-oi", "-B8BITMIME", "-f", "a@x", "-N",
			"failure,delay", "-R", "hdrs", "--", "b@y"},
		{.ignores_dots = true,
			.sender = "a@x",
			.notify = DSN_FAILURE | DSN_DELAY,
			.ret = DSN_RETURN_HEADERS,
			.recipients = {"b@y"}}},
	{"git send-email", {"sendmail", "-i", "-f", "a@x", "-i", "b@y", "c@z"},
		{.ignores_dots = true, .sender = "a@x", .recipients = {"b@y", "c@z"}}},
	{"Emacs", {"sendmail", "-oi", "-f", "a@x", "-oem", "-odb", "-t"},
		{.ignores_dots = true,
			.sender = "a@x",
			.delivery = DISPATCH_BACKGROUND,
			.takes_recipients = true}},
	{"PHP with -fX", {"/usr/sbin/sendmail", "-t", "-i", "-fa@x"},
		{.takes_recipients = true, .ignores_dots = true, .sender = "a@x"}},
	{"PHPMailer", {"sendmail", "-oi", "-fa@x", "-t"},
		{.takes_recipients = true, .ignores_dots = true, .sender = "a@x"}},
	{"Ruby mail, old Rails", {"sendmail", "-i", "-t", "-f", "a@x", "--", "b@y"},
		{.takes_recipients = true,
			.ignores_dots = true,
			.sender = "a@x",
			.recipients = {"b@y"}}},
	{"MIME::Lite", {"/usr/lib/sendmail", "-t", "-oi", "-oem", "-fa@x"},
		{.takes_recipients = true, .ignores_dots = true, .sender = "a@x"}},
	{"RT", {"sendmail", "-oi", "-ODeliveryMode=b", "-OErrorMode=m", "-t"},
		{.ignores_dots = true,
			.delivery = DISPATCH_BACKGROUND,
			.takes_recipients = true}},
	{"RT, a bounce", {"sendmail", "-f", "<>", "-oi", "-t"},
		{.ignores_dots = true, .sender = "<>", .takes_recipients = true}},
	{"Sympa",
		{"sendmail", "-oi", "-odi", "-oem", "-N", "success,delay,failure",
			"-V00000042", "-f", "a@x", "--", "b@y"},
		{.ignores_dots = true,
			.delivery = DISPATCH_FOREGROUND,
			.envid = "00000042",
			.notify = DSN_SUCCESS | DSN_DELAY | DSN_FAILURE,
			.sender = "a@x",
			.recipients = {"b@y"}}},
	{"Sympa, a bounce", {"sendmail", "-f", "", "--", "b@y"},
		{.sender = "", .recipients = {"b@y"}}},
	{"Mercurial", {"sendmail", "-f", "a@x", "b@y"},
		{.sender = "a@x", .recipients = {"b@y"}}},
	{"rmail", {"rmail", "-i", "-oMrUUCP", "-oMshost", "-f", "a@x", "--", "b@y"},
		{.ignores_dots = true, .sender = "a@x", .recipients = {"b@y"}}},
};

/* sendmail-compat 2: the forms of each option */
static const struct row forms[] = {
	{"nothing", {"sendmail", "a@x"}, {.recipients = {"a@x"}}},
	{"-bm", {"sendmail", "-bm", "a@x"}, {.recipients = {"a@x"}}},
	{"bundled", {"sendmail", "-tifa@x"},
		{.takes_recipients = true, .ignores_dots = true, .sender = "a@x"}},
	{"a value in the next word behind a bundle", {"sendmail", "-tif", "a@x"},
		{.takes_recipients = true, .ignores_dots = true, .sender = "a@x"}},
	{"-oitrue", {"sendmail", "-oitrue", "a@x"},
		{.ignores_dots = true, .recipients = {"a@x"}}},
	{"-OIgnoreDots=true", {"sendmail", "-OIgnoreDots=true", "a@x"},
		{.ignores_dots = true, .recipients = {"a@x"}}},
	{"-O IgnoreDots", {"sendmail", "-O", "ignoredots", "a@x"},
		{.ignores_dots = true, .recipients = {"a@x"}}},
	{"-O DeliveryMode=", {"sendmail", "-O", "DeliveryMode=", "a@x"},
		{.recipients = {"a@x"}}},
	{"-O RequireTLS", {"sendmail", "-O", "RequireTLS", "a@x"},
		{.requires_tls = true, .recipients = {"a@x"}}},
	{"-O RequireTLS=yes", {"sendmail", "-Orequiretls=yes", "a@x"},
		{.requires_tls = true, .recipients = {"a@x"}}},
	{"the last -O RequireTLS wins",
		{"sendmail", "-ORequireTLS", "-ORequireTLS=false", "a@x"},
		{.recipients = {"a@x"}}},
	{"-O DeliveryMode=Interactive",
		{"sendmail", "-O", "DeliveryMode=Interactive", "a@x"},
		{.delivery = DISPATCH_FOREGROUND, .recipients = {"a@x"}}},
	{"the last -f wins", {"sendmail", "-f", "a@x", "-rb@y", "c@z"},
		{.sender = "b@y", .recipients = {"c@z"}}},
	{"-r alone", {"sendmail", "-r", "a@x", "c@z"},
		{.sender = "a@x", .recipients = {"c@z"}}},
	{"a sender that looks like an option", {"sendmail", "-f", "-t", "c@z"},
		{.sender = "-t", .recipients = {"c@z"}}},
	{"-odq", {"sendmail", "-odq", "a@x"},
		{.delivery = DISPATCH_QUEUE, .recipients = {"a@x"}}},
	{"-odd", {"sendmail", "-odd", "a@x"},
		{.delivery = DISPATCH_QUEUE, .recipients = {"a@x"}}},
	{"-odf", {"sendmail", "-odf", "a@x"},
		{.delivery = DISPATCH_BACKGROUND, .recipients = {"a@x"}}},
	{"-od", {"sendmail", "-od", "a@x"}, {.recipients = {"a@x"}}},
	{"-B7BIT", {"sendmail", "-B7BIT", "-B", "8bitmime", "a@x"},
		{.recipients = {"a@x"}}},
	{"-N never", {"sendmail", "-N", "NEVER", "a@x"},
		{.notify = DSN_NEVER, .recipients = {"a@x"}}},
	{"-R full", {"sendmail", "-Rfull", "a@x"},
		{.ret = DSN_RETURN_FULL, .recipients = {"a@x"}}},
	{"errors", {"sendmail", "-oep", "-oeq", "-oew", "-oee", "-em", "-e", "a@x"},
		{.recipients = {"a@x"}}},
	{"other -o",
		{"sendmail", "-o7", "-o8", "-om", "-oo", "-or0s", "-oMrP", "-oQ/tmp",
			"-o", "a@x"},
		{.recipients = {"a@x"}}},
	{"flags",
		{"sendmail", "-G", "-U", "-n", "-m", "-v", "-Am", "-Ac", "-GUnmv",
			"-cEJTx", "a@x"},
		{.recipients = {"a@x"}}},
	{"ignored values",
		{"sendmail", "-h", "3", "-L", "tag", "-p", "smtp", "-X/tmp/log", "-C",
			"/x", "a@x"},
		{.recipients = {"a@x"}}},
	{"more of them", {"sendmail", "-Mrsmtp", "-M", "shost", "-A", "c", "a@x"},
		{.recipients = {"a@x"}}},
	{"-d and -D", {"sendmail", "-d", "-d0.1", "-D", "log", "a@x"},
		{.recipients = {"a@x"}}},
	{"recipients before options", {"sendmail", "a@x", "-t", "b@y", "-i"},
		{.takes_recipients = true,
			.ignores_dots = true,
			.recipients = {"a@x", "b@y"}}},
	{"behind -- all are recipients", {"sendmail", "--", "-t", "--", "b@y"},
		{.recipients = {"-t", "--", "b@y"}}},
	{"a lone dash is a word", {"sendmail", "-", "b@y"}, {.recipients = {"-", "b@y"}}},
	{"an empty word", {"sendmail", ""}, {.recipients = {""}}},
	{"-bv", {"sendmail", "-bv", "-fb@x", "a@x"},
		{.mode = SENDMAIL_EXPLAIN, .sender = "b@x", .recipients = {"a@x"}}},
	{"-bp", {"sendmail", "-bp"}, {.mode = SENDMAIL_LIST}},
	{"mailq", {"/usr/bin/mailq"}, {.mode = SENDMAIL_LIST}},
	{"mailq -q", {"mailq", "-q"}, {.mode = SENDMAIL_RUN}},
	{"-bs", {"sendmail", "-bs"}, {.mode = SENDMAIL_SERVE}},
	{"Symfony", {"sendmail", "-bs", "-i"},
		{.mode = SENDMAIL_SERVE, .ignores_dots = true}},
	{"Alpine", {"sendmail", "-bs", "-odb", "-oem"},
		{.mode = SENDMAIL_SERVE, .delivery = DISPATCH_BACKGROUND}},
	{"-bi", {"sendmail", "-bi"}, {.mode = SENDMAIL_ALIASES}},
	{"-I", {"sendmail", "-I"}, {.mode = SENDMAIL_ALIASES}},
	{"newaliases", {"newaliases"}, {.mode = SENDMAIL_ALIASES}},
	{"newaliases as postfix has it", {"/usr/bin/newaliases", "-oA/etc/aliases"},
		{.mode = SENDMAIL_ALIASES}},
	{"-q", {"sendmail", "-q"}, {.mode = SENDMAIL_RUN}},
	{"-qf", {"sendmail", "-qf"}, {.mode = SENDMAIL_RUN}},
	{"-qff", {"sendmail", "-qff"}, {.mode = SENDMAIL_RUN}},
	{"-qG", {"sendmail", "-qGfast"}, {.mode = SENDMAIL_RUN}},
	{"-qI", {"sendmail", "-qI6C3MK"}, {.mode = SENDMAIL_RUN, .only = "6C3MK||"}},
	{"-qI with its word", {"sendmail", "-qI", "6C3MK"},
		{.mode = SENDMAIL_RUN, .only = "6C3MK||"}},
	{"-qR", {"sendmail", "-qRexample.org"},
		{.mode = SENDMAIL_RUN, .only = "|example.org|"}},
	{"-qR, more than one", {"sendmail", "-qRa", "-qR", "b", "-v"},
		{.mode = SENDMAIL_RUN, .only = "|a,b|"}},
	{"-qS", {"sendmail", "-qSroot"}, {.mode = SENDMAIL_RUN, .only = "||root"}},
	{"-qS of the null sender's own", {"sendmail", "-qS", "-x"},
		{.mode = SENDMAIL_RUN, .only = "||-x"}},
	{"-qR again and again", {"sendmail", "-qRa", "-q15m"},
		{.mode = SENDMAIL_RUN, .interval_s = 900, .only = "|a|"}},
	{"-q15m", {"sendmail", "-q15m"}, {.mode = SENDMAIL_RUN, .interval_s = 900}},
	{"-q1h", {"sendmail", "-q1h"}, {.mode = SENDMAIL_RUN, .interval_s = 3600}},
	{"-qp", {"sendmail", "-qp"}, {.mode = SENDMAIL_RUN}},
	{"-qp15m", {"sendmail", "-qp15m"}, {.mode = SENDMAIL_RUN, .interval_s = 900}},
	{"an old start script", {"sendmail", "-bd", "-q15m"},
		{.mode = SENDMAIL_RUN, .interval_s = 900}},
	{"the same the other way", {"sendmail", "-q15m", "-bd"},
		{.mode = SENDMAIL_RUN, .interval_s = 900}},
	{"--help", {"sendmail", "--help"}, {.mode = SENDMAIL_HELP}},
	{"--version", {"sendmail", "--version"}, {.mode = SENDMAIL_VERSION}},
	{"no name at all", {NULL}, {.mode = SENDMAIL_SUBMIT}},
};

static const struct {
	const char *words[WORDS_MAX];
	enum fault_kind kind;
	const char *text;
} wrong[] = {
	{{"sendmail", "-Z"}, FAULT_USAGE, "unknown option -Z"},
	{{"sendmail", "-tZ"}, FAULT_USAGE, "unknown option -Z"},
	{{"sendmail", "--queue"}, FAULT_USAGE, "unknown option --queue"},
	{{"sendmail", "-f"}, FAULT_USAGE, "-f needs a value"},
	{{"sendmail", "-ti", "-F"}, FAULT_USAGE, "-F needs a value"},
	{{"sendmail", "-B9BIT", "a@x"}, FAULT_USAGE, "7BIT"},
	{{"sendmail", "-N", "sometimes", "a@x"}, FAULT_DATA, "sometimes"},
	{{"sendmail", "-N", "never,delay", "a@x"}, FAULT_DATA, ""},
	{{"sendmail", "-R", "half", "a@x"}, FAULT_DATA, "half"},
	{{"sendmail", "-ORequireTLS=maybe", "a@x"}, FAULT_USAGE, "yes or no"},
	{{"sendmail", "-O", "RequireTLSx", "a@x"}, FAULT_USAGE, "yes or no"},
	{{"sendmail", "-V", "", "a@x"}, FAULT_DATA, "-V"},
	{{"sendmail", "-V", "a+00b", "a@x"}, FAULT_DATA, ""},
	{{"sendmail", "-V", "a b", "a@x"}, FAULT_DATA, ""},
	{{"sendmail", "-bt"}, FAULT_USAGE, "-bt"},
	{{"sendmail", "-bh"}, FAULT_USAGE, "-bh"},
	{{"sendmail", "-bH"}, FAULT_USAGE, "-bH"},
	{{"sendmail", "-bP"}, FAULT_USAGE, "-bP"},
	{{"sendmail", "-b"}, FAULT_USAGE, "-b"},
	{{"sendmail", "-bmm"}, FAULT_USAGE, "-bmm"},
	{{"sendmail", "-bd"}, FAULT_USAGE, "never listens"},
	{{"sendmail", "-bD"}, FAULT_USAGE, "never listens"},
	{{"sendmail", "-bl", "-q"}, FAULT_USAGE, "never listens"},
	{{"sendmail", "-q15x"}, FAULT_USAGE, "-q15x"},
	{{"sendmail", "-q!Ix"}, FAULT_USAGE, "-q!Ix"},
	{{"sendmail", "-qQ"}, FAULT_USAGE, "-qQ"},
	{{"sendmail", "-qI"}, FAULT_USAGE, "-qI needs a value"},
	{{"sendmail", "-v", "-qR"}, FAULT_USAGE, "-qR needs a value"},
	{{"sendmail", "-s", "subject", "a@x"}, FAULT_USAGE, "nullmta send"},
	{{"sendmail", "-h"}, FAULT_USAGE, "-h needs a value"},
	{{"sendmail", "-q0"}, FAULT_USAGE, "-q0"},
	{{"sendmail", "-q99999999999999999999"}, FAULT_USAGE, "such as 15m"},
};

static void clients_are_understood(void **state)
{
	(void)state;
	expect(clients, ARRAY_LEN(clients));
}

static void every_form_of_an_option_is_understood(void **state)
{
	(void)state;
	expect(forms, ARRAY_LEN(forms));
}

static void what_is_wrong_is_refused_with_a_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct sendmail_options o;
		struct fault f = {0};

		if (parse(&o, wrong[i].words, &f) == 0)
			fail_msg("taken: %s", wrong[i].words[1]);
		if (f.kind != wrong[i].kind || !strstr(f.text, wrong[i].text) ||
			!f.text[0])
			fail_msg("%s: %s", wrong[i].words[1], f.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_understood),
		cmocka_unit_test(every_form_of_an_option_is_understood),
		cmocka_unit_test(what_is_wrong_is_refused_with_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
