#!/usr/bin/env bash
# A wrong password bounces nobody's mail: it waits, its owner is told once, and the account is
# not locked by trying again and again. A login that changes is tried at once.
. "$(dirname "$0")/lib.sh"
need python3

serve() {
	start relay python3 "$TOP/tests/support/auth-server.py" --dir "$T/relay" "$@"
}

configure() {
	printf '%s\n' "[relay]" "host = smtp://127.0.0.1:${port[relay]}" "tls = none" \
		"auth_insecure = yes" "user = joe@example.org" "password_file = $T/secret" "$@" \
		>"$T/nullmta.conf"
}

password() {
	(umask 077 && echo "$1" >"$T/secret")
}

logins() {
	if [ -e "$T/relay/logins" ]; then
		grep -c "$1" "$T/relay/logins" || true
	else
		echo 0
	fi
}

send() {
	letter >"$T/letter"
	exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
}

# --- rows 61 and 64: one try, one notice, nothing bounces -------------------------------------

serve --auth "PLAIN LOGIN"
configure
password wrong
send
assert_queued 1
assert_queued_because '535'
assert_eq "$(logins refused)" 1 'logins'
assert_reports 1 'Mail waits: trouble with [relay]' '535 5.7.8 authentication failed' \
	'Check the user, and the password'
assert_lacks "$T/mbox" 'Undelivered'
assert_log connection-failed

# also for who wants it now, and for more mail
flush
send
flush
assert_eq "$(logins refused)" 1 'logins'
assert_delivered relay 0
assert_queued 2
assert_reports 1
assert_queued_because 'it is not tried again before'

# --- the secret is nowhere but where it was put -------------------------------------------------

for place in log mbox spool; do
	! grep -rqF wrong "$T/$place" || fail "the password is in $place"
	! grep -rqF "$(printf '\0joe@example.org\0wrong' | base64)" "$T/$place" || fail "in $place"
done

# --- a login that changes is tried at once --------------------------------------------------------

password alsowrong
flush
assert_eq "$(logins refused)" 2 'logins'
assert_reports 1 # the same trouble
password pencil
flush
assert_eq "$(logins ok)" 1 'logins'
assert_delivered relay 2
assert_queued 0
[ ! -s "$T/spool/state/logins" ] || fail "a login that works is remembered"

# --- what breaks again is news ----------------------------------------------------------------------

password wrongagain
send
assert_queued 1
assert_reports 2
stop relay

# --- the words inside an OAuth exchange are kept ------------------------------------------------------

set_home "$TEST/oauth"
serve --auth XOAUTH2
configure auth=xoauth2
password stale
send
assert_queued_because '"status": "400"'
assert_reports 1 '"status": "400"'
assert_eq "$(cat "$T/relay/logins")" 'XOAUTH2 refused' logins
assert_delivered relay 0
stop relay

# --- a server that is busy, and one that is not who it says ---------------------------------------------

set_home "$TEST/busy"
serve --auth PLAIN --refusal '454 4.7.0 too many logins'
configure
password pencilx
send
assert_queued_because '454'
assert_reports 1
[ ! -s "$T/spool/state/logins" ] || fail "a busy server has refused nothing"
stop relay

set_home "$TEST/impostor"
serve --auth SCRAM-SHA-256 --believe
configure
password pencil
send
assert_queued_because 'it is an impostor'
assert_delivered relay 0
stop relay

set_home "$TEST/dear"
serve --auth SCRAM-SHA-256 --iterations 1000001
configure
password pencil
send
assert_queued_because '1000001 iterations'
assert_eq "$(cat "$T/relay/logins")" 'SCRAM-SHA-256 cancelled' logins
stop relay

# --- no login, no mail ----------------------------------------------------------------------------------

set_home "$TEST/none"
start_receiver relay
configure
password pencil
send
assert_queued_because 'the server offers no login'
assert_delivered relay 0
assert_lacks "$T/relay/dialogue" '< MAIL'
assert_reports 1 'Check host and port'
stop relay

# --- a relay that wants a login, and there is none ---------------------------------------------------------

set_home "$TEST/unknown"
start_receiver relay --rule 'mail * 530 5.7.0 authentication required'
printf '%s\n' "[relay]" "host = smtp://127.0.0.1:${port[relay]}" "tls = none" >"$T/nullmta.conf"
for i in 1 2 3; do
	letter "$i" >"$T/letter"
	exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
done
flush
assert_queued 3
assert_queued_because 'authentication required'
assert_eq "$(grep -c '< MAIL' "$T/relay/dialogue")" 1 'attempts'
flush
assert_reports 1 '530 5.7.0 authentication required'
