#include "net/idn.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/hostname.h"

#ifndef HAVE_IDN2
#define HAVE_IDN2 0
#endif

#if HAVE_IDN2
#include <idn2.h>

#define DOMAIN_TEXT_MAX 1024 /* octets of UTF-8 that libidn2 is given at most */
#endif

static int refuse(struct fault *f, struct span domain, const char *why)
{
	fault_set(f, FAULT_DATA, 0, "domain \"%.*s\": %s", SPAN_ARGS(domain), why);
	return -1;
}

static bool has_a_label(struct span domain)
{
	struct span label;

	while (span_cut(&domain, '.', &label)) {
		if (span_istarts(label, "xn--"))
			return true;
	}
	return false;
}

#if HAVE_IDN2
static int convert(struct span domain, char ret[IDN_NAME_SIZE], struct fault *f)
{
	char text[DOMAIN_TEXT_MAX];
	uint8_t *ascii = NULL;
	int error;
	bool fits;

	if (!text_copy(text, sizeof(text), domain))
		return refuse(f, domain, "too long");
	error = idn2_lookup_u8(
		(const uint8_t *)text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (error != IDN2_OK)
		return refuse(f, domain, idn2_strerror(error));
	fits = text_copy(ret, IDN_NAME_SIZE, span_of((const char *)ascii));
	idn2_free(ascii);
	return fits ? 0 : refuse(f, domain, "too long");
}
#else
static int convert(struct span domain, char ret[IDN_NAME_SIZE], struct fault *f)
{
	if (span_has_8bit(domain))
		return refuse(f, domain,
			"not ASCII, and this nullmta is built without libidn2");
	return text_copy(ret, IDN_NAME_SIZE, domain) ? 0 : refuse(f, domain, "too long");
}
#endif

int idn_to_ascii(struct span domain, char ret[IDN_NAME_SIZE], struct fault *f)
{
	char ascii[IDN_NAME_SIZE] = "";

	if (span_ends(domain, "."))
		domain.len--;
	/* libidn2 takes a string, and a person reads the fault */
	if (span_has_control(domain))
		return refuse(f, domain, "holds a control character");
	if (span_has_8bit(domain) || has_a_label(domain)) {
		if (convert(domain, ascii, f) < 0)
			return -1;
	} else if (!text_copy(ascii, sizeof(ascii), domain)) {
		return refuse(f, domain, "too long");
	}
	if (!hostname_is_valid(span_of(ascii)))
		return refuse(f, domain, "not a host name");
	for (size_t i = 0; i < IDN_NAME_SIZE; i++)
		ret[i] = text_lower(ascii[i]);
	return 0;
}
