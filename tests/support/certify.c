/*
 * certify: a certificate for tests, with its key and its issuer's chain in one PEM file.
 * See tests/support/README.md.
 */
/* sources: tests/support/certificate.c */
#include <err.h>
#include <getopt.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "tests/support/certificate.h"

static const char usage[] =
	"usage: certify OUT.pem [--issuer CA.pem] [--ca] [--subject NAME] [--dns "
	"NAME]...\n"
	"	[--address ADDRESS] [--from DAYS] [--to DAYS] [--purpose USAGE]\n";

struct options {
	struct certificate_wish wish;
	size_t dns_count;
	const char *issuer;
};

/* "\0" in a name stands for a NUL. */
static size_t unescape(char *name)
{
	char *to = name;

	for (const char *from = name; *from; from++) {
		bool is_nul = from[0] == '\\' && from[1] == '0';

		*to++ = is_nul ? '\0' : *from;
		from += is_nul;
	}
	*to = '\0';
	return (size_t)(to - name);
}

static void add_dns(struct options *o, char *name)
{
	if (o->dns_count == CERTIFICATE_NAMES_MAX)
		errx(2, "more than %d names", CERTIFICATE_NAMES_MAX);
	o->wish.dns[o->dns_count].len = unescape(name);
	o->wish.dns[o->dns_count++].data = name;
}

static void set_option(struct options *o, int option, char *value)
{
	switch (option) {
	case 'i':
		o->issuer = value;
		break;
	case 'c':
		o->wish.is_ca = true;
		break;
	case 's':
		o->wish.subject = value;
		break;
	case 'd':
		add_dns(o, value);
		break;
	case 'a':
		o->wish.address = value;
		break;
	case 'f':
		o->wish.from_days = (int)strtol(value, NULL, 10);
		break;
	case 't':
		o->wish.to_days = (int)strtol(value, NULL, 10);
		break;
	case 'p':
		o->wish.purpose = value;
		break;
	default:
		errx(2, "%s", usage);
	}
}

static const char *parse_options(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {
		{"issuer", required_argument, NULL, 'i'},
		{"ca", no_argument, NULL, 'c'},
		{"subject", required_argument, NULL, 's'},
		{"dns", required_argument, NULL, 'd'},
		{"address", required_argument, NULL, 'a'},
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"purpose", required_argument, NULL, 'p'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		set_option(o, option, optarg);
	if (optind + 1 != argc)
		errx(2, "%s", usage);
	return argv[optind];
}

static struct certificate load(const char *path)
{
	struct certificate c = {0};
	FILE *in = fopen(path, "r");

	if (!in)
		err(2, "%s", path);
	c.x509 = PEM_read_X509(in, NULL, NULL, NULL);
	rewind(in);
	c.key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	if (!c.x509 || !c.key)
		errx(2, "%s: no certificate with its key", path);
	(void)fclose(in);
	return c;
}

/* Behind the certificate and its key: a server sends them all. */
static void append(const char *path, const struct certificate *issuer)
{
	FILE *out = fopen(path, "a");

	if (!out || !PEM_write_X509(out, issuer->x509) || fclose(out) != 0)
		err(2, "%s", path);
}

static void print_digests(const struct certificate *c)
{
	unsigned char digest[32];
	char text[CERTIFICATE_DIGEST_TEXT];

	certificate_digest(c, digest);
	certificate_hex(digest, text);
	(void)printf("%s", text);
	certificate_key_digest(c, digest);
	certificate_hex(digest, text);
	(void)printf(" %s\n", text);
}

int main(int argc, char **argv)
{
	struct options o = {.issuer = NULL};
	struct certificate own, issuer = {0};
	const char *path = parse_options(&o, argc, argv);

	if (o.issuer)
		issuer = load(o.issuer);
	own = certificate_make(&o.wish, o.issuer ? &issuer : NULL);
	certificate_write(&own, path, path);
	if (o.issuer)
		append(path, &issuer);
	print_digests(&own);
	certificate_release(&own);
	certificate_release(&issuer);
	return 0;
}
