#include "conf/identity.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/hostname.h"
#include "base/text.h"

#define HOSTS_FILE    "/etc/hosts"
#define MAILNAME_FILE "/etc/mailname"
#define FALLBACK      "localhost.invalid"

/* The own entry stands on top; below may be a list of a hundred thousand trackers. */
#define FILE_HEAD_MAX 65536

_Static_assert(IDENTITY_NAME_MAX == HOSTNAME_MAX + 1, "a valid name always fits");

/*
 * The beginning of a file; nothing where it cannot be read, since then the next best name
 * will do. A FIFO does not block, and one read(2) gets what a regular file has.
 */
static void read_head(struct buf *ret, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct fault f;
	ssize_t got;

	if (fd < 0)
		return;
	got = file_read_some(
		fd, buf_reserve(ret, FILE_HEAD_MAX), FILE_HEAD_MAX, path, &f);
	if (got > 0)
		buf_commit(ret, (size_t)got);
	/* half a line would be half a name */
	if (got == FILE_HEAD_MAX)
		while (ret->len && ret->data[ret->len - 1] != '\n')
			buf_truncate(ret, ret->len - 1);
	file_close(fd);
}

static bool take(char name[IDENTITY_NAME_MAX], struct span s)
{
	return hostname_is_strict(s) && text_copy(name, IDENTITY_NAME_MAX, s);
}

static bool has_dot(struct span s)
{
	return span_find(s, '.') >= 0;
}

/*
 * The full name on one line of hosts(5), "address canonical alias…", if the line has
 * `node`: the canonical name where it has a dot, else an alias that begins with the node.
 */
static struct span full_name_in(struct span line, struct span node)
{
	struct span rest = SPAN_NONE;
	struct span full = SPAN_NONE;
	struct span word;
	bool is_ours = false;

	(void)span_cut(&line, '#', &rest);
	rest = span_trim(rest);
	(void)span_word(&rest, &word); /* the address */
	for (size_t i = 0; span_word(&rest, &word); i++) {
		bool begins = span_ieq(span_head(word, node.len), node);

		if (span_ieq(word, node))
			is_ours = true;
		else if (!full.len && hostname_is_strict(word) && has_dot(word) &&
			 (i == 0 || (begins && word.data[node.len] == '.')))
			full = word;
	}
	return is_ours ? full : SPAN_NONE;
}

static bool find_in_hosts(
	char name[IDENTITY_NAME_MAX], struct span node, const char *path)
{
	struct buf head = BUF_INIT(FILE_HEAD_MAX);
	struct span rest, line;
	bool is_found = false;

	read_head(&head, path ? path : HOSTS_FILE);
	rest = buf_span(&head);
	while (!is_found && span_cut(&rest, '\n', &line))
		is_found = take(name, full_name_in(line, node));
	buf_release(&head);
	return is_found;
}

/* The name the kernel has, as a string; "" for none. */
static void get_node(char node[HOST_NAME_MAX + 1])
{
	if (gethostname(node, HOST_NAME_MAX + 1) != 0)
		node[0] = '\0';
	node[HOST_NAME_MAX] = '\0'; /* a cut name need not be terminated */
}

static void find_hostname(char name[IDENTITY_NAME_MAX], const struct identity_sources *s)
{
	char own[HOST_NAME_MAX + 1];
	struct span node = span_of(s->node);

	if (take(name, span_of(s->hostname)))
		return;
	if (!s->node) {
		get_node(own);
		node = span_of(own);
	}
	if (!hostname_is_strict(node))
		node = SPAN_LIT(FALLBACK);
	else if (!has_dot(node) && find_in_hosts(name, node, s->hosts_file))
		return;
	(void)take(name, node);
}

static bool find_in_mailname(char name[IDENTITY_NAME_MAX], const char *path)
{
	struct buf head = BUF_INIT(FILE_HEAD_MAX);
	struct span rest, line;
	bool is_found;

	read_head(&head, path ? path : MAILNAME_FILE);
	rest = buf_span(&head);
	is_found = span_cut(&rest, '\n', &line) && take(name, span_trim(line));
	buf_release(&head);
	return is_found;
}

/* A full name that could be this machine's own (RFC 5321 2.3.5). */
static bool is_own_name(struct span name)
{
	return has_dot(name) && !span_iis(name, FALLBACK) &&
	       !span_istarts(name, "localhost.");
}

void identity_find(struct identity *ret, const struct identity_sources *sources)
{
	find_hostname(ret->hostname, sources);
	if (!take(ret->domain, span_of(sources->domain)) &&
		!find_in_mailname(ret->domain, sources->mailname_file))
		(void)take(ret->domain, span_of(ret->hostname));
	ret->is_qualified = is_own_name(span_of(ret->hostname));
}
