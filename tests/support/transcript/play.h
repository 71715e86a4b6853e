/*
 * Plays a transcript against the client engine, in memory.
 */
#ifndef TRANSCRIPT_PLAY_H
#define TRANSCRIPT_PLAY_H

#include <stdbool.h>

#include "transcript/lines.h"

/*
 * How octets travel. With `in_pieces` the server's come one at a time, the client's leave
 * 1 to 7 at a time, and so is content given; `seed` varies it. What is said and what
 * becomes of the messages must be the same.
 */
struct transcript_manner {
	const char *name;
	bool in_pieces;
	unsigned seed;
};

/* Play all lines; where the engine does otherwise, the program ends. */
void transcript_play(
	const struct transcript_lines *lines, const struct transcript_manner *manner);

#endif
