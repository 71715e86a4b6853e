#include "mail/outcome.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

int outcome_status_parse(struct span s, struct outcome_status *ret)
{
	struct span part;
	uint64_t n[3];

	for (int i = 0; i < 3; i++) {
		if (!span_cut(&s, '.', &part) || part.len > 3 ||
			span_to_uint(part, 999, &n[i]) < 0)
			return -1;
	}
	if (s.data || (n[0] != 2 && n[0] != 4 && n[0] != 5))
		return -1;
	ret->class = (unsigned short)n[0];
	ret->subject = (unsigned short)n[1];
	ret->detail = (unsigned short)n[2];
	return 0;
}

void outcome_status_format(
	struct outcome_status status, char out[OUTCOME_STATUS_TEXT_MAX])
{
	(void)snprintf(out, OUTCOME_STATUS_TEXT_MAX, "%u.%u.%u", status.class,
		status.subject, status.detail);
}

static struct outcome begin(
	enum outcome_kind kind, enum outcome_scope scope, const char *status)
{
	struct outcome o = {.kind = kind, .scope = scope};

	if (outcome_status_parse(span_of(status), &o.status) < 0)
		BUG("status");
	return o;
}

struct outcome outcome_make(enum outcome_kind kind, enum outcome_scope scope,
	const char *status, const char *fmt, ...)
{
	struct outcome o = begin(kind, scope, status);
	char raw[OUTCOME_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	text_clean_into(o.text, sizeof(o.text), span_of(raw));
	return o;
}

struct outcome outcome_of_fault(enum outcome_kind kind, enum outcome_scope scope,
	const char *status, const struct fault *f)
{
	struct outcome o = begin(kind, scope, status);

	_Static_assert(sizeof(o.text) >= sizeof(f->text), "a fault fits");
	(void)text_copy(o.text, sizeof(o.text), span_of(f->text));
	return o;
}

const char *outcome_kind_name(enum outcome_kind kind)
{
	static const char *const names[] = {
		[OUTCOME_PENDING] = "pending",
		[OUTCOME_DELIVERED] = "delivered",
		[OUTCOME_DEFERRED] = "deferred",
		[OUTCOME_FAILED] = "failed",
	};

	return names[kind];
}
