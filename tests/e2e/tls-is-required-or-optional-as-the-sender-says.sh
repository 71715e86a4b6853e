#!/usr/bin/env bash
# RFC 8689: REQUIRETLS, and TLS-Required: No.
. "$(dirname "$0")/lib.sh"

certify "$T/ca.pem" --ca --subject "test CA" >/dev/null
certify "$T/mx.pem" --issuer "$T/ca.pem" --dns mx.sure.test --dns mx.able.test >/dev/null
certify "$T/stray.pem" --dns mx.other.test >/dev/null
export NULLMTA_RELAY_TLS_CA=$T/ca.pem

start_receiver mx --listen 127.0.0.1:0 --tls "$T/mx.pem" --with REQUIRETLS
p=${port[mx]}
start_receiver old --listen "127.0.0.2:$p" --tls "$T/mx.pem"
start_receiver stray --listen "127.0.0.3:$p" --tls "$T/stray.pem" --with REQUIRETLS
use_mx mx

# signed says that DNSSEC vouches for the names; no digest fits any certificate here
none=$(printf '00%.0s' {1..32})
start_dns <<ZONE
sure.test     MX 10 mx.sure.test
sure.test     SECURE
mx.sure.test  A 127.0.0.1
two.test      MX 10 mx.able.test
two.test      MX 20 mx.sure.test
two.test      SECURE
mx.able.test  A 127.0.0.2
old.test      MX 10 mx.able.test
old.test      SECURE
stray.test    MX 10 mx.stray.test
stray.test    SECURE
mx.stray.test A 127.0.0.3
unsure.test   MX 10 mx.sure.test
dane.test     MX 10 mx.dane.test
mx.dane.test  A 127.0.0.3
mx.dane.test  SECURE
_$p._tcp.mx.dane.test TLSA 3 1 1 $none
_$p._tcp.mx.dane.test SECURE
ZONE

# --- REQUIRETLS ------------------------------------------------------------------------------

letter >"$T/letter"
exits 0 sendmail -odi -O RequireTLS rcpt@sure.test <"$T/letter"
assert_delivered mx 1
assert_contains "$T/mx/0001.env" REQUIRETLS
exits 0 nullmta send --require-tls -v rcpt@sure.test <"$T/letter" >/dev/null
assert_delivered mx 2
assert_contains "$T/mx/0002.env" REQUIRETLS

# the host that can do it is found
exits 0 sendmail -odi -O RequireTLS rcpt@two.test <"$T/letter"
assert_delivered mx 3
assert_delivered old 0

# one that cannot, and one of which nobody knows who it is, will never do
exits 69 sendmail -odi -O RequireTLS rcpt@old.test <"$T/letter"
exits 69 sendmail -odi -O RequireTLS rcpt@unsure.test <"$T/letter"
assert_delivered old 0
assert_delivered mx 3
assert_reports 2 'Status: 5.7.30' 'does not offer REQUIRETLS' 'vouches for this host'
assert_lacks "$T/mbox" 'The last line.'

# one that has the wrong certificate may have a good one tomorrow
exits 0 sendmail -odi -O RequireTLS rcpt@stray.test <"$T/letter"
assert_delivered stray 0
assert_queued_because 'not to be trusted'

# the others are not in a hurry: no parameter, and no connection shared
exits 0 sendmail -odi rcpt@sure.test <"$T/letter"
assert_delivered mx 4
assert_lacks "$T/mx/0004.env" REQUIRETLS

# --- TLS-Required: No --------------------------------------------------------------------------

exits 0 sendmail -odi rcpt@dane.test <"$T/letter"
assert_delivered stray 0
assert_queued_because 'not to be trusted'
{
	echo 'TLS-Required: No'
	cat "$T/letter"
} >"$T/lax"
exits 0 sendmail -odi rcpt@dane.test <"$T/lax"
assert_delivered stray 1
assert_contains "$(content stray 1)" 'TLS-Required: No'
assert_queued 2

# unless we are not to listen to that
NULLMTA_DELIVERY_OBEY_TLS_REQUIRED=no exits 0 sendmail -odi rcpt@dane.test <"$T/lax"
assert_delivered stray 1
assert_queued 3
