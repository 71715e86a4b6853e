#!/usr/bin/env bash
# Mail for a host that is down costs one connection a run, however much of it there is: the rest is
# put off by name, the reason stands once in the host memory, and mailq tells it. When the host is
# back everything leaves.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
dead.test MX 10 mx.dead.test
mx.dead.test A 127.0.0.1
alive.test MX 10 mx.alive.test
mx.alive.test A 127.0.0.2
ZONE
start_receiver mx --listen 127.0.0.1:0 --listen 127.0.0.2:0 \
	--rule 'greeting 127.0.0.1 first 2 close'
use_mx mx
letter >"$T/letter"
for ((i = 0; i < 50; i++)); do
	exits 0 sendmail -odq -f sender@client.test "r$i@dead.test" <"$T/letter"
done
exits 0 sendmail -odq -f sender@client.test ok@alive.test <"$T/letter"

exits 0 nullmta flush
assert_delivered mx 1
assert_contains "$T/mx/0001.env" 'to <ok@alive.test>'
assert_eq "$(grep -c '\* connected to 127.0.0.1$' "$T/mx/dialogue")" 1 "connections to the dead host"
assert_eq "$(count_log destination-down)" 1 "log lines about it"
assert_log run messages=51 destinations=2 delivered=1 deferred=50 failed=0
assert_queued 50
mailq >"$T/mailq"
assert_eq "$(grep -c '^(mx.dead.test\[127.0.0.1\]:[0-9]*: .*closed' "$T/mailq")" 50 "reasons in mailq"
assert_eq "$(find "$T/spool/journal" -type f | wc -l)" 0 "journals"
assert_eq "$(host_status)" 4.4.2 "status"

# all wait for the time at which the host is tried again
next=$(awk 'NR == 2 { print $4 }' "$T/spool/state/hosts")
assert_eq "$(find "$T/spool/cur" -name "*:$next.1" | wc -l)" 50 "messages that wait for the host"
[ $((next - $(date +%s))) -gt 10 ] || fail "no back-off"

# nobody asks before: neither a run nor what comes new
exits 0 nullmta flush
exits 0 sendmail -odi -f sender@client.test later@alive.test <"$T/letter"
exits 0 sendmail -odb -f sender@client.test late@dead.test <"$T/letter"
settle
assert_eq "$(grep -c '\* connected to 127.0.0.1$' "$T/mx/dialogue")" 1 "connections to the dead host"
assert_log run messages=1 postponed=1
assert_eq "$(find "$T/spool/cur" -name "*:$next.0" | wc -l)" 1 "put off untried"
assert_queued_because 'closed'
assert_queued 51

# a second failure: a longer wait; the two waits are a minute and five
sed -i "s/ $next / 1 /" "$T/spool/state/hosts"
for file in "$T"/spool/cur/*; do
	mv "$file" "${file%:*}:1.${file##*.}"
done
exits 0 nullmta flush
assert_eq "$(grep -c '\* connected to 127.0.0.1$' "$T/mx/dialogue")" 2 "connections to the dead host"
second=$(awk 'NR == 2 { print $4 }' "$T/spool/state/hosts")
[ $((second - $(date +%s))) -gt $((next - $(date +%s) + 60)) ] || fail "the wait does not grow"
assert_queued 51

# a person asks, and it is back
flush
assert_delivered mx 53
assert_queued 0
assert_lacks "$T/spool/state/hosts" dead.test
assert_reports 0

# one message for it and for another: the other gets it at once, and once
stop mx
start_receiver half --listen 127.0.0.1:0 --listen 127.0.0.2:0 \
	--rule 'greeting 127.0.0.1 first 1 close'
use_mx half
exits 0 sendmail -odi -f sender@client.test x@dead.test y@alive.test <"$T/letter"
assert_delivered half 1
assert_contains "$T/half/0001.env" 'to <y@alive.test>'
assert_queued 1
exits 0 nullmta flush
exits 0 sendmail -odb -f sender@client.test x2@dead.test y2@alive.test <"$T/letter"
settle
assert_eq "$(grep -c '\* connected to 127.0.0.1$' "$T/half/dialogue")" 1 "connections to the dead host"
assert_delivered half 2
flush
assert_queued 0
assert_eq "$(cat "$T"/half/*.env | grep -o '^to <[^>]*>' | sort | paste -sd ' ')" \
	'to <x2@dead.test> to <x@dead.test> to <y2@alive.test> to <y@alive.test>' "recipients"
assert_reports 0
