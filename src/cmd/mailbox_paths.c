#include "cmd/mailbox_paths.h"

#include <limits.h>

#include "deliver/mailbox.h"

void mailbox_paths_add_below(struct strv *paths, const char *directory, const char *name)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);

	buf_addf(&path, "%s/%s", directory, name);
	if (!path.is_overfull)
		strv_add(paths, buf_span(&path));
	buf_release(&path);
}

/* The directory that `path` is in, for its lock and for making it, also a Maildir/. */
static void add_parent(struct strv *paths, struct span path)
{
	while (span_ends(path, "/"))
		path.len--;
	while (path.len && !span_ends(path, "/"))
		path.len--;
	if (path.len > 1)
		strv_add(paths, path);
}

void mailbox_paths_add(struct strv *paths, const struct setup *s)
{
	if (s->user.home)
		mailbox_paths_add_below(paths, s->user.home, "Maildir");
	if (s->mailbox_path) {
		strv_add(paths, span_of(s->mailbox_path));
		add_parent(paths, span_of(s->mailbox_path));
	}
	strv_add(paths, span_of(MAILBOX_SYSTEM_DIR));
}
