/*
 * smtp-receiver: an SMTP server on loopback for tests. It behaves and is strict, or it
 * misbehaves exactly as a script says. See tests/support/README.md.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/file.h"
#include "lib/loopback.h"
#include "receiver/letter.h"
#include "receiver/peer.h"
#include "receiver/receiver.h"
#include "receiver/script.h"
#include "receiver/session.h"
#include "receiver/security.h"

#define ADDRESSES_MAX 8

/* how often another port is tried until it is free on every address */
#define PORT_TRIES 20

/* as small as the kernel lets it be: a client that is not read fills it at once */
#define SMALL_WINDOW 2304

static const char usage[] =
	"usage: smtp-receiver --dir DIR [--listen 127.0.0.1:0]... [--port-file FILE]\n"
	"	[--log FILE] [--name HOST] [--without EXTENSION]... [--with "
	"EXTENSION]...\n"
	"	[--size OCTETS] [--max-rcpt N] [--delay MS]\n"
	"	[--rule 'STAGE PATTERN [once|first N|grey] REPLY']... [--script FILE]\n"
	"	[--tls FILE [--implicit] [--tls-max 1.0|1.1|1.2] [--client-ca FILE]]\n";

struct options {
	struct receiver receiver;
	struct loopback at[ADDRESSES_MAX];
	int fds[ADDRESSES_MAX];
	size_t address_count;
	const char *port_file;
};

static unsigned parse_feature(const char *word)
{
	static const struct {
		const char *name;
		unsigned feature;
	} table[] = {
		{"EHLO", RECEIVER_EHLO},
		{"PIPELINING", RECEIVER_PIPELINING},
		{"8BITMIME", RECEIVER_8BITMIME},
		{"SIZE", RECEIVER_SIZE},
		{"ENHANCEDSTATUSCODES", RECEIVER_STATUS_CODES},
		{"DSN", RECEIVER_DSN},
		{"SMTPUTF8", RECEIVER_SMTPUTF8},
		{"REQUIRETLS", RECEIVER_REQUIRETLS},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (span_iis(span_of(word), table[i].name))
			return table[i].feature;
	errx(2, "%s: not an extension known here", word);
}

static uint64_t parse_number(const char *text)
{
	uint64_t number;

	if (span_to_uint(span_of(text), UINT32_MAX, &number) < 0)
		errx(2, "%s: not a number", text);
	return number;
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static void add_address(struct options *o, const char *text)
{
	if (o->address_count == ADDRESSES_MAX)
		errx(2, "more than %d addresses", ADDRESSES_MAX);
	o->at[o->address_count++] = loopback_parse(text);
}

static void set_option(struct options *o, int option, const char *value)
{
	struct receiver *r = &o->receiver;

	switch (option) {
	case 'l':
		add_address(o, value);
		break;
	case 'p':
		o->port_file = value;
		break;
	case 'd':
		r->dir = open_or_die(value, O_RDONLY | O_DIRECTORY);
		break;
	case 'g':
		r->log = open_or_die(value, O_WRONLY | O_CREAT | O_APPEND);
		break;
	case 'n':
		r->name = value;
		break;
	case 'o':
		r->features &= ~parse_feature(value);
		break;
	case 'w':
		r->features |= parse_feature(value);
		break;
	case 'z':
		r->size_max = parse_number(value);
		break;
	case 'm':
		r->recipients_max = (unsigned)parse_number(value);
		break;
	case 'y':
		r->delay_ms = (unsigned)parse_number(value);
		break;
	case 'r':
		rules_add(&r->rules, value);
		break;
	case 's':
		r->script = script_load(value);
		break;
	case 't':
		r->tls = security_load(value);
		break;
	case 'x':
		security_limit(r->tls, value);
		break;
	case 'c':
		security_want_certificate(r->tls, value);
		break;
	case 'i':
		r->is_implicit = true;
		break;
	default:
		errx(2, "%s", usage);
	}
}

static void parse_options(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {
		{"listen", required_argument, NULL, 'l'},
		{"port-file", required_argument, NULL, 'p'},
		{"dir", required_argument, NULL, 'd'},
		{"log", required_argument, NULL, 'g'},
		{"name", required_argument, NULL, 'n'},
		{"without", required_argument, NULL, 'o'},
		{"with", required_argument, NULL, 'w'},
		{"size", required_argument, NULL, 'z'},
		{"max-rcpt", required_argument, NULL, 'm'},
		{"delay", required_argument, NULL, 'y'},
		{"rule", required_argument, NULL, 'r'},
		{"script", required_argument, NULL, 's'},
		{"tls", required_argument, NULL, 't'},
		{"tls-max", required_argument, NULL, 'x'},
		{"client-ca", required_argument, NULL, 'c'},
		{"implicit", no_argument, NULL, 'i'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		set_option(o, option, optarg);
	if (optind != argc || o->receiver.dir < 0)
		errx(2, "%s", usage);
	if (o->address_count == 0)
		add_address(o, "127.0.0.1:0");
}

/* One port for all addresses, as all hosts of a real domain listen on port 25. */
static bool try_listen(struct options *o, int receive_buffer)
{
	for (size_t i = 0; i < o->address_count; i++) {
		if (i > 0 && loopback_port(&o->at[i]) == 0)
			loopback_set_port(&o->at[i], loopback_port(&o->at[0]));
		o->fds[i] = loopback_try_listen(&o->at[i], SOCK_STREAM, receive_buffer);
		if (o->fds[i] >= 0)
			continue;
		while (i-- > 0)
			file_close(o->fds[i]);
		return false;
	}
	return true;
}

static void listen_on_all(struct options *o)
{
	const struct script *script = o->receiver.script;
	int receive_buffer = script && script->reads_little ? SMALL_WINDOW : 0;
	struct loopback asked[ADDRESSES_MAX];

	for (size_t i = 0; i < ADDRESSES_MAX; i++)
		asked[i] = o->at[i];
	for (int i = 0; i < PORT_TRIES; i++) {
		if (try_listen(o, receive_buffer))
			return;
		for (size_t j = 0; j < ADDRESSES_MAX; j++)
			o->at[j] = asked[j];
	}
	errx(2, "no port is free on every address");
}

static void serve(const struct receiver *r, int fd, unsigned number)
{
	const struct script_section *section = NULL;
	struct letter letter;
	struct peer p;
	char local[LOOPBACK_TEXT_MAX];

	loopback_local_text(fd, local);
	peer_init(&p, r, fd, number);
	peer_logf(&p, "connected to %s", local);
	if (r->is_implicit && !peer_start_tls(&p)) {
		peer_close(&p);
		return;
	}
	if (r->script)
		section = script_find(r->script, number);
	if (section) {
		script_play(r->script, section, &p);
		return;
	}
	letter_init(&letter);
	session_serve(&p, &letter, false);
	letter_release(&letter);
}

static void accept_one(const struct options *o, int listener)
{
	unsigned number;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return; /* the client did not wait */
	number = atomic_fetch_add(&o->receiver.shared->connections, 1) + 1;
	switch (fork()) {
	case -1:
		err(2, "fork");
	case 0:
		loopback_die_with_parent();
		for (size_t i = 0; i < o->address_count; i++)
			file_close(o->fds[i]);
		serve(&o->receiver, fd, number);
		_exit(0);
	default:
		file_close(fd);
	}
}

static void accept_for_ever(const struct options *o)
{
	struct pollfd wait[ADDRESSES_MAX];

	for (size_t i = 0; i < o->address_count; i++)
		wait[i] = (struct pollfd){.fd = o->fds[i], .events = POLLIN};
	for (;;) {
		if (poll(wait, o->address_count, -1) < 0 && errno != EINTR)
			err(2, "poll");
		for (size_t i = 0; i < o->address_count; i++)
			if (wait[i].revents)
				accept_one(o, o->fds[i]);
	}
}

int main(int argc, char **argv)
{
	struct options o = {
		.receiver =
			{
				.name = "mx.test",
				.dir = -1,
				.log = -1,
				.features = RECEIVER_EHLO | RECEIVER_PIPELINING |
					    RECEIVER_8BITMIME | RECEIVER_SIZE |
					    RECEIVER_STATUS_CODES | RECEIVER_DSN,
			},
	};

	loopback_die_with_parent();
	(void)signal(SIGCHLD, SIG_IGN); /* children are not waited for */
	(void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes as if there were none */
	parse_options(&o, argc, argv);
	o.receiver.shared = mmap(NULL, sizeof(*o.receiver.shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (o.receiver.shared == MAP_FAILED)
		err(2, "mmap");
	listen_on_all(&o);
	loopback_announce(loopback_port(&o.at[0]), o.port_file);
	accept_for_ever(&o);
}
