#include "net/socks5.h"

#define SOCKS_VERSION 5
#define LOGIN_VERSION 1 /* RFC 1929 2 */
#define METHOD_NONE   0
#define METHOD_LOGIN  2
#define CONNECT       1
#define TYPE_V4       1
#define TYPE_NAME     3
#define TYPE_V6       4
#define OUTPUT_MAX    1024

static void fail(struct socks5 *s, enum socks5_step step, const char *why)
{
	s->step = step;
	s->why = why;
}

static unsigned octet(struct span data, size_t at)
{
	return (unsigned char)data.data[at];
}

static void add_octet(struct socks5 *s, unsigned value)
{
	buf_add_char(&s->output, (char)value);
}

/* A length and that many octets. */
static void add_part(struct socks5 *s, struct span part)
{
	if (part.len == 0 || part.len > SOCKS5_PART_MAX) {
		fail(s, SOCKS5_REFUSED, "SOCKS has no room for this name or login");
		return;
	}
	add_octet(s, (unsigned)part.len);
	buf_add_span(&s->output, part);
}

static void add_address(struct socks5 *s)
{
	const struct socks5_request *r = s->request;

	if (r->host.len) {
		add_octet(s, TYPE_NAME);
		add_part(s, r->host);
	} else if (r->address->any.sa_family == AF_INET) {
		add_octet(s, TYPE_V4);
		buf_add(&s->output, &r->address->v4.sin_addr, 4);
	} else {
		add_octet(s, TYPE_V6);
		buf_add(&s->output, &r->address->v6.sin6_addr, 16);
	}
}

/* RFC 1928 4 */
static void say_connect(struct socks5 *s)
{
	add_octet(s, SOCKS_VERSION);
	add_octet(s, CONNECT);
	add_octet(s, 0);
	add_address(s);
	add_octet(s, s->request->port >> 8);
	add_octet(s, s->request->port & 0xff);
}

/* RFC 1929 2 */
static void say_login(struct socks5 *s)
{
	add_octet(s, LOGIN_VERSION);
	add_part(s, s->request->user);
	add_part(s, s->request->password);
}

enum due {
	DUE_METHOD,
	DUE_LOGIN,
	DUE_REPLY,
	DUE_NAME_LENGTH,
	DUE_BOUND, /* address and port that the proxy uses: of no use to us */
};

/* Now something is said, and `due` is the answer to it. */
static void say(struct socks5 *s, enum due due, void (*compose)(struct socks5 *))
{
	s->step = SOCKS5_WRITE;
	s->due = due;
	s->wanted = due == DUE_REPLY ? 4 : 2;
	compose(s);
}

static void read_on(struct socks5 *s, enum due due, size_t wanted)
{
	s->step = SOCKS5_READ;
	s->due = due;
	s->wanted = wanted;
}

static void take_method(struct socks5 *s, struct span data)
{
	if (octet(data, 0) != SOCKS_VERSION)
		fail(s, SOCKS5_REFUSED, "it does not speak SOCKS5");
	else if (octet(data, 1) == METHOD_NONE)
		say(s, DUE_REPLY, say_connect);
	else if (octet(data, 1) == METHOD_LOGIN && s->request->user.len)
		say(s, DUE_LOGIN, say_login);
	else
		fail(s, SOCKS5_REFUSED,
			s->request->user.len ? "it accepts no login by user and password"
					     : "it wants a login");
}

static void take_login(struct socks5 *s, struct span data)
{
	if (octet(data, 1) != 0)
		fail(s, SOCKS5_REFUSED, "it refuses user and password");
	else
		say(s, DUE_REPLY, say_connect);
}

/* RFC 1928 6. What is not about the host is about us. */
static void take_refusal(struct socks5 *s, unsigned code)
{
	static const struct {
		const char *why;
		bool is_of_host;
	} reasons[] = {
		[1] = {"it has failed", true},
		[2] = {"it does not allow this connection", false},
		[3] = {"network unreachable", true},
		[4] = {"host unreachable", true},
		[5] = {"connection refused", true},
		[6] = {"timed out", true},
		[7] = {"it cannot connect for others", false},
		[8] = {"it does not know this type of address", true},
	};
	bool is_known = code < ARRAY_LEN(reasons);

	fail(s, is_known && reasons[code].is_of_host ? SOCKS5_FAILED : SOCKS5_REFUSED,
		is_known ? reasons[code].why : "a reply of no known meaning");
}

static void take_reply(struct socks5 *s, struct span data)
{
	unsigned code = octet(data, 1), type = octet(data, 3);

	if (octet(data, 0) != SOCKS_VERSION)
		fail(s, SOCKS5_REFUSED, "it does not speak SOCKS5");
	else if (code != 0)
		take_refusal(s, code);
	else if (type == TYPE_V4)
		read_on(s, DUE_BOUND, 4 + 2);
	else if (type == TYPE_V6)
		read_on(s, DUE_BOUND, 16 + 2);
	else if (type == TYPE_NAME)
		read_on(s, DUE_NAME_LENGTH, 1);
	else
		fail(s, SOCKS5_REFUSED, "a reply that makes no sense");
}

static void take_name_length(struct socks5 *s, struct span data)
{
	read_on(s, DUE_BOUND, (size_t)octet(data, 0) + 2);
}

static void take_bound(struct socks5 *s, struct span data)
{
	(void)data;
	s->step = SOCKS5_DONE;
}

static void (*const takes[])(struct socks5 *s, struct span data) = {
	[DUE_METHOD] = take_method,
	[DUE_LOGIN] = take_login,
	[DUE_REPLY] = take_reply,
	[DUE_NAME_LENGTH] = take_name_length,
	[DUE_BOUND] = take_bound,
};

/* RFC 1928 3: who has no login must not be asked for one. */
static void say_methods(struct socks5 *s)
{
	bool has_login = s->request->user.len > 0;

	add_octet(s, SOCKS_VERSION);
	add_octet(s, has_login ? 2 : 1);
	add_octet(s, METHOD_NONE);
	if (has_login)
		add_octet(s, METHOD_LOGIN);
}

void socks5_init(struct socks5 *s, const struct socks5_request *request)
{
	*s = (struct socks5){.request = request, .output = BUF_INIT(OUTPUT_MAX)};
	/* made once: a buffer that grows leaves a copy of the password behind */
	(void)buf_reserve(&s->output, OUTPUT_MAX);
	say(s, DUE_METHOD, say_methods);
}

void socks5_release(struct socks5 *s)
{
	buf_wipe(&s->output);
}

void socks5_written(struct socks5 *s)
{
	buf_reset(&s->output);
	s->step = SOCKS5_READ;
}

void socks5_received(struct socks5 *s, struct span data)
{
	if (data.len != s->wanted)
		BUG("not the octets that were wanted");
	takes[s->due](s, data);
}
