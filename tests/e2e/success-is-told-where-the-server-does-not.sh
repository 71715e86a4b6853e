#!/usr/bin/env bash
# Who asks for NOTIFY=SUCCESS hears of it: from the server that knows DSN, or from here.
. "$(dirname "$0")/lib.sh"

start_receiver plain --without DSN
start_receiver knows
letter >"$T/letter"

# A server without DSN: relayed, told once, nothing left.
use_relay plain
exits 0 sendmail -odi -N success,failure -R full -V 'id+2B1' rcpt@dest.test <"$T/letter"
assert_delivered plain 1
assert_lacks "$T/plain/0001.env" NOTIFY
assert_queued 0
assert_reports 1 'Action: relayed' 'Status: 2.' 'Original-Envelope-Id: id+1' \
	'Final-Recipient: rfc822; rcpt@dest.test' 'text/rfc822-headers'
assert_log relay-notice
assert_eq "$(find "$NULLMTA_SPOOL/journal" -type f | wc -l)" 0 "journals"

# Nobody asked, or there is nobody to tell.
exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
exits 0 sendmail -odi -N failure,delay rcpt@dest.test <"$T/letter"
exits 0 sendmail -odi -N success -f '<>' rcpt@dest.test <"$T/letter"
assert_delivered plain 4
assert_reports 1

# One that knows: it is asked, and reports itself.
use_relay knows
exits 0 sendmail -odi -N success -f me@client.test rcpt@dest.test <"$T/letter"
assert_delivered knows 1
assert_contains "$T/knows/0001.env" NOTIFY=SUCCESS
assert_reports 1
assert_queued 0

# A report that cannot be filed now waits; what was delivered is not sent again.
use_relay plain
export NULLMTA_BOUNCE_PER_HOUR=1
exits 0 sendmail -odi -N success one@dest.test <"$T/letter"
assert_delivered plain 5
assert_reports 1
assert_queued 1
exits 0 sendmail -q
assert_delivered plain 5
export NULLMTA_BOUNCE_PER_HOUR=100
exits 0 sendmail -q
assert_delivered plain 5
assert_reports 2 one@dest.test
assert_queued 0
