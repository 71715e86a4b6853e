#!/usr/bin/env bash
# A relay is verified, by STARTTLS and by TLS from the first octet on, unless somebody says
# otherwise; who cannot prove the name gets no mail, and nothing bounces for it. Rows 54, 56, 58
# and 59 of the bad input.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
relay.host.test A 127.0.0.1
ZONE

cd "$TEST"
certify ca.pem --ca --subject 'Test CA' >/dev/null
certify below.pem --ca --issuer ca.pem --subject 'CA below' >/dev/null
certify stranger.pem --ca --subject Stranger >/dev/null
export NULLMTA_RELAY_TLS_CA=$TEST/ca.pem

# matches FILE GLOB: somewhere in it.
matches() {
	# shellcheck disable=SC2053  # a glob is meant
	[[ $(<"$1") == *$2* ]] || fail "not in ${1##*/}: $2: $(<"$1")"
}

# serve PEM [OPTION...]: the relay with this certificate, in a home of its own.
serve() {
	local pem=$1
	shift
	tries=$((tries + 1))
	set_home "$TEST/$tries"
	start_receiver relay --tls "$TEST/$pem" "$@"
	export NULLMTA_RELAY=relay.host.test:${port[relay]}
}
tries=0

send() {
	letter >"$T/letter"
	exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
}

believed() {
	send
	assert_delivered relay 1
	matches "$T/log" "verified=\"$1\""
	assert_contains "$T/relay/dialogue" "1 * TLS: ${2:-TLSv1.3 for relay.host.test}"
	assert_queued 0
	stop relay
}

# Nothing is said, nothing bounces, and the queue says why and what to do. The owner may have
# been told that the route is of no use.
refused() {
	send
	assert_delivered relay 0
	[ ! -e "$T/mbox" ] || assert_lacks "$T/mbox" 'message/delivery-status'
	assert_eq "$(host_status)" "${2:-4.7.5}" 'status'
	mailq >"$T/mailq"
	matches "$T/mailq" "$1"
	assert_lacks "$T/relay/dialogue" '< MAIL'
	stop relay
}

good() {
	certify "$1" --issuer ca.pem --dns relay.host.test >/dev/null
}

good good.pem
serve good.pem
believed 'name relay.host.test, CA CN = Test CA'

certify leaf.pem --issuer below.pem --dns '*.host.test' >/dev/null
cat below.pem >>leaf.pem
serve leaf.pem
believed 'name *.host.test, CA CN = Test CA'

serve good.pem --implicit
NULLMTA_RELAY=smtps://$NULLMTA_RELAY believed 'name relay.host.test, CA CN = Test CA'

serve good.pem --tls-max 1.2
believed 'name relay.host.test*' TLSv1.2

# --- who is not ---

serve good.pem --tls-max 1.1
refused 'no version of TLS that both sides allow'

certify expired.pem --issuer ca.pem --dns relay.host.test --from -9 --to -2 >/dev/null
serve expired.pem
refused 'the certificate expired on *if the clock here is right'

certify early.pem --issuer ca.pem --dns relay.host.test --from 2 --to 9 >/dev/null
serve early.pem
refused 'the certificate is not valid before *'

certify other.pem --issuer ca.pem --dns other.host.test >/dev/null
serve other.pem
refused 'the certificate is for other.host.test, not for relay.host.test*'

certify nul.pem --issuer ca.pem --dns 'relay.host.test\0.evil.test' >/dev/null
serve nul.pem
refused 'the certificate is for relay.host.test*evil.test, not for relay.host.test*'

certify partial.pem --issuer ca.pem --dns 'r*.host.test' >/dev/null
serve partial.pem
refused 'the certificate is for r\*.host.test*'

certify self.pem --dns relay.host.test >/dev/null
serve self.pem
refused 'the certificate is self-signed*tls_fingerprint*'

certify stranger-own.pem --issuer stranger.pem --dns relay.host.test >/dev/null
serve stranger-own.pem --implicit
NULLMTA_RELAY=smtps://$NULLMTA_RELAY refused '*CN = Stranger*tls_ca*'

certify client.pem --issuer ca.pem --dns relay.host.test --purpose clientAuth >/dev/null
serve client.pem
refused '*purpose*'

# the address is what was configured: a name is no proof of it
serve good.pem
NULLMTA_RELAY=127.0.0.1:${port[relay]} NULLMTA_RELAY_TLS=verify \
	refused 'the certificate is for relay.host.test, not for 127.0.0.1*'

serve good.pem --rule 'starttls * 454 4.7.0 not now'
refused '*4.7.0 not now' 4.7.0

set_home "$TEST/clear"
start_receiver relay
NULLMTA_RELAY=relay.host.test:${port[relay]} refused '*does not offer STARTTLS*tls = may*' 4.7.4

set_home "$TEST/other-port"
printf '%s\n' 'connection *' 'send 220 relay.host.test' hold >script
start_receiver relay --script "$TEST/script"
NULLMTA_RELAY=smtps://relay.host.test:${port[relay]} \
	refused 'what the server says is not TLS*port 465*'

# --- who need not be ---

unset NULLMTA_RELAY_TLS_CA
serve self.pem
NULLMTA_RELAY_TLS=encrypt send
assert_log connection-closed tls=TLSv1.3
assert_delivered relay 1
stop relay

serve good.pem
NULLMTA_RELAY=127.0.0.1:${port[relay]} send # nobody is between us and this machine
assert_log connection-closed tls=TLSv1.3
assert_delivered relay 1
stop relay

serve good.pem
NULLMTA_RELAY_TLS=none send
assert_log connection-closed tls=none
assert_delivered relay 1
stop relay

# --- by fingerprint ---

read -r own key < <(certify pinned.pem --from -9 --to -2)
serve pinned.pem
NULLMTA_RELAY_TLS_FINGERPRINT=$own believed 'fingerprint of its certificate'
serve pinned.pem
NULLMTA_RELAY_TLS_FINGERPRINT="$own ${key^^}" believed 'fingerprint of its *'
serve self.pem
NULLMTA_RELAY_TLS_FINGERPRINT=$key refused 'the certificate has another fingerprint: *'

# --- our own certificate ---

export NULLMTA_RELAY_TLS_CA=$TEST/ca.pem
certify me.pem --issuer ca.pem --subject me --purpose clientAuth >/dev/null
serve good.pem --client-ca "$TEST/ca.pem"
NULLMTA_RELAY_TLS_CERT=$TEST/me.pem believed 'name relay.host.test*'

cp me.pem open.pem
chmod 644 open.pem
serve good.pem --client-ca "$TEST/ca.pem"
NULLMTA_RELAY_TLS_CERT=$TEST/open.pem refused '*others can read this key; chmod *' 4.3.5
assert_eq "$(count_connections relay)" 0 connections
