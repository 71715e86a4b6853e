#include "server_case.h"

#include "base/bug.h"

/* an odd number: a reply that leaves in parts is a reply all the same */
#define WRITE_PART 37

struct owner {
	const struct server_case *the_case;
	struct smtp_server *server;
	struct span input;
	struct buf *replies;
	struct buf *events;
	struct buf content;
	bool has_message;
};

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void refuse(struct owner *o)
{
	struct fault f;

	fault_set(&f, o->the_case->kind, 0, "%s",
		o->the_case->why ? o->the_case->why : "because");
	f.err = o->the_case->err;
	smtp_server_refuse(o->server, &f);
	o->has_message = false;
}

static void begin(struct owner *o, const struct smtp_server_envelope *e)
{
	static const char *const rets[] = {"", " full", " hdrs"};

	check(!o->has_message, "two messages at once");
	o->has_message = true;
	buf_reset(&o->content);
	buf_addf(o->events, "begin %s%s%s <%s>%s%s%s", e->is_esmtp ? "E" : "",
		e->is_utf8 ? "8" : "", e->hello, e->sender, rets[e->ret],
		e->envid ? " " : "", e->envid ? e->envid : "");
	for (size_t i = 0; i < e->recipient_count; i++) {
		const struct recipient *r = &e->recipients[i];

		buf_addf(o->events, " <%s>", r->address);
		if (r->notify)
			buf_addf(o->events, "%u", r->notify);
		if (r->orcpt)
			buf_addf(o->events, "(%s)", r->orcpt);
	}
	buf_add_char(o->events, '\n');
	if (o->the_case->refuses == SERVER_CASE_AT_BEGIN)
		refuse(o);
}

static void commit(struct owner *o)
{
	check(o->has_message, "COMMIT without BEGIN");
	if (o->the_case->refuses == SERVER_CASE_AT_COMMIT) {
		refuse(o);
		return;
	}
	o->has_message = false;
	buf_add_str(o->events, "stored ");
	buf_add_span(o->events, buf_span(&o->content));
	buf_add_char(o->events, '\n');
	smtp_server_accept(o->server, "1ABC");
}

static void give_input(struct owner *o)
{
	size_t piece = o->the_case->piece ? o->the_case->piece : o->input.len;

	if (o->input.len)
		smtp_server_received(o->server, span_head(o->input, piece));
	else if (o->the_case->is_stopped)
		smtp_server_stop(o->server, SMTP_SERVER_SHUTDOWN);
	else
		smtp_server_end(o->server);
	o->input = span_from(o->input, piece);
}

/* false when the session is over */
static bool act(struct owner *o, const struct smtp_server_event *e)
{
	struct span part = span_head(e->data, WRITE_PART);

	switch (e->kind) {
	case SMTP_SERVER_READ:
		give_input(o);
		return true;
	case SMTP_SERVER_WRITE:
		check(part.len > 0, "nothing to write");
		buf_add_span(o->replies, part);
		smtp_server_written(o->server, part.len);
		return true;
	case SMTP_SERVER_BEGIN:
		begin(o, e->envelope);
		return true;
	case SMTP_SERVER_CONTENT:
		check(o->has_message && e->data.len, "CONTENT of nothing");
		buf_add_span(&o->content, e->data);
		if (o->the_case->refuses == SERVER_CASE_AT_CONTENT)
			refuse(o);
		return true;
	case SMTP_SERVER_COMMIT:
		commit(o);
		return true;
	case SMTP_SERVER_ABANDON:
		check(o->has_message, "ABANDON without BEGIN");
		o->has_message = false;
		buf_add_str(o->events, "abandoned\n");
		return true;
	case SMTP_SERVER_CLOSE:
		check(!o->has_message, "a message is left open");
		return false;
	}
	BUG("event");
}

void server_case_play(const struct server_case *c, struct span input, struct buf *replies,
	struct buf *events)
{
	static const struct smtp_server_options options = {.hostname = "h.test",
		.domain = "d.test",
		.octets_max = SERVER_CASE_OCTETS_MAX,
		.recipients_max = SERVER_CASE_RECIPIENTS_MAX};
	struct owner o = {.the_case = c,
		.server = smtp_server_new(&options),
		.input = input,
		.replies = replies,
		.events = events,
		.content = BUF_INIT(1 << 20)};
	struct smtp_server_event e;

	if (c->is_early)
		give_input(&o);
	do {
		smtp_server_next(o.server, &e);
	} while (act(&o, &e));
	smtp_server_next(o.server, &e);
	check(e.kind == SMTP_SERVER_CLOSE, "CLOSE is for good");
	check(o.content.len <= SERVER_CASE_OCTETS_MAX + 1024 ||
			o.content.is_overfull == false,
		"content");
	buf_release(&o.content);
	smtp_server_free(o.server);
}
