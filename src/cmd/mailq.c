#include "cmd/mailq.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/exit_code.h"
#include "cmd/host_reasons.h"
#include "cmd/mailq_all.h"
#include "cmd/setup.h"
#include "deliver/seen.h"
#include "spool/batch.h"
#include "spool/journal.h"
#include "spool/message.h"

/* An id begins in the first column with one of [0-9A-F], and nothing else does. */
#define HEADING "-Queue ID-      --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
#define INDENT  "                                               "

/* messages listed at a time: a queue of any length in a few megabytes */
#define LISTED_MAX 65536

struct listing {
	const struct setup *setup;
	const struct spool *spool;
	struct spool_batch batch;
	struct host_reasons reasons;
	struct seen journals; /* ids that have one */
	bool has_looked;      /* for those two, in this spool */
	bool is_anothers;     /* root lists it, and is told whose it is */
	struct mailq_sum *sum;
};

static bool collect(void *ctx, const struct spool_entry *e)
{
	struct listing *l = ctx;

	spool_batch_add(&l->batch, e);
	return true;
}

/* what a person reads of text that came from outside */
static void print_clean(const char *before, const char *text, const char *after)
{
	char clean[4 * JOURNAL_LINE_MAX];

	text_clean_into(clean, sizeof(clean), span_of(text));
	(void)fputs(before, stdout);
	(void)fputs(clean, stdout);
	(void)fputs(after, stdout);
}

/* in its own words, with the reply code where a server said it */
static void print_reason(const char *remote, int code, const char *text)
{
	bool has_remote = remote && *remote;

	/* on this machine: what is said names it, and the code is for programs */
	if (has_remote && span_starts(span_of(remote), "mailbox:")) {
		print_clean("(", text, ")\n");
		return;
	}
	(void)fputs(has_remote && code ? "(host " : "(", stdout);
	if (has_remote)
		print_clean("", remote, code ? " said: " : ": ");
	if (code)
		(void)printf("%d ", code);
	print_clean("", text, ")\n");
}

/* Why it waits: what the journal says of the first recipient, else what its host did. */
static void print_why(struct listing *l, const struct message *m,
	const struct journal_recipient *r, const char *address)
{
	const struct host *host = host_reasons_find(&l->reasons, &m->envelope, address);

	switch ((enum spool_box)m->entry.box) {
	case SPOOL_HELD:
		(void)puts("(held; see nullmta queue release)");
		return;
	case SPOOL_FAILED:
		(void)puts("(parked: damaged, or its failure could not be reported)");
		return;
	default:
		break;
	}
	if (r && r->text && *r->text)
		print_reason(r->remote, r->code, r->text);
	else if (host)
		print_reason(host->remote, host->code, host->text);
}

static void print_recipient(struct listing *l, const struct message *m,
	const struct journal_recipient *r, const char *address)
{
	if (r && (r->kind == OUTCOME_DELIVERED || r->kind == OUTCOME_FAILED) &&
		m->entry.box != SPOOL_FAILED)
		return;
	print_why(l, m, r, address);
	print_clean(INDENT, address, "\n");
}

/* A recipient in whose place an alias has put several addresses is shown as these. */
static bool print_expanded(struct listing *l, const struct message *m,
	const struct journal_state *past, size_t number)
{
	bool is_expanded = false;

	for (size_t i = past->envelope_count; i < past->count; i++) {
		const struct journal_recipient *r = &past->recipients[i];

		if (!r->address || r->parent != number)
			continue;
		print_recipient(l, m, r, r->address);
		is_expanded = true;
	}
	return is_expanded;
}

static void print_recipients(struct listing *l, const struct message *m)
{
	const struct envelope *e = &m->envelope;
	struct journal_state past = {0};
	struct fault ignored;

	/* asking for each of 100 000 that have none would double the work */
	if (seen_has(&l->journals, e->id) &&
		journal_load(l->spool, e->id, e->recipient_count, &past, &ignored) < 0)
		past = (struct journal_state){0};
	for (size_t i = 0; i < e->recipient_count; i++)
		if (!print_expanded(l, m, &past, i))
			print_recipient(l, m, i < past.count ? &past.recipients[i] : NULL,
				e->recipients[i].address);
	journal_state_release(&past);
}

/* What is printed first has the heading above it. */
static void count_message(struct listing *l)
{
	if (l->sum->messages++ == 0)
		(void)fputs(HEADING, stdout);
}

/* Among the lines that say why, which whoever reads the list expects here. */
static void print_owner(const struct listing *l)
{
	if (!l->is_anothers)
		return;
	print_clean("(user ", l->setup->user.name, "");
	(void)printf(", uid %lu)\n", (unsigned long)l->setup->user.uid);
}

static void print_message(struct listing *l, const struct spool_entry *entry)
{
	struct message m;
	struct fault f;
	char date[CLOCK_TEXT_MAX];

	switch (message_open(&m, l->spool, entry, &f)) {
	case MESSAGE_OPEN:
		break;
	case MESSAGE_GONE:
		return; /* delivered while we looked */
	default:
		count_message(l);
		(void)printf("%s?\n", entry->id);
		print_owner(l);
		print_reason(NULL, 0, f.text);
		(void)putchar('\n');
		message_close(&m);
		return;
	}
	count_message(l);
	clock_format_short(m.envelope.arrival_s, date, sizeof(date));
	(void)printf("%s%c %8" PRIu64 " %s  ", entry->id,
		entry->box == SPOOL_HELD || entry->box == SPOOL_FAILED ? '!' : ' ',
		m.envelope.facts.octets, date);
	print_clean("", *m.envelope.sender ? m.envelope.sender : "MAILER-DAEMON", "\n");
	print_owner(l);
	print_recipients(l, &m);
	(void)putchar('\n');
	l->sum->octets += m.envelope.facts.octets;
	message_close(&m);
}

static void collect_journal(void *ctx, const char *id)
{
	struct listing *l = ctx;

	(void)seen_add(&l->journals, id);
}

/* All boxes, as far as they go into one batch. */
static int find_batch(struct listing *l, struct fault *f)
{
	const struct spool_visitor visitor = {.entry = collect, .ctx = l};

	for (int box = SPOOL_NEW; box <= SPOOL_FAILED; box++)
		if (spool_scan(l->spool, (enum spool_box)box, &visitor, f) < 0)
			return -1;
	spool_batch_sort(&l->batch);
	return 0;
}

/* What else is known, for the first message that there is. */
static int look_around(struct listing *l, struct fault *f)
{
	if (l->has_looked)
		return 0;
	if (journal_each(l->spool, collect_journal, l, f) < 0)
		return -1;
	host_reasons_load(&l->reasons, l->setup, l->spool);
	l->has_looked = true;
	return 0;
}

static int list_batches(struct listing *l, struct fault *f)
{
	while (spool_batch_next(&l->batch)) {
		if (find_batch(l, f) < 0 || (l->batch.count && look_around(l, f) < 0))
			return -1;
		for (size_t i = 0; i < l->batch.count; i++) {
			print_message(l, &l->batch.entries[i]);
			if (l->is_anothers) /* should the next one hang */
				(void)fflush(stdout);
		}
	}
	return 0;
}

static int list_spool(struct listing *l, const struct spool *spool, struct fault *f)
{
	int rc;

	l->spool = spool;
	spool_batch_init(&l->batch, LISTED_MAX);
	rc = list_batches(l, f);
	spool_batch_release(&l->batch);
	host_reasons_release(&l->reasons);
	seen_release(&l->journals);
	l->has_looked = false;
	return rc;
}

static int list_places(struct listing *l, struct fault *f)
{
	struct spool spools[PLACE_CANDIDATES_MAX];
	struct place_options place = setup_place(l->setup);
	int count = place_open_existing(spools, &place, f);
	int rc = count < 0 ? -1 : 0;

	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = list_spool(l, &spools[i], f);
		spool_close(&spools[i]);
	}
	return rc;
}

static int list_own(const struct setup *setup, struct mailq_sum *sum, struct fault *f)
{
	struct listing l = {.setup = setup, .sum = sum};

	return list_places(&l, f);
}

static int list_anothers(
	const struct setup *setup, struct mailq_sum *sum, struct fault *f)
{
	struct listing l = {.setup = setup, .sum = sum, .is_anothers = true};

	return list_places(&l, f);
}

/* Who has named the one place of the own mail asks for no other. */
static bool is_for_all(const struct setup *setup)
{
	return geteuid() == 0 && setup->has_usual_places && !setup->conf.spool.dir;
}

static void print_total(const struct mailq_sum *sum)
{
	if (sum->messages == 0)
		(void)puts("Mail queue is empty");
	else
		(void)printf("-- %" PRIu64 " Kbytes in %" PRIu64 " Request%s.\n",
			(sum->octets + 1023) / 1024, sum->messages,
			sum->messages == 1 ? "" : "s");
}

int cmd_mailq(void)
{
	struct mailq_sum sum = {0};
	struct setup setup;
	struct fault f;
	int rc;

	setup_load(&setup, NULL);
	rc = list_own(&setup, &sum, &f);
	if (rc == 0 && is_for_all(&setup))
		rc = mailq_all(list_anothers, &sum, &f);
	/* that nothing waits is said only where all was seen */
	if (rc == 0 || sum.messages)
		print_total(&sum);
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		fault_set(&f, FAULT_SYSTEM, errno, "cannot write the list");
		rc = -1;
	}
	setup_release(&setup);
	return rc == 0 ? EX_OK : exit_with("mailq", &f);
}
