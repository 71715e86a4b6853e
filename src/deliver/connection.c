#include "deliver/connection.h"

#include <fcntl.h>

#include "net/socks5.h"

struct connection {
	const struct flush *flush;
	const struct conf_relay *relay;
	struct stream *stream; /* NULL: none stands */
	int64_t deadline_ms;
	struct outcome *why;
};

__attribute__((format(printf, 3, 4))) static int fail(
	struct connection *c, enum outcome_scope scope, const char *fmt, ...)
{
	char text[OUTCOME_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	*c->why = outcome_make(
		OUTCOME_DEFERRED, scope, "4.4.1", "cannot connect: %s", text);
	stream_free(c->stream);
	c->stream = NULL;
	return -1;
}

/* Of several causes for which a wait has ended. */
static const char *end_of_wait(const struct connection *c, enum stream_result result)
{
	if (result == STREAM_ERROR)
		return stream_error(c->stream);
	if (result == STREAM_CLOSED)
		return "closed";
	return flush_is_stopping() ? "interrupted" : "timed out";
}

static void begin_step(struct connection *c)
{
	c->deadline_ms = c->flush->world->mono_ms() +
			 1000 * c->flush->conf->delivery.connect_timeout_s;
}

/*
 * The address to come from. False where the route has addresses, and none of this family:
 * then the host must not see another one.
 */
static bool find_source(
	const struct connection *c, int family, struct netaddr *ret, bool *ret_is_given)
{
	const struct strv *sources = &c->relay->sources;

	*ret_is_given = false;
	if (family == AF_UNIX || sources->count == 0)
		return true;
	for (size_t i = 0; i < sources->count && !*ret_is_given; i++)
		*ret_is_given = netaddr_parse(span_of(sources->items[i]), 0, ret) == 0 &&
				ret->any.sa_family == family;
	return *ret_is_given;
}

/* The start of each text that tells a proxy's trouble from a host's. */
static int dial(struct connection *c, const struct netaddr *to, const char *whose)
{
	const struct world *world = c->flush->world;
	enum stream_result result;
	struct netaddr from;
	bool is_given;
	struct fault f;
	int rc;

	if (!find_source(c, to->any.sa_family, &from, &is_given))
		return fail(c, OUTCOME_HOST, "%sno source address of this family", whose);
	begin_step(c);
	rc = is_given ? world->dial_from(&c->stream, to, &from, &f)
		      : world->dial(&c->stream, to, &f);
	if (rc < 0)
		return fail(c, OUTCOME_HOST, "%s", f.text);
	result = stream_connect_wait(c->stream, c->deadline_ms);
	if (result != STREAM_OK)
		return fail(c, OUTCOME_HOST, "%s%s", whose, end_of_wait(c, result));
	return 0;
}

/* --- by a proxy --- */

/* Wait until the stream may go on. Whether it may. */
static bool may_go_on(struct connection *c, enum stream_result result, bool wants_write)
{
	return result == STREAM_AGAIN && !flush_is_stopping() &&
	       c->flush->world->mono_ms() < c->deadline_ms &&
	       (stream_wait(c->stream, wants_write, c->deadline_ms) == STREAM_OK ||
		       c->flush->world->mono_ms() < c->deadline_ms);
}

static enum stream_result send_all(struct connection *c, struct span rest)
{
	enum stream_result result = STREAM_OK;
	size_t n;

	while (rest.len) {
		result = stream_write(c->stream, rest, &n);
		if (result == STREAM_OK)
			rest = span_from(rest, n);
		else if (!may_go_on(c, result, true))
			break;
	}
	return result;
}

static enum stream_result receive(struct connection *c, char *to, size_t wanted)
{
	enum stream_result result = STREAM_OK;
	size_t got = 0, n;

	while (got < wanted) {
		result = stream_read(c->stream, to + got, wanted - got, &n);
		if (result == STREAM_OK)
			got += n;
		else if (!may_go_on(c, result, false))
			break;
	}
	return result;
}

static enum stream_result converse(struct connection *c, struct socks5 *s)
{
	char octets[SOCKS5_READ_MAX];
	enum stream_result result = STREAM_OK;

	while (result == STREAM_OK) {
		switch (s->step) {
		case SOCKS5_WRITE:
			result = send_all(c, buf_span(&s->output));
			socks5_written(s);
			break;
		case SOCKS5_READ:
			result = receive(c, octets, s->wanted);
			if (result == STREAM_OK)
				socks5_received(s, (struct span){octets, s->wanted});
			break;
		case SOCKS5_DONE:
		case SOCKS5_FAILED:
		case SOCKS5_REFUSED:
			return STREAM_OK;
		}
	}
	return result;
}

/* The proxy is connected: have it connect to the host. */
static int pass_on(struct connection *c, const struct mx_target *target)
{
	const struct conf_proxy *proxy = &c->relay->proxy;
	const struct socks5_request request = {
		.host = mx_target_is_named(target) ? span_of(target->host) : SPAN_NONE,
		.address = &target->address,
		.port = target->port,
		.user = span_of(proxy->user),
		.password = span_of(proxy->password),
	};
	enum stream_result result;
	struct socks5 s;
	int rc = 0;

	begin_step(c);
	socks5_init(&s, &request);
	result = converse(c, &s);
	if (result != STREAM_OK)
		rc = fail(c, OUTCOME_ROUTE, "proxy %s: %s", proxy->host,
			end_of_wait(c, result));
	else if (s.step != SOCKS5_DONE)
		rc = fail(c, s.step == SOCKS5_REFUSED ? OUTCOME_ROUTE : OUTCOME_HOST,
			"proxy %s: %s", proxy->host, s.why);
	socks5_release(&s);
	return rc;
}

/* The addresses of the proxy are found as those of a relay are. */
static int find_proxy(struct connection *c, struct mx_list *ret)
{
	const struct route_hop hop = {
		.name = c->relay->proxy.host, .port = (uint16_t)c->relay->proxy.port};
	const struct route_way way = {.kind = ROUTE_WAY_RELAY,
		.name = "",
		.hops = &hop,
		.hop_count = 1,
		.identity = ""};
	const struct route route = {.kind = ROUTE_RELAY, .way = &way};
	const struct mx_options options = {.may_use_local = true};
	struct outcome why;

	if (mx_resolve(c->flush->world->resolver, &route, &options, ret, &why) < 0)
		return fail(c, OUTCOME_ROUTE, "proxy: %s", why.text);
	return 0;
}

static int connect_by_proxy(struct connection *c, const struct mx_target *target)
{
	struct mx_list list;
	size_t i = 0;

	if (find_proxy(c, &list) < 0)
		return -1;
	while (dial(c, &list.targets[i].address, "proxy: ") < 0) {
		if (++i < list.count && !flush_is_stopping())
			continue;
		c->why->scope = OUTCOME_ROUTE;
		return -1;
	}
	return pass_on(c, target);
}

static int open_mailbox(struct connection *c, const char *user)
{
	const struct local_door *door = c->flush->local;
	struct fault f;
	int fd = door->open(door->ctx, LOCAL_DELIVER, user, &f);

	if (fd < 0)
		return fail(c, OUTCOME_HOST, "%s", f.text);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK); /* as a stream is */
	c->stream = stream_adopt(fd);
	return 0;
}

int connection_make(struct stream **ret, const struct flush *flush,
	const struct route *route, const struct mx_target *target,
	struct outcome *ret_why)
{
	struct connection c = {
		.flush = flush, .relay = flush_relay(flush, route), .why = ret_why};
	bool is_socket = target->address.any.sa_family == AF_UNIX;
	int rc;

	if (route->kind == ROUTE_MAILBOX)
		rc = open_mailbox(&c, route->name);
	else if (c.relay->proxy.host && !is_socket)
		rc = connect_by_proxy(&c, target);
	else
		rc = dial(&c, &target->address, "");
	if (rc == 0)
		*ret = c.stream;
	return rc;
}
