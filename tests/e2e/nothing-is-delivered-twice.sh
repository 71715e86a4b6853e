#!/usr/bin/env bash
# Row 179 of the bad input, and a run that is killed: whoever works on a spool at the same time,
# each message leaves once.
. "$(dirname "$0")/lib.sh"

start_receiver relay --delay 20
use_relay relay
letter >"$T/letter"
ids=()
for ((i = 0; i < 15; i++)); do
	exits 0 sendmail -odq -f sender@client.test "r$i@dest.test" <"$T/letter"
done
for file in "$T"/spool/new/*; do
	ids+=("${file##*/}")
done

jobs=()
for ((i = 0; i < 3; i++)); do
	nullmta flush &
	jobs+=("$!")
	sendmail -q &
	jobs+=("$!")
	nullmta queue retry "${ids[@]}" >>"$T/retry.out" 2>&1 &
	jobs+=("$!")
done
sendmail -odi -f sender@client.test last@dest.test <"$T/letter"
for job in "${jobs[@]}"; do
	wait "$job" || true
done
flush
assert_queued 0
assert_delivered relay 16
assert_eq "$(cat "$T"/relay/*.env | grep '^to ' | sort -u | wc -l)" 16 "different recipients"
assert_reports 0
assert_eq "$(count_log damaged)$(count_log worker-died)$(count_log not-tried)" 000 "trouble"

# killed in the middle: what was on the wire may come twice and the log says so; all the rest leaves
stop relay
mkdir "$T/first"
mv "$T"/relay/* "$T/first"
start_receiver relay --delay 20
use_relay relay
for ((i = 0; i < 15; i++)); do
	exits 0 sendmail -odq -f sender@client.test "k$i@dest.test" <"$T/letter"
done
nullmta flush &
run=$!
for ((i = 0; i < 1000 && $(count_delivered relay) < 3; i++)); do
	sleep 0.01
done
kill -9 "$run"
{ wait "$run"; } 2>/dev/null || true
settle
flush
assert_queued 0
assert_eq "$(cat "$T"/relay/*.env | grep '^to ' | sort -u | wc -l)" 15 "different recipients"
[ "$(count_delivered relay)" -le 16 ] || fail "$(count_delivered relay) deliveries of 15 messages"
