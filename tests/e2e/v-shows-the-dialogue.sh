#!/usr/bin/env bash
# `sendmail -v` waits for the first try and shows what was said, harmless to a terminal.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
dest.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
ZONE
start_receiver mx --rule 'rcpt bad@* 550 5.1.1 no \e[31msuch user' --rule 'rcpt later@* 450 4.2.0 not now'
use_mx mx
letter >"$T/letter"

# shows LINE...: these lines are in what was printed, in this order
shows() {
	local line at=0 found
	for line; do
		found=$(tail -n "+$((at + 1))" "$T/shown" | grep -nxF -m 1 -e "$line" | cut -d : -f 1) ||
			fail "no line '$line' behind line $at of $(cat "$T/shown")"
		at=$((at + found))
	done
}

exits 0 sendmail -v -i rcpt@dest.test <"$T/letter" >"$T/shown"
assert_delivered mx 1
shows "=== connecting to mx.host.test[127.0.0.1]:${port[mx]}" \
	'>>> EHLO client.test' '<<< 250 HELP' '>>> RCPT TO:<rcpt@dest.test>' '>>> DATA' '>>> .' \
	'>>> QUIT'
grep -q '^>>> \[[0-9]* octets\]$' "$T/shown" || fail "no size of the content"
grep -q '^<<< 220 ' "$T/shown" || fail "no greeting"
grep -q '^<<< 250-PIPELINING$' "$T/shown" || fail "no lines of EHLO"
grep -q '^=== rcpt@dest.test delivered: ' "$T/shown" || fail "no outcome"
assert_lacks "$T/shown" 'first line'

# Exit codes are those of -odi, and what a server says is cleaned.
exits 67 sendmail -v bad@dest.test <"$T/letter" >"$T/shown"
grep -q '^<<< 550 5.1.1 no ' "$T/shown" || fail "no refusal"
! LC_ALL=C grep -q $'[^\t -~]' "$T/shown" || fail "raw controls: $(cat -v "$T/shown")"
exits 0 sendmail -v later@dest.test <"$T/letter" >"$T/shown"
grep -q '^=== later@dest.test deferred: ' "$T/shown" || fail "no deferral"
assert_queued 1

# The queue with -q, a name that cannot be resolved, nothing where nothing is to be sent.
exits 0 sendmail -q -v </dev/null >"$T/shown"
shows '>>> RCPT TO:<later@dest.test>'
exits 0 nullmta flush --now --verbose >"$T/shown"
shows '>>> RCPT TO:<later@dest.test>'
exits '6[79]' sendmail -v x@nosuch.test <"$T/letter" >"$T/shown"
grep -q '^=== x@nosuch.test failed: ' "$T/shown" || fail "no failure: $(cat "$T/shown")"
exits 0 sendmail -v -odq x@dest.test <"$T/letter" >"$T/shown"
assert_eq "$(cat "$T/shown")" '' output
exits 0 sendmail -q

# The same for mail from the shell; and nobody at stdout is no trouble.
printf 'text\n' >"$T/text"
exits 0 nullmta send -v -s x rcpt@dest.test <"$T/text" >"$T/shown"
shows '>>> DATA' '>>> .'
exits 0 sendmail -v rcpt@dest.test <"$T/letter" >&-
exits 0 sendmail -v rcpt@dest.test <"$T/letter" | head -n 0
assert_delivered mx 5

# A host that is not there.
stop mx
exits 0 sendmail -v rcpt@dest.test <"$T/letter" >"$T/shown"
grep -q '^=== cannot connect: ' "$T/shown" || fail "no reason: $(cat "$T/shown")"
