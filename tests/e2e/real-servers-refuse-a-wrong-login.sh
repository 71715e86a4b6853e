#!/usr/bin/env bash
# Postfix with Dovecot refuses a wrong password or a stale token once, not once a message: mail
# waits, its owner is told once, and it goes as soon as the login is right.
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

# count_refused MECHANISM: the logins that Postfix has refused.
count_refused() {
	grep -c "SASL $1 authentication failed" "$T/real/log" || true
}

has_refused() {
	[ "$(count_refused "$1")" -ge 1 ]
}

# refused_then_let_in WRONG RIGHT MECHANISM WORDS LINE...
refused_then_let_in() {
	local wrong=$1 right=$2 mechanism=$3 words=$4
	shift 4
	rm -rf "$T/spool" "$T/mbox" "$T/log"
	write_relay "user = $USER_NAME" "password_file = $T/secret" "auth = $mechanism" "$@"
	keep_secret "$wrong"
	exits 0 sendmail -odi -v user@real.test <"$T/letter" >"$T/shown"
	exits 0 sendmail -odi -v user@real.test <"$T/letter" >>"$T/shown"
	exits 0 sendmail -q -v >>"$T/shown"
	await has_refused "$mechanism"
	assert_eq "$(count_refused "$mechanism")" 1 "logins by $mechanism"
	assert_queued 2
	assert_queued_because "$words"
	assert_reports 1 'Mail waits: trouble with [relay]' "$words" 'Check the user, and the password'
	assert_contains "$T/shown" ">>> AUTH $mechanism"
	assert_secret_nowhere "$wrong" "$T/shown" "$T/log" "$T/mailq" "$T/mbox" "$T/spool"

	keep_secret "$right"
	exits 0 sendmail -q -v >"$T/shown"
	filed=$((filed + 2))
	assert_filed real "$filed"
	assert_queued 0
	assert_reports 1
	assert_secret_nowhere "$right" "$T/shown" "$T/log" "$T/mbox" "$T/spool"
}

wrong=${SECRET/long/wrong}
for mechanism in PLAIN LOGIN SCRAM-SHA-256; do
	refused_then_let_in "$wrong" "$SECRET" "$mechanism" '535 5.7.8' \
		"host = smtp+starttls://real.test:${port[real]}"
done

stale=$(make_token -1800)
token=$(make_token 3600)
refused_then_let_in "$stale" "$token" OAUTHBEARER '"status":"invalid_token"' \
	"host = smtps://real.test:${wrapped[real]}"
refused_then_let_in "$stale" "$token" XOAUTH2 '"status":"401"' \
	"host = smtps://real.test:${wrapped[real]}"
