#include "net/https.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

#define ADDRESSES_MAX  4
#define CONNECT_MAX_MS 10000 /* then the next address */
#define REQUEST_MAX    1024
#define READ_BLOCK     4096

/* One fetch under way. */
struct fetch {
	const struct https_request *request;
	struct netaddr addresses[ADDRESSES_MAX];
	size_t address_count;
	struct stream *stream; /* of the address that is tried now */
	struct http_response response;
	int64_t deadline_ms;
	char *why; /* of HTTPS_WHY_MAX */
};

static enum https_result fail(struct fetch *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

static enum https_result fail(struct fetch *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(f->why, HTTPS_WHY_MAX, fmt, args);
	va_end(args);
	return HTTPS_FAILED;
}

/* Protocol S2: a policy host has no business inside this machine. */
static bool is_good(const struct fetch *f, const struct netaddr *address)
{
	if (netaddr_is_unusable(address))
		return false;
	return f->request->may_use_local || !netaddr_is_loopback(address);
}

static void add_address(struct fetch *f, const struct dns_answer *from, size_t i)
{
	struct netaddr *to = &f->addresses[f->address_count];

	if (i >= from->count || f->address_count == ADDRESSES_MAX ||
		!is_good(f, &from->records[i].address))
		return;
	*to = from->records[i].address;
	netaddr_set_port(to, f->request->port);
	f->address_count++;
}

/* The families take turns. */
static enum https_result find_addresses(struct fetch *f)
{
	const struct https_request *q = f->request;
	struct dns_answer v4, v6;

	resolver_follow(q->resolver, q->host, DNS_A, &v4);
	resolver_follow(q->resolver, q->host, DNS_AAAA, &v6);
	for (size_t i = 0; i < v4.count || i < v6.count; i++) {
		add_address(f, &v6, i);
		add_address(f, &v4, i);
	}
	if (f->address_count == 0 && v4.result == DNS_FAILED)
		(void)fail(f, "%s: %s", q->host, v4.why);
	else if (f->address_count == 0)
		(void)fail(f, "%s has no usable address", q->host);
	dnsmsg_answer_release(&v4);
	dnsmsg_answer_release(&v6);
	return f->address_count ? HTTPS_OK : HTTPS_FAILED;
}

static bool must_stop(const struct fetch *f)
{
	return f->request->must_stop && f->request->must_stop();
}

static enum https_result tell_stream(struct fetch *f, enum stream_result result)
{
	if (result == STREAM_AGAIN)
		return fail(f, "%s: %s", f->request->host,
			must_stop(f) ? "interrupted" : "timed out");
	return fail(f, "%s: %s", f->request->host,
		result == STREAM_CLOSED ? "connection closed" : stream_error(f->stream));
}

static enum https_result connect_to(struct fetch *f, const struct netaddr *to)
{
	int64_t deadline_ms = clock_mono_ms() + CONNECT_MAX_MS;
	enum stream_result result;
	struct fault trouble;

	if (deadline_ms > f->deadline_ms)
		deadline_ms = f->deadline_ms;
	if (f->request->dial(&f->stream, to, &trouble) < 0)
		return fail(f, "%s", trouble.text);
	result = stream_connect_wait(f->stream, deadline_ms);
	return result == STREAM_OK ? HTTPS_OK : tell_stream(f, result);
}

static enum https_result secure(struct fetch *f)
{
	const struct tls_options options = {
		.level = TLS_VERIFY,
		.name = f->request->host,
		.ca_file = f->request->ca_file,
	};
	enum stream_result result;
	enum https_result failure;
	struct fault trouble;
	enum tls_trouble why;

	if (stream_start_tls(f->stream, &options, f->request->tls, &trouble) < 0)
		return fail(f, "%s", trouble.text);
	result = stream_handshake_wait(f->stream, f->deadline_ms);
	if (result == STREAM_OK)
		return HTTPS_OK;
	why = stream_tls_facts(f->stream)->trouble;
	failure = tell_stream(f, result);
	return why == TLS_TROUBLE_NONE || why == TLS_TROUBLE_HANDSHAKE
		       ? failure
		       : HTTPS_NOT_TRUSTED;
}

/* Wait after STREAM_AGAIN; false when there is no time left. */
static bool wait_more(struct fetch *f, bool wants_write)
{
	if (must_stop(f) || clock_mono_ms() >= f->deadline_ms)
		return false;
	(void)stream_wait(f->stream, wants_write, f->deadline_ms);
	return true;
}

static enum https_result send_request(struct fetch *f)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	enum stream_result result = STREAM_OK;
	struct span rest;

	buf_addf(
		&text, "GET %s HTTP/1.1\r\nHost: %s", f->request->path, f->request->host);
	if (f->request->port != HTTPS_PORT)
		buf_addf(&text, ":%u", f->request->port);
	buf_add_str(&text, "\r\nUser-Agent: nullmta\r\nAccept: text/plain\r\n"
			   "Connection: close\r\n\r\n");
	if (text.is_overfull)
		BUG("a path too long");
	rest = buf_span(&text);
	while (rest.len && (result == STREAM_OK || result == STREAM_AGAIN)) {
		size_t n = 0;

		result = stream_write(f->stream, rest, &n);
		if (result == STREAM_AGAIN && !wait_more(f, true))
			break;
		rest = span_from(rest, n);
	}
	buf_release(&text);
	return rest.len ? tell_stream(f, result) : HTTPS_OK;
}

static enum https_result receive(struct fetch *f)
{
	enum http_result got = HTTP_MORE;

	while (got == HTTP_MORE) {
		char block[READ_BLOCK];
		size_t n = 0;
		enum stream_result result =
			stream_read(f->stream, block, sizeof(block), &n);

		if (result == STREAM_OK)
			got = http_response_feed(&f->response, (struct span){block, n});
		else if (result == STREAM_CLOSED)
			got = http_response_end(
				&f->response, stream_is_truncated(f->stream));
		else if (result == STREAM_ERROR || !wait_more(f, false))
			return tell_stream(f, result);
	}
	if (got == HTTP_DONE)
		return HTTPS_OK;
	return fail(f, "%s: %s", f->request->host, f->response.why);
}

/* `*ret_is_last`: another address would not say anything else. */
static enum https_result try_address(
	struct fetch *f, const struct netaddr *to, bool *ret_is_last)
{
	enum https_result result = connect_to(f, to);

	if (result == HTTPS_OK)
		result = secure(f);
	*ret_is_last = result != HTTPS_FAILED;
	if (result == HTTPS_OK)
		result = send_request(f);
	if (result == HTTPS_OK)
		result = receive(f);
	stream_free(f->stream);
	f->stream = NULL;
	return result;
}

enum https_result https_get(const struct https_request *request,
	struct http_response *ret, char ret_why[HTTPS_WHY_MAX])
{
	struct fetch f = {
		.request = request,
		.deadline_ms = clock_mono_ms() + 1000 * (int64_t)request->timeout_s,
		.why = ret_why,
	};
	enum https_result result;
	bool is_last = false;

	http_response_init(&f.response);
	result = find_addresses(&f);
	for (size_t i = 0; i < f.address_count && !is_last; i++) {
		is_last = must_stop(&f);
		result = is_last ? fail(&f, "interrupted")
				 : try_address(&f, &f.addresses[i], &is_last);
	}
	if (result == HTTPS_OK)
		*ret = f.response;
	else
		http_response_release(&f.response);
	return result;
}
