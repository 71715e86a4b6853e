/*
 * The content of a message as it goes to one host: the trace field, the stored header
 * section (rewritten where the configuration says so), the stored body; all of it
 * re-encoded where this host, or anybody, could not take it as it is (mail/mime.h). Read
 * in blocks: memory does not grow with the message.
 */
#ifndef DELIVER_CONTENT_H
#define DELIVER_CONTENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "mail/content.h"
#include "mail/mime.h"
#include "mail/outcome.h"
#include "smtp/extensions.h"
#include "spool/message.h"

/* octets of a header section, before and after rewriting; octets of one content_read */
#define CONTENT_HEADER_MAX (512 * 1024)
#define CONTENT_BLOCK_MAX  (1024 * 1024)

/*
 * A rewriting of the header section. `apply` gets all fields in wire form, each line with its
 * CRLF, without our trace field and without the empty line behind them, and appends the
 * new section in the same form to `out`. It is called once a message and destination,
 * before anything is encoded: it may write raw UTF-8 and lines of any length. What
 * overfills `out` (CONTENT_HEADER_MAX) is a fault of the message.
 */
struct header_transform {
	void (*apply)(void *ctx, struct span section, struct buf *out);
	void *ctx;
};

struct content {
	const struct message *message;
	struct span trace;
	const struct header_transform *transform; /* NULL: none */
	bool has_ascii_envelope; /* as it goes out, whatever the stored facts say */

	struct buf head; /* rewritten; stands for the first `head_of` stored octets */
	uint64_t head_of;
	uint32_t head_crc;
	bool is_rewritten;

	/* the variant that was prepared last */
	bool is_prepared;
	bool was_8bit; /* what the host offered for which it was */
	bool was_utf8;
	struct mime_target target;
	struct mime *mime; /* NULL: nothing is re-encoded */
	struct content_facts facts;

	/* reading */
	uint64_t at;        /* octets given out */
	uint64_t source_at; /* octets taken from head and file, as they are stored */
	size_t head_at;
	uint32_t crc;
	struct buf encoded;
	size_t encoded_at;
	bool is_encoded; /* all of it */

	char damage[128]; /* why the content is not what was accepted; "": it is */
};

/* `message`, `trace` and `transform` are borrowed until content_release. */
void content_init(struct content *c, const struct message *message, struct span trace,
	const struct header_transform *transform);
void content_release(struct content *c);

/*
 * Choose the form for a host that offers `extensions`. 0, and what the host is to be told
 * of it (octets, has_8bit, needs_utf8); or -1 and the outcome of every recipient: content
 * that cannot be read, or that must not be changed and cannot go there as it is
 * (FAILED 5.6.3; of scope HOST where another host may take it).
 */
int content_prepare(struct content *c, const struct smtp_extensions *extensions,
	struct content_facts *ret, struct outcome *ret_why);

/*
 * The next octets of the prepared form, at most `n` (more than trace.len, no more than
 * CONTENT_BLOCK_MAX). `offset` is 0, to
 * begin anew, or where the last call ended; anything else is a BUG. *ret_is_last with
 * the last ones, after the checksum of what is stored was compared. -1 and an outcome when
 * it cannot be read or is not what was accepted: then the final dot must not be sent.
 */
ssize_t content_read(struct content *c, uint64_t offset, char *to, size_t n,
	bool *ret_is_last, struct outcome *ret_why);

#endif
