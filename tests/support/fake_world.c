#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/fake_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/journal.h"
#include "tests/support/zone_resolver.h"

#define LOG_MAX     (4 * 1024 * 1024)
#define REPORTS_MAX (64 * 1024 * 1024)

/* longer ago than any machine has been up: a wait until then is over */
#define LONG_AGO_MS (-((int64_t)1 << 40))

/* the functions of struct world have no argument that could carry this */
static int64_t clock_s;
static int64_t mono_passed_ms;
static int64_t mono_step_ms;

static int64_t fake_now_s(void)
{
	return clock_s;
}

static int64_t fake_mono_ms(void)
{
	if (mono_step_ms == 0)
		return clock_mono_ms() + mono_passed_ms;
	mono_passed_ms += mono_step_ms;
	return mono_passed_ms;
}

/* the middle: no jitter either way where it is asked for as a part of a range */
static uint32_t fake_random(uint32_t bound)
{
	return bound / 2;
}

void fake_world_advance(int64_t seconds)
{
	clock_s += seconds;
	mono_passed_ms += 1000 * seconds;
}

void fake_world_fly(int64_t step_ms)
{
	mono_passed_ms = LONG_AGO_MS;
	mono_step_ms = step_ms;
}

static void make_home(struct fake_world *w)
{
	char path[128];
	struct fault f;

	(void)snprintf(path, sizeof(path), "%s/Maildir", w->dir.root);
	assert_int_equal(mkdir(path, 0700), 0);
	w->user = (struct user){
		.uid = getuid(),
		.has_entry = true,
		.name = mem_string("tester"),
		.home = mem_string(w->dir.root),
		.gecos = mem_string(""),
	};
	(void)snprintf(path, sizeof(path), "%s/log", w->dir.root);
	assert_int_equal(log_open(path, &f), 0);
}

static void make_conf(struct conf *conf)
{
	const struct conf_options options = {.system_file = "/nonexistent/nullmta.conf"};
	struct conf_problems problems = {0};

	conf_load(conf, &options, &problems);
	assert_int_equal(problems.errors, 0);
	conf_problems_release(&problems);
	conf->delivery.has_local_hosts = true;
}

void fake_world_make(struct fake_world *w, const char *zone)
{
	clock_s = FAKE_NOW;
	mono_passed_ms = 0;
	mono_step_ms = 0;
	*w = (struct fake_world){
		.identity = {"client.test", "example.org", true},
		.world = {.now_s = fake_now_s,
			.mono_ms = fake_mono_ms,
			.random = fake_random,
			.dial = stream_new,
			.dial_from = stream_new_from},
	};
	spool_dir_make(&w->dir);
	make_home(w);
	make_conf(&w->conf);
	w->world.resolver = zone_resolver_new(zone ? zone : "");
	w->world.tls = tls_cache_new();
	w->flush = (struct flush){
		.world = &w->world,
		.conf = &w->conf,
		.identity = &w->identity,
		.user = &w->user,
		.spool = &w->dir.spool,
		.route = {.mx_port = 25},
		.retry = schedule_default,
		.started_s = FAKE_NOW,
	};
}

void fake_world_remove(struct fake_world *w)
{
	struct fault f;

	assert_int_equal(log_open("none", &f), 0);
	world_release(&w->world);
	conf_release(&w->conf);
	user_release(&w->user);
	spool_dir_remove(&w->dir);
}

void fake_world_set(char **value, const char *text)
{
	free(*value);
	*value = mem_string(text);
}

void fake_world_lose_mailbox(struct fake_world *w)
{
	/* a name that is none: root could make any mailbox of the system's */
	fake_world_set(&w->user.name, "no/body");
	fake_world_set(&w->user.home, NULL);
}

/* ids of one second are in the order in which they were asked for */
static void make_id(int64_t time_s, char out[ENVELOPE_ID_LEN + 1])
{
	static int64_t count;

	spool_id_make(time_s * 1000000 + ++count % 1000000, out);
}

static struct envelope envelope_of(const struct fake_mail *mail)
{
	const char *content =
		mail->content ? mail->content : "Subject: x\r\n\r\nbody\r\n";
	struct envelope e = {
		.arrival_s = clock_s - mail->age_s,
		.sender = mem_string(mail->sender ? mail->sender : "a@example.org"),
		.ret = mail->ret,
		.facts = {.crc = crc32c(0, content, strlen(content))},
	};
	uint64_t line_octets = 0;

	content_facts_add(&e.facts, &line_octets, span_of(content));
	make_id(e.arrival_s, e.id);
	for (size_t i = 0; i < FAKE_RECIPIENTS_MAX && mail->to[i]; i++)
		envelope_add_recipient(&e, span_of(mail->to[i]), mail->notify, NULL);
	if (e.recipient_count == 0)
		envelope_add_recipient(
			&e, SPAN_LIT("r@dest.example"), mail->notify, NULL);
	return e;
}

struct spool_entry fake_world_mail(struct fake_world *w, const struct fake_mail *mail)
{
	struct envelope e = envelope_of(mail);
	struct spool_entry entry = {.box = SPOOL_NEW};
	struct buf text = BUF_INIT(ENVELOPE_MAX + REPORTS_MAX);
	char name[SPOOL_NAME_MAX];
	size_t facts_at;

	memcpy(entry.id, e.id, sizeof(entry.id));
	if (mail->attempts) {
		entry.box = SPOOL_CUR;
		entry.attempts = (uint16_t)mail->attempts;
		entry.next_s = (uint32_t)(clock_s + mail->next_s);
	}
	envelope_format(&e, &text, &facts_at);
	buf_add_str(&text, mail->content ? mail->content : "Subject: x\r\n\r\nbody\r\n");
	spool_entry_path(&entry, name);
	spool_dir_put(&w->dir.spool, name, buf_span(&text));
	buf_release(&text);
	envelope_release(&e);
	return entry;
}

bool fake_world_find(struct fake_world *w, const char *id, struct spool_entry *ret)
{
	struct fault f;
	int found = spool_find(&w->dir.spool, id, ret, &f);

	assert_true(found >= 0);
	return found == 1;
}

const char *fake_world_box(struct fake_world *w, const char *id)
{
	struct spool_entry e;

	return fake_world_find(w, id, &e) ? spool_box_name((enum spool_box)e.box)
					  : "gone";
}

int64_t fake_world_wait_s(struct fake_world *w, const char *id)
{
	struct spool_entry e;

	assert_true(fake_world_find(w, id, &e));
	return (int64_t)e.next_s - clock_s;
}

static void add_line(void *ctx, struct span line)
{
	buf_add_span(ctx, line);
	buf_add_char(ctx, '\n');
}

struct buf fake_world_journal(struct fake_world *w, const char *id)
{
	struct buf out = BUF_INIT(JOURNAL_MAX);
	struct fault f;

	assert_int_equal(journal_show(&w->dir.spool, id, add_line, &out, &f), 0);
	return out;
}

size_t fake_world_logged(struct fake_world *w, const char *words)
{
	struct buf text = BUF_INIT(LOG_MAX);
	char path[128];
	struct fault f;
	struct span rest;
	struct span line;
	size_t count = 0;

	(void)snprintf(path, sizeof(path), "%s/log", w->dir.root);
	assert_int_equal(file_read(AT_FDCWD, path, &text, &f), 0);
	rest = buf_span(&text);
	while (span_cut(&rest, '\n', &line))
		count += memmem(line.data, line.len, words, strlen(words)) != NULL;
	buf_release(&text);
	return count;
}

static DIR *open_reports(struct fake_world *w)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/Maildir/new", w->dir.root);
	return opendir(path);
}

struct buf fake_world_reports(struct fake_world *w)
{
	struct buf out = BUF_INIT(REPORTS_MAX);
	DIR *dir = open_reports(w);
	struct fault f;

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
		if (e->d_name[0] != '.')
			assert_int_equal(file_read(dirfd(dir), e->d_name, &out, &f), 0);
	if (dir)
		(void)closedir(dir);
	return out;
}

size_t fake_world_report_count(struct fake_world *w)
{
	DIR *dir = open_reports(w);
	size_t count = 0;

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
		count += e->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return count;
}
