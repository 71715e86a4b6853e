#include "deliver/board.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"

#define CHUNK_SLOTS 64

struct board_chunk {
	struct board_chunk *next;
	struct board_slot *slots; /* shared pages */
	size_t used;
};

struct board_slot *board_add(struct board *b)
{
	struct board_chunk *chunk = b->chunks;

	if (!chunk || chunk->used == CHUNK_SLOTS) {
		void *pages = mmap(NULL, CHUNK_SLOTS * sizeof(struct board_slot),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (pages == MAP_FAILED)
			mem_exhausted();
		chunk = mem_alloc(sizeof(*chunk));
		chunk->slots = pages;
		chunk->next = b->chunks;
		b->chunks = chunk;
	}
	return &chunk->slots[chunk->used++];
}

void board_release(struct board *b)
{
	while (b->chunks) {
		struct board_chunk *chunk = b->chunks;

		b->chunks = chunk->next;
		(void)munmap(chunk->slots, CHUNK_SLOTS * sizeof(struct board_slot));
		free(chunk);
	}
}
