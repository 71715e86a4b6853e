#!/usr/bin/env bash
# Of the relays that SRV records name one dies in mid-run: the next one takes the rest; nothing is
# lost, nothing comes twice. Runs after that leave the dead one alone.
. "$(dirname "$0")/lib.sh"

MESSAGES=200

printf '%s\n' 'connection 1' behave 'connection *' reset >"$T/dying"
start_receiver first --script "$T/dying" --rule 'rcpt r120@* close'
start_receiver second
start_dns <<ZONE
_submissions._tcp.isp.test SRV 0 0 0 .
_submission._tcp.isp.test SRV 20 0 ${port[second]} two.isp.test
_submission._tcp.isp.test SRV 10 0 ${port[first]} one.isp.test
one.isp.test A 127.0.0.1
two.isp.test A 127.0.0.1
ZONE
cat >"$T/nullmta.conf" <<'CONF'
[relay]
host = srv:isp.test
tls = none

[delivery]
per_destination = 1
CONF

# recipients NAME: of all that this relay has accepted.
recipients() {
	cat "$T/$1"/*.env | sed -n 's/^to <\(.*\)>.*/\1/p'
}

letter >"$T/letter"
for ((i = 0; i < MESSAGES; i++)); do
	exits 0 sendmail -odq -f sender@client.test "r$i@dest.test" <"$T/letter"
done
exits 0 nullmta flush

assert_queued 0
assert_delivered first 120
assert_delivered second $((MESSAGES - 120))
{ recipients first && recipients second; } | sort -u >"$T/recipients"
assert_eq "$(wc -l <"$T/recipients")" "$MESSAGES" 'different recipients'
assert_eq "$(count_log run)" 1 runs
assert_reports 0

# --- the dead one is remembered ---------------------------------------------------------------

# send N: so many, one after the other, each by a run of its own.
send() {
	local i
	for ((i = 0; i < $1; i++)); do
		exits 0 sendmail -odi -f sender@client.test "later$i@dest.test" <"$T/letter"
	done
}

send 1
assert_contains "$T/spool/state/hosts" "at:[127.0.0.1]:${port[first]} "
before=$(count_connections first)
send 3
assert_eq "$(count_connections first)" "$before" 'connections to the dead one'
assert_delivered second $((MESSAGES - 120 + 4))
assert_queued 0

# --- what DNS names in its place is not blamed for it -----------------------------------------

stop first
start_receiver third
sed "s/${port[first]} one/${port[third]} one/" "$T/zone" >"$T/new-zone"
stop dns
start_dns <"$T/new-zone"
send 2
assert_delivered third 2

# --- a list of relays, all of them dead ------------------------------------------------------------

stop second
stop third
cat >"$T/nullmta.conf" <<CONF
[relay]
host = one.isp.test:${port[second]} srv:isp.test 127.0.0.1:${port[first]}
tls = none
CONF
send 1
assert_queued 1
assert_queued_because 'Connection refused'
# two names at one address may be two machines behind it, and are two certificates
assert_eq "$(count_log connection-failed "why=*refused*")" 4 'relays that were tried'
start_receiver fourth
sed -i "s/127.0.0.1:${port[first]}/127.0.0.1:${port[fourth]}/" "$T/nullmta.conf"
flush
assert_queued 0
assert_delivered fourth 1
