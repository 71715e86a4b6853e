/* sources: tests/support/conf_fixture.c tests/support/scratch.c */
/* The same tests for a build without DANE. */
#undef HAVE_DANE
#include "src/cmd/securing.c"

#include "t_cmd_securing.c"
