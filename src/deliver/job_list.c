#include "deliver/job_list.h"

#include "base/bug.h"

void job_list_push(struct job_list *list, struct job *job)
{
	if (list->count == JOB_LIST_MAX)
		BUG("job list is full");
	list->items[list->count++] = job;
}

struct job *job_list_shift(struct job_list *list)
{
	struct job *first;

	if (list->count == 0)
		return NULL;
	first = list->items[0];
	list->count--;
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = list->items[i + 1];
	return first;
}

void job_list_prepend(struct job_list *list, struct job_list *first)
{
	for (size_t i = 0; i < list->count; i++)
		job_list_push(first, list->items[i]);
	*list = *first;
	first->count = 0;
}
