/* sources: tests/support/scratch.c */
/* ldflags: -Wl,--wrap=reader_find,--wrap=reader_find_mailbox */
/*
 * Any octets as state/notices: what was told is not told again, and no line about a route
 * that works is left, while those about others stay as they are.
 */
#include <fcntl.h>
#include <stdint.h>

#include "base/file.h"
#include "deliver/notice.h"
#include "deliver/reader.h"
#include "deliver/world.h"
#include "tests/support/scratch.h"

#define KEY      "relay"
#define TEXT_MAX (512 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_reader_find(const struct flush *flush, const char *sender, struct reader *ret,
	struct fault *f);
int __wrap_reader_find_mailbox(
	const struct flush *flush, struct reader *ret, struct fault *f);

static unsigned told;

int __wrap_reader_find(const struct flush *flush, const char *sender, struct reader *ret,
	struct fault *f)
{
	(void)sender;
	return __wrap_reader_find_mailbox(flush, ret, f);
}

/* nobody is there to be told */
int __wrap_reader_find_mailbox(
	const struct flush *flush, struct reader *ret, struct fault *f)
{
	(void)flush;
	(void)ret;
	fault_set(f, FAULT_SYSTEM, 0, "nobody");
	told++;
	return -1;
}

static int64_t now_s(void)
{
	return 1700000000;
}

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void read_back(const struct spool *spool, struct buf *ret)
{
	struct fault f;

	buf_reset(ret);
	check(file_read(spool->fd, "state/notices", ret, &f) == 0, f.text);
}

/* The lines of `text` that are about others, one after the other. */
static void add_others(struct buf *out, struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line))
		if (line.len && !span_starts(line, KEY " "))
			buf_addf(out, "%.*s\n", SPAN_ARGS(line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct world world = {.now_s = now_s};
	struct destination d = {.key = KEY, .route.kind = ROUTE_RELAY};
	struct outcome why = outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8", "no");
	struct buf before = BUF_INIT(TEXT_MAX), after = BUF_INIT(TEXT_MAX),
		   others = BUF_INIT(TEXT_MAX);
	struct span input = {(const char *)data, size};
	struct spool spool;
	struct flush flush = {.spool = &spool, .world = &world};
	struct scratch s;

	if (span_find(input, '\0') >= 0)
		return 0; /* %s of a check would end there */
	scratch_init(&s);
	scratch_mkdir(&s, "state");
	scratch_write(&s, "state/notices", input, 0600);
	spool.fd = open(s.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	notice_file(&flush, &d, &why);
	read_back(&spool, &before);
	told = 0;
	notice_file(&flush, &d, &why);
	read_back(&spool, &after);
	check(told == 0 && span_eq(buf_span(&before), buf_span(&after)), "told twice");
	add_others(&others, buf_span(&before));
	notice_forget(&flush, &d);
	read_back(&spool, &after);
	check(span_eq(buf_span(&others), buf_span(&after)), "others");
	file_close(spool.fd);
	scratch_release(&s);
	buf_release(&before);
	buf_release(&after);
	buf_release(&others);
	return 0;
}
