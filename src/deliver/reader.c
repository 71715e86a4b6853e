#include "deliver/reader.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/addressing.h"
#include "deliver/local_client.h"
#include "mail/address.h"
#include "spool/draft.h"

#define LOCK_TIMEOUT_MS 20000

/* A name at this machine itself, or none: nothing that another host could deliver. */
static bool is_local_name(const struct flush *flush, const char *address)
{
	struct span domain = address_domain(span_of(address));

	return span_iis(domain, flush->identity->hostname) ||
	       span_iis(domain, "localhost") || span_find(domain, '.') < 0;
}

/* Whom `address` stands for; nobody where that cannot be said. */
static void find_all(
	const struct flush *flush, const char *address, struct addressing *ret)
{
	const struct addressing_rules rules = addressing_rules_of(flush, SPAN_NONE);
	struct fault ignored;

	(void)addressing_find(&rules, span_of(address), ret, &ignored);
}

/* Whether an alias or ~/.forward sends the mail of `address` away from here, all of it. */
static bool is_sent_on(const struct flush *flush, const char *address)
{
	struct addressing found;
	bool result;

	find_all(flush, address, &found);
	result = found.count > 0;
	for (size_t i = 0; i < found.count; i++)
		result = result && !found.items[i].fate && !found.items[i].user &&
			 !is_local_name(flush, found.items[i].address);
	addressing_release(&found);
	return result;
}

/*
 * The mbox is missing, and a group makes it that this process does not have. Only in the
 * system's flush is that behind the door: elsewhere it leads to the same rights.
 */
static int find_behind_door(
	const struct flush *flush, struct reader *ret, struct fault *f)
{
	const struct user *user = flush->user;
	bool is_known = user->has_entry && route_is_user_name(span_of(user->name));

	if (is_known && flush->is_systems && flush->local) {
		ret->is_behind_door = true;
		ret->box.format = MAILBOX_MBOX;
		(void)snprintf(ret->box.path, sizeof(ret->box.path), "%s/%s",
			MAILBOX_SYSTEM_DIR, user->name);
		return 0;
	}
	if (!is_known || flush->successor == SUCCESSOR_NONE)
		f->kind = FAULT_CREATE;
	return -1;
}

int reader_find_mailbox(const struct flush *flush, struct reader *ret, struct fault *f)
{
	const struct mailbox_place place = {
		.user = flush->user->name,
		.home = flush->user->home,
		.path = flush->mailbox_path,
		.system_dir = MAILBOX_SYSTEM_DIR,
	};

	(void)snprintf(ret->address, sizeof(ret->address), "%s@%s", flush->user->name,
		flush->identity->hostname);
	ret->is_local = true;
	ret->is_behind_door = false;
	if (mailbox_find(&place, &ret->box, f) == 0)
		return 0;
	return f->kind == FAULT_ACCESS ? find_behind_door(flush, ret, f) : -1;
}

/* The user whose spool it is: where alias and ~/.forward send the mail, else the mailbox. */
static int find_user(const struct flush *flush, struct reader *ret, struct fault *f)
{
	(void)snprintf(ret->address, sizeof(ret->address), "%s@%s", flush->user->name,
		flush->identity->hostname);
	if (!is_sent_on(flush, ret->address))
		return reader_find_mailbox(flush, ret, f);
	ret->is_local = false;
	return 0;
}

static int set_address(const char *address, struct reader *ret, struct fault *f)
{
	ret->is_local = false;
	if (text_copy(ret->address, sizeof(ret->address), span_of(address)))
		return 0;
	fault_set(f, FAULT_CONFIG, 0, "the address %.40s... is too long", address);
	return -1;
}

/* [bounce] to: auto, user, sender, or an address */
int reader_find(const struct flush *flush, const char *sender, struct reader *ret,
	struct fault *f)
{
	const char *to = flush->conf->bounce.to;

	if (strcmp(to, "user") == 0 || (strcmp(to, "sender") == 0 && *sender == '\0'))
		return find_user(flush, ret, f);
	if (strcmp(to, "sender") == 0)
		return set_address(sender, ret, f);
	if (strcmp(to, "auto") != 0)
		return set_address(to, ret, f);
	if (find_user(flush, ret, f) == 0)
		return 0;
	if (f->kind == FAULT_ACCESS && flush->successor == SUCCESSOR_LISTENS)
		return -1;
	/* a container has nobody to read a mailbox, but its sender may be real */
	if (!is_local_name(flush, sender))
		return set_address(sender, ret, f);
	if (f->kind != FAULT_ACCESS)
		fault_append(f, "; or set [bounce] to = an address");
	return -1;
}

/* Whether mail from us to `address` takes this route. */
static bool takes_route(const struct flush *flush, const char *address, const char *key)
{
	char own[ROUTE_KEY_SIZE];
	struct outcome ignored;
	struct route route;

	if (route_resolve(&flush->route, SPAN_NONE, span_of(address), &route, &ignored) <
		0)
		return false;
	route_key(&route, own);
	return strcmp(own, key) == 0;
}

bool reader_is_behind(
	const struct flush *flush, const struct reader *reader, const char *key)
{
	struct addressing found;
	bool is_behind;

	find_all(flush, reader->address, &found);
	is_behind = found.count || takes_route(flush, reader->address, key);
	for (size_t i = 0; i < found.count; i++)
		is_behind = is_behind && takes_route(flush, found.items[i].address, key);
	addressing_release(&found);
	return is_behind;
}

/* state/reports holds "HOUR COUNT": the reports filed in that hour since the epoch */
static bool may_file(const struct flush *flush, int fd)
{
	char text[64] = "";
	uint64_t hour, count = 0;
	uint64_t now = (uint64_t)(flush->world->now_s() / 3600);
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	struct span rest = {text, n > 0 ? (size_t)n : 0};
	struct span word;

	if (!span_word(&rest, &word) || span_to_uint(word, INT64_MAX, &hour) < 0 ||
		hour != now || !span_word(&rest, &word) ||
		span_to_uint(word, UINT32_MAX, &count) < 0)
		count = 0;
	if (count >= flush->conf->bounce.per_hour)
		return false;
	n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " \n", now, count + 1);
	/* a count that is lost lets one report more pass: no harm */
	(void)!pwrite(fd, text, (size_t)n, 0);
	return true;
}

bool reader_is_within_cap(const struct flush *flush)
{
	struct fault ignored;
	bool result = true;
	int fd = openat(flush->spool->fd, "state/reports",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && file_lock(fd, "state/reports", &ignored) == 0)
		result = may_file(flush, fd);
	file_close(fd);
	return result;
}

/* A report by mail: a message of its own with the null sender (RFC 3464 2). */
static int submit(const struct flush *flush, const struct reader *to, struct span text,
	enum tls_wish wish, struct fault *f)
{
	struct envelope e = {.arrival_s = flush->world->now_s(),
		.sender = mem_string(""),
		.tls = wish};
	struct span address = span_of(to->address);
	struct content_facts facts = {
		.needs_utf8 = span_has_8bit(address_local(address))};
	uint64_t line_octets = 0;
	struct draft d;
	int rc = draft_begin(&d, flush->spool, f);

	if (rc == 0) {
		content_facts_add(&facts, &line_octets, text);
		envelope_add_recipient(&e, address, DSN_NEVER, NULL);
		rc = draft_envelope(&d, &e, f);
		if (rc == 0)
			rc = draft_content(&d, text, f);
		if (rc == 0)
			rc = draft_commit(&d, &facts, f);
		draft_abandon(&d);
	}
	envelope_release(&e);
	return rc;
}

int reader_file(const struct flush *flush, const struct reader *to, struct span text,
	enum tls_wish wish, struct fault *f)
{
	const struct letter letter = {
		.content = text,
		.return_path = "",
		.delivered_to = to->address,
		.hostname = flush->identity->hostname,
		.now_s = flush->world->now_s(),
	};

	if (to->is_local && to->is_behind_door)
		return local_client_deliver(
			flush, flush->user->name, to->address, text, f);
	if (to->is_local)
		return mailbox_deliver(&to->box, &letter, LOCK_TIMEOUT_MS, f);
	return submit(flush, to, text, wish, f);
}
