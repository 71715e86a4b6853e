/*
 * The secrets that only root may read, in the memory of a process that works for many users:
 * read while it is root, used by its children, each with the rights of one user.
 *
 * A section of the configuration gets what was read for it only where the user's own file
 * has left it alone (conf_relay.keeps_login): its login goes where the system sends it.
 * What a section of the user's names is read with the user's rights, whatever it names.
 */
#ifndef CMD_VAULT_H
#define CMD_VAULT_H

#include "base/secret.h"
#include "base/strv.h"
#include "cmd/securing.h"
#include "conf/conf.h"
#include "net/tls.h"

struct vault {
	struct vault_entry *items;
	size_t count;
	struct tls_cache *tls;    /* with the files that were read; NULL: none */
	struct strv certificates; /* the client's, in `tls` */
	int refusals_fd; /* borrowed, of cmd/refusals.h: of these secrets; -1: none */
};

/*
 * Read what the sections of `conf` name: password_file, systemd's credentials, tls_ca,
 * tls_cert and tls_key. A path with ~/ or %u, which users can make lead anywhere, is not
 * looked at; nor is a password_command run: it is run with the rights of the user.
 * A file that cannot be used is logged, and keeps the mail of its section.
 */
void vault_load(struct vault *ret, const struct conf *conf);
void vault_release(struct vault *v);

/*
 * In a child, before anything is delivered: forget what was read for sections that `conf`,
 * with the user's own file on top, has changed. `ways` are those of `conf`.
 */
void vault_narrow(
	struct vault *v, const struct conf *conf, const struct tls_options *ways);

/*
 * The secret of a section, for secret_wipe: 1; 0 where there is none for it here, and it may
 * be looked for elsewhere; or -1 and a fault, FAULT_CONFIG, where root could not read it.
 */
int vault_read(const struct vault *v, const struct conf_relay *relay, struct secret *ret,
	struct fault *f);

/* The TLS files that were read, for the caller to free; NULL: none. */
struct tls_cache *vault_take_tls(struct vault *v);

#endif
