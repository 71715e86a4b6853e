#include "base/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define ENTRY_MAX (256 * 1024)

/* the entry, its strings in *ret_memory; NULL when there is none */
static struct passwd *entry_of(uid_t uid, struct passwd *entry, char **ret_memory)
{
	struct passwd *found = NULL;

	for (size_t size = 1024; size <= ENTRY_MAX; size *= 4) {
		*ret_memory = mem_regrow(*ret_memory, size, 1);
		if (getpwuid_r(uid, entry, *ret_memory, size, &found) != ERANGE)
			break;
	}
	return found;
}

/* an absolute path or NULL */
static char *usable_home(const char *home)
{
	return home && home[0] == '/' ? mem_string(home) : NULL;
}

void user_lookup(struct user *ret, uid_t uid)
{
	struct passwd entry;
	char *memory = NULL;
	const struct passwd *found = entry_of(uid, &entry, &memory);
	char made_up[32];

	*ret = (struct user){.uid = uid, .has_entry = found != NULL};
	if (found) {
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
