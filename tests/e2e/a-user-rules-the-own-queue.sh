#!/usr/bin/env bash
# nullmta queue: show, retry, hold, release and delete, for what waits, what is held, what is
# parked and what is damaged; and mailq in the layout that monitoring reads.
. "$(dirname "$0")/lib.sh"

start_receiver relay --rule 'rcpt bad@* first 2 550 5.1.1 no such user' \
	--rule 'rcpt later@* first 2 451 4.2.0 not now' --rule 'rcpt worse@* 550 5.1.1 no such user'
use_relay relay
letter >"$T/letter"

# queue CODE COMMAND...: what it says is in $T/said.
queue() {
	exits "$1" nullmta queue "${@:2}" >"$T/said"
}

# submit RECIPIENT...: queued, and $id is its id.
submit() {
	local before after
	before=$(find "$T/spool/new" -type f 2>/dev/null || true)
	exits 0 sendmail -odq -i -f sender@client.test "$@" <"$T/letter"
	after=$(find "$T/spool/new" -type f)
	id=$(comm -13 <(sort <<<"$before") <(sort <<<"$after"))
	id=${id##*/}
}

assert_place() {
	assert_eq "$(find "$T/spool" -name "$id*" -not -path '*/journal/*' -printf '%P\n' | cut -d / -f 1)" "$1" "place"
}

assert_said() {
	assert_contains "$T/said" "$1"
}

# --- the list ------------------------------------------------------------------------
mailq >"$T/said"
assert_eq "$(cat "$T/said")" 'Mail queue is empty' "an empty queue"
queue 0
assert_eq "$(cat "$T/said")" 'Mail queue is empty' "an empty queue"
sendmail -bp >"$T/said"
assert_eq "$(cat "$T/said")" 'Mail queue is empty' "an empty queue"

submit later@dest.test other@dest.test
first=$id
mailq >"$T/said"
assert_eq "$(sed -n '1s/ .*//p' "$T/said")" -Queue "heading"
grep -qxE "$id {7,10}[0-9]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}  sender@client\.test" "$T/said" ||
	fail "no line of message $id: $(cat "$T/said")"
assert_eq "$(grep -c '^[0-9A-F]' "$T/said")" 1 "lines that begin like an id"
assert_eq "$(grep -xc ' \{20,\}[a-z]*@dest\.test' "$T/said")" 2 "recipients"
assert_eq "$(tail -n 1 "$T/said")" '-- 1 Kbytes in 1 Request.' "last line"

# --- show, and a retry that ends well in the end -----------------------------------------
queue 0 show "$id"
assert_said 'from         sender@client.test'
assert_said 'to 1         other@dest.test'
assert_said 'Subject: test'
assert_lacks "$T/said" 'A first line.'
queue 0 retry "$id"
assert_said "$id still queued"
assert_delivered relay 1
queue 0 show "$id"
assert_said '0 deferred 4.2.0 451'
assert_said '1 delivered 2.0.0 250'
mailq >"$T/said"
assert_lacks "$T/said" other@dest.test
assert_said '451 4.2.0 not now'
queue 0 retry "$id"
assert_said "$id still queued"
queue 0 retry "$id"
assert_said "$id delivered"
assert_delivered relay 2
queue 65 retry "$id"
assert_contains "$T/stderr" "no message $first"

# --- hold, release, delete ------------------------------------------------------------------
submit held@dest.test
queue 0 hold "$id"
queue 0 hold "$id"
assert_place held
flush
exits 0 nullmta flush
assert_delivered relay 2
assert_queued_because "$id!"
queue 65 retry "$id"
assert_contains "$T/stderr" "$id is held"
queue 0 release "$id"
settle
assert_delivered relay 3
queue 65 release "$id"
submit waits@dest.test
queue 65 release "$id"
assert_contains "$T/stderr" 'is not held'
waiting=$id
submit another@dest.test
queue 65 delete 00000000000000 "$first" nonsense ../new "$id"
assert_place ''
assert_queued 1
queue 0 delete "$waiting"
assert_queued 0
flush
assert_delivered relay 3
assert_eq "$(count_log deleted)" 2 "log lines"

# one that is on its way at this moment is left alone
submit busy@dest.test
exec {busy}<"$T/spool/new/$id"
flock "$busy"
for command in hold delete; do
	queue 75 "$command" "$id"
	assert_contains "$T/stderr" 'is being delivered'
	assert_place new
done
exec {busy}<&-
queue 0 delete "$id"

# --- parked ----------------------------------------------------------------------------------
submit -f '' bad@dest.test good@dest.test
flush
assert_place failed
assert_delivered relay 4
assert_queued_because parked
queue 65 retry "$id"
queue 0 hold "$id"
assert_place failed
queue 0 release "$id"
settle
assert_place failed
assert_eq "$(grep -c '< RCPT TO:<bad@' "$T/relay/dialogue")" 2 "tries"
queue 0 release "$id"
settle
assert_place ''
assert_delivered relay 5
assert_eq "$(cat "$T"/relay/*.env | grep -c '^to <good@')" 1 "times that the other one got it"
assert_queued 0

# a failure that only waits for its report
mv "$T/relay/dialogue" "$T/dialogue"
NULLMTA_MAILBOX_PATH=$T/nowhere/mbox exits 67 sendmail -odi -i worse@dest.test <"$T/letter"
id=$(cd "$T/spool/cur" && echo *)
id=${id%%:*}
queue 0 retry "$id"
assert_said 'has been reported'
assert_reports 1
assert_queued 0

# --- damaged ----------------------------------------------------------------------------------
submit damaged@dest.test
truncate -s -1 "$T/spool/new/$id"
flush
assert_place failed
assert_queued_because "$id?"
queue 65 show "$id"
queue 65 release "$id"
assert_place failed
queue 0 delete "$id"
assert_place ''
assert_queued 0
assert_reports 1

# --- what it does not understand -------------------------------------------------------------
queue 64 nonsense
queue 64 show
exits 0 nullmta queue --help >"$T/said"
assert_said 'usage: nullmta queue'
exits 64 nullmta nonsense
exits 64 nullmta
