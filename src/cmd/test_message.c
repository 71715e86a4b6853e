#include "cmd/test_message.h"

#include "cmd/submit.h"

void test_message_compose(
	struct buf *out, const struct setup *setup, const char *recipient)
{
	const char *host = setup->identity.hostname;

	buf_addf(out, "To: <%s>\n", recipient);
	buf_addf(out, "Subject: Test message from %s\n", host);
	/* RFC 3834 5: no vacation message is to answer it */
	buf_add_str(out, "Auto-Submitted: auto-generated\n\n");
	buf_addf(out,
		"This is a test of nullmta, the mailer of %s: the user %s has sent it\n"
		"with \"nullmta test --send\". That you read it means that mail from\n"
		"there arrives. Nothing needs to be done.\n",
		host, setup->user.name);
}

int test_message_submit(const struct setup *setup, const struct spool *spool,
	const char *sender, const char *recipient, char ret_id[ENVELOPE_ID_LEN + 1],
	struct fault *f)
{
	const struct recipient to = {.address = (char *)(uintptr_t)recipient};
	const struct submit_request request = {
		.recipients = &to, .recipient_count = 1, .sender = sender};
	struct buf text = BUF_INIT(TEST_MESSAGE_MAX);
	struct submission *s = NULL;
	int rc = submit_begin(&s, setup, spool, &request, f);

	if (rc < 0)
		return -1;
	test_message_compose(&text, setup, recipient);
	rc = submit_feed(s, buf_span(&text), f);
	if (rc < 0)
		submit_abandon(s, f);
	else
		rc = submit_finish(s, ret_id, f);
	buf_release(&text);
	return rc;
}
