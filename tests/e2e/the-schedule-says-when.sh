#!/usr/bin/env bash
# When a message is tried again: the waits of [spool] retry, give or take a tenth, the last one
# again and again; at once where a person asks or a clock was wrong. Nothing expires untried.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/e2e/scripts/spool.sh"

start_receiver relay --rule 'rcpt * first 6 451 4.2.0 not now'
use_relay relay
export NULLMTA_SPOOL_RETRY='10m 1h 3h'
letter >"$T/letter"

run() {
	exits 0 nullmta flush
}

assert_tries() {
	assert_eq "$(tries)" "$1" "tries"
	assert_eq "$(grep -c '< RCPT' "$T/relay/dialogue")" "$2" "times that the server was asked"
}

# assert_due_in SECONDS: to a tenth, and what the test takes.
assert_due_in() {
	local wait
	wait=$(due_in)
	[[ $wait -ge $(($1 - $1 / 10 - 20)) && $wait -le $(($1 + $1 / 10)) ]] ||
		fail "due in $wait seconds instead of $1"
}

exits 0 sendmail -odi -f sender@client.test rcpt@dest.test <"$T/letter"
assert_tries 1 1
assert_due_in 600
run
assert_tries 1 1

make_due
run
assert_tries 2 2
assert_due_in 3600
make_due
run
assert_tries 3 3
assert_due_in 10800
make_due
run
assert_due_in 10800

# who asks gets a try
exits 0 nullmta flush --now
assert_tries 5 5

# a clock that was ahead has written a time that is no reason to wait
file=$(the_message)
mv "$file" "${file%:*}:$(($(date +%s) + 365 * 86400)).5"
run
assert_tries 6 6
assert_due_in 10800
file=$(the_message)
mv "$file" "${file%:*}:4294967295.6"
run
assert_delivered relay 1
assert_queued 0
assert_reports 0

# one that came in 1970, or comes from the future, is tried like any other
for arrival in 1 $(($(date +%s) + 10 * 365 * 86400)); do
	stop relay
	start_receiver relay --rule 'rcpt * first 2 451 4.2.0 not now'
	use_relay relay
	exits 0 sendmail -odq -f sender@client.test rcpt@dest.test <"$T/letter"
	sed -i "s/^arrival .*/arrival $arrival/" "$(the_message)"
	for i in 1 2 3; do
		assert_queued 1
		NULLMTA_SPOOL_WARN_AFTER=never exits 0 nullmta flush --now
	done
	assert_queued 0
	assert_reports 0
done

# the last try after a long time is a real one: what waited while the machine was off, too
stop relay
use_relay relay
exits 0 sendmail -odq -f sender@client.test rcpt@dest.test <"$T/letter"
age $((400 * 86400)) 0
for i in 1 2; do
	make_due
	NULLMTA_SPOOL_WARN_AFTER=never run
	assert_queued 1
	rm "$T/spool/state/hosts"
done
assert_reports 0
make_due
NULLMTA_SPOOL_WARN_AFTER=never run
assert_queued 0
assert_reports 1 'Action: failed' 'Status: 4.4.7'
