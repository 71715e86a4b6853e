#include "mail/media_type.h"

#include <string.h>

#include "base/bug.h"
#include "base/text.h"

/* what people attach; all else is for /etc/mime.types */
static const struct {
	const char *end;
	const char *type;
} known[] = {
	{"7z", "application/x-7z-compressed"},
	{"avif", "image/avif"},
	{"bmp", "image/bmp"},
	{"bz2", "application/x-bzip2"},
	{"c", "text/plain"},
	{"conf", "text/plain"},
	{"css", "text/css"},
	{"csv", "text/csv"},
	{"diff", "text/x-diff"},
	{"doc", "application/msword"},
	{"docx", "application/"
		 "vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"epub", "application/epub+zip"},
	{"gif", "image/gif"},
	{"gz", "application/gzip"},
	{"h", "text/plain"},
	{"htm", "text/html"},
	{"html", "text/html"},
	{"ics", "text/calendar"},
	{"jpeg", "image/jpeg"},
	{"jpg", "image/jpeg"},
	{"js", "text/javascript"},
	{"json", "application/json"},
	{"log", "text/plain"},
	{"md", "text/markdown"},
	{"mov", "video/quicktime"},
	{"mp3", "audio/mpeg"},
	{"mp4", "video/mp4"},
	{"odp", "application/vnd.oasis.opendocument.presentation"},
	{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
	{"odt", "application/vnd.oasis.opendocument.text"},
	{"ogg", "audio/ogg"},
	{"patch", "text/x-diff"},
	{"pdf", "application/pdf"},
	{"pem", "application/x-pem-file"},
	{"png", "image/png"},
	{"ppt", "application/vnd.ms-powerpoint"},
	{"pptx", "application/"
		 "vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"ps", "application/postscript"},
	{"py", "text/x-python"},
	{"rtf", "application/rtf"},
	{"sh", "application/x-sh"},
	{"sql", "application/sql"},
	{"svg", "image/svg+xml"},
	{"tar", "application/x-tar"},
	{"tgz", "application/gzip"},
	{"tif", "image/tiff"},
	{"tiff", "image/tiff"},
	{"tsv", "text/tab-separated-values"},
	{"txt", "text/plain"},
	{"vcf", "text/vcard"},
	{"wav", "audio/wav"},
	{"webm", "video/webm"},
	{"webp", "image/webp"},
	{"xls", "application/vnd.ms-excel"},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"xml", "application/xml"},
	{"xz", "application/x-xz"},
	{"yaml", "application/yaml"},
	{"yml", "application/yaml"},
	{"zip", "application/zip"},
	{"zst", "application/zstd"},
};

/* What follows the last dot; nothing where there is none, or nothing before it. */
static struct span end_of(struct span name)
{
	size_t at = name.len;

	while (at > 0 && name.data[at - 1] != '.')
		at--;
	return at > 1 ? span_from(name, at) : SPAN_NONE;
}

const char *media_type_find(struct span file_name)
{
	struct span end = end_of(file_name);

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_iis(end, known[i].end))
			return known[i].type;
	return NULL;
}

static bool is_token(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || (c && strchr("!#$&-^_.+", c));
}

/* "type/subtype" of RFC 6838 4.2, and one that takes every encoding */
static bool is_usable(struct span type)
{
	size_t slashes = 0;

	for (size_t i = 0; i < type.len; i++) {
		slashes += type.data[i] == '/';
		if (type.data[i] != '/' && !is_token(type.data[i]))
			return false;
	}
	return slashes == 1 && type.data[0] != '/' && !span_ends(type, "/") &&
	       type.len <= MEDIA_TYPE_MAX && !span_istarts(type, "multipart/") &&
	       !span_istarts(type, "message/");
}

/* whether a line of the table names this end */
static bool names_end(struct span words, struct span end)
{
	struct span word;

	while (span_word(&words, &word) && word.data[0] != '#')
		if (span_ieq(word, end))
			return true;
	return false;
}

bool media_type_search(struct span table, struct span file_name, struct buf *ret)
{
	struct span end = end_of(file_name);
	struct span line, type;

	while (end.len && span_cut(&table, '\n', &line)) {
		line = span_trim(line);
		if (!span_word(&line, &type) || !is_usable(type) || !names_end(line, end))
			continue;
		buf_reset(ret);
		buf_add_span(ret, type);
		return true;
	}
	return false;
}
