#include "cmd/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/credential_command.h"
#include "conf/conf.h"
#include "smtp/auth.h"

_Static_assert(CREDENTIAL_MAX <= SMTP_AUTH_SECRET_MAX, "what is read can be said");

static int refuse(struct fault *f, const char *what, const char *why)
{
	fault_set(f, FAULT_CONFIG, 0, "%s: %s", what, why);
	return -1;
}

static int open_file(const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ELOOP)
		return refuse(f, path,
			"is a link, and whoever can change it decides what is sent; name "
			"the file that it points to");
	fault_set(f, errno == EACCES ? FAULT_ACCESS : FAULT_CONFIG, errno,
		"cannot read the password in %s", path);
	return -1;
}

/* Who else could have read or written it (protocol C5). */
static int check_file(int fd, const char *path, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "%s", path);
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return refuse(f, path, "is no file");
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		fault_set(f, FAULT_CONFIG, 0, "%s belongs to another user; chown %u %s",
			path, geteuid(), path);
		return -1;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		fault_set(f, FAULT_CONFIG, 0,
			"%s holds a password and others can read it; chmod 600 %s", path,
			path);
		return -1;
	}
	return 0;
}

/* Straight into the memory of the secret: a buffer that grows leaves copies behind. */
static int read_file(struct secret *ret, int fd, const char *path, struct fault *f)
{
	ssize_t n;

	do {
		n = file_read_some(
			fd, ret->data + ret->len, ret->size - ret->len, path, f);
		if (n > 0)
			ret->len += (size_t)n;
	} while (n > 0 && ret->len < ret->size);
	if (n < 0)
		return -1;
	if (ret->len == ret->size)
		return refuse(f, path, "is too long for a password");
	return 0;
}

static int take_file(
	struct secret *ret, const char *path, bool is_guarded, struct fault *f)
{
	int fd = open_file(path, f);
	int rc = fd < 0 ? -1 : 0;

	if (rc == 0 && !is_guarded)
		rc = check_file(fd, path, f);
	if (rc == 0)
		rc = read_file(ret, fd, path, f);
	file_close(fd);
	return rc;
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
		rc = take_file(ret, buf_str(&path), false, f);
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
		rc = take_file(ret, buf_str(&path), true, f);
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
