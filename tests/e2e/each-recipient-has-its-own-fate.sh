#!/usr/bin/env bash
# Rows 31 to 36 of the bad input: what RCPT says counts for one recipient.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
dest.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
ZONE

# Row 31: one is accepted, one refused, one deferred and tried again alone.
start_receiver three \
	--rule 'rcpt bad@* 550 5.1.1 no such user' --rule 'rcpt slow@* once 450 4.2.0 later'
use_mx three
letter >"$T/letter"
exits '6[79]' sendmail -odi -f sender@client.test \
	good@dest.test bad@dest.test slow@dest.test <"$T/letter"
assert_delivered three 1
assert_contains "$T/three/0001.env" 'to <good@dest.test>'
assert_reports 1 'Final-Recipient: rfc822; bad@dest.test' 'Status: 5.1.1'
assert_queued 1
flush
assert_delivered three 2
assert_contains "$T/three/0002.env" 'to <slow@dest.test>'
assert_lacks "$T/three/0002.env" 'good@dest.test'
assert_reports 1
assert_queued 0

# Row 33: greylisting is about this message; the host is no worse for it.
start_receiver grey --rule 'mail grey@* once 451 4.7.1 come back later'
use_mx grey
exits 0 sendmail -odi -f grey@client.test rcpt@dest.test <"$T/letter"
assert_queued 1
exits 0 sendmail -odi -f other@client.test rcpt@dest.test <"$T/letter"
assert_delivered grey 1
flush
assert_delivered grey 2
assert_queued 0

# Row 34: too many at a time: the rest travels in further transactions, at once.
start_receiver few --max-rcpt 10
use_mx few
# shellcheck disable=SC2046  # fifty arguments
exits 0 sendmail -odi -f sender@client.test $(seq -f 'r%g@dest.test' 50) <"$T/letter"
assert_queued 0
assert_eq "$(cat "$T"/few/*.env | grep -c '^to ')" 50 "recipients"
assert_eq "$(cat "$T"/few/*.env | grep '^to ' | sort -u | wc -l)" 50 "different recipients"
assert_well_behaved few

# Row 35: 552 to RCPT is an old server's 452 (RFC 5321 4.5.3.1.10).
start_receiver old --rule 'rcpt full@* once 552 too many recipients'
use_mx old
exits 0 sendmail -odi -f sender@client.test one@dest.test full@dest.test <"$T/letter"
flush
assert_queued 0
assert_reports 1
assert_eq "$(cat "$T"/old/*.env | grep '^to ' | sort -u | wc -l)" 2 "different recipients"
assert_eq "$(cat "$T"/old/*.env | grep -c '^to ')" 2 "recipients"
assert_well_behaved old

# Row 36: 251 and 252 accept, 551 does not.
start_receiver moved --rule 'rcpt moved@* 251 2.1.5 will forward' \
	--rule 'rcpt maybe@* 252 2.1.5 will try' --rule 'rcpt gone@* 551 5.1.6 not here'
use_mx moved
exits '6[79]' sendmail -odi -f sender@client.test \
	moved@dest.test maybe@dest.test gone@dest.test <"$T/letter"
assert_delivered moved 1
assert_contains "$T/moved/0001.env" 'to <moved@dest.test>'
assert_contains "$T/moved/0001.env" 'to <maybe@dest.test>'
assert_reports 2 'Final-Recipient: rfc822; gone@dest.test'
assert_queued 0
