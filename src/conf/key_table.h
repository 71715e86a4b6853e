/*
 * The rows of conf/key.h, for key.c alone. Those of one section stand together.
 */
#ifndef CONF_KEY_TABLE_H
#define CONF_KEY_TABLE_H

#include "conf/key.h"

extern const struct conf_key conf_keys[];
extern const size_t conf_keys_count;

#endif
