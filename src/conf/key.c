#include "conf/key.h"

#include <stddef.h>

#include "base/bug.h"
#include "base/text.h"

#define FIELD(field_) offsetof(struct conf, field_)
#define TEN_YEARS     (3653 * (int64_t)86400)
#define LIST_MAX      256
/* clang-format off */
#define KIND(kind_)                    {.kind = (kind_)}
#define WORDS(kind_, words_)           {.kind = (kind_), .words = (words_)}
#define RANGE(kind_, min_, max_)       {.kind = (kind_), .min = (min_), .max = (max_)}
#define RANGE_OR(kind_, max_, words_)  {.kind = (kind_), .max = (max_), .words = (words_)}
/* clang-format on */

static const char *const deliver_words[] = {"background", "foreground", "queue", NULL};
static const char *const level_words[] = {"error", "warning", "info", "debug", NULL};
static const char *const report_words[] = {"auto", "user", "sender", NULL};
static const char *const target_words[] = {"syslog", "stderr", "none", NULL};
static const char *const name_words[] = {"%n", "%h", "%u", "%a", "%%", NULL};
static const char *const field_words[] = {"%h", "%u", "%i", "%%", "%|", NULL};
static const char *const never_words[] = {"never", "0", NULL};
static const char *const no_file_words[] = {"none", NULL};
static const char *const none_words[] = {"none", "0", NULL};

static const struct conf_key keys[] = {
	{"nullmta", "hostname", KIND(VALUE_HOSTNAME), "", FIELD(nullmta.hostname),
		"full name of this machine (default: found without DNS)"},
	{"nullmta", "domain", KIND(VALUE_DOMAIN), "", FIELD(nullmta.domain),
		"domain of addresses without one (default: /etc/mailname, else "
		"hostname)"},
	{"nullmta", "deliver", WORDS(VALUE_WORD, deliver_words), "background",
		FIELD(nullmta.deliver), "when the first attempt is made"},
	{"nullmta", "strict", KIND(VALUE_YES_NO), "no", FIELD(nullmta.is_strict),
		"exit 75 where the first attempt was waited for and mail stays queued"},
	{"nullmta", "message_size", RANGE(VALUE_OCTETS, 1024, (int64_t)1 << 40), "50m",
		FIELD(nullmta.message_size), "largest message accepted"},
	{"nullmta", "recipients", RANGE(VALUE_NUMBER, 1, 10000), "1000",
		FIELD(nullmta.recipients), "most recipients of one message"},

	{"relay", "host", KIND(VALUE_HOST), "", FIELD(relay.host),
		"server that takes all mail (default: none, straight to the MX hosts)"},
	{"relay", "port", RANGE(VALUE_NUMBER, 1, 65535), "25", FIELD(relay.port),
		"its port"},

	{"spool", "dir", KIND(VALUE_PATH), "", FIELD(spool.dir),
		"the queue (default: /var/spool/nullmta/%u, else "
		"~/.local/state/nullmta)"},
	{"spool", "retry", KIND(VALUE_SCHEDULE), "1m 5m 15m 30m 1h 2h 4h",
		FIELD(spool.retry), "waits between attempts; the last one repeats"},
	{"spool", "lifetime", RANGE(VALUE_SECONDS, 1, TEN_YEARS), "5d",
		FIELD(spool.lifetime_s), "mail that cannot be delivered so long fails"},
	{"spool", "bounce_lifetime", RANGE(VALUE_SECONDS, 1, TEN_YEARS), "1d",
		FIELD(spool.bounce_lifetime_s), "the same for reports"},
	{"spool", "warn_after", RANGE_OR(VALUE_SECONDS, TEN_YEARS, never_words), "4h",
		FIELD(spool.warn_after_s), "when a delay is reported"},

	{"dns", "nameserver", KIND(VALUE_SERVERS), "", FIELD(dns.nameservers),
		"servers to ask (default: those of /etc/resolv.conf)"},

	{"delivery", "connections", RANGE(VALUE_NUMBER, 1, 100), "10",
		FIELD(delivery.connections), "most connections at a time"},
	{"delivery", "per_destination", RANGE(VALUE_NUMBER, 1, 50), "4",
		FIELD(delivery.per_destination), "most of them to one destination"},
	{"delivery", "port", RANGE(VALUE_NUMBER, 1, 65535), "25", FIELD(delivery.port),
		"port of MX hosts"},
	{"delivery", "connect_timeout", RANGE(VALUE_SECONDS, 1, 86400), "30s",
		FIELD(delivery.connect_timeout_s), "longest wait for a connection"},
	{"delivery", "reply_timeout", RANGE_OR(VALUE_SECONDS, 86400, none_words), "none",
		FIELD(delivery.reply_timeout_s),
		"cap on every wait for a server (default: the times of RFC 5321)"},
	{"delivery", "local_hosts", KIND(VALUE_YES_NO), "no",
		FIELD(delivery.has_local_hosts),
		"MX hosts may be on this machine; for tests"},

	{"rewrite", "map", KIND(VALUE_PATH), "", FIELD(rewrite.map),
		"file with the addresses of users outside"},
	{"rewrite", "from", KIND(VALUE_ADDRESS), "", FIELD(rewrite.from),
		"one sender for all mail"},
	{"rewrite", "domain", KIND(VALUE_DOMAIN), "", FIELD(rewrite.domain),
		"domain of senders, in place of the names of this machine"},
	{"rewrite", "domains", KIND(VALUE_DOMAINS), "", FIELD(rewrite.domains),
		"more domains that are names of this machine"},
	{"rewrite", "name", WORDS(VALUE_TEMPLATE, name_words), "", FIELD(rewrite.name),
		"display name in From (default: stays)"},
	{"rewrite", "keep_original", KIND(VALUE_YES_NO), "no",
		FIELD(rewrite.keeps_original), "X-Original-From keeps a changed From"},

	{"generic", "*", KIND(VALUE_TABLE), "", FIELD(generic),
		"address of a user, an address or a domain outside"},

	{"header", "add", WORDS(VALUE_FIELDS, field_words), "", FIELD(header.added),
		"fields to add"},
	{"header", "set", WORDS(VALUE_FIELDS, field_words), "", FIELD(header.set),
		"fields to put in place of those of the same name"},
	{"header", "remove", KIND(VALUE_NAMES), "", FIELD(header.removed),
		"names of fields to remove"},

	{"local", "aliases", WORDS(VALUE_PATH, no_file_words), "/etc/aliases",
		FIELD(local.aliases), "file that says who gets the mail of local names"},

	{"mailbox", "path", KIND(VALUE_PATH), "", FIELD(mailbox.path),
		"mailbox for reports (default: ~/Maildir/ if it exists, else "
		"/var/mail/USER)"},

	{"bounce", "to", WORDS(VALUE_REPORT, report_words), "auto", FIELD(bounce.to),
		"who is told of mail that failed"},
	{"bounce", "per_hour", RANGE(VALUE_NUMBER, 1, 1000000), "100",
		FIELD(bounce.per_hour), "most reports an hour"},

	{"log", "target", WORDS(VALUE_LOG, target_words), "syslog", FIELD(log.target),
		"where each step is logged"},
	{"log", "level", WORDS(VALUE_WORD, level_words), "info", FIELD(log.level),
		"how much is logged"},
};

/* VALUE_WORD stores the place of the word as unsigned, which is what our enums are */
_Static_assert(sizeof(enum conf_deliver) == sizeof(unsigned), "an enum is an unsigned");
_Static_assert(sizeof(enum log_level) == sizeof(unsigned), "an enum is an unsigned");

const struct conf_key *conf_key_at(size_t i)
{
	return i < ARRAY_LEN(keys) ? &keys[i] : NULL;
}

size_t conf_key_count(void)
{
	return ARRAY_LEN(keys);
}

size_t conf_key_index(const struct conf_key *key)
{
	return (size_t)(key - keys);
}

static bool is_table(const struct conf_key *key)
{
	return key->spec.kind == VALUE_TABLE;
}

const struct conf_key *conf_key_find(struct span section, struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (span_iis(section, keys[i].section) &&
			(is_table(&keys[i]) || span_iis(name, keys[i].name)))
			return &keys[i];
	return NULL;
}

bool conf_key_has_section(struct span section)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (span_iis(section, keys[i].section))
			return true;
	return false;
}

/* The rows of a section stand together, so a section is new where the name changes. */
static bool begins_section(size_t i)
{
	return i == 0 || !span_is(span_of(keys[i].section), keys[i - 1].section);
}

void conf_key_list(struct buf *out, struct span section)
{
	const char *between = "";

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!span_iis(section, keys[i].section))
			continue;
		buf_addf(out, "%s%s", between, keys[i].name);
		between = ", ";
	}
}

void conf_key_list_sections(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (begins_section(i))
			buf_addf(out, "%s%s", i ? ", " : "", keys[i].section);
}

void conf_key_variable(struct buf *out, const struct conf_key *key)
{
	struct buf name = BUF_INIT(LIST_MAX);

	if (is_table(key))
		return;
	if (!span_is(span_of(key->section), "nullmta"))
		buf_addf(&name, "%s_", key->section);
	buf_add_str(&name, key->name);
	buf_add_str(out, "NULLMTA_");
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		buf_add_char(out, text_is_alpha(c) ? (char)(c & ~0x20) : c);
	}
	buf_release(&name);
}

void *conf_key_field(const struct conf_key *key, struct conf *c)
{
	return (char *)c + key->offset;
}

int conf_key_assign(const struct conf_key *key, struct conf *c, struct span text,
	const struct conf_place *at, struct conf_problems *problems)
{
	const struct conf_origin origin = {at->where, at->line};
	struct buf want = BUF_INIT(CONF_PROBLEM_TEXT_MAX);
	void *field = conf_key_field(key, c);
	int rc;

	if (is_table(key))
		rc = conf_table_put(field, at->key, text, &origin, &want);
	else
		rc = value_parse(&key->spec, text, field, &want);
	if (rc < 0)
		conf_problems_add(problems, at, "wrong value; give %s", buf_str(&want));
	else
		c->origins[conf_key_index(key)] = origin;
	buf_release(&want);
	return rc;
}
