/*
 * newaliases, sendmail -bi: other mailers build a database; here is none to build.
 */
#ifndef CMD_NEWALIASES_H
#define CMD_NEWALIASES_H

/*
 * Print to stderr what is wrong with the aliases and with the configuration that names
 * them. Returns 0 whatever that is: scripts call this after they have changed another
 * line of the file.
 */
int cmd_newaliases(void);

#endif
