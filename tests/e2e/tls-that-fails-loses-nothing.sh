#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that rows.sh calls
# Rows 53 to 55 of the bad input: what may happen to STARTTLS where it is not a must.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/rows.sh"

certify "$TEST/mx.pem" --dns mx.host.test >/dev/null
receiver_options=(--tls "$TEST/mx.pem")

# Nothing is said over a channel that cannot be trusted, and the next one is secure.
went_by_tls() {
	assert_lacks "$T/mx/dialogue" '< AUTH'
	assert_contains "$T/mx/dialogue" '2 * TLS: TLSv1.3 for mx.host.test'
	assert_log connection-closed tls=TLSv1.3
}

went_in_clear() {
	assert_log connection-closed tls=none
	assert_lacks "$T/mx/dialogue" '* TLS:'
}

# RFC 3207; protocol T3: the first try waits for TLS, the second one goes without.
went_in_clear_at_last() {
	went_in_clear
	assert_contains "$T/mx/dialogue" '2 < STARTTLS'
	assert_lacks "$T/mx/dialogue" '3 < STARTTLS'
	[ ! -e "$T/mx/script-failed" ] || fail "$(cat "$T/mx/script-failed")"
}

row 53-speaks-in-clear-behind-starttls unreachable 4.7.5 went_by_tls
row 54-has-no-tls-just-now sent '2.*' went_in_clear
row 55a-breaks-a-handshake-once unreachable 4.7.5 went_by_tls
row 55b-breaks-every-handshake unreachable 4.7.5 went_in_clear_at_last
NULLMTA_DELIVERY_REPLY_TIMEOUT=1s row 55c-falls-silent-in-a-handshake unreachable 4.4.2 went_by_tls
end_rows
