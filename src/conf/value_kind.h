/*
 * The kinds of values that are pieces of mail. Of use to conf/value.c only: each pair does
 * for one kind what value_parse and value_format do for all. No grammar of mail here:
 * what is left of it is checked where the value is used.
 */
#ifndef CONF_VALUE_KIND_H
#define CONF_VALUE_KIND_H

#include "conf/value.h"

/* Replace the string (char **) that the field is. */
void value_set_string(void *field, struct span text);

/* One word with an @ in front of a domain. */
bool value_is_address(struct span text);

/* Lists (struct strv), with blanks or, for fields, bars between. */
int value_parse_domains(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_names(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_fields(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
void value_format_fields(
	const struct value_spec *spec, const void *field, struct buf *out);

/* Text with placeholders (char *). */
int value_parse_template(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);

#endif
