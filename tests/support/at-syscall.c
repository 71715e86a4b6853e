/*
 * Run a command, and at its N-th system call do something to it:
 *
 *	at-syscall [--after CALL] [--calls CALL,CALL…] [--report FILE] [--limit SECONDS]
 *	           ACTION N COMMAND [ARGUMENT…]
 *
 *	none       let it run
 *	kill       SIGKILL to the process that calls, before the call is carried out
 *	kill-all   the same to every process of the command
 *	term-all   SIGTERM to every process; the call goes on, or is interrupted
 *	cut        half of what is to be read or written
 *	EIO …      the call fails with this
 *	EIO+ …     so do all later ones
 *
 * Calls are counted over all processes, from 1; in each program from its first CALL of
 * --after on (with it), so that what the loader does is left out; with --calls only these.
 * FILE gets a line for each: its number, the process, the call; and last "end COUNT".
 *
 * Ends when no process is left. Exits as the command did, 128 + N for signal N; 99 when
 * processes are left after SECONDS (30), which are killed then; 77 where it cannot trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/file.h"
#include "trace/tracee.h"

#define PROCESSES_MAX 64
#define LIMIT_S       30
#define EXIT_LEFT     99
#define EXIT_SKIP     77
#define EXIT_OURS     2
#define EXIT_SIGNAL   128

#define TRACE_OPTIONS                                                       \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

enum action { NONE, KILL, KILL_ALL, TERM_ALL, CUT, FAIL };

struct plan {
	enum action action;
	unsigned long at;
	int err;
	bool is_lasting;
	const char *after;
	const char *calls;
	int report_fd;
	unsigned limit_s;
};

struct process {
	pid_t pid;   /* 0: a free place */
	bool counts; /* its calls are counted */
	bool fails;  /* the call it is in does, and returns this */
	long result;
};

struct trace {
	const struct plan *plan;
	struct process processes[PROCESSES_MAX];
	unsigned long count;
	bool has_begun;
	bool is_killing;
	pid_t first;
	int status; /* of the first */
};

static volatile sig_atomic_t is_late;

static void note_late(int signal)
{
	(void)signal;
	is_late = 1;
}

static struct process *find(struct trace *t, pid_t pid)
{
	struct process *vacant = NULL;

	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		if (t->processes[i].pid == pid)
			return &t->processes[i];
		if (!vacant && t->processes[i].pid == 0)
			vacant = &t->processes[i];
	}
	if (!vacant)
		BUG("too many processes");
	/* forked by one that counts */
	*vacant = (struct process){.pid = pid, .counts = t->has_begun};
	return vacant;
}

static void signal_all(const struct trace *t, int signal)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (t->processes[i].pid)
			(void)kill(t->processes[i].pid, signal);
}

static void kill_all(struct trace *t)
{
	t->is_killing = true;
	signal_all(t, SIGKILL);
}

static bool is_listed(const char *list, const char *name)
{
	struct span rest = span_of(list);
	struct span one;

	while (rest.len && span_cut(&rest, ',', &one))
		if (span_is(one, name))
			return true;
	return false;
}

static void report(const struct trace *t, pid_t pid, const struct tracee_call *call)
{
	struct buf line = BUF_INIT(4 * TRACEE_TEXT_MAX);
	struct fault f;

	buf_addf(&line, "%lu %d ", t->count, (int)pid);
	tracee_describe(pid, call, &line);
	buf_add_char(&line, '\n');
	/* a report that is cut shows in the missing end */
	(void)file_write_all(t->plan->report_fd, buf_span(&line), "the report", &f);
	buf_release(&line);
}

static void act(struct trace *t, struct process *p, const struct tracee_call *call)
{
	switch (t->plan->action) {
	case NONE:
		break;
	case KILL:
		(void)kill(p->pid, SIGKILL);
		break;
	case KILL_ALL:
		kill_all(t);
		break;
	case TERM_ALL:
		signal_all(t, SIGTERM);
		break;
	case CUT:
		if (tracee_can_be_short(call->number))
			(void)tracee_halve(p->pid, call);
		break;
	case FAIL:
		p->fails = tracee_skip(p->pid);
		/* it says how far the heap goes, never an error */
		p->result = call->number == SYS_brk ? 0 : -t->plan->err;
		break;
	}
}

static void enter(struct trace *t, struct process *p, const struct tracee_call *call)
{
	const char *name = tracee_call_name(call->number);
	const struct plan *plan = t->plan;

	if (!p->counts && plan->after && span_is(span_of(name), plan->after))
		p->counts = t->has_begun = true;
	if (!p->counts || (plan->calls && !is_listed(plan->calls, name)))
		return;
	t->count++;
	if (plan->report_fd >= 0)
		report(t, p->pid, call);
	if (t->count == plan->at || (t->count > plan->at && plan->is_lasting))
		act(t, p, call);
}

/* A stop of a process that lives; returns the signal that it is to get. */
static int look(struct trace *t, struct process *p, int status)
{
	struct tracee_call call;
	int event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) {
		p->counts = !t->plan->after;
		t->has_begun = t->has_begun || p->counts;
	}
	if (event)
		return 0;
	if (WSTOPSIG(status) != (SIGTRAP | 0x80))
		return WSTOPSIG(status);
	switch (tracee_look(p->pid, &call)) {
	case TRACEE_ENTRY:
		enter(t, p, &call);
		break;
	case TRACEE_EXIT:
		if (p->fails)
			(void)tracee_return(p->pid, p->result);
		p->fails = false;
		break;
	case TRACEE_OTHER:
		break;
	}
	return 0;
}

static void follow(struct trace *t)
{
	int status;
	pid_t pid;

	for (;;) {
		struct process *p;

		if (is_late && !t->is_killing)
			kill_all(t);
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		p = find(t, pid);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == t->first)
				t->status = status;
			*p = (struct process){0};
			continue;
		}
		/* a child that was on its way when all were killed */
		if (t->is_killing)
			(void)kill(pid, SIGKILL);
		(void)ptrace(
			PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)look(t, p, status));
	}
}

/* The child waits for its tracer before it becomes the command. */
static pid_t start(struct trace *t, char **argv)
{
	int gate[2];
	char octet = 0;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (read(gate[0], &octet, 1) == 1)
			(void)execvp(argv[0], argv);
		(void)fprintf(stderr, "at-syscall: cannot run %s\n", argv[0]);
		_exit(EXIT_OURS);
	}
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, NULL, TRACE_OPTIONS) != 0 ||
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)
		return -1;
	t->first = pid;
	find(t, pid)->counts = false;
	(void)!write(gate[1], &octet, 1);
	(void)close(gate[0]);
	(void)close(gate[1]);
	return pid;
}

static int finish(const struct trace *t)
{
	if (t->plan->report_fd >= 0)
		(void)dprintf(t->plan->report_fd, "end %lu\n", t->count);
	if (is_late) {
		(void)fprintf(stderr, "at-syscall: it did not end\n");
		return EXIT_LEFT;
	}
	if (WIFSIGNALED(t->status))
		return EXIT_SIGNAL + WTERMSIG(t->status);
	return WEXITSTATUS(t->status);
}

static int run(const struct plan *plan, char **argv)
{
	struct trace t = {.plan = plan};
	struct sigaction late = {.sa_handler = note_late};

	if (start(&t, argv) < 0) {
		(void)printf("cannot trace: ptrace(2) says %s\n", strerror(errno));
		return EXIT_SKIP;
	}
	(void)sigaction(SIGALRM, &late, NULL);
	(void)alarm(plan->limit_s);
	follow(&t);
	return finish(&t);
}

static bool parse_error(struct span name, struct plan *plan)
{
	static const struct {
		const char *name;
		int err;
	} errors[] = {
		{"EIO", EIO},
		{"ENOSPC", ENOSPC},
		{"EDQUOT", EDQUOT},
		{"EINTR", EINTR},
		{"EMFILE", EMFILE},
		{"ENFILE", ENFILE},
		{"ENOMEM", ENOMEM},
		{"EAGAIN", EAGAIN},
		{"EACCES", EACCES},
		{"EROFS", EROFS},
	};

	plan->is_lasting = span_ends(name, "+");
	if (plan->is_lasting)
		name.len--;
	plan->action = FAIL;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (span_is(name, errors[i].name))
			plan->err = errors[i].err;
	return plan->err != 0;
}

static bool parse_action(const char *text, struct plan *plan)
{
	static const char *const names[] = {
		"none", "kill", "kill-all", "term-all", "cut"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_is(span_of(text), names[i])) {
			plan->action = (enum action)i;
			return true;
		}
	return parse_error(span_of(text), plan);
}

static int usage(void)
{
	(void)fputs(
		"usage: at-syscall [--after CALL] [--calls CALL,CALL...] [--report FILE] "
		"[--limit SECONDS]\n"
		"       none|kill|kill-all|term-all|cut|EIO...[+] N COMMAND "
		"[ARGUMENT...]\n",
		stderr);
	return EXIT_OURS;
}

static bool parse_option(int option, const char *value, struct plan *plan)
{
	uint64_t number;

	switch (option) {
	case 'a':
		plan->after = value;
		return true;
	case 'c':
		plan->calls = value;
		return true;
	case 'r':
		plan->report_fd =
			open(value, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		return plan->report_fd >= 0;
	case 'l':
		plan->limit_s = 0;
		if (span_to_uint(span_of(value), 3600, &number) < 0)
			return false;
		plan->limit_s = (unsigned)number;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"after", required_argument, NULL, 'a'},
		{"calls", required_argument, NULL, 'c'},
		{"report", required_argument, NULL, 'r'},
		{"limit", required_argument, NULL, 'l'},
		{0},
	};
	struct plan plan = {.report_fd = -1, .limit_s = LIMIT_S};
	uint64_t at;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (!parse_option(option, optarg, &plan))
			return usage();
	if (argc - optind < 3 || !parse_action(argv[optind], &plan) ||
		span_to_uint(span_of(argv[optind + 1]), UINT32_MAX, &at) < 0)
		return usage();
	plan.at = (unsigned long)at;
	return run(&plan, argv + optind + 2);
}
