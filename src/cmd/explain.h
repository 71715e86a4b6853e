/*
 * nullmta explain: what would become of a message, without sending any.
 */
#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

/*
 * Exit codes: 0 everything can leave, 68 (EX_NOHOST) an address never can, 75 DNS does not
 * say just now, 65 an address or the message is wrong, 78 the configuration.
 */
int cmd_explain(int argc, char **argv);

#endif
