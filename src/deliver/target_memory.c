#include "deliver/target_memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "base/text.h"

struct note {
	_Atomic bool is_whole;
	bool is_up;
	int64_t at_s;
	struct outcome trouble;
	char key[HOSTS_KEY_MAX + 1];
};

struct target_memory {
	_Atomic size_t count; /* of notes begun; may be more than there is room for */
	struct note notes[TARGET_NOTES_MAX];
};

/* By address: the same server under another name is not better. */
static void make_key(const struct mx_target *target, char ret[HOSTS_KEY_MAX + 1])
{
	struct mx_target nameless = *target;
	char text[OUTCOME_REMOTE_MAX];
	struct buf key = BUF_INIT(HOSTS_KEY_MAX);

	if (!mx_target_is_named(target))
		nameless.host[0] = '\0';
	mx_target_format(&nameless, text, sizeof(text));
	buf_addf(&key, "at:%.*s", HOSTS_KEY_MAX - 3, text);
	for (size_t i = 0; i < key.len; i++)
		if (key.data[i] <= ' ' || key.data[i] >= 0x7f)
			key.data[i] = '?'; /* a path may be anything, a key is a word */
	(void)text_copy(ret, HOSTS_KEY_MAX + 1, buf_span(&key));
	buf_release(&key);
}

struct target_memory *target_memory_new(void)
{
	void *pages = mmap(NULL, sizeof(struct target_memory), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		mem_exhausted();
	return pages;
}

void target_memory_free(struct target_memory *m)
{
	if (m)
		(void)munmap(m, sizeof(*m));
}

void target_memory_note(struct target_memory *m, const struct mx_target *target,
	const struct outcome *trouble, int64_t now_s)
{
	size_t at = atomic_fetch_add(&m->count, 1);
	struct note *note = &m->notes[at];

	if (at >= TARGET_NOTES_MAX)
		return;
	make_key(target, note->key);
	note->at_s = now_s;
	note->is_up = !trouble;
	if (trouble)
		note->trouble = *trouble;
	note->is_whole = true;
}

bool target_memory_read(
	const struct target_memory *m, size_t *seen, struct hosts *hosts, uint32_t random)
{
	size_t begun = m->count < TARGET_NOTES_MAX ? m->count : TARGET_NOTES_MAX;
	bool has_news = false;

	for (; *seen < begun; ++*seen) {
		const struct note *note = &m->notes[*seen];

		if (!note->is_whole)
			continue;
		has_news = true;
		if (note->is_up)
			hosts_note_success(hosts, note->key);
		else
			hosts_note_failure(
				hosts, note->key, &note->trouble, note->at_s, random);
	}
	return has_news;
}

void target_memory_sort(const struct hosts *hosts, int64_t now_s, struct mx_list *list)
{
	struct mx_list *old = mem_alloc(sizeof(*old));
	char key[HOSTS_KEY_MAX + 1];
	size_t kept = 0;

	*old = *list;
	for (int is_down = 0; is_down <= 1; is_down++) {
		for (size_t i = 0; i < old->count; i++) {
			make_key(&old->targets[i], key);
			if (hosts_is_down(hosts, key, now_s) == (is_down == 1))
				list->targets[kept++] = old->targets[i];
		}
	}
	free(old);
}
