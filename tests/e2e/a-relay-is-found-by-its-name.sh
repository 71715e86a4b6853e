#!/usr/bin/env bash
# The name of a relay is looked up in the hosts file, then in DNS; the domain of mail is DNS's
# alone. Connections come from the address that the route names; one variable is enough for all
# of a relay.
. "$(dirname "$0")/lib.sh"
need python3

start_dns <<'ZONE'
by-dns.test A 127.0.0.1
dest.test MX 10 known.test
known.test A 127.0.0.1
ZONE
start_receiver relay
start store python3 "$TOP/tests/support/lmtp-server.py" --dir "$T/store"
printf '%s\n' '# by-dns.test is 127.0.0.3' '127.0.0.1 hub # 127.0.0.2 hub' \
	"127.0.0.1	known.test" >"$T/hosts"
export NULLMTA_DNS_HOSTS_FILE=$T/hosts NULLMTA_RELAY_TLS=none

send() {
	letter >"$T/letter"
	exits 0 sendmail -odi -f me@client.test "${1:-a@dest.test}" <"$T/letter"
}

NULLMTA_RELAY=hub:${port[relay]} send a@dest.test
assert_log delivered "remote=hub[[]127.0.0.1[]]:${port[relay]}"
assert_eq "$(count_queries hub A)" 0 'questions about hub'
NULLMTA_RELAY=known.test:${port[relay]} send a@dest.test
assert_eq "$(count_queries known.test A)" 0 'questions about known.test'
NULLMTA_RELAY=by-dns.test:${port[relay]} send a@dest.test
assert_eq "$(count_queries by-dns.test A)" 1 'questions about by-dns.test'
NULLMTA_RELAY=localhost:${port[relay]} send a@dest.test
assert_eq "$(count_queries localhost A)" 0 'questions about localhost'
assert_delivered relay 4

# mail for a domain means the domain of DNS
NULLMTA_DELIVERY_PORT=${port[relay]} send a@dest.test
assert_eq "$(count_queries known.test A)" 1 'questions about the MX host'
NULLMTA_RELAY=mx:dest.test:${port[relay]} send a@dest.test
assert_eq "$(count_queries known.test A)" 2 'questions about the MX host of the relay'
assert_delivered relay 6

# no such file is no mistake: DNS may know all
NULLMTA_DNS_HOSTS_FILE=$T/no-such-file NULLMTA_RELAY=by-dns.test:${port[relay]} send a@dest.test
assert_delivered relay 7

# --- one variable ------------------------------------------------------------------------------

export NULLMTA_RELAY=lmtp://hub:${port[store]}
send a@dest.test
assert_contains "$T/store/dialogue" '* from 127.0.0.1'
exits 0 env -u NULLMTA_RELAY_TLS NULLMTA_RELAY=smtps://me%40example.org@mail.example.org:466 nullmta config show >"$T/shown"
assert_contains "$T/shown" 'relay.host               = smtps://mail.example.org # NULLMTA_RELAY'
assert_contains "$T/shown" 'relay.port               = 466                     # NULLMTA_RELAY'
assert_contains "$T/shown" 'relay.user               = me@example.org          # NULLMTA_RELAY'
exits 78 env -u NULLMTA_RELAY_TLS NULLMTA_RELAY=smtps://me:hunter2@mail.example.org nullmta config check >"$T/checked"
assert_contains "$T/checked" 'name that in NULLMTA_RELAY_PASSWORD_FILE'
assert_lacks "$T/checked" hunter2

# --- where connections come from -----------------------------------------------------------------

NULLMTA_RELAY_SOURCE='127.0.0.9 ::1' send a@dest.test
assert_contains "$T/store/dialogue" '* from 127.0.0.9'
assert_queued 0
export NULLMTA_RELAY_SOURCE=192.0.2.7
send a@dest.test
assert_queued_because 'from 192.0.2.7: Cannot assign requested address'
export NULLMTA_RELAY_SOURCE=::1
flush
assert_queued_because 'no source address of this family'
unset NULLMTA_RELAY_SOURCE
flush
assert_queued 0
