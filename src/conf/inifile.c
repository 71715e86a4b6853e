#include "conf/inifile.h"

#include <errno.h>
#include <fcntl.h>
#include <iniparser/iniparser.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define NAME_MAX_LEN 2048 /* of "section:key"; a line holds 1000 octets */

/* for iniparser in place of a backslash; a control character is in no line that is left */
#define BACKSLASH_MASK '\1'

/* Read all, with one read(2) where the size that fstat(2) told is still right. */
static int read_text(struct inifile *file, off_t size, struct fault *f)
{
	size_t expected = size > 0 ? (size_t)size : 0;

	for (;;) {
		size_t room =
			expected > file->text.len ? expected - file->text.len + 1 : 4096;
		char *to = buf_reserve(&file->text, room);
		ssize_t got;

		if (!to) {
			fault_set(f, FAULT_CONFIG, 0, "larger than %zu octets",
				INIFILE_MAX);
			return -1;
		}
		do {
			got = read(file->fd, to, room);
		} while (got < 0 && errno == EINTR);
		if (got < 0) {
			fault_set(f, FAULT_CONFIG, errno, "cannot be read");
			return -1;
		}
		buf_commit(&file->text, (size_t)got);
		if (got == 0 || ((size_t)got < room && file->text.len >= expected))
			return 0;
	}
}

/* /dev/null: that there is nothing to say; whoever may write it cannot say more */
static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static int read_regular(struct inifile *file, struct fault *f)
{
	struct stat st;

	if (fstat(file->fd, &st) != 0) {
		fault_set(f, FAULT_CONFIG, errno, "cannot be read");
		return -1;
	}
	if (is_null_device(&st))
		return 0;
	if (!S_ISREG(st.st_mode)) {
		fault_set(f, FAULT_CONFIG, 0, "not a regular file but a %s",
			S_ISDIR(st.st_mode)    ? "directory"
			: S_ISFIFO(st.st_mode) ? "pipe"
					       : "device or socket");
		return -1;
	}
	file->owner = st.st_uid;
	file->is_writable_by_others = (st.st_mode & S_IWOTH) != 0;
	file->is_readable_by_others = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return read_text(file, st.st_size, f);
}

int inifile_open(struct inifile *ret, const char *path, struct fault *f)
{
	struct inifile file = {.text = BUF_INIT(INIFILE_MAX + 4096)};

	file.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file.fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		fault_set(f, FAULT_CONFIG, errno, "cannot be opened");
		return -1;
	}
	if (read_regular(&file, f) < 0) {
		inifile_release(&file);
		return -1;
	}
	*ret = file;
	return 1;
}

void inifile_hide(struct inifile *file, struct span part)
{
	memset(file->text.data + (part.data - file->text.data), ' ', part.len);
	file->has_hidden = true;
}

/* iniparser's own one prints the line, and with it a password. */
static int say_nothing(const char *format, ...)
{
	(void)format;
	return 0;
}

/* iniparser loads by name only, and this is the name of a descriptor. */
static dictionary *load_fd(int fd)
{
	struct buf name = BUF_INIT(64);
	dictionary *d;

	buf_addf(&name, "/proc/self/fd/%d", fd);
	d = iniparser_load(buf_str(&name));
	buf_release(&name);
	return d;
}

/* Parse the text as it is now by way of a file in memory. */
static dictionary *load_text(const struct inifile *file)
{
	int fd = memfd_create("nullmta.conf", MFD_CLOEXEC);
	dictionary *d = NULL;
	struct fault f;

	if (fd >= 0 && file_write_all(fd, buf_span(&file->text), "memory", &f) == 0)
		d = load_fd(fd);
	file_close(fd);
	return d;
}

static void swap(char *text, size_t len, char from, char to)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == from)
			text[i] = to;
}

/* iniparser 4.2 takes a backslash between quotes away, 4.1 does not: it is shown none. */
static dictionary *load_masked(struct inifile *file)
{
	dictionary *d;

	swap(file->text.data, file->text.len, '\\', BACKSLASH_MASK);
	d = load_text(file);
	swap(file->text.data, file->text.len, BACKSLASH_MASK, '\\');
	for (ssize_t i = 0; d && i < (ssize_t)d->size; i++)
		if (d->val[i])
			swap(d->val[i], strlen(d->val[i]), BACKSLASH_MASK, '\\');
	return d;
}

/*
 * The rule is that nothing is hidden; then iniparser reads the file once more by itself.
 * That it sees another file then, or one that changed, does no harm: the caller compares
 * each value with the text that was looked over.
 */
int inifile_parse(struct inifile *file, const char *path, struct fault *f)
{
	iniparser_set_error_callback(say_nothing);
	errno = 0;
	file->dictionary = file->has_hidden || span_find(buf_span(&file->text), '\\') >= 0
				   ? load_masked(file)
				   : iniparser_load(path);
	if (!file->dictionary) {
		fault_set(f, FAULT_CONFIG, errno, "cannot be parsed%s",
			file->has_hidden ? " before its mistakes are mended" : "");
		return -1;
	}
	return 0;
}

const char *inifile_value(
	const struct inifile *file, struct span section, struct span key)
{
	struct buf name = BUF_INIT(NAME_MAX_LEN);
	const char *value;

	text_add_lower(&name, section);
	buf_add_char(&name, ':');
	text_add_lower(&name, key);
	value = iniparser_getstring(file->dictionary, buf_str(&name), NULL);
	buf_release(&name);
	return value;
}

/* iniparser frees its copies of all values as they are, passwords among them. */
static void wipe_values(dictionary *d)
{
	for (ssize_t i = 0; i < (ssize_t)d->size; i++)
		if (d->val[i])
			explicit_bzero(d->val[i], strlen(d->val[i]));
}

void inifile_release(struct inifile *file)
{
	if (file->dictionary) {
		wipe_values(file->dictionary);
		iniparser_freedict(file->dictionary);
	}
	buf_wipe(&file->text);
	file_close(file->fd);
	*file = (struct inifile){.fd = -1};
}
