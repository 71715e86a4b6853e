/*
 * Text files that the configuration names.
 */
#ifndef CMD_NAMED_FILE_H
#define CMD_NAMED_FILE_H

#include "base/buf.h"
#include "base/fault.h"

/*
 * Append a whole regular file. Links are followed, as for the configuration; a FIFO does not
 * block. -1 and a fault that does not repeat the path; f->err tells ENOENT from the rest.
 */
int named_file_read(const char *path, struct buf *ret, struct fault *f);

#endif
