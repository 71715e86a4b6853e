#!/usr/bin/env bash
# Postfix with Dovecot lets us in by every mechanism that it has, by STARTTLS and by TLS from
# the first octet on, and takes the mail of nobody else.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/login-lib.sh"

start_dovecot store
make_certificates real.test
start_secure_postfix real store
start_dns <<ZONE
real.test A $PEER_ADDRESS
ZONE
letter >"$T/letter"
filed=0

# let_in MECHANISM LINE...: mail goes through by it.
let_in() {
	local mechanism=$1
	shift
	write_relay "user = $USER_NAME" "password_file = $T/secret" "$@"
	: >"$T/log"
	exits 0 sendmail -odi -f sender@client.test user@real.test <"$T/letter"
	filed=$((filed + 1))
	assert_filed real "$filed"
	assert_log connection-closed "login=$mechanism" 'tls=TLSv1.3' 'verified=*'
	assert_eq "$(grep -c "sasl_method=$mechanism, sasl_username=$USER_NAME" "$T/real/log")" 1 \
		"logins by $mechanism"
}

keep_secret "$SECRET"
# the best one, then the others one by one
let_in SCRAM-SHA-256 "host = smtp+starttls://real.test:${port[real]}"
let_in PLAIN "host = smtps://real.test:${wrapped[real]}" 'auth = PLAIN LOGIN'
let_in LOGIN "host = smtp+starttls://real.test:${port[real]}" 'auth = LOGIN'

keep_secret "$(make_token 3600)"
let_in OAUTHBEARER "host = smtps://real.test:${wrapped[real]}" 'auth = OAUTHBEARER XOAUTH2'
let_in XOAUTH2 "host = smtp+starttls://real.test:${port[real]}" 'auth = XOAUTH2'
assert_queued 0

# without a login nothing goes, and Postfix says so
write_relay "host = smtp+starttls://real.test:${port[real]}"
exits '6[79]' sendmail -odi -f sender@client.test user@real.test <"$T/letter"
