#include "cmd/child_text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

/* as much as a pipe holds */
#define CHUNK_MAX 65536

/* Wait for more; what that took is taken from `left_ms`. */
static int await(int fd, int64_t silence_ms, int64_t *left_ms, struct fault *f)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};
	int64_t began_ms = clock_mono_ms();
	int64_t until_ms = began_ms + (*left_ms < silence_ms ? *left_ms : silence_ms);
	int64_t now_ms = began_ms;
	int ready;

	do {
		ready = poll(&wanted, 1, (int)(until_ms - now_ms));
		now_ms = clock_mono_ms();
	} while (ready < 0 && errno == EINTR && now_ms < until_ms);
	*left_ms -= now_ms - began_ms;
	if (ready > 0)
		return 0;
	fault_set(f, FAULT_SYSTEM, 0, "%s",
		*left_ms > 0 ? "no answer for too long" : "it takes too long");
	return -1;
}

static void print_clean(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_is_control(text[i]) && text[i] != '\n')
			text[i] = '?';
	(void)fwrite(text, 1, len, stdout);
}

int child_text_copy(int fd, const struct child_patience *patience, struct fault *f)
{
	int64_t left_ms = patience->total_ms;
	char chunk[CHUNK_MAX];
	ssize_t len;

	do {
		if (await(fd, patience->silence_ms, &left_ms, f) < 0)
			return -1;
		len = file_read_some(fd, chunk, sizeof(chunk), "the list", f);
		if (len > 0)
			print_clean(chunk, (size_t)len);
	} while (len > 0 && !ferror(stdout));
	return len < 0 ? -1 : 0;
}
