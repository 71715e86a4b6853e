/*
 * One HTTP/1.1 response to a GET that asked for "Connection: close" and no coding (RFC
 * 9110, RFC 9112): octets in, a body of bounded size out. Pure. Made for one small text
 * file from a server that may be hostile: what is not needed for that is refused.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define HTTP_BODY_MAX       (64 * 1024)
#define HTTP_HEADER_MAX     (16 * 1024) /* octets, trailers and interim responses included */
#define HTTP_FIELDS_MAX     100         /* the same */
#define HTTP_CHUNK_LINE_MAX 256
#define HTTP_TYPE_MAX       128
#define HTTP_WHY_MAX        128

enum http_result {
	HTTP_MORE,   /* feed more */
	HTTP_DONE,   /* `body` is whole */
	HTTP_FAILED, /* `why` tells */
};

enum http_state {
	HTTP_STATUS_LINE,
	HTTP_FIELD,
	HTTP_BODY, /* `left` octets of it, or until the connection ends */
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK, /* `left` octets of it */
	HTTP_CHUNK_END,
	HTTP_TRAILER,
	HTTP_END,
};

struct http_response {
	enum http_state state;
	enum http_result result;
	struct buf line; /* not yet whole */
	struct buf body;
	unsigned status;
	char type
		[HTTP_TYPE_MAX]; /* media type in lower case, without parameters; or "" */
	bool has_length;
	bool is_chunked;
	uint64_t left;
	size_t header_octets;
	unsigned fields;
	char why[HTTP_WHY_MAX]; /* one harmless line */
};

void http_response_init(struct http_response *r);
void http_response_release(struct http_response *r);

/*
 * More octets from the server. Only status 200 leads to DONE, which comes as soon as the
 * length that was announced is there; what follows is left alone.
 */
enum http_result http_response_feed(struct http_response *r, struct span data);

/*
 * The connection has ended, by close_notify or not (`is_truncated`). A body of which nobody
 * said how long it is, is whole only in the first case.
 */
enum http_result http_response_end(struct http_response *r, bool is_truncated);

#endif
