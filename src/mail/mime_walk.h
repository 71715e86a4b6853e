/*
 * The structure of a message (RFC 2046 5.1): one reading, octets in, headers and texts out.
 * What a reading finds is the same however it is cut, and the same again in the next one.
 * Of use to mail/mime.c only.
 */
#ifndef MAIL_MIME_WALK_H
#define MAIL_MIME_WALK_H

#include "mail/mime_part.h"

/* What a reader does with what is found; in the order of the content. */
struct mime_walk_sink {
	/*
	 * The header section of `part`; an empty line follows it if `is_separated`. Every
	 * octet of the content is in one section, text or delimiter, or is such a line.
	 */
	void (*header)(void *ctx, size_t part, struct span section, bool is_separated,
		const struct mime_type *type);
	/* Octets of the part's own text, cut anywhere. */
	void (*text)(void *ctx, size_t part, struct span text);
	/* That text ends, or pauses, by a delimiter or with the message. */
	void (*end)(void *ctx, size_t part, bool is_delimited);
	/* A delimiter line of the multipart `part`. */
	void (*delimiter)(void *ctx, size_t part, struct span line);
};

/* An entity that is open: a multipart, or a message/rfc822 (without boundary). */
struct mime_frame {
	size_t part;
	size_t boundary_at; /* in `boundaries` */
	size_t boundary_len;
	bool is_digest;
	bool is_closed; /* behind its last delimiter */
};

struct mime_walk {
	const struct mime_walk_sink *sink;
	void *ctx; /* of the sink */
	/* MIME_PARTS_MAX of them; the first reading fills in what it finds */
	struct mime_part *parts;
	size_t part_count;

	struct mime_frame frames[MIME_DEPTH_MAX];
	size_t depth;
	struct buf boundaries;
	size_t part; /* the one being read */
	bool is_in_header;
	bool defaults_to_message; /* that part has no Content-Type */
	struct buf header;
	size_t line_at;    /* where in `header` the line being read begins */
	struct buf line;   /* of a text: may be a delimiter */
	bool is_amid_line; /* of a text: its beginning is none */
};

/* `parts` is borrowed until mime_walk_release. */
void mime_walk_init(struct mime_walk *w, struct mime_part *parts);
void mime_walk_release(struct mime_walk *w);

/* Begin a reading; both are borrowed until mime_walk_finish. */
void mime_walk_begin(struct mime_walk *w, const struct mime_walk_sink *sink, void *ctx);

/* The next octets, cut anywhere. */
void mime_walk_feed(struct mime_walk *w, struct span content);

/* All of it was fed: the last text ends. */
void mime_walk_finish(struct mime_walk *w);

#endif
