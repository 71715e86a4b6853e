#include "conf/key_table.h"

#include <stddef.h>

/* the field and the traits of a key */
/* clang-format off */
#define FIELD(field_)          offsetof(struct conf, field_), 0
#define GUARDED(field_)        offsetof(struct conf, field_), KEY_DIRECTS
#define RELAY_AS(field_, as_)  offsetof(struct conf_relay, field_), (as_)
#define RELAY(field_)          RELAY_AS(field_, 0)
#define DIRECTS(field_)        RELAY_AS(field_, KEY_DIRECTS)
#define LOGIN(field_)          RELAY_AS(field_, KEY_IS_LOGIN)
#define SECRET(field_)         RELAY_AS(field_, KEY_IS_LOGIN | KEY_IS_SECRET)
/* clang-format on */

#define TEN_YEARS (3653 * (int64_t)86400)
/* clang-format off */
#define KIND(kind_)                    {.kind = (kind_)}
#define WORDS(kind_, words_)           {.kind = (kind_), .words = (words_)}
#define RANGE(kind_, min_, max_)       {.kind = (kind_), .min = (min_), .max = (max_)}
#define NUMBER_OR(min_, max_, words_)  \
	{.kind = VALUE_NUMBER, .min = (min_), .max = (max_), .words = (words_)}
#define RANGE_OR(kind_, max_, words_)  {.kind = (kind_), .max = (max_), .words = (words_)}
/* clang-format on */

static const char *const deliver_words[] = {"background", "foreground", "queue", NULL};
static const char *const trust_words[] = {"auto", "yes", "no", NULL};
static const char *const level_words[] = {"error", "warning", "info", "debug", NULL};
static const char *const report_words[] = {"auto", "user", "sender", NULL};
static const char *const target_words[] = {"syslog", "stderr", "none", NULL};
static const char *const name_words[] = {"%n", "%h", "%u", "%a", "%%", NULL};
static const char *const field_words[] = {"%h", "%u", "%i", "%%", "%|", NULL};
static const char *const never_words[] = {"never", "0", NULL};
static const char *const auto_words[] = {"auto", NULL};
static const char *const any_words[] = {"*", NULL};
static const char *const sender_words[] = {"*", "<>", NULL};
static const char *const tls_words[] = {
	"auto", "none", "may", "encrypt", "verify", "fingerprint", "dane", NULL};
static const char *const version_words[] = {"auto", "1.0", "1.1", "1.2", "1.3", NULL};
static const char *const mechanism_words[] = {"EXTERNAL", "SCRAM-SHA-256-PLUS",
	"SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN", NULL};
static const char *const no_file_words[] = {"none", NULL};
static const char *const local_words[] = {"auto", "mailbox", "forward-to-relay", NULL};
static const char *const none_words[] = {"none", "0", NULL};

const struct conf_key conf_keys[] = {
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

	{"relay", "host", KIND(VALUE_HOPS), "", DIRECTS(host),
		"server that takes all mail (default: none, straight to the MX hosts)"},
	{"relay", "port", NUMBER_OR(1, 65535, auto_words), "auto", DIRECTS(port),
		"its port (default: 465 for smtps, 587 with a user, else 25)"},
	{"relay", "provider", KIND(VALUE_PROVIDER), "none", DIRECTS(provider),
		"mail provider whose host and settings are known"},
	{"relay", "user", KIND(VALUE_TEXT), "", LOGIN(user), "login: who we are"},
	{"relay", "password", KIND(VALUE_SECRET), "", SECRET(password),
		"login: password or token, in a file that others cannot read"},
	{"relay", "password_file", KIND(VALUE_PATH), "", SECRET(password_file),
		"login: file whose first line is the password or token"},
	{"relay", "password_command", KIND(VALUE_TEXT), "", SECRET(password_command),
		"login: program (absolute path, no shell) that prints the password or "
		"token"},
	{"relay", "auth", WORDS(VALUE_MECHANISMS, mechanism_words), "", RELAY(auth),
		"login: mechanisms that may be used (default: the best one offered)"},
	{"relay", "auth_insecure", KIND(VALUE_YES_NO), "no", DIRECTS(has_insecure_auth),
		"login even where TLS does not prove whom we talk to"},
	{"relay", "tls", WORDS(VALUE_WORD, tls_words), "auto", DIRECTS(tls),
		"how the server is verified (default: verify for a relay)"},
	{"relay", "tls_ca", KIND(VALUE_PATH), "", DIRECTS(tls_ca),
		"file or directory of CA certificates (default: the system's)"},
	{"relay", "tls_fingerprint", KIND(VALUE_FINGERPRINTS), "",
		DIRECTS(tls_fingerprints),
		"SHA-256 of the server's certificate or public key"},
	{"relay", "tls_version", WORDS(VALUE_WORD, version_words), "auto",
		DIRECTS(tls_version), "lowest version of TLS (default: 1.2)"},
	{"relay", "tls_cert", KIND(VALUE_PATH), "", LOGIN(tls_cert),
		"our own certificate, with its chain"},
	{"relay", "tls_key", KIND(VALUE_PATH), "", LOGIN(tls_key),
		"its key (default: in tls_cert)"},
	{"relay", "source", KIND(VALUE_SOURCES), "", RELAY(sources),
		"address of this machine that connections come from"},
	{"relay", "proxy", KIND(VALUE_PROXY), "", DIRECTS(proxy),
		"SOCKS5 proxy on the way"},
	{"relay", "from", KIND(VALUE_ADDRESS), "", RELAY(from),
		"one sender for all mail that goes this way"},

	{"route", "sender", WORDS(VALUE_PATTERNS, sender_words), "", RELAY(senders),
		"envelope senders whose mail goes this way"},
	{"route", "recipient", WORDS(VALUE_PATTERNS, any_words), "", RELAY(recipients),
		"recipients whose mail goes this way"},
	{"route", "local_user", KIND(VALUE_USERS), "", RELAY(local_users),
		"local users whose mail goes this way"},

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

	{"dns", "nameserver", KIND(VALUE_SERVERS), "", GUARDED(dns.nameservers),
		"servers to ask (default: those of /etc/resolv.conf)"},
	{"dns", "trust_ad", WORDS(VALUE_WORD, trust_words), "auto", GUARDED(dns.trust_ad),
		"believe what they say of DNSSEC, so that DANE can be used"},
	{"dns", "hosts_file", KIND(VALUE_PATH), "/etc/hosts", GUARDED(dns.hosts_file),
		"what is known of relays before DNS is asked"},

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
	{"delivery", "obey_tls_required", KIND(VALUE_YES_NO), "yes",
		FIELD(delivery.obeys_tls_required),
		"a field TLS-Required: No lifts what DANE and MTA-STS ask for"},

	{"mta_sts", "enable", KIND(VALUE_YES_NO), "yes", FIELD(mta_sts.is_enabled),
		"obey the policies that domains publish by HTTPS"},
	{"mta_sts", "port", RANGE(VALUE_NUMBER, 1, 65535), "443", FIELD(mta_sts.port),
		"port of the hosts that have them; for tests"},
	{"mta_sts", "ca_file", KIND(VALUE_PATH), "", FIELD(mta_sts.ca_file),
		"CAs of those hosts (default: the system's)"},

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
	{"local", "deliver", WORDS(VALUE_LOCAL, local_words), "auto",
		FIELD(local.deliver),
		"where mail for users of this machine goes (default: mailbox, or the "
		"relay)"},

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
_Static_assert(sizeof(enum conf_trust) == sizeof(unsigned), "an enum is an unsigned");
_Static_assert(sizeof(enum log_level) == sizeof(unsigned), "an enum is an unsigned");
_Static_assert(sizeof(enum conf_tls) == sizeof(unsigned), "an enum is an unsigned");
_Static_assert(
	sizeof(enum conf_tls_version) == sizeof(unsigned), "an enum is an unsigned");

const size_t conf_keys_count = ARRAY_LEN(conf_keys);
