/*
 * A small text in state/ that several processes change: a line an entry, read and written
 * as a whole under a lock. It is only a memory; what cannot be read is empty.
 */
#ifndef DELIVER_STATE_FILE_H
#define DELIVER_STATE_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "spool/spool.h"

struct state_file {
	int fd;
	bool is_adopted;
	struct buf text;
};

/*
 * Lock `name` ("state/logins"), which is made where it is missing, and read it, up to `max`
 * octets. False: it cannot be opened or locked; there is nothing to close.
 */
bool state_file_open(
	struct state_file *ret, const struct spool *spool, const char *name, size_t max);

/*
 * The same of a file that is open already, and may be so in other processes by the same
 * descriptor. It stays open.
 */
bool state_file_adopt(struct state_file *ret, int fd, size_t max);

/* Put `text` in place of what is there; a crash amid it leaves lines that are cut. */
void state_file_write(struct state_file *s, struct span text);

void state_file_close(struct state_file *s);

/* Whether there is anything in it: costs one system call and no lock. */
bool state_file_is_empty(const struct spool *spool, const char *name);

#endif
