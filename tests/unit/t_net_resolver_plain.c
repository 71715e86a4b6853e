/*
 * The same tests for a build without DANE, where the C library has no libresolv and the
 * questions are asked by ourselves.
 */
#undef HAVE_DANE
#include "src/net/dnsudp.c"
#include "src/net/resolver.c"

#include "t_net_resolver.c"
