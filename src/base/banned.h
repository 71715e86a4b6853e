/*
 * Functions that have no place here, made into compile errors. The Makefile
 * puts this file in front of every source file (-include), behind the system
 * headers that declare them.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BANNED(func) use_of_##func##_is_banned

/* no bounds: use buf, span or snprintf for numbers */
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)
#undef scanf
#define scanf(...) BANNED(scanf)
#undef sscanf
#define sscanf(...) BANNED(sscanf)
#undef alloca
#define alloca(...) BANNED(alloca)

/* hidden state */
#undef strtok
#define strtok(...) BANNED(strtok)
#undef strtok_r
#define strtok_r(...) BANNED(strtok_r)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef ctime
#define ctime(...) BANNED(ctime)
#undef asctime
#define asctime(...) BANNED(asctime)

/* no range check: use span_to_uint */
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)
#undef atoll
#define atoll(...) BANNED(atoll)

/* depend on the locale (a Turkish i is not an i): use text.h */
#undef strcasecmp
#define strcasecmp(...) BANNED(strcasecmp)
#undef strncasecmp
#define strncasecmp(...) BANNED(strncasecmp)
#undef isalpha
#define isalpha(...) BANNED(isalpha)
#undef isdigit
#define isdigit(...) BANNED(isdigit)
#undef isalnum
#define isalnum(...) BANNED(isalnum)
#undef isspace
#define isspace(...) BANNED(isspace)
#undef isprint
#define isprint(...) BANNED(isprint)
#undef tolower
#define tolower(...) BANNED(tolower)
#undef toupper
#define toupper(...) BANNED(toupper)

#endif
