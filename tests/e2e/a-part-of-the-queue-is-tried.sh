#!/usr/bin/env bash
# `sendmail -qI`, `-qR` and `-qS` try what they name and leave everything else alone.
. "$(dirname "$0")/lib.sh"

start_receiver mx
use_relay mx

# queue SENDER RECIPIENT...: store a message and say its id
queue() {
	exits 0 sendmail -odq -f "$@" <"$T/letter"
	sed -n 's/.*event=queued id=\([^ ]*\).*/\1/p' "$T/log" | tail -n 1
}

letter >"$T/letter"
first=$(queue a@client.test one@dest.test)
second=$(queue b@client.test two@dest.test both@other.test)
third=$(queue '<>' three@third.test)
fourth=$(queue a@client.test four@third.test)
assert_queued 4

exits 0 sendmail -qI nosuch
exits 0 sendmail -qRnosuch.test
assert_delivered mx 0
assert_queued 4

exits 0 sendmail "-qI$first"
assert_delivered mx 1
assert_contains "$T/mx/0001.env" one@dest.test

exits 0 sendmail -v -qR OTHER.test
assert_delivered mx 2
assert_contains "$T/mx/0002.env" two@dest.test
assert_contains "$T/mx/0002.env" both@other.test

# Several kinds must all fit, several texts of a kind need not.
exits 0 sendmail -qSb@ -qR third.test
exits 0 sendmail "-qI$second" -qSa@
assert_delivered mx 2
exits 0 sendmail -qRnosuch -qRthird -qSa@client
assert_delivered mx 3
assert_contains "$T/mx/0003.env" four@third.test
assert_queued 1
mailq >"$T/mailq"
assert_contains "$T/mailq" "$third"
assert_lacks "$T/mailq" "$fourth"

# The schedule is kept by flush itself, which has the same choice.
exits 0 nullmta flush --only-recipient nosuch
assert_queued 1
exits 0 nullmta flush --only-id "$third" --only-recipient third
assert_delivered mx 4
assert_queued 0

exits 64 sendmail -qR
exits 64 sendmail -qX
exits 64 sendmail -s subject rcpt@dest.test <"$T/letter"
assert_contains "$T/stderr" 'nullmta send'
assert_queued 0
