/*
 * The kinds of values that are pieces of mail (value_mail.c) or belong to a relay
 * (value_relay.c). Of use to conf/value.c only: each function does for one kind what
 * value_parse, value_format and value_release do for all. No grammar of mail here: what is
 * left of it is checked where the value is used.
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

/* What belongs to a relay; the types stand in conf/value.h. */
int value_parse_hops(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_local(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_provider(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_text(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_secret(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_sources(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_mechanisms(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_fingerprints(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_patterns(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_users(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
int value_parse_proxy(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
void value_format_hops(const struct value_spec *spec, const void *field, struct buf *out);
void value_format_local(
	const struct value_spec *spec, const void *field, struct buf *out);
void value_format_provider(
	const struct value_spec *spec, const void *field, struct buf *out);
void value_format_secret(
	const struct value_spec *spec, const void *field, struct buf *out);
void value_format_proxy(
	const struct value_spec *spec, const void *field, struct buf *out);
void value_release_hops(void *field);
void value_release_local(void *field);
void value_release_secret(void *field);
void value_release_proxy(void *field);

#endif
