/*
 * nullmta test: whether mail would flow, by trying all but to hand it over; with --send, all.
 */
#ifndef CMD_TEST_H
#define CMD_TEST_H

/*
 * Exit codes: those of cmd/verdict.h about the mail; 64 for a wrong command line, 65 for a
 * wrong address, 73 where there is no place for a spool.
 */
int cmd_test(int argc, char **argv);

#endif
