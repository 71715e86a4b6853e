/*
 * Where a system's flush remembers which of the system's logins were refused, for all users
 * (deliver/login_memory.h): a file that root alone can read, handed down as a descriptor.
 */
#ifndef CMD_REFUSALS_H
#define CMD_REFUSALS_H

/*
 * The file "logins" in `directory`, which is made where it is missing, for all to enter; both
 * must be ours, and closed to the hands of others. Where that cannot be, a file in memory that lives as long as we do.
 * A descriptor, to close; -1: there is none of either.
 */
int refusals_open(const char *directory);

#endif
