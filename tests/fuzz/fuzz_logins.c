/* ldflags: -Wl,--wrap=auth_digest_pbkdf2 */
/*
 * Any octets as the memory of refused logins: a refusal that is found has a text that people
 * can read; one that is noted behind all that is found, and forgotten when the login works.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "deliver/login_memory.h"
#include "smtp/auth_digest.h"

#define NOW_S 1700000000
#define KEY   "relay"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

bool __wrap_auth_digest_pbkdf2(struct span password, struct span salt,
	uint32_t iterations, unsigned char ret[AUTH_DIGEST_SIZE]);

/* the real one takes its time on purpose */
bool __wrap_auth_digest_pbkdf2(struct span password, struct span salt,
	uint32_t iterations, unsigned char ret[AUTH_DIGEST_SIZE])
{
	(void)iterations;
	memset(ret, 'A', AUTH_DIGEST_SIZE);
	ret[0] = (unsigned char)password.len;
	ret[1] = (unsigned char)salt.len;
	return true;
}

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static bool is_refused(const struct login_memory *m, const struct smtp_login *login)
{
	struct outcome why;

	if (!login_memory_is_refused(m, KEY, login, NOW_S, &why))
		return false;
	check(why.kind == OUTCOME_DEFERRED && why.scope == OUTCOME_ROUTE, "outcome");
	check(why.text[0] && !span_has_control(span_of(why.text)) &&
			span_is_utf8(span_of(why.text)),
		"text");
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct smtp_login login = {.user = "u", .password = SPAN_LIT("secret")};
	const struct smtp_login other = {.user = "u", .password = SPAN_LIT("changed")};
	struct outcome reply =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8", "no");
	struct login_memory m = {.fd = memfd_create("logins", MFD_CLOEXEC)};
	struct fault f;

	check(file_write_all(m.fd, (struct span){(const char *)data, size}, "it", &f) ==
			0,
		f.text);
	(void)is_refused(&m, &login);
	login_memory_refused(&m, KEY, &login, &reply, NOW_S);
	check(is_refused(&m, &login), "not remembered");
	check(!is_refused(&m, &other), "another login");
	login_memory_accepted(&m, KEY);
	check(!is_refused(&m, &login), "not forgotten");
	file_close(m.fd);
	return 0;
}
