#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

__attribute__((format(printf, 2, 0))) static void fault_store(
	struct fault *f, const char *fmt, va_list args)
{
	char raw[FAULT_TEXT_MAX];

	(void)vsnprintf(raw, sizeof(raw), fmt, args);
	text_clean_into(f->text, sizeof(f->text), span_of(raw));
}

void fault_set(struct fault *f, enum fault_kind kind, int err, const char *fmt, ...)
{
	va_list args;

	f->kind = kind;
	f->err = err;
	va_start(args, fmt);
	fault_store(f, fmt, args);
	va_end(args);
	if (err)
		fault_append(f, ": %s", strerror(err));
}

void fault_prefix(struct fault *f, const char *fmt, ...)
{
	char old[FAULT_TEXT_MAX];
	va_list args;

	memcpy(old, f->text, sizeof(old));
	va_start(args, fmt);
	fault_store(f, fmt, args);
	va_end(args);
	fault_append(f, ": %s", old);
}

void fault_append(struct fault *f, const char *fmt, ...)
{
	size_t used = strlen(f->text);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(f->text + used, sizeof(f->text) - used, fmt, args);
	va_end(args);
}
