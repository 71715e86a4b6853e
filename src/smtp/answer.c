#include "smtp/answer.h"

#include <errno.h>

#include "base/text.h"
#include "mail/outcome.h"
#include "mail/quote.h"

/* what is composed before it is cleaned and cut */
#define RAW_MAX (4 * SMTP_ANSWER_TEXT_MAX)

static struct smtp_answer make(int code, const char *status, struct span text)
{
	struct smtp_answer a = {.code = code};
	struct buf clean = BUF_INIT(4 * RAW_MAX);

	quote_ascii(&clean, span_head(text, RAW_MAX));
	(void)text_copy(a.status, sizeof(a.status), span_of(status));
	(void)text_copy(a.text, sizeof(a.text), buf_span(&clean));
	buf_release(&clean);
	return a;
}

struct smtp_answer smtp_answer_vmake(
	int code, const char *status, const char *fmt, va_list args)
{
	struct buf text = BUF_INIT(RAW_MAX);
	struct smtp_answer a;

	buf_vaddf(&text, fmt, args);
	a = make(code, status, buf_span(&text));
	buf_release(&text);
	return a;
}

struct smtp_answer smtp_answer_make(int code, const char *status, const char *fmt, ...)
{
	struct smtp_answer a;
	va_list args;

	va_start(args, fmt);
	a = smtp_answer_vmake(code, status, fmt, args);
	va_end(args);
	return a;
}

static bool is_disk_full(int err)
{
	return err == ENOSPC || err == EDQUOT || err == EFBIG;
}

/* RFC 5321 4.2.3: 552 for what is too large */
static int code_of(struct outcome_status status)
{
	if (status.class == 4)
		return 451;
	return status.subject == 3 && status.detail == 4 ? 552 : 554;
}

struct smtp_answer smtp_answer_of_fault(const struct fault *f)
{
	static const struct {
		int code;
		const char *status;
	} answers[] = {
		[FAULT_SYSTEM] = {451, "4.3.0"},
		[FAULT_USAGE] = {554, "5.5.1"},
		[FAULT_DATA] = {554, "5.6.0"},
		[FAULT_INPUT] = {451, "4.3.0"},
		[FAULT_CREATE] = {451, "4.3.0"},
		[FAULT_ACCESS] = {451, "4.3.0"},
		[FAULT_CONFIG] = {451, "4.3.5"},
	};
	struct span text = span_of(f->text);
	struct span rest = text, word;
	struct outcome_status status;
	char status_text[OUTCOME_STATUS_TEXT_MAX];

	if (is_disk_full(f->err))
		return make(452, "4.3.1", text);
	if (f->kind != FAULT_DATA || !span_word(&rest, &word) ||
		outcome_status_parse(word, &status) < 0 || status.class == 2)
		return make(answers[f->kind].code, answers[f->kind].status, text);
	outcome_status_format(status, status_text);
	return make(code_of(status), status_text, span_trim(rest));
}

void smtp_answer_format(const struct smtp_answer *a, struct buf *out)
{
	buf_addf(
		out, "%d %s%s%s\r\n", a->code, a->status, *a->status ? " " : "", a->text);
}
