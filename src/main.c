#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/config.h"
#include "cmd/exit_code.h"
#include "cmd/flush_program.h"
#include "cmd/queue.h"
#include "cmd/send.h"
#include "cmd/sendmail.h"
#include "cmd/setup.h"

static const char help[] =
	"usage: nullmta COMMAND [options]\n"
	"       sendmail [options] [--] recipient...  < message\n"
	"\n"
	"The mailer of a machine that only sends.\n"
	"\n"
	"  nullmta send          send a text from the shell, with files attached\n"
	"  nullmta flush         deliver what is due, then end\n"
	"  nullmta queue         list the queue; show, retry, hold, release or delete "
	"mail\n"
	"  nullmta explain       show what would become of mail, without sending it\n"
	"  nullmta test          say whether mail would flow, step by step, and why not\n"
	"  nullmta config check  say what is wrong with the configuration\n"
	"  nullmta config show   show the values in force and where each comes from\n"
	"  nullmta sendmail ...  as the sendmail program\n"
	"  nullmta --version\n"
	"\n"
	"Each command has --help. Manual: nullmta(1), nullmta.conf(5), "
	"nullmta-spool(5).\n";

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static int run_flush_program(int argc, char **argv)
{
	struct fault f;

	(void)argc;
	/* the word before stays in front: nullmta-flush has commands as well */
	flush_program_exec(argv - 1, &f);
	return exit_with("nullmta", &f);
}

static int run_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)fputs(help, stdout);
	return EX_OK;
}

static int run_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)puts("nullmta " VERSION);
	return EX_OK;
}

static const struct command commands[] = {
	{"send", cmd_send},
	{"flush", run_flush_program},
	{"explain", run_flush_program},
	{"test", run_flush_program},
	{"config", cmd_config},
	{"queue", cmd_queue},
	{"sendmail", cmd_sendmail},
	{"--help", run_help},
	{"-h", run_help},
	{"help", run_help},
	{"--version", run_version},
};

/* called as nullmta, not by one of the names of sendmail */
static bool is_own_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "nullmta") == 0;
}

static int run_command(int argc, char **argv)
{
	if (argc < 2) {
		(void)fputs(help, stderr);
		return EX_USAGE;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	(void)fprintf(
		stderr, "nullmta: unknown command %s; see \"nullmta --help\"\n", argv[1]);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	struct fault f;

	if (setup_process(&f) < 0)
		return exit_with("nullmta", &f);
	if (argc < 1) {
		(void)fputs("nullmta: started without a name (argc is 0)\n", stderr);
		return EX_USAGE;
	}
	return is_own_name(argv[0]) ? run_command(argc, argv) : cmd_sendmail(argc, argv);
}
