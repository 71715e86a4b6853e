/*
 * Names of system calls, and where their arguments stand.
 */
#ifndef SUPPORT_TRACE_CALLS_H
#define SUPPORT_TRACE_CALLS_H

#include <stdint.h>

enum call_shape {
	CALL_PLAIN,
	CALL_FD,       /* the first argument is a descriptor */
	CALL_NAME,     /* the first is a name */
	CALL_NAME_AT,  /* descriptor, name */
	CALL_NAMES_AT, /* descriptor, name, descriptor, name */
	CALL_READS,    /* descriptor, octets, how many */
	CALL_WRITES,
};

struct call {
	const char *name;
	long number;
	enum call_shape shape;
};

/* NULL for one that no test has needed to know. */
const struct call *call_find(uint64_t number);

#endif
