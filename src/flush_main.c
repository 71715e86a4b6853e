#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/exit_code.h"
#include "cmd/explain.h"
#include "cmd/flush.h"
#include "cmd/setup.h"
#include "cmd/test.h"

int main(int argc, char **argv)
{
	struct fault f;

	if (setup_process(&f) < 0)
		return exit_with("nullmta-flush", &f);
	if (argc >= 2 && strcmp(argv[1], "flush") == 0)
		return cmd_flush(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "explain") == 0)
		return cmd_explain(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "test") == 0)
		return cmd_test(argc - 1, argv + 1);
	(void)fputs("usage: nullmta-flush flush|explain|test [options]; see \"nullmta "
		    "--help\"\n",
		stderr);
	return EX_USAGE;
}
