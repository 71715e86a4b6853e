#include "receiver/script.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "receiver/verbs.h"

#define CONNECTION_MAX 1000000
#define NUMBER_MAX     100000000

struct place {
	const char *path;
	unsigned line;
};

__attribute__((noreturn)) static void mistake(const struct place *at, const char *what)
{
	errx(2, "%s:%u: %s", at->path, at->line, what);
}

static char parse_hex(struct span s, const struct place *at)
{
	int high = s.len >= 2 ? hex_value(s.data[0]) : -1;
	int low = s.len >= 2 ? hex_value(s.data[1]) : -1;

	if (high < 0 || low < 0)
		mistake(at, "\\x needs two hexadecimal digits");
	return (char)(high * 16 + low);
}

/* \r \n \t \e \s \\ and \xHH */
static void unescape(struct buf *out, struct span s, const struct place *at)
{
	static const char from[] = "rntes\\";
	static const char to[] = "\r\n\t\033 \\";

	while (s.len) {
		ptrdiff_t known;

		if (s.data[0] != '\\') {
			buf_add_char(out, s.data[0]);
			s = span_from(s, 1);
			continue;
		}
		s = span_from(s, 1);
		if (s.len && s.data[0] == 'x') {
			buf_add_char(out, parse_hex(span_from(s, 1), at));
			s = span_from(s, 3);
			continue;
		}
		known = s.len ? span_find(SPAN_LIT(from), s.data[0]) : -1;
		if (known < 0)
			mistake(at, "unknown escape");
		buf_add_char(out, to[known]);
		s = span_from(s, 1);
	}
	if (out->is_overfull)
		mistake(at, "text too long");
}

static void parse_section(struct script *script, struct span rest, const struct place *at)
{
	struct script_section *section;
	uint64_t number = 0;

	rest = span_trim(rest);
	if (script->section_count == SCRIPT_SECTIONS_MAX)
		mistake(at, "too many sections");
	if (!span_is(rest, "*") &&
		(span_to_uint(rest, CONNECTION_MAX, &number) < 0 || number == 0))
		mistake(at, "'connection' needs a number from 1, or *");
	section = &script->sections[script->section_count++];
	section->connection = (unsigned)number;
	section->first = script->step_count;
}

static void parse_step(struct script *script, struct span line, const struct place *at)
{
	struct script_step *step = &script->steps[script->step_count];
	struct span name = SPAN_NONE;
	struct span word = SPAN_NONE;

	if (script->section_count == 0)
		mistake(at, "a step before the first 'connection'");
	if (script->step_count == SCRIPT_STEPS_MAX)
		mistake(at, "too many steps");
	(void)span_word(&line, &name); /* the line is not blank */
	step->verb = verbs_find(name);
	if (!step->verb)
		mistake(at, "no such verb");
	for (unsigned i = 0; i < step->verb->numbers; i++) {
		uint64_t number;

		if (!span_word(&line, &word) ||
			span_to_uint(word, NUMBER_MAX, &number) < 0)
			mistake(at, "this verb needs a number");
		step->numbers[i] = (unsigned)number;
	}
	step->line = at->line;
	step->text = BUF_INIT(SCRIPT_TEXT_MAX);
	if (!step->verb->has_text && span_trim(line).len)
		mistake(at, "this verb takes no text");
	unescape(&step->text, span_starts(line, " ") ? span_from(line, 1) : line, at);
	script->step_count++;
	script->sections[script->section_count - 1].count++;
	if (span_is(name, "stall") || span_is(name, "sip") || span_is(name, "read"))
		script->reads_little = true;
}

struct script *script_load(const char *path)
{
	struct script *script = mem_alloc(sizeof(*script));
	struct buf file = BUF_INIT(SCRIPT_FILE_MAX);
	struct place at = {.path = path};
	struct span line = SPAN_NONE;
	struct span rest;
	struct fault f;

	if (file_read(AT_FDCWD, path, &file, &f) < 0)
		errx(2, "%s", f.text);
	rest = buf_span(&file);
	while (span_cut(&rest, '\n', &line)) {
		at.line++;
		if (span_trim(line).len == 0 || span_starts(line, "#"))
			continue;
		if (span_starts(line, "connection "))
			parse_section(script, span_from(line, 11), &at);
		else
			parse_step(script, line, &at);
	}
	buf_release(&file);
	return script;
}

const struct script_section *script_find(const struct script *script, unsigned connection)
{
	const struct script_section *any = NULL;

	for (size_t i = 0; i < script->section_count; i++) {
		if (script->sections[i].connection == connection)
			return &script->sections[i];
		if (script->sections[i].connection == 0)
			any = &script->sections[i];
	}
	return any;
}

void script_play(
	const struct script *script, const struct script_section *section, struct peer *p)
{
	struct play play = {.p = p};

	letter_init(&play.letter);
	for (size_t i = 0; i < section->count && !play.is_over; i++) {
		const struct script_step *step = &script->steps[section->first + i];

		step->verb->run(&play, step);
	}
	if (!play.is_over)
		peer_close(p);
	letter_release(&play.letter);
}
