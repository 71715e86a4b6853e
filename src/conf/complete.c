#include "conf/complete.h"

#include "conf/key.h"
#include "conf/provider.h"

/* One section that is looked at. */
struct section {
	struct conf *conf;
	struct conf_relay *route; /* NULL: [relay] */
	struct conf_relay *relay; /* its values */
	struct conf_problems *problems;
};

static const struct conf_key *key_named(const char *name)
{
	return conf_key_find(SPAN_LIT("route x"), span_of(name));
}

static bool is_given(const struct section *s, const char *key)
{
	return conf_key_origin(key_named(key), s->conf, s->route)->where != NULL;
}

/* About this key, where it was set; about the section as a whole where it was not. */
static void add_problem(struct section *s, const char *key,
	void (*add)(struct conf_problems *p, const struct conf_place *at, const char *fmt,
		...),
	const char *text)
{
	const struct conf_origin *origin =
		conf_key_origin(key_named(key), s->conf, s->route);
	struct buf section = BUF_INIT(CONF_SECTION_NAME_MAX);
	struct conf_place at = {.where = origin->where, .line = origin->line};

	conf_section_name(&section, s->route);
	at.section = buf_span(&section);
	at.key = span_of(key);
	add(s->problems, &at, "%s", text);
	buf_release(&section);
}

static void complain(struct section *s, const char *key, const char *text)
{
	add_problem(s, key, conf_problems_add, text);
}

/* There is no SASLprep here (RFC 4013), for which it would take tables of Unicode. */
static void warn_of_letters(struct section *s, const char *key, const char *value)
{
	if (span_has_8bit(span_of(value)))
		add_problem(s, key, conf_problems_warn,
			"has characters outside ASCII and goes out as it stands; if the "
			"login is refused, the server may know it in another form of "
			"Unicode, or not as UTF-8");
}

static void fill_in(struct section *s, const char *name, const char *value)
{
	const struct conf_key *key = key_named(name);
	struct conf_place at = {.where = "the provider", .key = span_of(name)};

	if (*value && !is_given(s, name))
		(void)conf_key_assign(
			key, s->conf, s->route, span_of(value), &at, s->problems);
}

static void apply_provider(struct section *s)
{
	const struct conf_provider *p = conf_provider_at(s->relay->provider);

	fill_in(s, "host", p->host);
	fill_in(s, "auth", p->auth);
}

static bool has_implicit_tls(const struct conf_relay *relay)
{
	for (size_t i = 0; i < relay->host.count; i++)
		if (relay->host.items[i].start != CONF_START_BY_PORT)
			return true;
	return false;
}

static void check_tls(struct section *s)
{
	const struct conf_relay *r = s->relay;
	bool has_fingerprints = r->tls_fingerprints.count > 0;

	if (r->tls == CONF_TLS_NONE && has_implicit_tls(r))
		complain(s, "tls", "none, but host asks for TLS; remove one of them");
	if (r->tls == CONF_TLS_FINGERPRINT && !has_fingerprints)
		complain(s, "tls", "fingerprint, but there is no tls_fingerprint");
	if (has_fingerprints && r->tls != CONF_TLS_AUTO && r->tls != CONF_TLS_FINGERPRINT)
		complain(s, "tls_fingerprint",
			"has no effect at this level of tls; say tls = fingerprint");
	if (r->tls_key && !r->tls_cert)
		complain(s, "tls_key", "a key without tls_cert");
}

static void check_login(struct section *s)
{
	const struct conf_relay *r = s->relay;
	const char *const said[] = {r->password, r->password_file, r->password_command};
	size_t count = 0;
	const char *key = r->password        ? "password"
			  : r->password_file ? "password_file"
					     : "password_command";

	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		count += said[i] != NULL;
	warn_of_letters(s, "user", r->user);
	warn_of_letters(s, "password", r->password);
	if (count > 1)
		complain(s, key,
			"there is more than one of password, password_file and "
			"password_command; keep one of them");
	else if (count == 1 && !r->user)
		complain(s, key, "a password without a user");
}

static bool has_auth(const struct conf_relay *r, const char *const *names)
{
	for (; *names; names++)
		if (strv_has(&r->auth, span_of(*names)))
			return true;
	return false;
}

/* Whether TLS will have verified the server before a login could be sent. */
static bool is_verified(const struct conf_relay *r)
{
	return r->tls != CONF_TLS_NONE && r->tls != CONF_TLS_MAY &&
	       r->tls != CONF_TLS_ENCRYPT;
}

/* What could only ever end in mail that waits. */
static void check_auth(struct section *s)
{
	static const char *const tokens[] = {"OAUTHBEARER", "XOAUTH2", NULL};
	static const char *const passwords[] = {
		"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", NULL};
	const struct conf_relay *r = s->relay;

	if (has_auth(r, tokens) && has_auth(r, passwords))
		complain(s, "auth",
			"these are for a token (OAUTHBEARER, XOAUTH2) and for a "
			"password; name those of one kind");
	if (r->user && r->host.count && !is_verified(r) && !r->has_insecure_auth)
		complain(s, "tls",
			"no login is sent where TLS does not verify the server; leave "
			"tls "
			"at verify, or say auth_insecure = yes on a network that you "
			"trust");
	if (r->password_command && r->password_command[0] != '/')
		complain(s, "password_command",
			"give an absolute path; no shell looks for it");
}

/* Origins borrow their names from these lists. */
static void note_source(struct section *s)
{
	const char *where =
		conf_key_origin(key_named("password_file"), s->conf, s->route)->where;
	const struct strv *variables = &s->conf->variables;

	s->relay->is_file_of_environment = false;
	for (size_t i = 0; i < variables->count; i++)
		if (variables->items[i] == where)
			s->relay->is_file_of_environment = true;
}

static void check_route(struct section *s)
{
	const struct conf_relay *r = s->route;

	if (!r->senders.count && !r->recipients.count && !r->local_users.count)
		complain(s, "recipient",
			"this route is for no mail; give sender, recipient or "
			"local_user (recipient = * is all)");
	if (!r->host.count)
		complain(s, "host",
			"where does this mail go? Give host or provider; host = direct "
			"is "
			"the mail servers of its domain");
}

static void complete(struct section *s)
{
	s->relay = s->route ? s->route : &s->conf->relay;
	apply_provider(s);
	note_source(s);
	check_tls(s);
	check_login(s);
	check_auth(s);
	if (s->route)
		check_route(s);
}

void conf_complete(struct conf *c, struct conf_problems *problems)
{
	struct section s = {.conf = c, .problems = problems};

	complete(&s);
	for (size_t i = 0; i < c->route_count; i++) {
		s.route = c->routes[i];
		complete(&s);
	}
}
