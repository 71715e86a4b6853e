/*
 * Misbehaviour, written down: what a scripted server does in each connection. The
 * language is described in tests/support/README.md.
 */
#ifndef RECEIVER_SCRIPT_H
#define RECEIVER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "receiver/peer.h"

#define SCRIPT_FILE_MAX     (1024 * 1024)
#define SCRIPT_STEPS_MAX    512
#define SCRIPT_SECTIONS_MAX 32
#define SCRIPT_TEXT_MAX     65536

struct script_verb;

struct script_step {
	const struct script_verb *verb;
	unsigned numbers[2];
	struct buf text; /* escapes undone */
	unsigned line;   /* in the file, from 1 */
};

struct script_section {
	unsigned connection; /* 0: any that has no section of its own */
	size_t first;        /* step */
	size_t count;
};

struct script {
	struct script_step steps[SCRIPT_STEPS_MAX];
	size_t step_count;
	struct script_section sections[SCRIPT_SECTIONS_MAX];
	size_t section_count;
	bool reads_little; /* some connection: its window has to be small */
};

/* Parse the file; a mistake ends the program. Never released. */
struct script *script_load(const char *path);

/* The section for the connection of this number, or NULL: behave. */
const struct script_section *script_find(
	const struct script *script, unsigned connection);

/* Play it to its end and close. */
void script_play(const struct script *script, const struct script_section *section,
	struct peer *p);

#endif
