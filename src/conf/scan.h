/*
 * Reads the text of an INI file line by line, for what iniparser does not tell: the line
 * of each key, and the lines that it would take for something else than their writer.
 * iniparser 4.1 cuts an unquoted value at ; or #, joins lines at a final \ (comments
 * too), ignores what follows a closing quote, takes the whole file for broken at one long
 * line, reads a line up to its first NUL, and keeps keys in front of any section.
 * Each of these is SCAN_WRONG here. Pure; borrows the text.
 */
#ifndef CONF_SCAN_H
#define CONF_SCAN_H

#include <stdbool.h>

#include "base/span.h"

#define SCAN_LINE_MAX 1000 /* octets without the line's end; iniparser stops at 1022 */

enum scan_kind {
	SCAN_END,
	SCAN_SECTION, /* [section] */
	SCAN_ENTRY,   /* key = value */
	SCAN_WRONG,   /* `wrong` says why and what would be right */
	SCAN_ORPHAN,  /* an entry below a section line that was wrong */
};

struct scan_item {
	enum scan_kind kind;
	unsigned line;     /* from 1 */
	struct span whole; /* what to hide from iniparser when it is not to see this */
	struct span section;
	struct span key;
	struct span value; /* without its quotes */
	const char *wrong;
};

struct scan {
	struct span text; /* all of it, kept to know the start */
	struct span rest;
	struct span section; /* data NULL: none yet */
	unsigned line;
	bool is_section_wrong;
};

/* Start with the whole text of a file. */
void scan_init(struct scan *s, struct span text);

/*
 * The next line that means something or is wrong. Returns its kind; SCAN_END at the end,
 * and then again. A line is wrong once, by its first fault.
 */
enum scan_kind scan_next(struct scan *s, struct scan_item *ret);

#endif
