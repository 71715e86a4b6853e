#!/usr/bin/env bash
# sendmail -q1s, as a container runs it: again and again in the foreground, and SIGTERM finishes
# what is on the wire.
. "$(dirname "$0")/lib.sh"

until_true() {
	local i
	for ((i = 0; i < 2000; i++)); do
		! "$@" || return 0
		sleep 0.01
	done
	fail "still not: $*"
}

delivered() {
	[ "$(count_delivered relay)" = "$1" ]
}

on_the_wire() {
	grep -q 'content of' "$T/slow/dialogue"
}

start_receiver relay --rule 'rcpt * first 2 451 4.2.0 not now'
use_relay relay
export NULLMTA_SPOOL_RETRY=1s NULLMTA_LOCAL_ALIASES=$T/aliases
: >"$T/aliases"
letter >"$T/letter"
exits 0 sendmail -odq -f sender@client.test one@dest.test <"$T/letter"
sendmail -q1s </dev/null &
runner=$!
until_true delivered 1
assert_eq "$(grep -c '< RCPT' "$T/relay/dialogue")" 3 "tries"
# what is configured is read anew each time
echo 'root: two@dest.test' >"$T/aliases"
exits 0 sendmail -odq -f sender@client.test root <"$T/letter"
until_true delivered 2
assert_contains "$T/relay/0002.env" 'to <two@dest.test>'
kill -0 "$runner" || fail "it has ended"
kill "$runner"
wait "$runner" || fail "exit code $?"
assert_queued 0

# with a message on the wire, and another one behind it
cat >"$T/slow.script" <<'END'
connection 1
send 220 slow.test
expect EHLO *
send 250 slow.test
expect MAIL *
send 250 ok
expect RCPT *
send 250 ok
expect DATA
send 354 go
message
wait 300
store
send 250 ok
behave
END
start_receiver slow --script "$T/slow.script"
use_relay slow
exits 0 sendmail -odq -f sender@client.test three@dest.test <"$T/letter"
exits 0 sendmail -odq -f sender@client.test four@dest.test <"$T/letter"
sendmail -bd -q15m </dev/null &
runner=$!
until_true on_the_wire
kill "$runner"
wait "$runner" || fail "exit code $?"
assert_eq "$(count_delivered slow)" 1 "messages"
assert_queued 1
assert_contains "$T/slow/0001.env" three@dest.test
assert_eq "$(count_log deferred duplicate=possible)" 0 "uncertain deliveries"
flush
assert_queued 0
assert_eq "$(cat "$T"/slow/*.env | grep -c '^to ')" 2 "deliveries"
assert_reports 0
