/*
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 7677, RFC 5802): the password is not said, and
 * the server proves that it knows it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/codec.h"
#include "base/text.h"
#include "smtp/auth_mechanism.h"

/* RFC 7677 4 asks for 4096 at least; more than a million is an attack on our time. */
#define ITERATIONS_MIN 4096
#define ITERATIONS_MAX 1000000

/* gs2-header and octets of the binding; client-final without the proof; all together */
#define BINDING_MAX      1024
#define FINAL_MAX        (AUTH_CHALLENGE_MAX + 2 * BINDING_MAX)
#define AUTH_MESSAGE_MAX (AUTH_SCRAM_BARE_MAX + AUTH_CHALLENGE_MAX + FINAL_MAX)

/* What the server says first (RFC 5802 7). All borrowed from the challenge. */
struct server_first {
	struct span nonce;
	struct span salt; /* base64 */
	uint64_t iterations;
};

static struct span digest_span(const unsigned char digest[AUTH_DIGEST_SIZE])
{
	return (struct span){(const char *)digest, AUTH_DIGEST_SIZE};
}

/* "r=…" up to the next comma; extensions stand behind what is known and are ignored */
static bool take_attribute(struct span *rest, char name, struct span *ret_value)
{
	struct span behind = *rest, part;

	if (!span_cut(&behind, ',', &part) || part.len < 3 || part.data[0] != name ||
		part.data[1] != '=')
		return false;
	*ret_value = span_from(part, 2);
	*rest = behind;
	return true;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] <= 0x20 || s.data[i] > 0x7e)
			return false;
	return true;
}

static int parse_first(struct smtp_auth *a, struct span text, struct server_first *ret)
{
	const char *nonce = a->login->nonce;
	struct span count;

	/* RFC 5802 5.1: a mandatory extension that we do not know */
	if (span_starts(text, "m="))
		return auth_set_trouble(a, "SCRAM: an extension that nobody knows");
	if (take_attribute(&text, 'e', &count))
		return auth_set_trouble(a, "SCRAM: the server says %.*s",
			SPAN_ARGS(span_head(count, 80)));
	if (!take_attribute(&text, 'r', &ret->nonce) ||
		!take_attribute(&text, 's', &ret->salt) ||
		!take_attribute(&text, 'i', &count))
		return auth_set_trouble(a, "SCRAM: a challenge out of form");
	/* its own part is what keeps an old dialogue from being played again */
	if (!is_printable(ret->nonce) || !span_starts(ret->nonce, nonce) ||
		ret->nonce.len == strlen(nonce))
		return auth_set_trouble(a, "SCRAM: the nonce is not ours made longer");
	if (span_to_uint(count, UINT64_MAX, &ret->iterations) < 0)
		return auth_set_trouble(a, "SCRAM: an iteration count that is none");
	if (ret->iterations < ITERATIONS_MIN || ret->iterations > ITERATIONS_MAX)
		return auth_set_trouble(a,
			"SCRAM: %" PRIu64 " iterations are not within %d and %d",
			ret->iterations, ITERATIONS_MIN, ITERATIONS_MAX);
	return 0;
}

/*
 * gs2-header (RFC 5802 6): p, the channel is bound; y, we could bind it but the server does
 * not offer to, so that one that does knows that its offer was stolen; n, we cannot.
 */
static void add_gs2_header(const struct smtp_auth *a, struct buf *out)
{
	if (a->binding.type)
		buf_addf(out, "p=%s,,", a->binding.type);
	else
		buf_add_str(out, a->can_bind ? "y,," : "n,,");
}

/* client-first-message */
static int say_first(struct smtp_auth *a, struct buf *out)
{
	struct buf *bare = &a->scram.first_bare;

	buf_add_str(bare, "n=");
	auth_add_saslname(bare, a->login->user);
	buf_addf(bare, ",r=%s", a->login->nonce);
	add_gs2_header(a, out);
	buf_add_span(out, buf_span(bare));
	return bare->is_overfull ? auth_set_trouble(a, "the user name is too long") : 0;
}

/* client-final-message-without-proof */
static void add_final(const struct smtp_auth *a, struct span nonce, struct buf *out)
{
	struct buf binding = BUF_INIT(BINDING_MAX);

	add_gs2_header(a, &binding);
	if (a->binding.type)
		buf_add_span(&binding, a->binding.data);
	buf_add_str(out, "c=");
	base64_encode(out, buf_span(&binding));
	buf_add_str(out, ",r=");
	buf_add_span(out, nonce);
	buf_release(&binding);
}

/*
 * RFC 5802 3: ClientProof := ClientKey XOR HMAC(H(ClientKey), AuthMessage), and what the
 * server has to prove: HMAC(ServerKey, AuthMessage). False where OpenSSL refuses.
 */
static bool sign(struct smtp_auth *a, const unsigned char salted[AUTH_DIGEST_SIZE],
	struct span message, unsigned char ret_proof[AUTH_DIGEST_SIZE])
{
	unsigned char client_key[AUTH_DIGEST_SIZE], key[AUTH_DIGEST_SIZE];
	struct span password = digest_span(salted);
	bool is_good =
		auth_digest_hmac(password, SPAN_LIT("Client Key"), client_key) &&
		auth_digest_sha256(digest_span(client_key), key) &&
		auth_digest_hmac(digest_span(key), message, ret_proof) &&
		auth_digest_hmac(password, SPAN_LIT("Server Key"), key) &&
		auth_digest_hmac(digest_span(key), message, a->scram.server_signature);

	for (size_t i = 0; is_good && i < AUTH_DIGEST_SIZE; i++)
		ret_proof[i] ^= client_key[i];
	explicit_bzero(client_key, sizeof(client_key));
	explicit_bzero(key, sizeof(key));
	return is_good;
}

static bool prove(struct smtp_auth *a, struct span salt, uint32_t iterations,
	struct span message, unsigned char ret_proof[AUTH_DIGEST_SIZE])
{
	unsigned char salted[AUTH_DIGEST_SIZE];
	bool is_good = auth_digest_pbkdf2(a->login->password, salt, iterations, salted) &&
		       sign(a, salted, message, ret_proof);

	explicit_bzero(salted, sizeof(salted));
	return is_good;
}

static int add_proof(struct smtp_auth *a, const struct server_first *first,
	struct span message, struct buf *out)
{
	unsigned char proof[AUTH_DIGEST_SIZE];
	struct buf salt = BUF_INIT(AUTH_CHALLENGE_MAX);
	int rc = base64_decode(&salt, first->salt);

	if (rc < 0 || salt.len == 0)
		rc = auth_set_trouble(a, "SCRAM: a salt that is no base64");
	else if (!prove(a, buf_span(&salt), (uint32_t)first->iterations, message, proof))
		rc = auth_set_trouble(a, "SCRAM: OpenSSL refuses SHA-256");
	if (rc == 0) {
		buf_add_str(out, ",p=");
		base64_encode(out, (struct span){(const char *)proof, sizeof(proof)});
	}
	buf_release(&salt);
	return rc;
}

/* client-final-message */
static int say_final(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	struct buf message = BUF_INIT(AUTH_MESSAGE_MAX);
	struct server_first first;
	size_t before = out->len;
	int rc;

	if (parse_first(a, challenge, &first) < 0)
		return -1;
	add_final(a, first.nonce, out);
	/* AuthMessage (RFC 5802 3) */
	buf_add_span(&message, buf_span(&a->scram.first_bare));
	buf_add_char(&message, ',');
	buf_add_span(&message, challenge);
	buf_add_char(&message, ',');
	buf_add_span(&message, span_from(buf_span(out), before));
	rc = add_proof(a, &first, buf_span(&message), out);
	buf_release(&message);
	return rc;
}

/* server-final-message: our answer to a proof or an error is an empty line (RFC 4954 4) */
static int check_final(struct smtp_auth *a, struct span challenge)
{
	struct buf signature = BUF_INIT(AUTH_CHALLENGE_MAX);
	struct span value = SPAN_NONE;

	/* its 5yz comes behind our answer */
	if (take_attribute(&challenge, 'e', &value)) {
		text_clean_into(a->remark, sizeof(a->remark), value);
		return 0;
	}
	if (take_attribute(&challenge, 'v', &value) &&
		base64_decode(&signature, value) == 0)
		a->is_proven =
			auth_digest_is(buf_span(&signature), a->scram.server_signature);
	buf_release(&signature);
	if (!a->is_proven)
		return auth_set_trouble(a, "SCRAM: the server does not prove that it "
					   "knows the password: it is an impostor");
	return 0;
}

static int answer_scram(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	switch (a->answers) {
	case 0:
		return say_first(a, out);
	case 1:
		return say_final(a, challenge, out);
	case 2:
		return check_final(a, challenge);
	default:
		return auth_is_done(a);
	}
}

const struct auth_mechanism auth_scram_sha_256 = {.id = SMTP_AUTH_SCRAM_SHA_256,
	.name = "SCRAM-SHA-256",
	.is_mutual = true,
	.answer = answer_scram};
const struct auth_mechanism auth_scram_sha_256_plus = {.id = SMTP_AUTH_SCRAM_SHA_256_PLUS,
	.name = "SCRAM-SHA-256-PLUS",
	.is_mutual = true,
	.answer = answer_scram};
