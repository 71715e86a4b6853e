#!/usr/bin/env bash
# Without a word about it in the configuration /etc/aliases counts, by a link as well, and where
# there is none nothing is said; `*' takes users of this machine, also at its mail domain.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need_private_root

unset NULLMTA_LOCAL_ALIASES
export NULLMTA_RELAY=127.0.0.1:2525 NULLMTA_DOMAIN=company.test
cp -a /etc "$T/etc"
rm -f "$T/etc/aliases"

# with_etc COMMAND...: on a machine with this /etc
with_etc() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	"$TOP/tests/support/private-root" sh -c 'mount --bind "$T/etc" /etc && exec "$@"' sh "$@"
}
export T

exits 0 with_etc nullmta config check >"$T/said"
assert_lacks "$T/said" aliases
exits 0 with_etc nullmta explain --no-dns root >"$T/said"
assert_contains "$T/said" '<root@company.test>'
exits 0 with_etc newaliases 2>"$T/said"
[ ! -s "$T/said" ] || fail "newaliases misses a file that need not be there"

mkdir -p "$T/etc/mail"
ln -s mail/aliases "$T/etc/aliases"
printf '*: ops@dest.test\nroot: admin@dest.test\n' >"$T/etc/mail/aliases"
exits 0 with_etc nullmta config show >"$T/said"
assert_contains "$T/said" 'local.aliases            = /etc/aliases            # default'
exits 0 with_etc nullmta explain --no-dns root >"$T/said"
assert_contains "$T/said" 'root@company.test is an alias (/etc/aliases:2) for admin@dest.test'
# daemon is a user on every machine; the boss has a mailbox of the company
exits 0 with_etc nullmta explain --no-dns daemon boss no-user@client.test >"$T/said"
assert_contains "$T/said" 'daemon@company.test is an alias (/etc/aliases:1) for ops@dest.test'
assert_contains "$T/said" 'no-user@client.test is an alias (/etc/aliases:1) for ops@dest.test'
assert_contains "$T/said" '<boss@company.test>'
assert_lacks "$T/said" 'boss@company.test is an alias'
