#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_json.h"
#include "base/text.h"

/* a journal or a terminal shows this much; more is somebody's flood */
#define LOG_LINE_MAX 4096

/* date, name and pid in front of it */
#define HEAD_MAX 128

static const char syslog_socket[] = "/dev/log";

enum log_target { TARGET_SYSLOG, TARGET_NONE, TARGET_FD };

static enum log_target log_target;
static enum log_level log_max_level = LOG_LEVEL_INFO;
static enum log_format log_format;
static int log_fd = -1;
static bool log_has_time;
static bool log_prefers_stderr;

void log_prefer_stderr(void)
{
	log_prefers_stderr = true;
}

static bool is_for_stderr(const char *target)
{
	if (strcmp(target, "auto") == 0)
		return log_prefers_stderr && access(syslog_socket, F_OK) != 0;
	return strcmp(target, "stderr") == 0;
}

static int open_file(const char *path)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	/* /proc/1/fd/2: what a container's main process writes to; the links are the kernel's */
	if (strncmp(path, "/proc/", sizeof("/proc/") - 1) != 0)
		flags |= O_NOFOLLOW;
	return open(path, flags, 0600);
}

int log_open(const char *target, struct fault *f)
{
	target = target ? target : "auto";
	if (log_fd > STDERR_FILENO)
		(void)close(log_fd); /* nothing buffered: nothing can be lost here */
	log_fd = -1;
	log_target = TARGET_SYSLOG;
	log_has_time = false;
	if (is_for_stderr(target)) {
		log_fd = STDERR_FILENO;
		log_target = TARGET_FD;
		return 0;
	}
	if (strcmp(target, "auto") == 0 || strcmp(target, "syslog") == 0)
		return 0;
	if (strcmp(target, "none") == 0) {
		log_target = TARGET_NONE;
		return 0;
	}
	log_fd = open_file(target);
	if (log_fd < 0) {
		fault_set(f, FAULT_CREATE, errno, "cannot open the log file %s", target);
		return -1;
	}
	log_target = TARGET_FD;
	log_has_time = true;
	return 0;
}

int log_descriptor(void)
{
	return log_fd;
}

void log_set_level(enum log_level level)
{
	log_max_level = level;
}

void log_set_format(enum log_format format)
{
	log_format = format;
}

static void add_value(struct buf *line, const char *text)
{
	struct span value = span_of(text);
	bool has_quote = value.len == 0;

	for (size_t i = 0; i < value.len; i++)
		if (strchr(" \"=", value.data[i]))
			has_quote = true;
	if (!has_quote) {
		text_clean(line, value);
		return;
	}
	buf_add_char(line, '"');
	for (size_t i = 0, from = 0; i <= value.len; i++) {
		if (i < value.len && value.data[i] != '"')
			continue;
		text_clean(line, span_head(span_from(value, from), i - from));
		if (i < value.len)
			buf_add_str(line, "\\\"");
		from = i + 1;
	}
	buf_add_char(line, '"');
}

static void add_field(struct buf *line, const struct log_field *field)
{
	if (field->is_number) {
		buf_addf(line, " %s=%" PRId64, field->key, field->number);
	} else if (field->text) {
		buf_addf(line, " %s=", field->key);
		add_value(line, field->text);
	}
}

/*
 * One datagram to the system's log (RFC 3164; the daemon adds the time). Not syslog(3),
 * which blocks while the daemon is stuck, and reads the zone file on the way.
 */
static void send_syslog(enum log_level level, const char *line)
{
	static const int priority[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct buf out = BUF_INIT(LOG_LINE_MAX + HEAD_MAX);

	memcpy(to.sun_path, syslog_socket, sizeof(syslog_socket));
	if (log_fd < 0)
		log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	buf_addf(&out, "<%d>nullmta[%ld]: %s", LOG_MAIL | priority[level], (long)getpid(),
		line);
	/* a lost line is lost */
	(void)sendto(log_fd, buf_str(&out), out.len, MSG_NOSIGNAL,
		(const struct sockaddr *)&to, sizeof(to));
	buf_release(&out);
}

/* What a file or stderr gets in front of a line of text. */
static void add_origin(struct buf *out)
{
	char date[CLOCK_TEXT_MAX];

	if (log_has_time) {
		clock_format_iso(clock_now_s(), date, sizeof(date));
		buf_addf(out, "%s ", date);
	}
	buf_addf(out, "nullmta[%ld]: ", (long)getpid());
}

static void write_line(enum log_level level, const char *line)
{
	struct buf out = BUF_INIT(LOG_LINE_MAX + HEAD_MAX);

	if (log_target == TARGET_SYSLOG) {
		send_syslog(level, line);
		return;
	}
	if (log_format == LOG_FORMAT_TEXT)
		add_origin(&out);
	buf_addf(&out, "%s\n", line);
	/* one write, so that lines of several processes do not mix */
	(void)!write(log_fd, buf_str(&out), out.len);
	buf_release(&out);
}

static void add_pairs(struct buf *line, const char *event, const struct log_field *fields)
{
	buf_addf(line, "event=%s", event);
	for (; fields->key; fields++)
		add_field(line, fields);
}

static void add_object(struct buf *line, enum log_level level, const char *event,
	const struct log_field *fields)
{
	const struct log_json_head head = {
		.time_us = clock_now_us(),
		.level = level,
		.pid = (long)getpid(),
		.event = event,
	};

	log_json_add(line, &head, fields, LOG_LINE_MAX);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
	struct buf line = BUF_INIT(LOG_LINE_MAX);
	int saved_errno = errno;

	if (level > log_max_level || log_target == TARGET_NONE)
		return;
	if (log_format == LOG_FORMAT_JSON)
		add_object(&line, level, event, fields);
	else
		add_pairs(&line, event, fields);
	write_line(level, buf_str(&line));
	buf_release(&line);
	errno = saved_errno;
}
