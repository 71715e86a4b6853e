/*
 * The hosts file (hosts(5)): what this machine knows of names before it asks anybody. Pure.
 */
#ifndef NET_HOSTSFILE_H
#define NET_HOSTSFILE_H

#include "base/span.h"
#include "net/netaddr.h"

#define HOSTSFILE_MAX (1024 * 1024) /* octets that are read of it */

/* Append the addresses of `name`, in any case; lines that make no sense are passed over. */
void hostsfile_find(struct span text, const char *name, struct netaddr_list *ret);

#endif
