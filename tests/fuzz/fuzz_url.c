/*
 * Any text as a URL, as the value of [relay] host and as NULLMTA_RELAY: what is read of it
 * has the form that is promised, is written as it would be read again, and no password gets
 * into the configuration or into a problem.
 */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "conf/hop.h"
#include "conf/host.h"
#include "conf/key.h"
#include "conf/url.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_part(struct span part)
{
	struct buf decoded = BUF_INIT(TEXT_MAX);

	if (url_decode(part, &decoded) == 0)
		check(!span_has_control(buf_span(&decoded)), "a control character");
	buf_release(&decoded);
}

static void check_url(struct span text)
{
	struct url url;

	if (url_parse(text, &url) < 0)
		return;
	check(url.host.len || url.path.len, "a URL of nothing");
	check(url.host.len == 0 || host_is_target(url.host), "no host");
	check(url.port <= 65535 && url.scheme.len > 0, "no port, no scheme");
	check_part(url.user);
	check_part(url.password);
}

static void check_hop(const struct conf_hop *hop)
{
	bool is_plain = hop->kind == CONF_HOP_DIRECT || hop->kind == CONF_HOP_DISCARD;

	check(!hop->name == is_plain, "a hop without a name");
	check(hop->port <= 65535, "no port");
	check(hop->kind != CONF_HOP_HOST || host_is_target(span_of(hop->name)),
		"no host");
	check(hop->kind != CONF_HOP_SOCKET ||
			(hop->is_lmtp && hop->name[0] == '/' &&
				strlen(hop->name) <= CONF_HOP_PATH_MAX),
		"no socket");
}

static void check_hops(struct span text)
{
	struct buf want = BUF_INIT(TEXT_MAX), once = BUF_INIT(2 * TEXT_MAX),
		   twice = BUF_INIT(2 * TEXT_MAX);
	struct conf_hops hops = {0}, again = {0};

	if (conf_hops_parse(text, &hops, &want) == 0) {
		check(hops.count <= CONF_HOPS_MAX, "too many hops");
		for (size_t i = 0; i < hops.count; i++)
			check_hop(&hops.items[i]);
		conf_hops_format(&hops, &once);
		check(conf_hops_parse(buf_span(&once), &again, &want) == 0,
			"what is written cannot be read");
		conf_hops_format(&again, &twice);
		check(span_eq(buf_span(&once), buf_span(&twice)), "it is not stable");
	} else {
		check(want.len > 0, "no word of what would be right");
	}
	conf_hops_release(&hops);
	conf_hops_release(&again);
	buf_release(&want);
	buf_release(&once);
	buf_release(&twice);
}

static void check_variable(struct span text)
{
	struct buf entry = BUF_INIT(TEXT_MAX);
	char *environment[] = {NULL, NULL};
	struct conf_options options = {
		.system_file = "/nonexistent/nullmta.conf", .environment = environment};
	struct conf_problems problems = {0};
	struct conf c;

	buf_add_str(&entry, "NULLMTA_RELAY=");
	buf_add_span(&entry, text);
	environment[0] = entry.data;
	conf_load(&c, &options, &problems);
	check(!c.relay.password, "a password");
	check(c.relay.port <= 65535, "no port");
	conf_problems_release(&problems);
	conf_release(&c);
	buf_release(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	if (size > TEXT_MAX / 2)
		return 0;
	check_url(text);
	if (!span_has_control(text))
		check_hops(text);
	if (!memchr(data, '\0', size))
		check_variable(text);
	return 0;
}
