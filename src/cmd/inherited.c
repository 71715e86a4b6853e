#include "cmd/inherited.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/span.h"

static bool is_for_us(const char *pid)
{
	uint64_t value;

	return pid && span_to_uint(span_of(pid), INT32_MAX, &value) == 0 &&
	       (pid_t)value == getpid();
}

static int count(struct fault *f)
{
	const char *text = getenv("LISTEN_FDS");
	uint64_t value = 0;

	if (!text || !is_for_us(getenv("LISTEN_PID")))
		return 0;
	if (span_to_uint(span_of(text), INT32_MAX - INHERITED_FIRST_FD, &value) < 0) {
		fault_set(f, FAULT_USAGE, 0, "LISTEN_FDS=%s is not a number", text);
		return -1;
	}
	return (int)value;
}

int inherited_take(struct fault *f)
{
	int n = count(f);

	if (n < 0)
		return -1;
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return n;
}
