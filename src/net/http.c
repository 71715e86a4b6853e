#include "net/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/text.h"

/* digits of a chunk's size: more than any that is allowed has, fewer than overflow */
#define CHUNK_DIGITS_MAX 15

static enum http_result fail(struct http_response *r, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

static enum http_result fail(struct http_response *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
	r->result = HTTP_FAILED;
	return r->result;
}

static enum http_result done(struct http_response *r)
{
	r->state = HTTP_END;
	r->result = HTTP_DONE;
	return r->result;
}

/* "HTTP/1.1 200 OK"; the reason may be missing (RFC 9112 4) */
static enum http_result read_status_line(struct http_response *r, struct span line)
{
	struct span code = span_head(span_from(line, 9), 3);
	uint64_t status;

	if ((!span_starts(line, "HTTP/1.1 ") && !span_starts(line, "HTTP/1.0 ")) ||
		(line.len > 12 && line.data[12] != ' ') || code.len != 3 ||
		span_to_uint(code, 599, &status) < 0 || status < 100)
		return fail(r, "this is not HTTP");
	r->status = (unsigned)status;
	r->state = HTTP_FIELD;
	return HTTP_MORE;
}

/* RFC 9112 6.3: who says two lengths, or a length and chunks, is up to something */
static enum http_result read_length(struct http_response *r, struct span value)
{
	uint64_t length;

	if (r->has_length || r->is_chunked)
		return fail(r, "the length is said twice");
	if (span_to_uint(value, UINT64_MAX, &length) < 0)
		return fail(r, "the length is no number");
	if (length > HTTP_BODY_MAX)
		return fail(r, "the body is too large");
	r->has_length = true;
	r->left = length;
	return HTTP_MORE;
}

static enum http_result read_transfer_encoding(struct http_response *r, struct span value)
{
	if (r->has_length || r->is_chunked)
		return fail(r, "the length is said twice");
	if (!span_iis(value, "chunked"))
		return fail(r, "a transfer coding that nobody asked for");
	r->is_chunked = true;
	return HTTP_MORE;
}

static enum http_result read_type(struct http_response *r, struct span value)
{
	struct buf lower = BUF_INIT(HTTP_TYPE_MAX - 1);
	struct span type = SPAN_NONE;

	(void)span_cut(&value, ';', &type);
	text_add_lower(&lower, span_trim(type));
	text_clean_into(r->type, sizeof(r->type), buf_span(&lower));
	buf_release(&lower);
	return HTTP_MORE;
}

static enum http_result read_field(struct http_response *r, struct span line)
{
	struct span value = line;
	struct span name = SPAN_NONE;

	(void)span_cut(&value, ':', &name);
	/* also a line that goes on with the one before it (RFC 9112 5.2) */
	if (!value.data || name.len == 0 || span_find(name, ' ') >= 0 ||
		span_find(name, '\t') >= 0)
		return fail(r, "a header field is malformed");
	value = span_trim(value);
	if (r->status < 200)
		return HTTP_MORE;
	if (span_iis(name, "Content-Length"))
		return read_length(r, value);
	if (span_iis(name, "Transfer-Encoding"))
		return read_transfer_encoding(r, value);
	if (span_iis(name, "Content-Type"))
		return read_type(r, value);
	if (span_iis(name, "Content-Encoding") && !span_iis(value, "identity"))
		return fail(r, "a content coding that nobody asked for");
	return HTTP_MORE;
}

static enum http_result end_header(struct http_response *r)
{
	if (r->status < 200) {
		/* an interim response (RFC 9110 15.2) */
		r->state = HTTP_STATUS_LINE;
		return HTTP_MORE;
	}
	if (r->status != 200)
		return fail(r, "HTTP status %u", r->status);
	r->state = r->is_chunked ? HTTP_CHUNK_SIZE : HTTP_BODY;
	return r->has_length && r->left == 0 ? done(r) : HTTP_MORE;
}

/* "1f;extension": what stands behind the number is nothing to us */
static enum http_result read_chunk_size(struct http_response *r, struct span line)
{
	uint64_t size = 0;
	size_t digits = 0;

	while (digits < line.len && digits <= CHUNK_DIGITS_MAX &&
		hex_value(line.data[digits]) >= 0)
		size = size << 4 | (unsigned)hex_value(line.data[digits++]);
	if (digits == 0 || digits > CHUNK_DIGITS_MAX ||
		(digits < line.len && !strchr("; \t", line.data[digits])))
		return fail(r, "a chunk's size is no number");
	if (size > HTTP_BODY_MAX - r->body.len)
		return fail(r, "the body is too large");
	r->left = size;
	r->state = size ? HTTP_CHUNK : HTTP_TRAILER;
	return HTTP_MORE;
}

/* Each line of the head is counted before anybody looks at it. */
static bool is_within_limits(struct http_response *r, size_t octets)
{
	r->header_octets += octets;
	if (r->header_octets > HTTP_HEADER_MAX || ++r->fields > HTTP_FIELDS_MAX) {
		(void)fail(r, "the header is too large");
		return false;
	}
	return true;
}

/* A whole line, without its end. */
static enum http_result read_line(struct http_response *r, struct span line)
{
	switch (r->state) {
	case HTTP_STATUS_LINE:
		if (!is_within_limits(r, line.len))
			return HTTP_FAILED;
		return read_status_line(r, line);
	case HTTP_FIELD:
		if (!is_within_limits(r, line.len))
			return HTTP_FAILED;
		return line.len ? read_field(r, line) : end_header(r);
	case HTTP_CHUNK_SIZE:
		return read_chunk_size(r, line);
	case HTTP_CHUNK_END:
		if (line.len)
			return fail(r, "a chunk is longer than it says");
		r->state = HTTP_CHUNK_SIZE;
		return HTTP_MORE;
	case HTTP_TRAILER:
		if (!is_within_limits(r, line.len))
			return HTTP_FAILED;
		return line.len ? HTTP_MORE : done(r);
	case HTTP_BODY:
	case HTTP_CHUNK:
	case HTTP_END:
		break;
	}
	BUG("no lines here");
}

static size_t line_max(const struct http_response *r)
{
	bool is_of_chunk = r->state == HTTP_CHUNK_SIZE || r->state == HTTP_CHUNK_END;

	return is_of_chunk ? HTTP_CHUNK_LINE_MAX : HTTP_HEADER_MAX;
}

/* Octets up to the next line end, which is CRLF or, as RFC 9112 2.2 allows, LF. */
static enum http_result feed_line(struct http_response *r, struct span *data)
{
	ptrdiff_t end = span_find(*data, '\n');
	struct span part = end < 0 ? *data : span_head(*data, (size_t)end);
	struct span line;
	enum http_result result;

	if (part.len > line_max(r) - r->line.len)
		return fail(r, "a line is too long");
	buf_add_span(&r->line, part);
	*data = span_from(*data, end < 0 ? data->len : (size_t)end + 1);
	if (end < 0)
		return HTTP_MORE;
	line = buf_span(&r->line);
	if (span_ends(line, "\r"))
		line = span_head(line, line.len - 1);
	for (size_t i = 0; i < line.len; i++) {
		if (text_is_control(line.data[i]) && line.data[i] != '\t')
			return fail(r, "a control character in the header");
	}
	result = read_line(r, line);
	buf_reset(&r->line);
	return result;
}

static enum http_result feed_body(struct http_response *r, struct span *data)
{
	bool has_end = r->has_length || r->is_chunked;
	size_t n = data->len;

	if (has_end && n > r->left)
		n = (size_t)r->left;
	if (n > HTTP_BODY_MAX - r->body.len)
		return fail(r, "the body is too large");
	buf_add_span(&r->body, span_head(*data, n));
	*data = span_from(*data, n);
	if (!has_end)
		return HTTP_MORE;
	r->left -= n;
	if (r->left)
		return HTTP_MORE;
	if (r->has_length)
		return done(r);
	r->state = HTTP_CHUNK_END;
	return HTTP_MORE;
}

void http_response_init(struct http_response *r)
{
	*r = (struct http_response){
		.line = BUF_INIT(HTTP_HEADER_MAX), .body = BUF_INIT(HTTP_BODY_MAX)};
}

void http_response_release(struct http_response *r)
{
	buf_release(&r->line);
	buf_release(&r->body);
}

enum http_result http_response_feed(struct http_response *r, struct span data)
{
	while (r->result == HTTP_MORE && data.len) {
		if (r->state == HTTP_BODY || r->state == HTTP_CHUNK)
			(void)feed_body(r, &data);
		else
			(void)feed_line(r, &data);
	}
	return r->result;
}

enum http_result http_response_end(struct http_response *r, bool is_truncated)
{
	if (r->result != HTTP_MORE)
		return r->result;
	if (r->state == HTTP_BODY && !r->has_length && !is_truncated)
		return done(r);
	return fail(r, "the connection ended too early");
}
