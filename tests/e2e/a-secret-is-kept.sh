#!/usr/bin/env bash
# A password comes from where the configuration says, and from nowhere that others can read: row
# 137 of the bad input. It is in no log, no spool and no dialogue that is shown.
. "$(dirname "$0")/lib.sh"
need python3

serve() {
	start relay python3 "$TOP/tests/support/auth-server.py" --dir "$T/relay" --auth PLAIN
}

configure() {
	printf '%s\n' "[relay]" "host = smtp://127.0.0.1:${port[relay]}" "tls = none" \
		"auth_insecure = yes" "user = joe@example.org" "$@" >"$T/nullmta.conf"
}

send() {
	letter >"$T/letter"
	exits 0 sendmail -odi -v rcpt@dest.test <"$T/letter" >"$T/shown"
}

delivered() {
	send
	assert_delivered relay "$1"
	assert_queued 0
	assert_contains "$T/shown" '>>> AUTH PLAIN ***'
	for place in shown log spool; do
		! grep -rqE 'pencil|cGVuY2ls|AGpvZU' "$T/$place" || fail "a secret is in $place"
	done
}

# refused TEXT: it waits, and the text says why.
refused() {
	send
	assert_queued_because "$1"
	assert_delivered relay "${2:-0}"
}

serve
chmod 600 "$T/nullmta.conf"

# --- where it may stand -----------------------------------------------------------------------

configure 'password = pencil'
delivered 1

(umask 077 && printf 'pencil\nnot this\n' >"$T/secret")
configure "password_file = $T/secret"
delivered 2

# a process that has a login leaves no core
printf '#!/bin/sh\nulimit -c >%s/core\necho pencil\n' "$T" >"$T/show"
chmod 700 "$T/show"
configure "password_command = $T/show me"
delivered 3
assert_eq "$(cat "$T/core")" 0 'core file size'

mkdir "$T/credentials"
(umask 077 && echo pencil >"$T/credentials/nullmta.password")
configure
CREDENTIALS_DIRECTORY=$T/credentials delivered 4

# --- where it may not: the command that mends it is told, and it does --------------------------

stop relay
set_home "$TEST/open"
serve
chmod 600 "$T/nullmta.conf"
echo pencil >"$T/secret"
chmod 644 "$T/secret"
configure "password_file = $T/secret"
refused "chmod 600 $T/secret"
assert_reports 1
# a long name begins a line of its own
tr -s ' \n' ' ' <"$T/mbox" >"$T/mbox.flat"
assert_contains "$T/mbox.flat" "chmod 600 $T/secret"
eval "$(mailq | grep -o "chmod 600 $T/secret")"
flush
assert_delivered relay 1
assert_queued 0

mv "$T/secret" "$T/elsewhere"
ln -s elsewhere "$T/secret"
refused 'is a link' 1
rm "$T/secret"
refused 'No such file' 1
(umask 077 && : >"$T/secret")
refused 'no password in the first line' 1
configure "password_command = $T/missing"
refused 'cannot run' 1
configure "password_command = /bin/false"
refused '/bin/false failed, exit 1' 1
configure
refused 'there is no password' 1

# the configuration itself: the flush stops, a submission does not
configure 'password = pencil'
chmod 644 "$T/nullmta.conf"
exits 78 nullmta config check >"$T/check"
assert_contains "$T/check" "chmod 600 $T/nullmta.conf"
assert_lacks "$T/check" pencil
queued=$(count_queued)
exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
assert_queued $((queued + 1))
exits 78 nullmta flush --now
chmod 600 "$T/nullmta.conf"
exits 0 nullmta config check >/dev/null
flush
assert_delivered relay $((queued + 2))
assert_queued 0
