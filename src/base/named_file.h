/*
 * Files that somebody has named by path.
 */
#ifndef BASE_NAMED_FILE_H
#define BASE_NAMED_FILE_H

#include "base/buf.h"
#include "base/fault.h"

/*
 * Append a whole regular file. Links are followed, for whoever named it meant it; a FIFO does not
 * block. -1 and a fault that does not repeat the path; f->err tells ENOENT from the rest.
 */
int named_file_read(const char *path, struct buf *ret, struct fault *f);

#endif
