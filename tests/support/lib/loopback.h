/*
 * What every test peer does: listen on loopback and nowhere else, say where, and end with
 * the test that started it. Trouble ends the program with a line on stderr and status 2.
 */
#ifndef LIB_LOOPBACK_H
#define LIB_LOOPBACK_H

#include <netinet/in.h>
#include <sys/socket.h>

/* "127.0.0.1:0" and "[::1]:0", as short as a family allows */
#define LOOPBACK_TEXT_MAX 64

/* An address of 127.0.0.0/8 or ::1, and its length for bind(2). */
struct loopback {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;
	socklen_t len;
};

/* Parse "127.0.0.1:2525" or "[::1]:2525"; an address off loopback ends the program. */
struct loopback loopback_parse(const char *text);

unsigned loopback_port(const struct loopback *at);
void loopback_set_port(struct loopback *at, unsigned port);

/*
 * A bound socket of `type` (SOCK_STREAM or SOCK_DGRAM), listening if a stream. Port 0 in
 * `at` becomes the port that the kernel chose. `receive_buffer` octets, 0 for the
 * default. Closed on exec.
 */
int loopback_listen(struct loopback *at, int type, int receive_buffer);

/* The same, but -1 where the port is taken. */
int loopback_try_listen(struct loopback *at, int type, int receive_buffer);

/* The address alone, "127.0.0.1" or "::1", of either end of a connection. */
void loopback_local_text(int fd, char out[LOOPBACK_TEXT_MAX]);
void loopback_remote_text(int fd, char out[LOOPBACK_TEXT_MAX]);

/*
 * Say that the program is ready: the port as one line into `port_file` (made whole under
 * another name first, so that a reader sees all or nothing) if not NULL, and on stdout,
 * which is then pointed at /dev/null so that a reader gets its end of file.
 */
void loopback_announce(unsigned port, const char *port_file);

/* SIGTERM when the parent dies; call again in every child. */
void loopback_die_with_parent(void);

#endif
