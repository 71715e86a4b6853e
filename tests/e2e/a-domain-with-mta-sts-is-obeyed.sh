#!/usr/bin/env bash
# MTA-STS (RFC 8461) with a real HTTPS server. Rows 161 to 166.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
. "$TOP/tests/support/secure-lib.sh"
need openssl

certify "$T/ca.pem" --ca --subject "test CA" >/dev/null
certify "$T/mx.pem" --issuer "$T/ca.pem" --dns mx.good.test --dns '*.wild.test' \
	--dns mx.unlisted.test --dns mx.dane.test --dns mx.first.test >/dev/null
certify "$T/self.pem" --dns mx.self.test --dns mx.testing.test >/dev/null
www=()
for name in good wild deep unlisted self plain testing away none moved missing html invalid \
	large twice dane first; do
	www+=(--dns "mta-sts.$name.test")
done
certify "$T/www.pem" --issuer "$T/ca.pem" "${www[@]}" >/dev/null
export NULLMTA_MTA_STS_CA_FILE=$T/ca.pem NULLMTA_RELAY_TLS_CA=$T/ca.pem

start_receiver mx --listen 127.0.0.1:0 --tls "$T/mx.pem"
p=${port[mx]}
start_receiver self --listen "127.0.0.2:$p" --tls "$T/self.pem"
start_receiver bare --listen "127.0.0.3:$p"
use_mx mx

start_nginx "$T/www.pem"

# sts NAME ADDRESS [HOST]: a domain with a policy, and its mail server
sts() {
	echo "$1.test MX 10 ${3:-mx.$1.test}"
	echo "${3:-mx.$1.test} A $2"
	echo "_mta-sts.$1.test TXT \"v=STSv1; id=1;\""
	echo "mta-sts.$1.test A $PEER_ADDRESS"
}

zone() {
	sts good 127.0.0.1
	sts wild 127.0.0.1 one.wild.test
	sts deep 127.0.0.1 a.b.deep.test
	sts unlisted 127.0.0.1
	sts self 127.0.0.2
	sts plain 127.0.0.3
	sts testing 127.0.0.2
	sts away 127.0.0.2
	sts none 127.0.0.2
	for name in moved missing html invalid large badcert twice; do
		sts $name 127.0.0.2
	done
	echo '_mta-sts.twice.test TXT "v=STSv1; id=2;"'
	echo "long.test MX 10 mx.self.test"
	echo "_mta-sts.long.test TXT \"v=STSv1; id=\" \"$(printf 'a%.0s' {1..200})\""
	sts dane 127.0.0.1
	echo "mx.dane.test SECURE"
	echo "_$p._tcp.mx.dane.test SECURE"
	echo "_$p._tcp.mx.dane.test TLSA $(tlsa 3 1 1 "$T/self.pem")"
	sts first 127.0.0.1
	echo "mx.first.test SECURE"
	echo "_$p._tcp.mx.first.test SECURE"
	echo "_$p._tcp.mx.first.test TLSA $(tlsa 3 1 1 "$T/mx.pem")"
}
start_dns < <(zone)

publish_policy good.test enforce mx.good.test
publish_policy wild.test enforce '*.wild.test'
publish_policy deep.test enforce '*.deep.test'
publish_policy unlisted.test enforce mx.other.test
publish_policy self.test enforce mx.self.test
publish_policy plain.test enforce mx.plain.test
publish_policy testing.test testing mx.testing.test
publish_policy away.test testing mx.other.test
publish_policy none.test none
publish_policy html.test enforce mx.other.test
publish_policy badcert.test enforce mx.other.test
publish_policy twice.test enforce mx.other.test
publish_policy dane.test enforce mx.dane.test
publish_policy first.test enforce mx.other.test
publish invalid.test <<<"version: STSv1"
publish large.test < <(printf 'version: STSv1\nmode: enforce\nmx: mx.other.test\nmax_age: 86400\n'
	seq -f 'x: %055.0f' 1 1200)

n=0
declare -A at=([mx]=0 [self]=0 [bare]=0)

check() {
	for name in "${!at[@]}"; do
		assert_delivered "$name" "${at[$name]}"
	done
}

# goes NAME RECEIVER: delivered there.
goes() {
	exits 0 sendmail -odi "rcpt@$1.test" < <(letter "to $1")
	at[$2]=$((at[$2] + 1))
	check
	echo "ok $((++n)) - $1"
}

# waits NAME STATUS TEXT
waits() {
	exits 0 sendmail -odi "rcpt@$1.test" < <(letter "to $1")
	check
	assert_log destination-down "route=mx:$1.test:*" "status=$2"
	mailq >"$T/mailq"
	grep -B2 "rcpt@$1.test" "$T/mailq" | grep -qF -e "$3" ||
		fail "$1: no '$3' in $(cat "$T/mailq")"
	echo "ok $((++n)) - $1"
}

# counts NAME POLICY RESULT
counts() {
	grep -q "^[0-9-]* $2 $1.test $3 " "$T/spool/state/tls-results" ||
		fail "$1: not counted as $3: $(grep "$1.test" "$T/spool/state/tls-results")"
}

goes good mx
assert_log connection-closed 'route=mx:good.test:*' 'verified=*'
counts good sts success
goes good mx
assert_eq "$(count_fetches)" 1 "fetches of one policy"
# row 163
goes wild mx
waits deep 4.7.5 'does not name this host'
counts deep sts validation-failure
waits unlisted 4.7.5 'does not name this host'
waits self 4.7.5 'not to be trusted'
counts self sts certificate-not-trusted
waits plain '4.7.*' STARTTLS
counts plain sts starttls-not-supported
# what is only a test fails nobody
goes testing self
counts testing sts certificate-not-trusted
goes away self
counts away sts validation-failure
goes none self
# rows 162, 164 and 165: no policy
goes moved self
counts moved sts sts-policy-fetch-error
goes missing self
counts missing sts sts-policy-fetch-error
goes html self
counts html sts sts-policy-fetch-error
goes invalid self
counts invalid sts sts-policy-invalid
goes large self
counts large sts sts-policy-fetch-error
goes badcert self
counts badcert sts sts-webpki-invalid
# row 161
fetches=$(count_fetches)
goes twice self
goes long self
assert_eq "$(count_fetches)" "$fetches" "fetches without a usable record"
# row 166, and the other way round
waits dane 4.7.5 'not to be trusted'
goes first mx

# a policy cannot be lifted by taking its host away
stop nginx
flush
check
assert_queued 5
echo "ok $((++n)) - what was fetched holds"

# nor by its record; only by not looking
export NULLMTA_MTA_STS_ENABLE=no
flush
for name in unlisted self deep plain; do
	[ "$(count_log delivered "to=rcpt@$name.test")" = 1 ] || fail "$name without MTA-STS"
done
echo "ok $((++n)) - without MTA-STS"
echo "1..$n"
