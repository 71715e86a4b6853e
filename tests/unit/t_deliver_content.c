/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/content.h"
#include "tests/support/fake_world.h"

#define OUT_MAX (16 * 1024 * 1024)

#define TRACE "Received: by us\r\n"
#define TYPED "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
#define CTE   "Content-Transfer-Encoding: "

static const struct smtp_extensions seven = {0};
static const struct smtp_extensions eight = {.has_8bitmime = true};
static const struct smtp_extensions utf8 = {.has_8bitmime = true, .has_smtputf8 = true};

struct scene {
	struct fake_world w;
	struct message message;
	struct content content;
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	fake_world_make(&s->w, NULL);
	*state = s;
	return 0;
}

static void close_message(struct scene *s)
{
	content_release(&s->content);
	message_close(&s->message);
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	close_message(s);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

static void open_message(
	struct scene *s, const char *text, const struct header_transform *transform)
{
	struct spool_entry e =
		fake_world_mail(&s->w, &(struct fake_mail){.content = text});
	struct fault f;

	close_message(s);
	assert_int_equal(
		message_open(&s->message, &s->w.dir.spool, &e, &f), MESSAGE_OPEN);
	content_init(&s->content, &s->message, span_of(TRACE), transform);
}

static struct content_facts prepare(struct scene *s, const struct smtp_extensions *e)
{
	struct content_facts facts;
	struct outcome why;

	if (content_prepare(&s->content, e, &facts, &why) < 0)
		fail_msg("%s", why.text);
	return facts;
}

/* All of it in blocks of `n`; -1 when it cannot be read. */
static int read_all(struct scene *s, size_t n, struct buf *out, struct outcome *why)
{
	char *block = mem_alloc(n);
	bool is_last = false;
	ssize_t got = 0;

	buf_reset(out);
	while (!is_last && got >= 0) {
		got = content_read(&s->content, out->len, block, n, &is_last, why);
		buf_add(out, block, got < 0 ? 0 : (size_t)got);
	}
	free(block);
	return got < 0 ? -1 : 0;
}

static void expect(struct scene *s, const struct smtp_extensions *e, const char *want)
{
	static const size_t blocks[] = {sizeof(TRACE), 20, 100, 65536};
	struct content_facts facts = prepare(s, e);
	struct buf out = BUF_INIT(OUT_MAX);
	struct outcome why;

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		assert_int_equal(read_all(s, blocks[i], &out, &why), 0);
		assert_string_equal(buf_str(&out), want);
		assert_int_equal(facts.octets, out.len);
		assert_int_equal(facts.has_8bit, span_has_8bit(buf_span(&out)));
	}
	buf_release(&out);
}

static void what_needs_nothing_goes_as_it_is_stored(void **state)
{
	struct scene *s = *state;

	open_message(s, "Subject: x\r\n\r\nbody\r\n", NULL);
	expect(s, &seven, TRACE "Subject: x\r\n\r\nbody\r\n");
	assert_null(s->content.mime);
	open_message(s, "Subject: x\r\n" TYPED CTE "8bit\r\n\r\n\xc3\xbc\r\n", NULL);
	expect(s, &eight, TRACE "Subject: x\r\n" TYPED CTE "8bit\r\n\r\n\xc3\xbc\r\n");
	assert_null(s->content.mime);
}

static void each_host_gets_its_own_form(void **state)
{
	static const char text[] = "Subject: x\r\n" TYPED CTE "8bit\r\n\r\n\xc3\xbc\r\n";
	static const char coded[] =
		TRACE "Subject: x\r\n" TYPED CTE "quoted-printable\r\n\r\n=C3=BC\r\n";
	struct scene *s = *state;

	open_message(s, text, NULL);
	for (int i = 0; i < 2; i++) {
		expect(s, &seven, coded);
		expect(s, &seven, coded);
		expect(s, &eight,
			TRACE "Subject: x\r\n" TYPED CTE "8bit\r\n\r\n\xc3\xbc\r\n");
	}
}

static void it_may_be_begun_anew_at_any_time(void **state)
{
	struct scene *s = *state;
	struct buf once = BUF_INIT(OUT_MAX), again = BUF_INIT(OUT_MAX);
	struct buf text = BUF_INIT(OUT_MAX);
	struct outcome why;
	char block[1000];
	bool is_last;

	buf_add_str(&text, "Subject: x\r\n" TYPED "\r\n");
	while (text.len < 300000)
		buf_addf(&text, "line %zu gr\xc3\xbcn\r\n", text.len);
	open_message(s, buf_str(&text), NULL);
	(void)prepare(s, &seven);
	assert_int_equal(read_all(s, 4096, &once, &why), 0);
	for (uint64_t at = 0; at < 150000; at += sizeof(block))
		assert_int_equal(content_read(&s->content, at, block, sizeof(block),
					 &is_last, &why),
			sizeof(block));
	assert_int_equal(read_all(s, 65536, &again, &why), 0);
	assert_true(span_eq(buf_span(&once), buf_span(&again)));
	buf_release(&once);
	buf_release(&again);
	buf_release(&text);
}

static void refuses(struct scene *s, const struct smtp_extensions *e,
	enum outcome_scope scope, struct outcome_status status)
{
	struct content_facts facts;
	struct outcome why;

	assert_int_equal(content_prepare(&s->content, e, &facts, &why), -1);
	assert_int_equal(why.kind, OUTCOME_FAILED);
	assert_int_equal(why.scope, scope);
	assert_memory_equal(&why.status, &status, sizeof(status));
}

static void what_is_sealed_is_refused_where_it_cannot_go(void **state)
{
	static const char sealed[] =
		TRACE "MIME-Version: 1.0\r\n"
		      "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		      "--b\r\n\r\n\xc3\xbc\r\n--b--\r\n";
	const struct outcome_status cannot_convert = {5, 6, 3};
	struct scene *s = *state;
	struct buf text = BUF_INIT(OUT_MAX);

	open_message(s, sealed + strlen(TRACE), NULL);
	refuses(s, &seven, OUTCOME_HOST, cannot_convert);
	refuses(s, &seven, OUTCOME_HOST, cannot_convert);
	expect(s, &eight, sealed);
	buf_add_str(&text, sealed + strlen(TRACE));
	for (int i = 0; i < 999; i++)
		buf_add_char(&text, 'x');
	buf_add_str(&text, "\r\n--b--\r\n");
	open_message(s, buf_str(&text), NULL);
	refuses(s, &eight, OUTCOME_MESSAGE, cannot_convert);
	buf_release(&text);
}

static void an_address_in_the_header_may_need_smtputf8(void **state)
{
	struct scene *s = *state;

	open_message(s, "To: \xc3\xbc@x.test\r\n\r\nx\r\n", NULL);
	refuses(s, &eight, OUTCOME_HOST, (struct outcome_status){5, 6, 7});
	assert_true(prepare(s, &utf8).needs_utf8);
	assert_true(prepare(s, &utf8).has_8bit);
	open_message(s, "To: \xc3\xbc <a@x.test>\r\n\r\nx\r\n", NULL);
	assert_false(prepare(s, &utf8).needs_utf8);
	expect(s, &utf8, TRACE "To: =?UTF-8?Q?=C3=BC?= <a@x.test>\r\n\r\nx\r\n");
}

/* --- damage ----------------------------------------------------------------------- */

static void damage(struct scene *s)
{
	char name[SPOOL_NAME_MAX];
	int fd;

	spool_entry_path(&s->message.entry, name);
	fd = openat(s->w.dir.spool.fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "X", 1, lseek(fd, 0, SEEK_END) - 3), 1);
	file_close(fd);
}

static void damage_is_seen_before_the_dot(void **state)
{
	struct scene *s = *state;
	struct buf out = BUF_INIT(OUT_MAX);
	struct content_facts facts;
	struct outcome why;

	/* while it is read */
	open_message(s, "Subject: x\r\n\r\nbody\r\n", NULL);
	(void)prepare(s, &seven);
	damage(s);
	assert_int_equal(read_all(s, 100, &out, &why), -1);
	assert_int_equal(why.kind, OUTCOME_DEFERRED);
	assert_string_equal(s->content.damage, "checksum");
	/* while it is encoded */
	open_message(s, "Subject: x\r\n\r\n\xc3\xbc long\r\n", NULL);
	(void)prepare(s, &seven);
	damage(s);
	assert_int_equal(read_all(s, 100, &out, &why), -1);
	assert_string_equal(s->content.damage, "checksum");
	/* while it is looked at */
	open_message(s, "Subject: x\r\n\r\n\xc3\xbc long\r\n", NULL);
	damage(s);
	assert_int_equal(content_prepare(&s->content, &seven, &facts, &why), -1);
	assert_int_equal(why.kind, OUTCOME_DEFERRED);
	assert_string_equal(s->content.damage, "checksum");
	buf_release(&out);
}

/* --- rewriting --------------------------------------------------------------------- */

static void rewrite(void *ctx, struct span section, struct buf *out)
{
	unsigned *count = ctx;

	++*count;
	buf_add_str(out, "X-New: gr\xc3\xbcn\r\n");
	buf_add_span(out, section);
}

static void the_header_is_rewritten_once(void **state)
{
	static const struct {
		const char *text;
		const char *seven;
	} cases[] = {
		{"Subject: x\r\n y\r\n\r\nTo: body\r\n",
			TRACE "X-New: =?UTF-8?Q?gr=C3=BCn?=\r\nSubject: x\r\n "
			      "y\r\n\r\nTo: body\r\n"},
		{"\r\nbody\r\n", TRACE "X-New: =?UTF-8?Q?gr=C3=BCn?=\r\n\r\nbody\r\n"},
		{"Subject: x\r\n\r\n",
			TRACE "X-New: =?UTF-8?Q?gr=C3=BCn?=\r\nSubject: x\r\n\r\n"},
		{"A: b\r\n\r\n\xc3\xbc\r\n",
			TRACE "X-New: =?UTF-8?Q?gr=C3=BCn?=\r\nA: b\r\n" TYPED CTE
			      "quoted-printable\r\n\r\n=C3=BC\r\n"},
	};
	struct scene *s = *state;
	unsigned count = 0;
	const struct header_transform transform = {rewrite, &count};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		count = 0;
		open_message(s, cases[i].text, &transform);
		expect(s, &seven, cases[i].seven);
		(void)prepare(s, &eight);
		expect(s, &seven, cases[i].seven);
		assert_int_equal(count, 1);
	}
}

static void add_little(void *ctx, struct span section, struct buf *out)
{
	(void)ctx;
	buf_add_str(out, "X-New: x\r\n");
	buf_add_span(out, section);
}

static void a_large_header_is_rewritten_as_a_whole(void **state)
{
	static const struct header_transform transform = {add_little, NULL};
	struct scene *s = *state;
	struct buf text = BUF_INIT(OUT_MAX);

	buf_add_str(&text, TRACE "X-New: x\r\n");
	while (text.len < 100000)
		buf_addf(&text, "X-%zu: a\r\n\tfolded field\r\n", text.len);
	buf_add_str(&text, "\r\nbody\r\n");
	open_message(s, buf_str(&text) + strlen(TRACE "X-New: x\r\n"), &transform);
	expect(s, &seven, buf_str(&text));
	/* what is damaged behind the header is still seen */
	damage(s);
	buf_reset(&text);
	assert_int_equal(read_all(s, 1000, &text, &(struct outcome){0}), -1);
	buf_release(&text);
}

static void overfill(void *ctx, struct span section, struct buf *out)
{
	(void)ctx;
	while (!out->is_overfull)
		buf_add_str(out, "X: y\r\n");
	buf_add_span(out, section);
}

static void a_header_that_grew_too_large_fails(void **state)
{
	static const struct header_transform transform = {overfill, NULL};
	struct scene *s = *state;

	open_message(s, "Subject: x\r\n\r\n", &transform);
	refuses(s, &seven, OUTCOME_MESSAGE, (struct outcome_status){5, 3, 4});
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_needs_nothing_goes_as_it_is_stored),
		TEST(each_host_gets_its_own_form),
		TEST(it_may_be_begun_anew_at_any_time),
		TEST(what_is_sealed_is_refused_where_it_cannot_go),
		TEST(an_address_in_the_header_may_need_smtputf8),
		TEST(damage_is_seen_before_the_dot),
		TEST(the_header_is_rewritten_once),
		TEST(a_large_header_is_rewritten_as_a_whole),
		TEST(a_header_that_grew_too_large_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
