/*
 * What Debian's libiniparser.a, which was compiled for glibc, asks of its C library, for a
 * test that links it with musl: there it is compiled anew.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define OCTETS    256
#define NEGATIVE  128    /* that a table has room for, below the character 0 */
#define SPACE_BIT 0x2000 /* of glibc's character classes, the only one it tests */

const unsigned short **__ctype_b_loc(void);
const int32_t **__ctype_tolower_loc(void);
int __fprintf_chk(FILE *to, int flag, const char *format, ...);
int __vfprintf_chk(FILE *to, int flag, const char *format, va_list args);
int __sprintf_chk(char *to, int flag, size_t size, const char *format, ...);
int __isoc99_sscanf(const char *text, const char *format, ...);

const unsigned short **__ctype_b_loc(void)
{
	static unsigned short table[NEGATIVE + OCTETS];
	static const unsigned short *at = table + NEGATIVE;

	for (int c = 0; c < OCTETS; c++)
		table[NEGATIVE + c] = isspace(c) ? SPACE_BIT : 0;
	return &at;
}

const int32_t **__ctype_tolower_loc(void)
{
	static int32_t table[NEGATIVE + OCTETS];
	static const int32_t *at = table + NEGATIVE;

	for (int c = 0; c < OCTETS; c++)
		table[NEGATIVE + c] = tolower(c);
	return &at;
}

int __vfprintf_chk(FILE *to, int flag, const char *format, va_list args)
{
	(void)flag;
	return vfprintf(to, format, args);
}

int __fprintf_chk(FILE *to, int flag, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = __vfprintf_chk(to, flag, format, args);
	va_end(args);
	return n;
}

int __sprintf_chk(char *to, int flag, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	(void)flag;
	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	return n;
}

int __isoc99_sscanf(const char *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsscanf(text, format, args);
	va_end(args);
	return n;
}
