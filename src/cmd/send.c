#include "cmd/send.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "cmd/dispatch.h"
#include "cmd/exit_code.h"
#include "cmd/send_options.h"
#include "cmd/setup.h"
#include "cmd/submit.h"
#include "mail/address.h"
#include "mail/compose.h"
#include "mail/media_type.h"

#define PROGRAM "nullmta send"

#define BLOCK      (48 * 1024)
#define OUTPUT_MAX (COMPOSE_CONTENT_MAX(BLOCK) + 2 * COMPOSE_HEADER_MAX)

/* text of up to this many octets is looked at as a whole before it is encoded */
#define TEXT_START_MAX (1024 * 1024)

#define MIME_TYPES     "/etc/mime.types"
#define MIME_TYPES_MAX (1024 * 1024)

static const char help[] =
	"usage: nullmta send [-s SUBJECT] [-a FILE]... [options] [--] recipient...  < "
	"text\n"
	"\n"
	"Send the text on standard input, with files attached. Recipients may have "
	"names:\n"
	"\"Ann Lee <ann@example.org>\". Exit 0 means, as with sendmail: it is on disk.\n"
	"\n"
	"  -s, --subject TEXT\n"
	"  -a, --attach FILE    may be given again; its type follows from its name\n"
	"  -c, --cc ADDRESS     -b, --bcc ADDRESS   -t, --to ADDRESS\n"
	"  -f, --from ADDRESS   From field and envelope sender\n"
	"      --html           the text is HTML\n"
	"  -H, --header 'Name: value'   another field, such as Reply-To\n"
	"      --require-tls    rather fail than pass a server without verified TLS\n"
	"  -v, --verbose        wait for the first try and show the dialogue\n"
	"\n"
	"  df -h | nullmta send -s \"disk usage\" -a /var/log/dpkg.log "
	"admin@example.org\n";

struct attachment {
	const char *path;
	int fd;
};

/* One message on its way from the shell into the spool. */
struct parcel {
	const struct send_options *options;
	const struct setup *setup;
	struct compose_options compose;
	char boundary[33];
	struct attachment *attachments;
	size_t attachment_count;
	struct buf mime_types; /* the file, once it was needed */
	bool has_mime_types;
	struct submission *submission;
	struct buf out; /* composed and not yet stored */
	char *block;
};

static struct span base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return span_of(slash ? slash + 1 : path);
}

static int open_attachment(const char *path, struct fault *f)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fault_set(f, FAULT_ABSENT, errno, "cannot open %s", path);
		return -1;
	}
	if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
		fault_set(f, FAULT_ABSENT, 0,
			"%s is a directory; attach an archive of it", path);
		file_close(fd);
		return -1;
	}
	return fd;
}

/* All at once and first: whoever names a file that is not there has typed nothing in vain. */
static int open_attachments(struct parcel *p, struct fault *f)
{
	const struct strv *paths = &p->options->attachments;

	p->attachments = mem_array(paths->count + 1, sizeof(*p->attachments));
	for (size_t i = 0; i < paths->count; i++) {
		struct attachment *a = &p->attachments[p->attachment_count];

		a->path = paths->items[i];
		a->fd = open_attachment(a->path, f);
		if (a->fd < 0)
			return -1;
		p->attachment_count++;
	}
	return 0;
}

static void make_boundary(char out[33])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[32];

	rand_fill(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		out[i] = digits[random[i] & 15];
	out[32] = '\0';
}

/* Store what is composed so far. */
static int flush(struct parcel *p, struct fault *f)
{
	if (p->out.is_overfull)
		BUG("more was composed than foreseen");
	if (submit_feed(p->submission, buf_span(&p->out), f) < 0)
		return -1;
	buf_reset(&p->out);
	return 0;
}

static int encode(
	struct parcel *p, struct compose_part *part, struct span content, struct fault *f)
{
	while (content.len) {
		compose_add(part, span_head(content, BLOCK), &p->out);
		if (flush(p, f) < 0)
			return -1;
		content = span_from(content, BLOCK);
	}
	return 0;
}

/* What is left of `fd`, then the end of the part. */
static int encode_rest(struct parcel *p, struct compose_part *part, int fd,
	const char *what, struct fault *f)
{
	ssize_t n;

	while ((n = file_read_some(fd, p->block, BLOCK, what, f)) > 0)
		if (encode(p, part, (struct span){p->block, (size_t)n}, f) < 0)
			return -1;
	if (n < 0)
		return -1;
	compose_finish(part, &p->out);
	return flush(p, f);
}

/* The beginning of `fd`, and whether that is all of it. */
static int read_start(struct buf *ret, int fd, bool *ret_is_whole, struct fault *f)
{
	ssize_t n = 1;

	while (n > 0 && ret->len < TEXT_START_MAX) {
		size_t room = TEXT_START_MAX - ret->len;

		room = room < BLOCK ? room : BLOCK;
		n = file_read_some(fd, buf_reserve(ret, room), room, "the text", f);
		if (n > 0)
			buf_commit(ret, (size_t)n);
	}
	*ret_is_whole = n == 0;
	return n < 0 ? -1 : 0;
}

static int add_text(
	struct parcel *p, const struct buf *start, bool is_whole, struct fault *f)
{
	struct compose_part part;
	const char *charset;
	enum mime_coding coding =
		compose_choose(&p->compose, buf_span(start), is_whole, &charset);

	compose_text(&p->compose, coding, charset, &part, &p->out);
	if (encode(p, &part, buf_span(start), f) < 0)
		return -1;
	return encode_rest(p, &part, STDIN_FILENO, "the text", f);
}

static const char *type_of(struct parcel *p, struct span name, struct buf *found)
{
	const char *type = media_type_find(name);
	struct fault ignored;

	if (type)
		return type;
	/* a machine without the file, or with an odd one, knows fewer types */
	if (!p->has_mime_types)
		(void)file_read(AT_FDCWD, MIME_TYPES, &p->mime_types, &ignored);
	p->has_mime_types = true;
	if (media_type_search(buf_span(&p->mime_types), name, found))
		return buf_str(found);
	return MEDIA_TYPE_UNKNOWN;
}

static int add_attachment(struct parcel *p, const struct attachment *a, struct fault *f)
{
	struct compose_part part;
	struct buf type = BUF_INIT(MEDIA_TYPE_MAX);
	struct span name = base_name(a->path);
	ssize_t n = file_read_some(a->fd, p->block, BLOCK, a->path, f);
	int rc = -1;

	if (n >= 0) {
		struct span start = {p->block, (size_t)n};

		compose_attachment(&p->compose, name, type_of(p, name, &type), start,
			&part, &p->out);
		rc = encode(p, &part, start, f);
	}
	if (rc == 0)
		rc = encode_rest(p, &part, a->fd, a->path, f);
	if (rc < 0 && f->kind == FAULT_INPUT)
		f->kind = FAULT_ABSENT;
	buf_release(&type);
	return rc;
}

static int add_parts(
	struct parcel *p, const struct buf *start, bool is_whole, struct fault *f)
{
	if (add_text(p, start, is_whole, f) < 0)
		return -1;
	for (size_t i = 0; i < p->attachment_count; i++)
		if (add_attachment(p, &p->attachments[i], f) < 0)
			return -1;
	compose_end(&p->compose, &p->out);
	return flush(p, f);
}

/* The header is composed: read the text, then store it all. */
static int store(struct parcel *p, const struct spool *spool,
	const struct submit_request *request, char ret_id[ENVELOPE_ID_LEN + 1],
	struct fault *f)
{
	struct buf start = BUF_INIT(TEXT_START_MAX);
	bool is_whole;
	int rc = read_start(&start, STDIN_FILENO, &is_whole, f);

	if (rc == 0)
		rc = submit_begin(&p->submission, p->setup, spool, request, f);
	if (rc == 0) {
		rc = add_parts(p, &start, is_whole, f);
		if (rc == 0)
			rc = submit_finish(p->submission, ret_id, f);
		else
			submit_abandon(p->submission, f);
	}
	buf_release(&start);
	return rc;
}

static int send_parcel(
	struct parcel *p, const struct submit_request *request, struct fault *f)
{
	enum dispatch how =
		p->options->is_verbose ? DISPATCH_VERBOSE : DISPATCH_AS_CONFIGURED;
	char id[ENVELOPE_ID_LEN + 1];
	struct spool spool;
	int code;

	if (open_attachments(p, f) < 0 || compose_header(&p->compose, &p->out, f) < 0 ||
		submit_open(&spool, p->setup, f) < 0) {
		submit_log_refusal(&p->setup->user, f);
		return exit_with(PROGRAM, f);
	}
	if (isatty(STDIN_FILENO))
		(void)fputs("Write the text; Ctrl-D at the start of a line sends it.\n",
			stderr);
	if (store(p, &spool, request, id, f) < 0)
		code = exit_with(PROGRAM, f);
	else
		code = dispatch_message(how, p->setup, &spool, id);
	spool_close(&spool);
	return code;
}

static int add_addresses(
	struct strv *ret, const struct strv *lists, const char *domain, struct fault *f)
{
	for (size_t i = 0; i < lists->count; i++)
		if (address_list_parse(span_of(lists->items[i]), domain, ret, f) < 0)
			return -1;
	return 0;
}

/* Everybody it goes to, and who it is from. */
static int find_addresses(struct strv *ret_recipients, struct buf *ret_sender,
	const struct send_options *o, const char *domain, struct fault *f)
{
	if (add_addresses(ret_recipients, &o->to, domain, f) < 0 ||
		add_addresses(ret_recipients, &o->cc, domain, f) < 0 ||
		add_addresses(ret_recipients, &o->bcc, domain, f) < 0)
		return -1;
	if (!o->from || address_parse(span_of(o->from), domain, ret_sender, f) == 0)
		return 0;
	fault_prefix(f, "--from");
	return -1;
}

static int send_to(const struct strv *addresses, const char *sender,
	const struct send_options *o, const struct setup *setup)
{
	struct parcel p = {.options = o, .setup = setup};
	struct recipient *recipients =
		mem_array(addresses->count + 1, sizeof(*recipients));
	struct submit_request request = {.recipients = recipients,
		.recipient_count = addresses->count,
		.sender = sender,
		.requires_tls = o->requires_tls};
	struct fault f;
	int code;

	for (size_t i = 0; i < addresses->count; i++)
		recipients[i].address = addresses->items[i];
	make_boundary(p.boundary);
	p.compose = (struct compose_options){
		.to = &o->to,
		.cc = &o->cc,
		.fields = &o->fields,
		.from = sender && *sender ? o->from : NULL,
		.subject = o->subject,
		.domain = setup->identity.domain,
		.boundary = o->attachments.count ? p.boundary : NULL,
		.is_html = o->is_html,
	};
	buf_init(&p.out, OUTPUT_MAX);
	buf_init(&p.mime_types, MIME_TYPES_MAX);
	p.block = mem_alloc(BLOCK);
	code = send_parcel(&p, &request, &f);
	for (size_t i = 0; i < p.attachment_count; i++)
		file_close(p.attachments[i].fd);
	free(p.attachments);
	free(p.block);
	buf_release(&p.mime_types);
	buf_release(&p.out);
	free(recipients);
	return code;
}

static int send_with_setup(const struct send_options *o)
{
	struct strv addresses = {0};
	struct buf sender = BUF_INIT(1024);
	struct setup setup;
	struct fault f;
	int code;

	if (setup_load_to_submit(&setup, PROGRAM, &f) < 0) {
		code = exit_with(PROGRAM, &f);
	} else if (find_addresses(&addresses, &sender, o, setup.identity.domain, &f) <
		   0) {
		submit_log_refusal(&setup.user, &f);
		code = exit_with(PROGRAM, &f);
	} else {
		code = send_to(&addresses, o->from ? buf_str(&sender) : NULL, o, &setup);
	}
	setup_release(&setup);
	buf_release(&sender);
	strv_release(&addresses);
	return code;
}

int cmd_send(int argc, char **argv)
{
	struct send_options o;
	struct fault f;
	int code = EX_OK;

	if (send_options_parse(&o, argc, argv, &f) < 0)
		return exit_with(PROGRAM, &f);
	if (o.wants_help)
		(void)fputs(help, stdout);
	else
		code = send_with_setup(&o);
	send_options_release(&o);
	return code;
}
