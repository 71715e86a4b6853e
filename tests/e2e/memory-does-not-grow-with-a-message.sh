#!/usr/bin/env bash
# What a body is made of costs no memory: ten million empty lines at its end, or blanks, or one line
# of 20 MB. Rows 80 and 99 of the bad input.
. "$(dirname "$0")/lib.sh"
need python3

start_receiver relay
use_relay relay

# measure INPUT COMMAND...: kilobytes of the largest process; no less than those of this python,
# so the bodies have to be larger than that
measure() {
	python3 - "$@" <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[2:], check=True, stdin=open(sys.argv[1]))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
}

# cost WHAT: to submit and to send $T/given takes no more than a letter does, give or take 1 MB
cost() {
	local submit send
	submit=$(measure "$T/given" sendmail -odq -i -f sender@client.test rcpt@dest.test)
	send=$(measure /dev/null sendmail -q)
	assert_queued 0
	echo "$1: $submit KiB to submit, $send KiB to send"
	: "${base_submit:=$submit}" "${base_send:=$send}"
	[ "$submit" -lt $((base_submit + 1000)) ] || fail "$submit KiB to submit: $1"
	[ "$send" -lt $((base_send + 1000)) ] || fail "$send KiB to send: $1"
}

# The body came line by line.
assert_same_body() {
	cmp <(sed '1,/^$/d' "$T/given" | sed 's/$/\r/') <(sed '1,/^\r$/d' "$(content relay "$1")") ||
		fail "body of message $1"
}

letter >"$T/given"
cost 'a letter'
{
	letter
	yes '' | head -n 10000000 || true
} >"$T/given"
cost 'empty lines'
assert_same_body 2
{
	letter
	yes $' \t' | head -n 6000000 || true
} >"$T/given"
cost 'blanks'
assert_same_body 3
{
	letter
	head -c 20000000 /dev/zero | tr '\0' x
	echo
} >"$T/given"
cost 'one line'
python3 "$TOP/tests/support/same_meaning.py" "$T/given" "$(content relay 4)" || fail 'one line'
