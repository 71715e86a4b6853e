/* sources: tests/support/scratch.c */
/*
 * Any octets as /etc/mailname and, behind the first 0x01, as /etc/hosts: the names that come
 * out can be names of hosts.
 */
#include <stdint.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "base/text.h"
#include "conf/identity.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct span mailname;
	char mailname_file[SCRATCH_PATH_MAX];
	struct identity_sources sources = {.node = "box", .mailname_file = mailname_file};
	struct identity identity;
	struct scratch s;

	if (!span_cut(&rest, '\x01', &mailname))
		return 0;
	scratch_init(&s);
	scratch_write(&s, "mailname", mailname, 0600);
	scratch_write(&s, "hosts", rest, 0600);
	(void)text_copy(mailname_file, sizeof(mailname_file),
		span_of(scratch_path(&s, "mailname")));
	sources.hosts_file = scratch_path(&s, "hosts");
	identity_find(&identity, &sources);
	if (!hostname_is_strict(span_of(identity.hostname)) ||
		!hostname_is_strict(span_of(identity.domain)))
		BUG("no name of a host");
	if (identity.is_qualified && span_find(span_of(identity.hostname), '.') < 0)
		BUG("qualified");
	scratch_release(&s);
	return 0;
}
