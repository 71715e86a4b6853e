/*
 * Plays transcripts of SMTP dialogues against the client engine: transcript FILE...
 * Each is played whole and in pieces; see tests/transcripts/README.md.
 */
#include <stdio.h>

#include "transcript/play.h"

static const struct transcript_manner manners[] = {
	{.name = "whole"},
	{.name = "in pieces", .in_pieces = true, .seed = 1},
	{.name = "in other pieces", .in_pieces = true, .seed = 77},
};

static void play_file(const char *path, size_t *number)
{
	struct transcript_lines lines;

	transcript_lines_load(&lines, path);
	for (size_t i = 0; i < ARRAY_LEN(manners); i++) {
		transcript_play(&lines, &manners[i]);
		(void)printf("ok %zu - %s, %s\n", ++*number, path, manners[i].name);
		(void)fflush(stdout); /* the one behind the last is the guilty one */
	}
	transcript_lines_release(&lines);
}

int main(int argc, char **argv)
{
	size_t number = 0;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: transcript FILE...\n");
		return 64;
	}
	(void)printf("1..%zu\n", (size_t)(argc - 1) * ARRAY_LEN(manners));
	for (int i = 1; i < argc; i++)
		play_file(argv[i], &number);
	return 0;
}
