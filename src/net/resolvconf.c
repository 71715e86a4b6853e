#include "net/resolvconf.h"

#include <arpa/nameser.h>

#include "base/hostname.h"

void resolvconf_add_search(struct resolvconf *c, struct span domain)
{
	if (span_ends(domain, "."))
		domain.len--;
	if (c->search.count < RESOLVCONF_SEARCH_MAX && hostname_is_valid(domain))
		strv_add(&c->search, domain);
}

static void add_server(struct resolvconf *c, struct span word)
{
	if (c->server_count < RESOLVCONF_SERVERS_MAX &&
		netaddr_parse(word, NS_DEFAULTPORT, &c->servers[c->server_count]) == 0)
		c->server_count++;
}

static void take_line(struct resolvconf *c, struct span line)
{
	struct span keyword, word;

	if (!span_word(&line, &keyword))
		return;
	if (span_is(keyword, "nameserver") && span_word(&line, &word))
		add_server(c, word);
	if (!span_is(keyword, "search") && !span_is(keyword, "domain"))
		return;
	/* of several the last counts */
	strv_release(&c->search);
	while (span_word(&line, &word))
		resolvconf_add_search(c, word);
}

void resolvconf_parse(struct span text, struct resolvconf *ret)
{
	struct span line;

	*ret = (struct resolvconf){.server_count = 0};
	while (span_cut(&text, '\n', &line))
		take_line(ret, span_trim(line));
	if (ret->server_count == 0)
		add_server(ret, SPAN_LIT("127.0.0.1"));
}

void resolvconf_release(struct resolvconf *c)
{
	strv_release(&c->search);
}
