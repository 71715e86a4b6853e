/*
 * A file name of a spool is refused, or it is the one name of its entry.
 */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "spool/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_box(const char *name, enum spool_box box)
{
	struct spool_entry e;
	char path[SPOOL_NAME_MAX];

	if (!spool_entry_parse(name, box, &e))
		return;
	spool_entry_path(&e, path);
	if (e.box != box || strcmp(strchr(path, '/') + 1, name) != 0)
		BUG("another name for the same entry");
	if (e.attempts > SPOOL_ATTEMPTS_MAX || !spool_id_is_valid(span_of(e.id)))
		BUG("an entry that cannot be");
	(void)spool_id_time_s(e.id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = mem_copy(data, size);

	try_box(name, SPOOL_NEW);
	try_box(name, SPOOL_CUR);
	free(name);
	return 0;
}
