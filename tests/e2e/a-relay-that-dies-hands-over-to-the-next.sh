#!/usr/bin/env bash
# SRV records name two relays, and the first one dies in the middle of a run: the second takes
# what is left, nothing is lost, and nothing goes out twice.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/login-lib.sh"

count=30
at_first=10

# Recipients of two digits keep the first relay waiting at RCPT, so that it dies amid its work.
# With PIPELINING it would meanwhile hold back what it has to say of the mail before.
echo '/^r[0-9][0-9]@/ sleep 600' >"$T/slow"
make_certificates first.real.test second.real.test
start_dovecot store
start_secure_postfix first.real store smtpd_discard_ehlo_keywords=pipelining \
	"smtpd_recipient_restrictions=check_recipient_access regexp:$T/slow"
start_secure_postfix second.real store
start_dns <<ZONE
_submissions._tcp.real.test SRV 10 1 ${wrapped[first.real]} first.real.test
_submissions._tcp.real.test SRV 20 1 ${wrapped[second.real]} second.real.test
_submission._tcp.real.test SRV 10 1 ${port[first.real]} first.real.test
first.real.test A $PEER_ADDRESS
second.real.test A $PEER_ADDRESS
ZONE
keep_secret "$SECRET"
write_relay 'host = srv:real.test' "user = $USER_NAME" "password_file = $T/secret"
export NULLMTA_DELIVERY_REPLY_TIMEOUT=5m

# die NAME: the whole server, at once.
die() {
	kill -STOP "${pid[$1]}"
	pkill -KILL -P "${pid[$1]}"
	kill -KILL "${pid[$1]}"
	stop "$1"
}

has_delivered() {
	[ "$(count_log delivered)" = "$1" ]
}

# subjects NAME...: of all that these have filed, sorted.
subjects() {
	local name
	for name; do
		cat "$T/$name/mail/all/new"/* 2>/dev/null | sed -n 's/^Subject: //p'
	done | sort -n
}

for ((i = 0; i < count; i++)); do
	letter "$i" >"$T/letter"
	exits 0 sendmail -odq -f sender@client.test "r$i@real.test" <"$T/letter"
done
sendmail -q &
run=$!
await has_delivered "$at_first"
assert_filed first.real "$at_first"
die first.real
wait "$run"

assert_queued 0
assert_filed second.real $((count - at_first))
diff <(seq 0 $((count - 1))) <(subjects first.real second.real) ||
	fail "not each message once"
assert_eq "$(count_log delivered)" "$count" 'deliveries'
assert_eq "$(count_log deferred)" 0 'deferrals'
[ ! -e "$T/mbox" ] || fail "there is a report"

# the next one goes to the second at once
: >"$T/log"
exits 0 sendmail -odi -f sender@client.test user@real.test <"$T/letter"
assert_log delivered 'remote=second.real.test*'
assert_queued 0
