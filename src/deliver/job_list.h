/*
 * Jobs in the order in which they are to be served: a worker carries those that one host
 * could not serve to the next one.
 */
#ifndef DELIVER_JOB_LIST_H
#define DELIVER_JOB_LIST_H

#include <stddef.h>

struct job;

/* jobs keep their claim, and with it a descriptor, while they wait for another host */
#define JOB_LIST_MAX 32

struct job_list {
	struct job *items[JOB_LIST_MAX];
	size_t count;
};

/* Behind the others; more than JOB_LIST_MAX is a BUG. */
void job_list_push(struct job_list *list, struct job *job);

/* Take the first one, so that a patch series stays in order; NULL: it is empty. */
struct job *job_list_shift(struct job_list *list);

/* `first` in front of `list`; `first` is empty then. */
void job_list_prepend(struct job_list *list, struct job_list *first);

#endif
