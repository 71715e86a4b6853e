#include "base/hostname.h"

#include "base/text.h"

static bool is_label_octet(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_';
}

static bool is_label(struct span label)
{
	if (label.len == 0 || label.len > HOSTNAME_LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_label_octet(label.data[i]))
			return false;
	}
	return label.data[0] != '-' && label.data[label.len - 1] != '-';
}

static bool is_number(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!text_is_digit(s.data[i]))
			return false;
	}
	return true;
}

bool hostname_is_valid(struct span s)
{
	struct span label = SPAN_NONE;

	if (s.len == 0 || s.len > HOSTNAME_MAX)
		return false;
	while (span_cut(&s, '.', &label)) {
		if (!is_label(label))
			return false;
	}
	return !is_number(label);
}

bool hostname_is_strict(struct span s)
{
	return span_find(s, '_') < 0 && hostname_is_valid(s);
}

bool hostname_is_localhost(struct span s)
{
	static const char name[] = "localhost";
	size_t len = sizeof(name) - 1;

	if (s.len < len || !span_iis(span_from(s, s.len - len), name))
		return false;
	return s.len == len || s.data[s.len - len - 1] == '.';
}
