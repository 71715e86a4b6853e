#include "deliver/narrate.h"

static const char *security(const struct flush *flush, bool is_secure)
{
	if (is_secure)
		return "signed (DNSSEC)";
	return flush->world->resolver->is_trusted
		       ? "not signed"
		       : "not known to be signed, as the resolver is not trusted";
}

void narrate_hosts(
	const struct flush *flush, const struct route *route, const struct mx_list *hosts)
{
	char remote[OUTCOME_REMOTE_MAX];

	if (route->kind == ROUTE_MX)
		flush_show(flush, "=== DNS: the mail servers of %s are %s", route->name,
			security(flush, hosts->is_secure));
	for (size_t i = 0; i < hosts->count; i++) {
		const struct mx_target *target = &hosts->targets[i];

		mx_target_format(target, remote, sizeof(remote));
		if (route->kind == ROUTE_MX)
			flush_show(flush, "=== DNS: %s, preference %u, address %s",
				remote, target->preference,
				security(flush, target->is_secure));
		else if (target->host[0] && !mx_target_is_named(target))
			flush_show(flush, "=== DNS: %s, address %s", remote,
				security(flush, target->is_secure));
	}
}

/* Whom it has to be, where that is checked by name. */
static const char *wanted_name(const struct tls_options *o)
{
	return o->level == TLS_VERIFY || o->level == TLS_DANE ? o->name : NULL;
}

void narrate_policy(const struct flush *flush, const struct tlspolicy_request *request,
	const struct tlspolicy *policy)
{
	const char *name = wanted_name(&policy->options);
	const char *why = "as configured";

	if (policy->found == TLSRESULTS_TLSA)
		why = "because of DANE";
	else if (policy->found == TLSRESULTS_STS)
		why = "because of MTA-STS";
	else if (request->is_direct)
		why = "as neither DANE nor MTA-STS wants more";
	flush_show(flush, "=== TLS: %s%s%s, %s", tls_level_name(policy->options.level),
		name ? " " : "", name ? name : "", why);
}

void narrate_tls(const struct flush *flush, const struct tls_facts *facts)
{
	if (facts->is_encrypted)
		flush_show(flush, "=== %s, %s; %sverified: %s%s", facts->version,
			facts->cipher, facts->is_verified ? "" : "not ", facts->how,
			facts->is_resumed ? " (resumed)" : "");
	if (!facts->fingerprint[0])
		return;
	flush_show(flush, "=== certificate: %s, issued by %s", facts->subject,
		facts->issuer);
	flush_show(flush, "=== certificate: for %s, until %s",
		facts->names[0] ? facts->names : "no name", facts->expires);
	flush_show(flush, "=== certificate: SHA-256 %s, of its key %s",
		facts->fingerprint, facts->key_fingerprint);
}

void narrate_login(const struct flush *flush, const char *user, const char *mechanism)
{
	if (mechanism)
		flush_show(flush, "=== logged in%s%s by %s", user && *user ? " as " : "",
			user && *user ? user : "", mechanism);
}

/* Without SASLprep (RFC 4013), for which there are no tables here. */
void narrate_refused_login(const struct flush *flush, const struct smtp_login *login)
{
	bool is_odd = span_has_8bit(login->password);

	if (!is_odd && !span_has_8bit(span_of(login->user)))
		return;
	flush_show(flush,
		"=== the %s has characters outside ASCII and went out as it stands; a "
		"server may know it in another form of Unicode, or not as UTF-8: one of "
		"ASCII alone is always understood",
		is_odd ? "password" : "user");
}
