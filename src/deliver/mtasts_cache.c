#include "deliver/mtasts_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hostname.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/tls_results.h"
#include "net/https.h"

#define DIRECTORY "state/mta-sts"
#define PATH_SIZE 300
#define NAME_SIZE (DNS_NAME_SIZE + 16)

/* One domain while it is looked up. */
struct lookup {
	const struct flush *flush;
	const char *domain;
	struct mtasts_entry entry;
	int64_t now_s;
};

static bool name_below(const char *label, const char *domain, char ret[NAME_SIZE])
{
	return snprintf(ret, NAME_SIZE, "%s.%s", label, domain) <= HOSTNAME_MAX;
}

static void load(struct lookup *l)
{
	struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
	char path[PATH_SIZE];
	struct fault ignored;

	(void)snprintf(path, sizeof(path), DIRECTORY "/%s", l->domain);
	/* what is missing or damaged is fetched again */
	if (file_read(l->flush->spool->fd, path, &text, &ignored) == 0)
		(void)mtasts_entry_parse(&l->entry, buf_span(&text));
	mtasts_entry_mend_times(&l->entry, l->now_s);
	buf_release(&text);
}

static int open_directory(const struct spool *spool, struct fault *f)
{
	int fd;

	if (mkdirat(spool->fd, DIRECTORY, 0700) < 0 && errno != EEXIST) {
		fault_set(f, FAULT_CREATE, errno, "cannot make " DIRECTORY);
		return -1;
	}
	fd = openat(
		spool->fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fault_set(f, FAULT_SYSTEM, errno, "cannot open " DIRECTORY);
	return fd;
}

static void save(const struct lookup *l)
{
	struct buf text = BUF_INIT(MTASTS_ENTRY_MAX);
	struct fault f;
	int dir = open_directory(l->flush->spool, &f);
	int rc = -1;

	mtasts_entry_format(&l->entry, &text);
	if (dir >= 0)
		rc = file_replace(dir, l->domain, buf_span(&text), &f);
	if (rc < 0)
		log_event(LOG_LEVEL_WARNING, "mta-sts-not-kept",
			LOG_TEXT("domain", l->domain), LOG_TEXT("why", f.text));
	file_close(dir);
	buf_release(&text);
}

/* What the DNS says now; false for nothing usable (RFC 8461 3.1). */
static bool ask(const struct lookup *l, char ret_id[MTASTS_ID_MAX + 1])
{
	struct dns_answer txt;
	char name[NAME_SIZE];
	bool is_found;

	if (!name_below("_mta-sts", l->domain, name))
		return false;
	resolver_follow(l->flush->world->resolver, name, DNS_TXT, &txt);
	is_found = mtasts_find_id(&txt, ret_id);
	dnsmsg_answer_release(&txt);
	return is_found;
}

/* Append it to `ret`; nothing for the system's. */
static int find_ca_file(const struct flush *flush, struct buf *ret, struct fault *f)
{
	const char *path = flush->conf->mta_sts.ca_file;

	if (!path)
		return 0;
	return conf_path(ret, path, flush->user->uid, flush->user->home, f);
}

static enum tlsresults_type get(
	const struct lookup *l, struct http_response *ret, char why[HTTPS_WHY_MAX])
{
	const struct flush *flush = l->flush;
	struct buf ca_file = BUF_INIT(PATH_MAX);
	char host[NAME_SIZE];
	struct https_request request = {
		.host = host,
		.path = "/.well-known/mta-sts.txt",
		.port = (uint16_t)flush->conf->mta_sts.port,
		.may_use_local = flush->conf->delivery.has_local_hosts,
		.timeout_s = HTTPS_TIMEOUT_S,
		.resolver = flush->world->resolver,
		.tls = flush->world->tls,
		.dial = flush->world->dial,
		.must_stop = flush_is_stopping,
	};
	enum https_result result = HTTPS_FAILED;
	struct fault f;

	if (find_ca_file(flush, &ca_file, &f) < 0) {
		text_clean_into(why, HTTPS_WHY_MAX, span_of(f.text));
	} else if (!name_below("mta-sts", l->domain, host)) {
		(void)snprintf(why, HTTPS_WHY_MAX, "the name is too long");
	} else {
		request.ca_file = ca_file.len ? buf_str(&ca_file) : NULL;
		result = https_get(&request, ret, why);
	}
	buf_release(&ca_file);
	if (result == HTTPS_OK)
		return TLSRESULTS_SUCCESS;
	return result == HTTPS_NOT_TRUSTED ? TLSRESULTS_STS_WEBPKI_INVALID
					   : TLSRESULTS_STS_FETCH_ERROR;
}

/* RFC 8461 3.2: another type than text/plain may be what users of the host have put there */
static enum tlsresults_type read_policy(const struct http_response *response,
	struct mtasts_policy *ret, char why[HTTPS_WHY_MAX])
{
	char reason[MTASTS_WHY_MAX];

	if (!span_is(span_of(response->type), "text/plain")) {
		(void)snprintf(why, HTTPS_WHY_MAX, "the policy is not text/plain");
		return TLSRESULTS_STS_FETCH_ERROR;
	}
	if (mtasts_policy_parse(ret, buf_span(&response->body), reason) == 0)
		return TLSRESULTS_SUCCESS;
	(void)snprintf(why, HTTPS_WHY_MAX, "the policy is invalid: %s", reason);
	return TLSRESULTS_STS_POLICY_INVALID;
}

static void note_failure(
	struct lookup *l, const char *id, enum tlsresults_type type, const char *why)
{
	const struct tlsresults_line line = {
		.policy = TLSRESULTS_STS,
		.type = type,
		.domain = l->domain,
		.host = "",
		.count = 1,
	};

	mtasts_entry_note_failure(&l->entry, id, l->now_s);
	tls_results_add(l->flush->spool, &line, l->now_s);
	log_event(LOG_LEVEL_WARNING, "mta-sts-failed", LOG_TEXT("domain", l->domain),
		LOG_TEXT("result", tlsresults_type_name(type)), LOG_TEXT("why", why));
}

static void fetch(struct lookup *l, const char *id)
{
	struct mtasts_policy policy = {.mode = MTASTS_NONE};
	struct http_response response;
	char why[HTTPS_WHY_MAX];
	enum tlsresults_type result = get(l, &response, why);

	if (result == TLSRESULTS_SUCCESS) {
		result = read_policy(&response, &policy, why);
		http_response_release(&response);
	}
	if (result == TLSRESULTS_SUCCESS) {
		mtasts_entry_store(&l->entry, id, &policy, l->now_s);
		log_event(LOG_LEVEL_INFO, "mta-sts", LOG_TEXT("domain", l->domain),
			LOG_TEXT("mode", mtasts_mode_name(l->entry.policy.mode)),
			LOG_TEXT("policy", id),
			LOG_NUMBER("max-age", l->entry.policy.max_age_s));
	} else if (!flush_is_stopping()) {
		note_failure(l, id, result, why);
	}
}

void mtasts_cache_find(
	const struct flush *flush, const char *domain, struct mtasts_policy *ret)
{
	struct lookup l = {
		.flush = flush, .domain = domain, .now_s = flush->world->now_s()};
	char id[MTASTS_ID_MAX + 1];

	*ret = (struct mtasts_policy){.mode = MTASTS_NONE};
	load(&l);
	if (mtasts_entry_wants_fetch(&l.entry, ask(&l, id) ? id : NULL, l.now_s)) {
		fetch(&l, id);
		save(&l);
	}
	if (mtasts_entry_is_valid(&l.entry, l.now_s)) {
		*ret = l.entry.policy;
		l.entry.policy = (struct mtasts_policy){.mode = MTASTS_NONE};
	}
	mtasts_entry_release(&l.entry);
}

void mtasts_cache_sweep(const struct spool *spool, int64_t now_s, unsigned limit)
{
	int fd = openat(
		spool->fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		file_close(fd);
		return;
	}
	while (limit && (e = readdir(dir)) != NULL) {
		struct stat st;

		/* it was written when its policy was fetched, or was to be */
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode) ||
			now_s - st.st_mtim.tv_sec < MTASTS_AGE_MAX)
			continue;
		limit--;
		(void)unlinkat(fd, e->d_name, 0); /* the next sweep may have more luck */
	}
	(void)closedir(dir);
}
