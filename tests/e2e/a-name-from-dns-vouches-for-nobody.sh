#!/usr/bin/env bash
# The hosts that MX or SRV records name for a relay have to show a certificate of the domain that
# the configuration names, or lie in it: whoever can forge an unsigned record must not choose whom
# we trust (RFC 6186 6). Signed records may.
. "$(dirname "$0")/lib.sh"

cd "$TEST"
certify ca.pem --ca --subject 'Test CA' >/dev/null
certify isp.pem --issuer ca.pem --subject isp --dns isp.test >/dev/null
certify inside.pem --issuer ca.pem --subject inside --dns smtp.isp.test >/dev/null
certify other.pem --issuer ca.pem --subject other --dns smtp.other.test >/dev/null
export NULLMTA_RELAY_TLS_CA=$TEST/ca.pem

# serve PEM [OPTION...]: in a home of its own, which the names of the zone lead to.
serve() {
	homes=$((homes + 1))
	set_home "$TEST/$homes"
	start_receiver relay --tls "$TEST/$1" "${@:2}"
}
homes=0

# name HOST SERVICE [SECURE]: DNS says that this host is the relay of isp.test.
name() {
	{
		echo "_$2._tcp.isp.test SRV 0 0 ${port[relay]} $1"
		echo "isp.test MX 10 $1"
		echo "$1 A 127.0.0.1"
		[ "${3:-}" != SECURE ] || printf '%s SECURE\n' isp.test "_$2._tcp.isp.test" "$1"
	} >"$T/records"
	start_dns <"$T/records"
}

# goes yes|no RELAY: whether mail gets through.
goes() {
	local delivered=0
	[ "$1" = no ] || delivered=1
	[ "$2" != mx:isp.test ] || export NULLMTA_RELAY_PORT=${port[relay]}
	letter >"$T/letter"
	NULLMTA_RELAY=$2 exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
	assert_delivered relay "$delivered"
	assert_queued $((1 - delivered))
	if [ "$1" = no ]; then
		assert_log connection-failed 'why=*name*'
		assert_lacks "$T/relay/dialogue" '< MAIL'
	fi
	stop dns
	stop relay
}

# try KIND SERVICE [OPTION...]
try() {
	local kind=$1 service=$2
	shift 2
	serve inside.pem "$@" && name smtp.isp.test "$service"
	goes yes "$kind:isp.test"
	serve isp.pem "$@" && name smtp.other.test "$service"
	goes yes "$kind:isp.test"
	serve other.pem "$@" && name smtp.other.test "$service"
	goes no "$kind:isp.test"
	serve other.pem "$@" && name smtp.other.test "$service" SECURE
	goes yes "$kind:isp.test"
}

try srv submission
try srv submissions --implicit
try mx submission
