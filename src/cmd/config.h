/*
 * nullmta config: what the configuration says, and what is wrong with it.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

/*
 * `argv[0]` is "config". Prints to stdout; usage errors, and problems met by
 * `show`, go to stderr. Returns the exit
 * code: 0, EX_USAGE (64), EX_CONFIG (78) where there are problems, EX_IOERR (74) where
 * stdout cannot be written.
 */
int cmd_config(int argc, char **argv);

#endif
