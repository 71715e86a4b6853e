#include "cmd/own_names.h"

void own_names_list(
	struct strv *ret, const struct conf *conf, const struct identity *identity)
{
	struct span hostname = span_of(identity->hostname), rest = hostname, label;

	strv_add(ret, hostname);
	if (span_cut(&rest, '.', &label))
		strv_add(ret, label);
	strv_add(ret, span_of(identity->domain));
	strv_add(ret, SPAN_LIT("localhost"));
	strv_add(ret, SPAN_LIT("localhost.localdomain"));
	for (size_t i = 0; i < conf->rewrite.domains.count; i++)
		strv_add(ret, span_of(conf->rewrite.domains.items[i]));
}
