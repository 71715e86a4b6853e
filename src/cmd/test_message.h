/*
 * The message of nullmta test --send.
 */
#ifndef CMD_TEST_MESSAGE_H
#define CMD_TEST_MESSAGE_H

#include "base/buf.h"
#include "cmd/setup.h"
#include "spool/spool.h"

#define TEST_MESSAGE_MAX 8192

/* Append it as it is submitted. Addresses are canonical. */
void test_message_compose(
	struct buf *out, const struct setup *setup, const char *recipient);

/* Submit it, and nobody is told: who did is to send it. 0, or -1 and a fault. */
int test_message_submit(const struct setup *setup, const struct spool *spool,
	const char *sender, const char *recipient, char ret_id[ENVELOPE_ID_LEN + 1],
	struct fault *f);

#endif
