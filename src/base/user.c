#include "base/user.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/text.h"

#define PASSWD_BLOCK      8192
#define PASSWD_BLOCKS_MAX 100
#define ENTRY_FIRST       1024
#define ENTRY_MAX         (256 * 1024)

/* an absolute path or NULL */
static char *usable_home(const char *home)
{
	return home && home[0] == '/' ? mem_string(home) : NULL;
}

/* Whose entry is meant: by name, or where that is NULL by uid. */
struct wanted {
	const char *name;
	uid_t uid;
};

/* "name:password:uid:gid:gecos:home:shell" into `ret`; false for somebody else's line */
static bool take_line(struct user *ret, const struct wanted *wanted, struct span line)
{
	struct span part[6];
	uint64_t number, group;
	char *home;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		if (!span_cut(&line, ':', &part[i]))
			return false;
	if (span_to_uint(part[2], UINT32_MAX, &number) < 0 ||
		span_to_uint(part[3], UINT32_MAX, &group) < 0)
		return false;
	if (wanted->name ? !span_is(part[0], wanted->name) : number != wanted->uid)
		return false;
	home = mem_copy(part[5].data, part[5].len);
	*ret = (struct user){
		.uid = (uid_t)number,
		.gid = (gid_t)group,
		.has_entry = true,
		.name = mem_copy(part[0].data, part[0].len),
		.gecos = mem_copy(part[4].data, part[4].len),
		.home = usable_home(home),
	};
	free(home);
	return true;
}

/* Look at the whole lines of `text`; what is behind the last of them stays in `*ret_rest`. */
static bool look_into_lines(struct user *ret, const struct wanted *wanted,
	struct span text, struct span *ret_rest)
{
	struct span line;

	*ret_rest = text;
	while (span_cut(&text, '\n', &line) && text.data) {
		if (take_line(ret, wanted, line))
			return true;
		*ret_rest = text;
	}
	return false;
}

/*
 * Look into /etc/passwd first: three system calls instead of the twenty of a name service,
 * and on nearly every machine the same answer ("passwd: files ..."). What is too long is left
 * to the name service.
 */
static bool look_into_file(struct user *ret, const struct wanted *wanted)
{
	char text[PASSWD_BLOCK];
	struct span rest = {text, 0};
	bool is_found = false, is_whole = false;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && !is_found && !is_whole && i < PASSWD_BLOCKS_MAX; i++) {
		size_t room = sizeof(text) - rest.len;
		ssize_t n;

		memmove(text, rest.data, rest.len);
		n = read(fd, text + rest.len, room);
		is_whole = n < (ssize_t)room; /* as only the end of a file does */
		rest = (struct span){text, rest.len + (n > 0 ? (size_t)n : 0)};
		is_found = look_into_lines(ret, wanted, rest, &rest);
	}
	file_close(fd);
	return is_found;
}

static void take_entry(struct user *ret, const struct passwd *entry)
{
	*ret = (struct user){
		.uid = entry->pw_uid,
		.gid = entry->pw_gid,
		.has_entry = true,
		.name = mem_string(entry->pw_name),
		.home = usable_home(entry->pw_dir),
		.gecos = mem_string(entry->pw_gecos ? entry->pw_gecos : ""),
	};
}

/* 0 with or without *ret_is_found, or what getpwuid_r and getpwnam_r return */
static int ask_name_service(
	struct user *ret, const struct wanted *wanted, bool *ret_is_found)
{
	struct passwd entry, *found = NULL;
	char *memory = NULL;
	int err = ERANGE;

	for (size_t size = ENTRY_FIRST; err == ERANGE && size <= ENTRY_MAX; size *= 4) {
		memory = mem_regrow(memory, size, 1);
		err = wanted->name
			      ? getpwnam_r(wanted->name, &entry, memory, size, &found)
			      : getpwuid_r(wanted->uid, &entry, memory, size, &found);
	}
	*ret_is_found = err == 0 && found;
	if (*ret_is_found)
		take_entry(ret, found);
	free(memory);
	return err;
}

static void make_up(struct user *ret, uid_t uid)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "uid%lu", (unsigned long)uid);
	*ret = (struct user){
		.uid = uid,
		.gid = USER_NO_GROUP,
		.name = mem_string(name),
		.home = usable_home(getenv("HOME")),
		.gecos = mem_string(""),
	};
}

void user_lookup(struct user *ret, uid_t uid)
{
	const struct wanted wanted = {.uid = uid};
	bool is_found = look_into_file(ret, &wanted);

	if (!is_found)
		(void)ask_name_service(ret, &wanted, &is_found); /* trouble: no entry */
	if (!is_found)
		make_up(ret, uid);
}

/* What no entry can be called; a name service need not be asked, nor sent such octets. */
static bool is_no_name(struct span name)
{
	return name.len == 0 || name.len > USER_NAME_MAX || span_has_control(name) ||
	       span_find(name, ':') >= 0;
}

int user_find(struct user *ret, const char *name, struct fault *f)
{
	const struct wanted wanted = {.name = name};
	bool is_found;
	int err;

	if (is_no_name(span_of(name)))
		return 0;
	if (look_into_file(ret, &wanted))
		return 1;
	/*
	 * Only 0 without an entry says "nobody" (POSIX). The manual page lists more values for
	 * that, of other systems: here ENOENT is a directory service whose socket is not there,
	 * EPERM one that may not be asked, and each of their users is still to get mail.
	 */
	err = ask_name_service(ret, &wanted, &is_found);
	if (err) {
		fault_set(f, FAULT_SYSTEM, err, "the user %s cannot be looked up now",
			name);
		return -1;
	}
	return is_found;
}

void user_release(struct user *u)
{
	free(u->name);
	free(u->home);
	free(u->gecos);
	*u = (struct user){0};
}

bool user_exists(const char *name)
{
	struct fault unknown;
	struct user u;
	bool is_found = user_find(&u, name, &unknown) == 1;

	if (is_found)
		user_release(&u);
	return is_found;
}

static void add_capitalised(struct buf *out, const char *name)
{
	char first = name[0];

	if (first >= 'a' && first <= 'z')
		first = (char)(first - 'a' + 'A');
	buf_add_char(out, first);
	buf_add_str(out, name + 1);
}

void user_full_name(const struct user *u, struct buf *out)
{
	size_t before = out->len;

	for (const char *at = u->gecos; *at && *at != ','; at++) {
		if (*at == '&' && *u->name)
			add_capitalised(out, u->name);
		else if (!text_is_control(*at))
			buf_add_char(out, *at);
		if (out->len - before > USER_FULL_NAME_MAX) {
			/* a field that long is no name */
			buf_truncate(out, before);
			return;
		}
	}
}
