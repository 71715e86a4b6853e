#include "net/dnstcp.h"

#include <arpa/nameser.h>
#include <string.h>

#include "base/clock.h"
#include "net/dnsmsg.h"
#include "net/stream.h"

/* One exchange under one deadline. */
struct exchange {
	struct stream *stream;
	int64_t deadline_ms;
	struct fault *f;
};

/* Wait after STREAM_AGAIN. Returns 0, or -1 when the time is up. */
static int wait_more(struct exchange *e, bool wants_write)
{
	if (clock_mono_ms() >= e->deadline_ms) {
		fault_set(e->f, FAULT_SYSTEM, 0, "timed out by TCP");
		return -1;
	}
	/* a signal in between only brings the next look at the clock forward */
	(void)stream_wait(e->stream, wants_write, e->deadline_ms);
	return 0;
}

static int broken(struct exchange *e, enum stream_result result)
{
	fault_set(e->f, FAULT_SYSTEM, 0, "by TCP: %s",
		result == STREAM_CLOSED ? "connection closed" : stream_error(e->stream));
	return -1;
}

static int connect_all(struct exchange *e)
{
	enum stream_result result;

	while ((result = stream_connect(e->stream)) == STREAM_AGAIN) {
		if (wait_more(e, true) < 0)
			return -1;
	}
	return result == STREAM_OK ? 0 : broken(e, result);
}

static int write_all(struct exchange *e, struct span data)
{
	while (data.len) {
		size_t n = 0;
		enum stream_result result = stream_write(e->stream, data, &n);

		if (result == STREAM_OK)
			data = span_from(data, n);
		else if (result != STREAM_AGAIN)
			return broken(e, result);
		else if (wait_more(e, true) < 0)
			return -1;
	}
	return 0;
}

static int read_all(struct exchange *e, void *to, size_t len)
{
	char *at = to;

	while (len) {
		size_t n = 0;
		enum stream_result result = stream_read(e->stream, at, len, &n);

		at += n;
		len -= n;
		if (result == STREAM_AGAIN && wait_more(e, false) < 0)
			return -1;
		if (result == STREAM_CLOSED || result == STREAM_ERROR)
			return broken(e, result);
	}
	return 0;
}

/* two octets of length go before each message (RFC 1035 4.2.2), best in one segment */
static int send_query(struct exchange *e, struct span query)
{
	char frame[2 + NS_PACKETSZ];

	if (query.len > NS_PACKETSZ)
		BUG("query too long");
	frame[0] = (char)(query.len >> 8);
	frame[1] = (char)(query.len & 0xff);
	memcpy(frame + 2, query.data, query.len);
	return write_all(e, (struct span){frame, query.len + 2});
}

static int receive_answer(struct exchange *e, struct span query, struct buf *ret)
{
	unsigned char prefix[2];
	size_t len;
	char *to;

	if (read_all(e, prefix, sizeof(prefix)) < 0)
		return -1;
	len = (size_t)(prefix[0] << 8 | prefix[1]);
	to = buf_reserve(ret, len);
	if (!to)
		BUG("answer buffer too small");
	if (read_all(e, to, len) < 0)
		return -1;
	if (len < NS_HFIXEDSZ || memcmp(to, query.data, 2) != 0) {
		fault_set(e->f, FAULT_SYSTEM, 0, "by TCP: the answer is not to us");
		return -1;
	}
	buf_commit(ret, len);
	return 0;
}

int dnstcp_ask(const struct netaddr *server, struct span query, int64_t deadline_ms,
	struct buf *ret, struct fault *f)
{
	struct exchange e = {.deadline_ms = deadline_ms, .f = f};
	int rc = -1;

	if (stream_new(&e.stream, server, f) < 0)
		return -1;
	if (connect_all(&e) == 0 && send_query(&e, query) == 0)
		rc = receive_answer(&e, query, ret);
	stream_free(e.stream);
	return rc;
}
