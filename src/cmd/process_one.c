#include "cmd/process_one.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

void process_one_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void process_one_leave(void)
{
	if (getpid() != 1)
		return;
	/* the kernel spares the caller, and everything outside of the container */
	(void)kill(-1, SIGTERM);
	while (waitpid(-1, NULL, 0) > 0)
		;
}
