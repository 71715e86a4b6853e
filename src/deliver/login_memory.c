#include "deliver/login_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/rand.h"
#include "base/text.h"
#include "deliver/state_file.h"
#include "smtp/auth_digest.h"

#define NAME       "state/logins"
#define FILE_MAX   (256 * 1024)
#define TIME_LIMIT ((uint64_t)253402300799) /* the last second of the year 9999 */
#define SALT_SIZE  16

/* some 50 ms: once a run that meets a refused login, and once for each refusal */
#define ITERATIONS 100000

#define BASE64_MAX 64

/* One line; all borrowed from the file. */
struct entry {
	struct span key;
	int64_t time_s;
	struct span salt; /* base64, as HASH */
	struct span hash;
	int code;
	struct span status;
	struct span text;
};

static bool parse_line(struct span line, struct entry *ret)
{
	struct span time, code;
	uint64_t time_s, number;

	if (!span_cut(&line, ' ', &ret->key) || !span_cut(&line, ' ', &time) ||
		!span_cut(&line, ' ', &ret->salt) || !span_cut(&line, ' ', &ret->hash) ||
		!span_cut(&line, ' ', &code) || !span_cut(&line, ' ', &ret->status) ||
		!line.data || span_to_uint(time, TIME_LIMIT, &time_s) < 0 ||
		span_to_uint(code, 599, &number) < 0)
		return false;
	ret->time_s = (int64_t)time_s;
	ret->code = (int)number;
	ret->text = line;
	return true;
}

/* a clock that jumped back must not keep a login away */
static bool is_recent(const struct entry *e, int64_t now_s)
{
	return e->time_s <= now_s && now_s - e->time_s < LOGIN_MEMORY_WAIT_S;
}

static bool hash_login(const struct smtp_login *login, struct span salt,
	unsigned char ret[AUTH_DIGEST_SIZE])
{
	struct buf both = BUF_INIT(SMTP_AUTH_USER_MAX + 2 * SMTP_AUTH_SECRET_MAX);
	bool is_good;

	(void)buf_reserve(&both, both.max); /* a buffer that grows leaves copies behind */
	buf_add_str(&both, login->user ? login->user : "");
	buf_add_char(&both, '\0');
	buf_add_span(&both, login->password);
	buf_add_span(&both, login->token);
	is_good = auth_digest_pbkdf2(buf_span(&both), salt, ITERATIONS, ret);
	buf_wipe(&both);
	return is_good;
}

static bool is_same_login(const struct entry *e, const struct smtp_login *login)
{
	struct buf salt = BUF_INIT(BASE64_MAX), hash = BUF_INIT(BASE64_MAX);
	unsigned char own[AUTH_DIGEST_SIZE];
	bool is_same = base64_decode(&salt, e->salt) == 0 && salt.len > 0 &&
		       base64_decode(&hash, e->hash) == 0 &&
		       hash_login(login, buf_span(&salt), own) &&
		       auth_digest_is(buf_span(&hash), own);

	buf_release(&salt);
	buf_release(&hash);
	return is_same;
}

static bool find(struct span text, const char *key, struct entry *ret)
{
	struct span line;

	while (span_cut(&text, '\n', &line))
		if (parse_line(line, ret) && span_is(ret->key, key))
			return true;
	return false;
}

static struct outcome outcome_of(const struct entry *e)
{
	char since[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];
	struct outcome o;

	clock_format_short(e->time_s, since, sizeof(since));
	clock_format_short(e->time_s + LOGIN_MEMORY_WAIT_S, until, sizeof(until));
	o = outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8",
		"this login was refused at %s (%d %.*s); so that the account is not "
		"locked "
		"it is not tried again before %s, unless it changes",
		since, e->code, SPAN_ARGS(span_head(e->text, OUTCOME_TEXT_MAX / 2)),
		until);
	(void)outcome_status_parse(e->status, &o.status); /* or as above */
	return o;
}

static bool is_empty(const struct login_memory *m)
{
	struct stat st;

	if (m->spool)
		return state_file_is_empty(m->spool, NAME);
	return fstat(m->fd, &st) != 0 || st.st_size == 0;
}

static bool open_memory(struct state_file *ret, const struct login_memory *m)
{
	return m->spool ? state_file_open(ret, m->spool, NAME, FILE_MAX)
			: state_file_adopt(ret, m->fd, FILE_MAX);
}

bool login_memory_is_refused(const struct login_memory *m, const char *key,
	const struct smtp_login *login, int64_t now_s, struct outcome *ret_why)
{
	struct state_file s;
	struct entry e;
	bool is_refused;

	if (is_empty(m) || !open_memory(&s, m))
		return false;
	is_refused = find(buf_span(&s.text), key, &e) && is_recent(&e, now_s) &&
		     is_same_login(&e, login);
	if (is_refused)
		*ret_why = outcome_of(&e);
	state_file_close(&s);
	return is_refused;
}

/* All lines but that of `key` and those that are old; now_s 0: all but that of `key`. */
static void copy_others(struct span text, const char *key, int64_t now_s, struct buf *out)
{
	struct span line;
	struct entry e;

	while (span_cut(&text, '\n', &line)) {
		if (!parse_line(line, &e) || span_is(e.key, key) ||
			(now_s && !is_recent(&e, now_s)))
			continue;
		buf_add_span(out, line);
		buf_add_char(out, '\n');
	}
}

static void add_base64(struct buf *out, const void *octets, size_t n)
{
	base64_encode(out, (struct span){octets, n});
	buf_add_char(out, ' ');
}

static void add_entry(struct buf *out, const char *key, const struct smtp_login *login,
	const struct outcome *reply, int64_t now_s)
{
	unsigned char salt[SALT_SIZE], hash[AUTH_DIGEST_SIZE];
	char status[OUTCOME_STATUS_TEXT_MAX];

	rand_fill(salt, sizeof(salt));
	if (!hash_login(login, (struct span){(const char *)salt, sizeof(salt)}, hash))
		return;
	outcome_status_format(reply->status, status);
	buf_addf(out, "%s %" PRId64 " ", key, now_s);
	add_base64(out, salt, sizeof(salt));
	add_base64(out, hash, sizeof(hash));
	buf_addf(out, "%d %s %s\n", reply->code, status, reply->text);
}

void login_memory_refused(const struct login_memory *m, const char *key,
	const struct smtp_login *login, const struct outcome *reply, int64_t now_s)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct state_file s;

	if (!open_memory(&s, m))
		return;
	add_entry(&text, key, login, reply, now_s); /* first: it is the one that fits */
	copy_others(buf_span(&s.text), key, now_s, &text);
	state_file_write(&s, buf_span(&text));
	state_file_close(&s);
	buf_release(&text);
}

void login_memory_accepted(const struct login_memory *m, const char *key)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct state_file s;
	struct entry e;

	if (is_empty(m) || !open_memory(&s, m))
		return;
	if (find(buf_span(&s.text), key, &e)) {
		copy_others(buf_span(&s.text), key, 0, &text);
		state_file_write(&s, buf_span(&text));
	}
	state_file_close(&s);
	buf_release(&text);
}
