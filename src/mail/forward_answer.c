#include "mail/forward_answer.h"

#include "base/mem.h"
#include "mail/address.h"

#define END "end\n"

_Static_assert(FORWARD_ADDRESSES_MAX *(sizeof("final-address \n") + ADDRESS_OCTETS_MAX) +
			       sizeof("mailbox\n" END) <=
		       FORWARD_ANSWER_MAX,
	"the longest answer fits");

static const char *const kinds[] = {
	[FORWARD_MAILBOX] = "mailbox",
	[FORWARD_FOUND] = "found",
	[FORWARD_DISCARD] = "discard",
	[FORWARD_LATER] = "later",
};

/* by is_final and is_bare */
static const char *const words[2][2] = {
	{"address ", "name "}, {"final-address ", "final-name "}};

void forward_answer_format(struct buf *out, const struct forward *fw)
{
	buf_addf(out, "%s\n", kinds[fw->kind]);
	for (size_t i = 0; i < fw->count; i++) {
		const struct forward_target *t = &fw->targets[i];

		buf_addf(out, "%s%s\n", words[t->is_final][t->is_bare], t->text);
	}
	buf_add_str(out, END);
}

bool forward_answer_is_whole(struct span text)
{
	return span_ends(text, "\n" END);
}

/* A name has to be what an address can begin with. */
static bool is_name(struct span text)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	bool is_good;

	buf_add_span(&address, text);
	buf_add_str(&address, "@x");
	is_good = !address.is_overfull && address_is_canonical(buf_span(&address)) &&
		  address_local(buf_span(&address)).len == text.len;
	buf_release(&address);
	return is_good;
}

static bool take_target(struct forward *fw, struct span line)
{
	for (int form = 0; form < 4; form++) {
		bool is_final = form & 2, is_bare = form & 1;
		const char *word = words[is_final][is_bare];
		struct span text = span_from(line, span_of(word).len);

		if (!span_starts(line, word))
			continue;
		if (!(is_bare ? is_name(text) : address_is_canonical(text)))
			return false;
		fw->targets =
			mem_regrow(fw->targets, fw->count + 1, sizeof(*fw->targets));
		fw->targets[fw->count++] = (struct forward_target){
			.text = mem_copy(text.data, text.len),
			.is_bare = is_bare,
			.is_final = is_final,
		};
		return true;
	}
	return false;
}

static bool take_kind(struct forward *fw, struct span line)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (span_is(line, kinds[i])) {
			fw->kind = (enum forward_kind)i;
			return true;
		}
	return false;
}

static bool take_lines(struct forward *fw, struct span text)
{
	struct span line;

	if (!forward_answer_is_whole(text))
		return false;
	text = span_head(text, text.len - (sizeof(END) - 1));
	if (!span_cut(&text, '\n', &line) || !take_kind(fw, line))
		return false;
	while (text.len && span_cut(&text, '\n', &line))
		if (fw->count == FORWARD_ADDRESSES_MAX || !take_target(fw, line))
			return false;
	return (fw->kind == FORWARD_FOUND) == (fw->count > 0);
}

int forward_answer_parse(struct forward *ret, struct span text, struct fault *f)
{
	struct forward fw = {0};

	if (text.len > FORWARD_ANSWER_MAX || !take_lines(&fw, text)) {
		forward_release(&fw);
		fault_set(f, FAULT_DATA, 0, "an answer about ~/.forward that is none");
		return -1;
	}
	*ret = fw;
	return 0;
}
