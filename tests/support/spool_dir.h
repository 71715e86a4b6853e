/*
 * A spool in a directory of its own, for tests. What fails here fails the test.
 */
#ifndef SUPPORT_SPOOL_DIR_H
#define SUPPORT_SPOOL_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "spool/draft.h"
#include "spool/message.h"
#include "spool/spool.h"

struct spool_dir {
	char root[64]; /* a new directory */
	char path[80]; /* the spool in it */
	struct spool spool;
};

/* Make the directory and an open spool in it. */
void spool_dir_make(struct spool_dir *d);

/* Remove all of it. */
void spool_dir_remove(struct spool_dir *d);

/* An envelope from a@example.org to r0@…, r1@… */
struct envelope spool_dir_envelope(size_t recipient_count);

/* Store a message of one recipient; its id. 0, or -1 and a fault where storing failed. */
int spool_dir_store(const struct spool *s, struct span content, struct spool_entry *ret,
	struct fault *f);

/* The same, which must succeed. */
struct spool_entry spool_dir_message(const struct spool *s, const char *content);

/* Files in a subdirectory; 0 where there is none. */
size_t spool_dir_count(const struct spool *s, const char *box);

bool spool_dir_has(const struct spool *s, const char *name);

/* Make the file `name` below the spool hold `text`. */
void spool_dir_put(const struct spool *s, const char *name, struct span text);

/* Let the file look `age_s` old. */
void spool_dir_age(const struct spool *s, const char *name, long age_s);

/* The whole content of an open message. */
struct buf spool_dir_content(const struct message *m);

#endif
