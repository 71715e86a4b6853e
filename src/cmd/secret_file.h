/*
 * Files with a secret: who could have read or written them decides whether it is one.
 */
#ifndef CMD_SECRET_FILE_H
#define CMD_SECRET_FILE_H

#include "base/fault.h"
#include "base/secret.h"

enum secret_file_kind {
	/*
	 * A file of this machine. It belongs to us or to root and nobody else can read
	 * it; a link is refused, since whoever can change it decides what is sent.
	 */
	SECRET_FILE_OWN,
	/*
	 * Named by this process's environment, as a container's is. Engines mount secrets
	 * that all in the container can read, and Kubernetes by links. So on a mount of
	 * memory (tmpfs) or one that is read-only, readers do not count and links are
	 * followed; that nobody else can write the file, or put another one in its
	 * place, still does. Anywhere else as SECRET_FILE_OWN.
	 */
	SECRET_FILE_MOUNTED,
	/* in systemd's $CREDENTIALS_DIRECTORY, which has seen to all of it */
	SECRET_FILE_GUARDED,
};

/*
 * Append the file to `ret`, which has room for more than may be in it. 0, or -1 and a fault:
 * FAULT_ACCESS where we may not read it, else FAULT_CONFIG with what mends it.
 */
int secret_file_read(struct secret *ret, const char *path, enum secret_file_kind kind,
	struct fault *f);

#endif
