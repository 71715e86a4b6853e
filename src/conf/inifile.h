/*
 * One INI file: read once, looked over (conf/scan.h), then parsed by iniparser. The only
 * user of iniparser.
 */
#ifndef CONF_INIFILE_H
#define CONF_INIFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"

#define INIFILE_MAX ((size_t)256 * 1024) /* octets of a file */

struct inifile {
	int fd;
	struct buf text;
	bool has_hidden;            /* text is no longer what is in the file */
	bool is_writable_by_others; /* the file's mode */
	bool is_readable_by_others; /* by its group or anybody */
	unsigned owner;             /* its uid */
	void *dictionary;           /* iniparser's */
};

/*
 * Open and read the file. Returns 1, 0 where there is no such file, -1 on a fault: it
 * cannot be read, is neither a regular file nor /dev/null, which is an empty one (a FIFO does
 * not block), or is too large. Only
 * after 1 it is to be released. f->err says what this machine lacked.
 */
int inifile_open(struct inifile *ret, const char *path, struct fault *f);

/* Blank out a part of ->text, so that iniparser does not see it. */
void inifile_hide(struct inifile *file, struct span part);

/* Let iniparser parse what was not hidden. `path`, f->err as for inifile_open. 0 or -1. */
int inifile_parse(struct inifile *file, const char *path, struct fault *f);

/* What iniparser has for a key; NULL for none. Borrowed from the file. */
const char *inifile_value(
	const struct inifile *file, struct span section, struct span key);

void inifile_release(struct inifile *file);

#endif
