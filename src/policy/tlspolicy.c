#include "policy/tlspolicy.h"

/* Fallible decisions share these. */
struct decision {
	const struct tlspolicy_request *request;
	struct tlspolicy *policy;
	struct outcome *why;
};

/* What an administrator has said about who the other side is, is not ours to change. */
static bool is_fixed(const struct tlspolicy_request *q)
{
	enum tls_level level = q->configured->level;

	return !q->is_direct || level == TLS_NONE || level == TLS_FINGERPRINT;
}

bool tlspolicy_wants_dane(const struct tlspolicy_request *q)
{
	if (q->configured->level == TLS_DANE)
		return true;
	return !is_fixed(q) && q->wish != TLS_WISH_OPTIONAL;
}

bool tlspolicy_wants_sts(const struct tlspolicy_request *q)
{
	return q->configured->level != TLS_DANE && !is_fixed(q) &&
	       q->wish != TLS_WISH_OPTIONAL;
}

static int refuse(
	struct decision *d, enum outcome_kind kind, const char *status, const char *text)
{
	bool is_direct = d->request->is_direct;

	*d->why = outcome_make(kind, is_direct ? OUTCOME_HOST : OUTCOME_ROUTE, status,
		"%s: %s", d->request->name, text);
	return -1;
}

static void raise_to(struct decision *d, enum tls_level level)
{
	struct tls_options *options = &d->policy->options;

	if (options->level < level)
		options->level = level;
}

static int use_dane(struct decision *d)
{
	const struct dane *dane = d->request->dane;
	struct tls_options *options = &d->policy->options;

	d->policy->found = TLSRESULTS_TLSA;
	switch (dane->result) {
	case DANE_FAILED:
		d->policy->trouble = TLSRESULTS_DNSSEC_INVALID;
		return refuse(d, OUTCOME_DEFERRED, "4.4.3", dane->why);
	case DANE_UNUSABLE:
		d->policy->trouble = TLSRESULTS_TLSA_INVALID;
		if (options->level == TLS_DANE)
			return refuse(d, OUTCOME_DEFERRED, "4.7.5",
				"none of its TLSA records can be used");
		raise_to(d, TLS_ENCRYPT);
		return 0;
	case DANE_USABLE:
		options->level = TLS_DANE;
		options->name = dane->base;
		options->names = &dane->names;
		options->tlsa = dane->records;
		options->tlsa_count = dane->count;
		return 0;
	case DANE_NONE:
		break;
	}
	d->policy->trouble = TLSRESULTS_DANE_REQUIRED;
	return refuse(d, OUTCOME_DEFERRED, "4.7.5",
		"it has no secure TLSA records, and DANE is configured");
}

/* Protocol S4: the name counts, whatever certificate the host may have. */
static int use_sts(struct decision *d)
{
	const struct mtasts_policy *sts = d->request->sts;

	d->policy->found = TLSRESULTS_STS;
	d->policy->is_testing = sts->mode == MTASTS_TESTING;
	if (mtasts_allows(sts, d->request->name)) {
		raise_to(d, TLS_VERIFY);
		return 0;
	}
	d->policy->trouble = TLSRESULTS_VALIDATION_FAILURE;
	if (d->policy->is_testing)
		return 0;
	return refuse(d, OUTCOME_DEFERRED, "4.7.5",
		"the domain's MTA-STS policy does not name this host");
}

static bool has_sts(const struct tlspolicy_request *q)
{
	return q->sts && q->sts->mode != MTASTS_NONE && tlspolicy_wants_sts(q);
}

static int use_published(struct decision *d)
{
	const struct tlspolicy_request *q = d->request;

	if (q->dane && tlspolicy_wants_dane(q) &&
		(q->dane->result != DANE_NONE || q->configured->level == TLS_DANE))
		return use_dane(d);
	return has_sts(q) ? use_sts(d) : 0;
}

/* RFC 8689 4.2.1: the name must be a sure one, and its certificate must be good. */
static int require(struct decision *d)
{
	const struct tlspolicy_request *q = d->request;
	bool is_sure = !q->is_direct || q->is_mx_secure ||
		       (has_sts(q) && mtasts_allows(q->sts, q->name));

	d->policy->is_testing = false;
	if (q->configured->level == TLS_NONE)
		return refuse(d, OUTCOME_FAILED, "5.7.30",
			"the message requires TLS, which is switched off here");
	if (d->policy->options.level == TLS_DANE)
		return 0;
	if (!is_sure)
		return refuse(d, OUTCOME_FAILED, "5.7.30",
			"the message requires TLS, and neither DNSSEC nor MTA-STS "
			"vouches for this host");
	raise_to(d, TLS_VERIFY);
	return 0;
}

int tlspolicy_decide(const struct tlspolicy_request *request, struct tlspolicy *ret,
	struct outcome *ret_why)
{
	struct decision d = {request, ret, ret_why};

	*ret = (struct tlspolicy){
		.options = *request->configured,
		.found = TLSRESULTS_NO_POLICY,
		.trouble = TLSRESULTS_SUCCESS,
	};
	ret->options.name = request->name;
	if (use_published(&d) < 0)
		return -1;
	return request->wish == TLS_WISH_REQUIRED ? require(&d) : 0;
}
