#!/usr/bin/env bash
# A submission starts its own delivery, and no more than that: whoever comes while a run is about
# to begin needs no program of his own, whoever comes later is not missed, and messages of one
# sender leave in their order. -odi, -odb, -odq and [nullmta] deliver say when.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
fast.test MX 10 mx.fast.test
mx.fast.test A 127.0.0.1
slow.test MX 10 mx.slow.test
mx.slow.test A 127.0.0.2
ZONE

# until COMMAND...: wait for it, but not for ever.
until_true() {
	local i
	for ((i = 0; i < 1000; i++)); do
		! "$@" || return 0
		sleep 0.01
	done
	fail "still not: $*"
}

# How many programs work on this spool.
count_flushes() {
	local name line count=0
	for name in /proc/[0-9]*/cmdline; do
		line=$(tr '\0' ' ' 2>/dev/null <"$name") || continue
		[[ $line != "nullmta-flush flush --spool $T/spool "* ]] || count=$((count + 1))
	done
	echo "$count"
}

submit() {
	exits 0 sendmail -i -f sender@client.test "$@" <"$T/letter"
}

letter >"$T/letter"

# --- at once, without being asked ---------------------------------------------------
start_receiver mx
use_mx mx
began=$(date +%s)
submit rcpt@fast.test
settle
assert_delivered mx 1
assert_queued 0
[ $(($(date +%s) - began)) -le 5 ] || fail "it took its time"
submit -odb rcpt@fast.test
settle
assert_delivered mx 2
submit -odq rcpt@fast.test
settle
assert_delivered mx 2
assert_queued 1
NULLMTA_DELIVER=queue submit rcpt@fast.test
NULLMTA_DELIVER=background submit -odq rcpt@fast.test
assert_queued 3
NULLMTA_DELIVER=foreground submit rcpt@fast.test
assert_delivered mx 3
assert_queued 3
exits 0 nullmta flush
assert_delivered mx 6
assert_queued 0

# --- while a run is about to begin ---------------------------------------------------
exec {lock}>"$T/spool/lock"
flock "$lock"
: >"$T/log"
for ((i = 0; i < 6; i++)); do
	submit -odb rcpt@fast.test
done
assert_eq "$(count_flushes)" 1 "programs that wait for their turn"
# but who wants to know now does not wait for others
submit -odi rcpt@fast.test
assert_delivered mx 7
exec {lock}>&-
settle
assert_delivered mx 13
assert_eq "$(count_log run)" 2 "runs"
assert_log run messages=6 delivered=6

# --- while a run is under way -----------------------------------------------------------
printf 'connection *\nhold\n' >"$T/silent"
start_receiver slow --listen "127.0.0.2:${port[mx]}" --script "$T/silent"
submit -odq rcpt@slow.test
NULLMTA_DELIVERY_REPLY_TIMEOUT=60s nullmta flush &
run=$!
is_connected() {
	[ "$(count_connections slow)" = 1 ]
}
has_arrived() {
	[ "$(count_delivered mx)" = 14 ]
}
until_true is_connected
submit -odq rcpt@fast.test
until_true has_arrived
! flock -n "$T/spool/lock" true || fail "the run is over already"
kill "$run"
wait "$run" || fail "a run that is stopped exits with $?"
assert_queued 1
rm "$T"/spool/new/*
stop slow

# --- 200 at once ----------------------------------------------------------------------
: >"$T/log"
export NULLMTA_DELIVERY_PER_DESTINATION=1
series() {
	local n
	for ((n = 0; n < 25; n++)); do
		letter "$n" | sendmail -odb -f "sender$1@client.test" rcpt@fast.test || return
	done
}
submitters=()
for ((i = 0; i < 8; i++)); do
	series "$i" &
	submitters+=("$!")
done
for submitter in "${submitters[@]}"; do
	wait "$submitter" || fail "a submission failed"
done
settle
assert_queued 0
assert_delivered mx 214
[ "$(count_log run)" -le 100 ] || fail "$(count_log run) runs for 200 messages"
for file in "$T"/mx/*.eml; do
	sed -n 's/^Subject: \([0-9]*\)\r$/\1/p' "$file"
	sed -n 's/^from <sender\([0-7]\)@.*/\1/p' "${file%.eml}.env"
done | paste - - >"$T/order"
seq 0 24 >"$T/want"
for ((i = 0; i < 8; i++)); do
	awk -v who="$i" '$2 == who { print $1 }' "$T/order" | cmp -s - "$T/want" ||
		fail "messages of sender $i: $(awk -v who="$i" '$2 == who { print $1 }' "$T/order" | paste -sd ' ')"
done

# --- what -odi tells ----------------------------------------------------------------------
start_receiver picky --rule 'rcpt nobody@* 550 5.1.1 no such user' \
	--rule 'rcpt banned@* 554 5.7.1 go away' --rule 'rcpt later@* 451 4.2.0 later'
use_mx picky
told() {
	exits "$1" sendmail -odi -i -f sender@client.test "${@:2}" <"$T/letter"
}
told 0 good@fast.test
told 67 nobody@fast.test
assert_contains "$T/stderr" 'no such user'
told 69 banned@fast.test
told 0 later@fast.test
told 0 good@fast.test later@fast.test
NULLMTA_STRICT=yes told 0 good@fast.test
NULLMTA_STRICT=yes told 75 later@fast.test
NULLMTA_STRICT=yes told 75 good@fast.test later@fast.test
NULLMTA_STRICT=yes told 67 nobody@fast.test later@fast.test
NULLMTA_STRICT=yes NULLMTA_DELIVER=foreground exits 75 sendmail -i later@fast.test <"$T/letter"
assert_reports 3
assert_queued 6
