/*
 * TLS of the receiver: what its options say. A mistake ends the program.
 */
#ifndef RECEIVER_SECURITY_H
#define RECEIVER_SECURITY_H

#include <openssl/types.h>

/* A certificate, its key and its chain in one PEM file. Never released. */
SSL_CTX *security_load(const char *path);

/* "1.0", "1.1", "1.2": the newest version. */
void security_limit(SSL_CTX *ctx, const char *version);

/* Clients have to show a certificate of this CA. */
void security_want_certificate(SSL_CTX *ctx, const char *path);

#endif
