/* sources: tests/support/scratch.c */
/*
 * Any octets in a password file: what is read is its first line, fit to be a password, or a
 * reason that has nothing of it.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "cmd/credential.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct user user = {.uid = 1000};
	struct credential_owner owner = {.user = &user};
	struct conf_relay relay = {.user = "u"};
	struct span input = {(const char *)data, size};
	struct secret secret = {0};
	struct scratch s;
	struct fault f;

	scratch_init(&s);
	scratch_write(&s, "password", input, 0600);
	relay.password_file = (char *)(uintptr_t)scratch_path(&s, "password");
	if (credential_read(&secret, &owner, &relay, &f) == 0) {
		struct span line = secret_span(&secret);

		check(line.len > 0 && line.len < CREDENTIAL_MAX &&
				!span_has_control(line),
			"no password");
		check(span_eq(line, span_head(input, line.len)), "not what it says");
		check(line.len == size || strchr("\r\n", data[line.len]), "not the line");
	} else {
		check(f.kind == FAULT_CONFIG, "kind");
		check(span_find(span_of(f.text), '\\') < 0, "a part of it");
	}
	secret_wipe(&secret);
	scratch_release(&s);
	return 0;
}
