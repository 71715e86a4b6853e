#!/usr/bin/env bash
# DANE (RFC 7672) with a real validating resolver over really signed zones. Rows 154 to 160.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
. "$TOP/tests/support/secure-lib.sh"
need openssl

# --- hosts: one port, an address each ---------------------------------------------------------

certify "$T/ca.pem" --ca --subject "DANE CA" >/dev/null
certify "$T/stray.pem" --subject x --dns somebody.else.test --from -20 --to -10 >/dev/null
certify "$T/ta.pem" --issuer "$T/ca.pem" --dns mx.ta.test >/dev/null
certify "$T/hop.pem" --issuer "$T/ca.pem" --dns hop.test >/dev/null
certify "$T/leaf.pem" --issuer "$T/ca.pem" --dns mx.missing.test >/dev/null
# without the CA that the record names
awk '/BEGIN CERT/ { n++ } n < 2 || /KEY/ || key { print } /BEGIN.*KEY/ { key = 1 } /END.*KEY/ { key = 0 }' \
	"$T/leaf.pem" >"$T/alone.pem"

start_receiver stray --listen 127.0.0.1:0 --tls "$T/stray.pem"
p=${port[stray]}
start_receiver ta --listen "127.0.0.2:$p" --tls "$T/ta.pem"
start_receiver hop --listen "127.0.0.3:$p" --tls "$T/hop.pem"
start_receiver alone --listen "127.0.0.4:$p" --tls "$T/alone.pem"
start_receiver bare --listen "127.0.0.5:$p"
use_mx stray

ee=$(tlsa 3 1 1 "$T/stray.pem")
ca=$(tlsa 2 0 1 "$T/ca.pem")
other=$(tlsa 3 1 1 "$T/ta.pem")

start_dnssec <<ZONES
zone ee.test signed
@             MX 10 mx
mx            A 127.0.0.1
_$p._tcp.mx   TLSA $ee
zone sha512.test signed
@             MX 10 mx
mx            A 127.0.0.1
_$p._tcp.mx   TLSA $(tlsa 3 0 2 "$T/stray.pem")
_$p._tcp.mx   TLSA $(tlsa 3 0 1 "$T/ta.pem")
zone wrong.test signed
@             MX 10 mx
mx            A 127.0.0.1
_$p._tcp.mx   TLSA $other
zone ta.test signed
@             MX 10 mx
mx            A 127.0.0.2
_$p._tcp.mx   TLSA $ca
zone hop.test signed
@             MX 10 mx
mx            A 127.0.0.3
_$p._tcp.mx   TLSA $ca
zone name.test signed
@             MX 10 mx
mx            A 127.0.0.3
_$p._tcp.mx   TLSA $ca
zone missing.test signed
@             MX 10 mx
mx            A 127.0.0.4
_$p._tcp.mx   TLSA $ca
zone alias.test signed
@             MX 10 mx
mx            CNAME mx.ee.test.
zone out.test signed
@             MX 10 mx
@             MX 20 mx2
mx            CNAME mx.plain.test.
_$p._tcp.mx   TLSA $ee
mx2           CNAME mx.plain.test.
zone through.test plain
@             MX 10 mx
mx            CNAME mx.wrong.test.
zone unusable.test signed
@             MX 10 mx
mx            A 127.0.0.1
_$p._tcp.mx   TLSA 3 1 1 $(printf '00%.0s' {1..31})
_$p._tcp.mx   TLSA 3 1 9 00
_$p._tcp.mx   TLSA 1 1 1 $(printf '00%.0s' {1..32})
zone mute.test signed
@             MX 10 mx
mx            A 127.0.0.5
_$p._tcp.mx   TLSA 0 1 1 $(printf '00%.0s' {1..32})
zone next.test signed
@             MX 10 mx
@             MX 20 mx2
mx            A 127.0.0.5
mx2           A 127.0.0.1
_$p._tcp.mx   TLSA $ee
_$p._tcp.mx2  TLSA $ee
zone last.test signed
@             MX 10 mx
mx            A 127.0.0.5
_$p._tcp.mx   TLSA $ee
zone expired.test expired
@             MX 10 mx.ee.test.
mx            A 127.0.0.1
zone halfway.test signed
@             MX 10 mx.expired.test.
@             MX 20 mx.ee.test.
zone nodenial.test nodenial
@             MX 10 mx
mx            A 127.0.0.2
zone secondbest.test signed
@             MX 10 mx.nodenial.test.
@             MX 20 mx.ee.test.
zone plain.test
@             MX 10 mx
mx            A 127.0.0.1
_$p._tcp.mx   TLSA $other
ZONES

n=0
declare -A at=([stray]=0 [ta]=0 [hop]=0 [alone]=0 [bare]=0)

# goes DOMAIN RECEIVER [WORD...]: delivered there, and the log has these pairs.
goes() {
	exits 0 sendmail -odi "rcpt@$1" < <(letter "to $1")
	at[$2]=$((at[$2] + 1))
	for name in "${!at[@]}"; do
		assert_delivered "$name" "${at[$name]}"
	done
	[ $# = 2 ] || assert_log connection-closed "route=*$1*" "${@:3}"
	echo "ok $((++n)) - $1"
}

# waits DOMAIN STATUS WORDS: nobody gets it, and mailq says why.
waits() {
	exits 0 sendmail -odi "rcpt@$1" < <(letter "to $1")
	for name in "${!at[@]}"; do
		assert_delivered "$name" "${at[$name]}"
	done
	assert_log destination-down "route=mx:$1:*" "status=$2"
	mailq >"$T/mailq"
	grep -B2 "rcpt@$1" "$T/mailq" | grep -qF -e "$3" ||
		fail "$1: no '$3' in $(cat "$T/mailq")"
	echo "ok $((++n)) - $1"
}

# row 157: neither name nor expiry matters to DANE-EE
goes ee.test stray 'tls=TLSv1.*' 'verified=*'
goes sha512.test stray 'tls=TLSv1.*' 'verified=*'
waits wrong.test 4.7.5 'not to be trusted'
# row 158
goes ta.test ta 'verified=*'
goes hop.test hop 'verified=*'
waits name.test 4.7.5 'not to be trusted'
waits missing.test 4.7.5 'not to be trusted'
# the records of the end of the chain; of the name itself, where only that is signed; none
goes alias.test stray 'verified=*'
goes out.test stray 'verified=*'
goes through.test stray
# rows 155 and 156
goes unusable.test stray 'tls=TLSv1.*'
waits mute.test '4.7.*' STARTTLS
# row 159
goes next.test stray 'verified=*'
waits last.test '4.7.*' STARTTLS
# row 154: what cannot be validated is never done without
waits expired.test 4.4.3 'DNS lookup failed'
goes halfway.test stray 'verified=*'
waits nodenial.test 4.4.3 'TLSA lookup for'
goes secondbest.test stray 'verified=*'
# a zone that is not signed says nothing
goes plain.test stray
[ "$(count_log connection-closed 'route=*plain.test*' 'verified=*')" = 0 ] ||
	fail "verified by records that are not signed"

grep -q ' tlsa ee.test success mx.ee.test ' "$T/spool/state/tls-results" || fail "not counted"
grep -q ' tlsa wrong.test validation-failure mx.wrong.test ' "$T/spool/state/tls-results" ||
	fail "failures are not counted"
grep -q ' tlsa unusable.test tlsa-invalid ' "$T/spool/state/tls-results" ||
	fail "records that cannot be used are not counted"
grep -q ' tlsa nodenial.test dnssec-invalid ' "$T/spool/state/tls-results" ||
	fail "a lookup that fails is not counted"
echo "ok $((++n)) - all of it is counted"

# row 160: nothing of this where the resolver is not to be believed
export NULLMTA_DNS_TRUST_AD=no
flush
for domain in wrong.test name.test missing.test mute.test last.test nodenial.test; do
	[ "$(count_log delivered "to=rcpt@$domain")" = 1 ] || fail "$domain without trust"
done
echo "ok $((++n)) - without trust there is no DANE"
echo "1..$n"
