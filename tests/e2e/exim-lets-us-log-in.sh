#!/usr/bin/env bash
# Exim, whose TLS is GnuTLS, lets us in by a password and takes the mail; a wrong one it refuses
# once, and the mail waits.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/login-lib.sh"

make_certificates exim.test
start_exim exim
start_dns <<ZONE
exim.test A $PEER_ADDRESS
ZONE
letter >"$T/letter"
starttls=smtp+starttls://exim.test:${port[exim]}
implicit=smtps://exim.test:${wrapped[exim]}

# let_in NUMBER MECHANISM LINE...: it is mail NUMBER, and came by that mechanism.
let_in() {
	write_relay "user = $USER_NAME" "password_file = $T/secret" "${@:3}"
	exits 0 sendmail -odi -f sender@client.test user@real.test <"$T/letter"
	assert_filed exim "$1"
	assert_log connection-closed "login=$2" 'tls=TLSv1.3' 'verified=*'
	await grep "<= sender@client.test .* P=esmtpsa .* A=$2:$USER_NAME " "$T/exim/mainlog"
}

keep_secret "$SECRET"
let_in 1 PLAIN "host = $starttls"
let_in 2 LOGIN "host = $implicit" 'auth = LOGIN'

# a message that is large, and one that is not text alone
big_letter 3000000 >"$T/letter"
let_in 3 PLAIN "host = $implicit"
letter >"$T/letter"

# --- a wrong password ----------------------------------------------------------------------

wrong=${SECRET/long/wrong}
keep_secret "$wrong"
exits 0 sendmail -odi -v user@real.test <"$T/letter" >"$T/shown"
exits 0 sendmail -q -v >>"$T/shown"
await grep 'PLAIN authenticator failed' "$T/exim/mainlog"
assert_eq "$(grep -c 'authenticator failed' "$T/exim/mainlog")" 1 'refused logins'
assert_queued 1
assert_queued_because '535 Incorrect authentication data'
assert_reports 1 'Mail waits: trouble with [relay]' '535 Incorrect authentication data'
assert_secret_nowhere "$wrong" "$T/shown" "$T/log" "$T/mailq" "$T/mbox" "$T/spool"
keep_secret "$SECRET"
flush
assert_filed exim 4
assert_queued 0
