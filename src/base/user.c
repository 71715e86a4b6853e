#include "base/user.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/text.h"

#define PASSWD_BLOCK 8192
#define ENTRY_FIRST  1024
#define ENTRY_MAX    (256 * 1024)

/* an absolute path or NULL */
static char *usable_home(const char *home)
{
	return home && home[0] == '/' ? mem_string(home) : NULL;
}

/* "name:password:uid:gid:gecos:home:shell" of `uid` into `ret`; false for another line */
static bool take_line(struct user *ret, uid_t uid, struct span line)
{
	struct span part[6];
	uint64_t number, group;
	char *home;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		if (!span_cut(&line, ':', &part[i]))
			return false;
	if (span_to_uint(part[2], UINT32_MAX, &number) < 0 || number != uid ||
		span_to_uint(part[3], UINT32_MAX, &group) < 0)
		return false;
	home = mem_copy(part[5].data, part[5].len);
	ret->has_entry = true;
	ret->gid = (gid_t)group;
	ret->name = mem_copy(part[0].data, part[0].len);
	ret->gecos = mem_copy(part[4].data, part[4].len);
	ret->home = usable_home(home);
	free(home);
	return true;
}

/*
 * Look into /etc/passwd first: three system calls instead of the twenty of a name service,
 * and on nearly every machine the same answer ("passwd: files ...").
 */
static bool look_into_file(struct user *ret, uid_t uid)
{
	char text[PASSWD_BLOCK];
	struct span rest, line;
	bool is_found = false;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	file_close(fd);
	if (n <= 0)
		return false;
	rest = (struct span){text, (size_t)n};
	/* the last line of a block may be cut: it is left to the name service */
	while (!is_found && span_cut(&rest, '\n', &line) && rest.data)
		is_found = take_line(ret, uid, line);
	return is_found;
}

/* the entry wherever it is, its strings in *ret_memory; NULL when there is none */
static struct passwd *ask_name_service(uid_t uid, struct passwd *entry, char **ret_memory)
{
	struct passwd *found = NULL;

	for (size_t size = ENTRY_FIRST; size <= ENTRY_MAX; size *= 4) {
		*ret_memory = mem_regrow(*ret_memory, size, 1);
		if (getpwuid_r(uid, entry, *ret_memory, size, &found) != ERANGE)
			break;
	}
	return found;
}

void user_lookup(struct user *ret, uid_t uid)
{
	struct passwd entry;
	char *memory = NULL;
	const struct passwd *found;
	char made_up[32];

	*ret = (struct user){.uid = uid, .gid = USER_NO_GROUP};
	if (look_into_file(ret, uid))
		return;
	found = ask_name_service(uid, &entry, &memory);
	ret->has_entry = found != NULL;
	if (found) {
		ret->gid = found->pw_gid;
		ret->name = mem_string(found->pw_name);
		ret->home = usable_home(found->pw_dir);
		ret->gecos = mem_string(found->pw_gecos ? found->pw_gecos : "");
	} else {
		(void)snprintf(made_up, sizeof(made_up), "uid%lu", (unsigned long)uid);
		ret->name = mem_string(made_up);
		ret->home = usable_home(getenv("HOME"));
		ret->gecos = mem_string("");
	}
	free(memory);
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
	struct passwd entry, *found = NULL;
	char *memory = NULL;

	for (size_t size = ENTRY_FIRST; size <= ENTRY_MAX; size *= 4) {
		memory = mem_regrow(memory, size, 1);
		if (getpwnam_r(name, &entry, memory, size, &found) != ERANGE)
			break;
	}
	free(memory);
	return found != NULL;
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
