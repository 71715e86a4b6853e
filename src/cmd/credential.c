#include "cmd/credential.h"

#include <limits.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/credential_command.h"
#include "cmd/secret_file.h"
#include "conf/conf.h"
#include "smtp/auth.h"

_Static_assert(CREDENTIAL_MAX <= SMTP_AUTH_SECRET_MAX, "what is read can be said");

static int refuse(struct fault *f, const char *what, const char *why)
{
	fault_set(f, FAULT_CONFIG, 0, "%s: %s", what, why);
	return -1;
}

/* The first line, which is all that counts, without its end. */
static int take_first_line(struct secret *s, const char *what, struct fault *f)
{
	struct span line = secret_span(s);
	ptrdiff_t end = span_find(line, '\n');

	if (end >= 0)
		line = span_head(line, (size_t)end);
	if (span_ends(line, "\r"))
		line.len--;
	secret_truncate(s, line.len);
	if (line.len == 0)
		return refuse(f, what, "no password in the first line");
	/* NUL would end it early (RFC 4616 2), and no other one can be typed */
	if (span_has_control(line))
		return refuse(f, what, "a control character in the password");
	return 0;
}

static int read_password_file(struct secret *ret, const struct credential_owner *owner,
	const struct conf_relay *relay, struct fault *f)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);
	int rc = conf_path(
		&path, relay->password_file, owner->user->uid, owner->user->home, f);

	if (rc == 0)
		rc = secret_file_read(ret, buf_str(&path),
			relay->is_file_of_environment ? SECRET_FILE_MOUNTED
						      : SECRET_FILE_OWN,
			f);
	if (rc == 0)
		rc = take_first_line(ret, buf_str(&path), f);
	buf_release(&path);
	return rc;
}

static bool wants_login(const struct conf_relay *relay)
{
	return relay->user || strv_has(&relay->auth, SPAN_LIT("OAUTHBEARER")) ||
	       strv_has(&relay->auth, SPAN_LIT("XOAUTH2"));
}

/*
 * systemd has put it there for this service alone: mode and owner are its own matter (for
 * a service that is not root they show an access list as if a group could read).
 */
static int read_from_systemd(struct secret *ret, const struct credential_owner *owner,
	const struct conf_relay *relay, struct fault *f)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);
	int rc = 0;

	buf_addf(&path, "%s/nullmta%s%s.password", owner->credentials_dir,
		relay->name ? "." : "", relay->name ? relay->name : "");
	if (path.is_overfull)
		rc = refuse(f, "$CREDENTIALS_DIRECTORY", "too long");
	else if (access(buf_str(&path), F_OK) == 0)
		rc = secret_file_read(ret, buf_str(&path), SECRET_FILE_GUARDED, f);
	else
		secret_wipe(ret); /* nothing for us */
	if (rc == 0 && ret->data)
		rc = take_first_line(ret, buf_str(&path), f);
	buf_release(&path);
	return rc;
}

static int read_somewhere(struct secret *ret, const struct credential_owner *owner,
	const struct conf_relay *relay, struct fault *f)
{
	int rc;

	if (relay->password_command) {
		rc = credential_command_run(ret, relay->password_command, owner->user, f);
		return rc < 0 ? rc : take_first_line(ret, "password_command", f);
	}
	if (relay->password_file)
		return read_password_file(ret, owner, relay, f);
	return read_from_systemd(ret, owner, relay, f);
}

/* A section that was redirected must not find another secret than the one it lost. */
static bool may_be_with_systemd(
	const struct credential_owner *owner, const struct conf_relay *relay)
{
	return owner->credentials_dir && *owner->credentials_dir == '/' &&
	       !relay->has_lost_login && wants_login(relay);
}

int credential_read(struct secret *ret, const struct credential_owner *owner,
	const struct conf_relay *relay, struct fault *f)
{
	struct secret s = {0};
	int rc = 0;

	if (relay->password_command || relay->password_file ||
		(!relay->password && may_be_with_systemd(owner, relay))) {
		secret_init(&s, CREDENTIAL_MAX + 1);
		rc = read_somewhere(&s, owner, relay, f);
	} else if (relay->password) {
		secret_copy(&s, span_of(relay->password));
	}
	if (rc < 0)
		secret_wipe(&s);
	else
		*ret = s;
	return rc;
}
