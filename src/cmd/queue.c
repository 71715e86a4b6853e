#include "cmd/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/exit_code.h"
#include "cmd/flush_program.h"
#include "cmd/kick.h"
#include "cmd/mailq.h"
#include "cmd/setup.h"
#include "spool/journal.h"
#include "spool/message.h"

#define PROGRAM    "nullmta queue"
#define HEADER_MAX (64 * 1024)

static const char help[] =
	"usage: nullmta queue [list]\n"
	"       nullmta queue show|retry|hold|release|delete ID...\n"
	"\n"
	"  list     what waits, since when and why (the same as mailq)\n"
	"  show     envelope, history and header of a message\n"
	"  retry    try it now, whatever the schedule says, and wait for the result\n"
	"  hold     keep it from being sent until it is released\n"
	"  release  let what is held, or was parked in failed/, be sent again\n"
	"  delete   forget it; nobody is told\n"
	"\n"
	"IDs are those that mailq shows. Only your own mail can be named; root, whose\n"
	"mailq shows that of all users, becomes its user first (runuser -u USER).\n";

/* One message, found in one of the user's spools. */
struct target {
	const struct setup *setup;
	const struct spool *spool;
	struct spool_entry entry;
};

struct action {
	const char *name;
	int (*act)(const struct target *t, struct fault *f);
};

static void print_field(const char *name, const char *value)
{
	struct buf clean = BUF_INIT(4 * JOURNAL_LINE_MAX);

	text_clean(&clean, span_of(value));
	(void)printf("%-12s %s\n", name, buf_str(&clean));
	buf_release(&clean);
}

static void print_time(const char *name, int64_t time_s)
{
	char date[CLOCK_TEXT_MAX];

	clock_format_rfc5322(time_s, date, sizeof(date));
	print_field(name, date);
}

static void print_line(void *ctx, struct span text)
{
	struct buf clean = BUF_INIT(4 * JOURNAL_LINE_MAX);

	(void)ctx;
	text_clean(&clean, text);
	(void)printf("  %s\n", buf_str(&clean));
	buf_release(&clean);
}

/* The header section, one clean line after the other. */
static int print_header(const struct message *m, struct fault *f)
{
	struct buf text = BUF_INIT(HEADER_MAX);
	uint64_t octets = m->envelope.facts.octets;
	size_t want = octets < HEADER_MAX ? (size_t)octets : HEADER_MAX;
	ssize_t n = message_read(m, 0, buf_reserve(&text, want), want, f);
	struct span rest, line;

	if (n >= 0) {
		buf_commit(&text, (size_t)n);
		rest = buf_span(&text);
		(void)puts("header:");
		while (span_cut(&rest, '\n', &line) && span_trim(line).len)
			print_line(NULL, span_head(line, line.len - 1));
	}
	buf_release(&text);
	return n < 0 ? -1 : 0;
}

static void print_envelope(const struct message *m)
{
	const struct envelope *e = &m->envelope;

	print_field("id", e->id);
	print_field("place", spool_box_name((enum spool_box)m->entry.box));
	print_time("arrival", e->arrival_s);
	if (m->entry.box == SPOOL_CUR)
		print_time("next try", m->entry.next_s);
	(void)printf("%-12s %u\n", "tries", m->entry.attempts);
	(void)printf("%-12s %" PRIu64 "\n", "octets", e->facts.octets);
	print_field("from", *e->sender ? e->sender : "<>");
	for (size_t i = 0; i < e->recipient_count; i++) {
		char label[32];

		(void)snprintf(label, sizeof(label), "to %zu", i);
		print_field(label, e->recipients[i].address);
	}
}

static int show(const struct target *t, struct fault *f)
{
	struct message m;
	int rc = -1;

	if (message_open(&m, t->spool, &t->entry, f) == MESSAGE_OPEN) {
		print_envelope(&m);
		(void)puts("history (time, recipient, event, status, code, host, text):");
		rc = journal_show(t->spool, m.envelope.id, print_line, NULL, f);
		if (rc == 0)
			rc = print_header(&m, f);
	}
	message_close(&m);
	return rc;
}

static bool is_set_aside(const struct target *t)
{
	return t->entry.box == SPOOL_HELD || t->entry.box == SPOOL_FAILED;
}

/* What waited only for its report is neither delivered nor still there. */
static void print_undelivered(const struct target *t)
{
	struct spool_entry now;
	struct fault ignored;

	if (spool_find(t->spool, t->entry.id, &now, &ignored) == 0)
		(void)printf(
			"%s had failed before, and has been reported\n", t->entry.id);
	else
		(void)printf("%s still queued; see nullmta queue show %s\n", t->entry.id,
			t->entry.id);
}

static int retry(const struct target *t, struct fault *f)
{
	if (is_set_aside(t)) {
		fault_set(f, FAULT_DATA, 0, "%s is %s; nullmta queue release sends it",
			t->entry.id, t->entry.box == SPOOL_HELD ? "held" : "parked");
		return -1;
	}
	switch (flush_program_message(t->spool, t->entry.id, false)) {
	case EX_OK:
		(void)printf("%s delivered\n", t->entry.id);
		return 0;
	case EX_TEMPFAIL:
		print_undelivered(t);
		return 0;
	default:
		fault_set(f, FAULT_DATA, 0,
			"%s was refused for good and has been reported", t->entry.id);
		return -1;
	}
}

/* Recipients whose failure nobody could be told of are to be tried again. */
static int reopen(const struct message *m, struct fault *f)
{
	struct journal_state past;
	struct journal j;
	int rc = 0;

	if (journal_load(
		    m->spool, m->envelope.id, m->envelope.recipient_count, &past, f) < 0)
		return -1;
	journal_init(&j, m->spool, m->envelope.id);
	for (size_t i = 0; i < past.count && rc == 0; i++)
		if (past.recipients[i].kind == OUTCOME_FAILED &&
			!past.recipients[i].is_reported)
			rc = journal_append(
				&j, clock_now_s(), i, JOURNAL_RELEASED, NULL, f);
	if (rc == 0)
		rc = journal_sync(&j, f);
	journal_close(&j);
	journal_state_release(&past);
	return rc;
}

/* Claim, so that nobody is delivering it, then move. */
static int move(const struct target *t, enum spool_box box, struct fault *f)
{
	struct message m;
	int rc = -1;

	if (message_claim(&m, t->spool, &t->entry, t->entry.next_s, f) == MESSAGE_OPEN)
		rc = t->entry.box == SPOOL_FAILED ? reopen(&m, f) : 0;
	if (rc == 0)
		rc = message_move(&m, box, f);
	message_close(&m);
	return rc;
}

/* what is parked is not sent either */
static int hold(const struct target *t, struct fault *f)
{
	return is_set_aside(t) ? 0 : move(t, SPOOL_HELD, f);
}

static int release(const struct target *t, struct fault *f)
{
	if (!is_set_aside(t)) {
		fault_set(f, FAULT_DATA, 0, "%s is not held; to send it now use retry",
			t->entry.id);
		return -1;
	}
	if (move(t, SPOOL_NEW, f) < 0)
		return -1;
	kick_flush(t->setup, t->spool);
	return 0;
}

static int delete_message(const struct target *t, struct fault *f)
{
	struct message m;
	int rc = -1;

	switch (message_claim(&m, t->spool, &t->entry, t->entry.next_s, f)) {
	case MESSAGE_OPEN:
	case MESSAGE_BAD: /* nothing else can be done with it */
		rc = message_remove(&m, f);
		break;
	default:
		break;
	}
	message_close(&m);
	if (rc == 0)
		log_event(LOG_LEVEL_INFO, "deleted", LOG_TEXT("id", t->entry.id),
			LOG_NUMBER("uid", (int64_t)t->setup->user.uid));
	return rc;
}

static const struct action actions[] = {
	{"show", show},
	{"retry", retry},
	{"hold", hold},
	{"release", release},
	{"delete", delete_message},
};

static const struct action *action_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int act_on(const struct action *action, const struct setup *setup, const char *id,
	struct fault *f)
{
	struct spool spools[PLACE_CANDIDATES_MAX];
	struct place_options place = setup_place(setup);
	struct target t = {.setup = setup};
	int found = 0;
	int rc = -1;
	int count = place_open_existing(spools, &place, f);

	for (int i = 0; i < count && found == 0; i++) {
		found = spool_find(&spools[i], id, &t.entry, f);
		t.spool = &spools[i];
	}
	if (found == 1)
		rc = action->act(&t, f);
	else if (found == 0 && count >= 0)
		fault_set(f, FAULT_DATA, 0, "no message %s; see mailq", id);
	for (int i = 0; i < count; i++)
		spool_close(&spools[i]);
	return rc;
}

int cmd_queue(int argc, char **argv)
{
	const struct action *action;
	struct setup setup;
	struct fault f;
	int code = EX_OK;

	if (argc < 2 || strcmp(argv[1], "list") == 0)
		return cmd_mailq();
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		(void)fputs(help, stdout);
		return EX_OK;
	}
	action = action_find(argv[1]);
	if (!action || argc < 3) {
		(void)fputs(help, stderr);
		return EX_USAGE;
	}
	setup_load(&setup, NULL);
	for (int i = 2; i < argc; i++)
		if (act_on(action, &setup, argv[i], &f) < 0)
			code = exit_with(PROGRAM, &f);
	setup_release(&setup);
	return code;
}
