#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that rows.sh calls
# Rows 32 and 49 to 52 of the bad input: the connection goes, or will not go, at odd moments.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/rows.sh"

both_failed() {
	assert_eq "$(grep -c '^Final-Recipient:' "$T/mbox")" 2 "failed recipients"
}

# Two messages wait for one host; connection 1 ends badly between them, none is lost.
two_messages() {
	set_home "$TEST/$1"
	start_receiver mx --script "$TOP/tests/e2e/scripts/$1.script"
	use_mx mx
	letter one >"$T/one"
	letter two >"$T/two"
	exits 0 sendmail -odq -f sender@client.test rcpt@dest.test <"$T/one"
	exits 0 sendmail -odq -f sender@client.test rcpt@dest.test <"$T/two"
	flush
	flush
	assert_delivered mx 2
	assert_queued 0
	assert_reports 0
	stop mx
}

quickly() {
	[ "$SECONDS" -lt 30 ] || fail "it took $SECONDS s"
}

recipients='one@dest.test two@dest.test' row 32-wants-content-for-nobody failed 5.1.1 both_failed
recipients='one@dest.test two@dest.test' row 49-answers-rcpt-with-421 deferred '4.*'
NULLMTA_DELIVERY_REPLY_TIMEOUT=3s row 52-says-nothing-to-quit sent '2.*' quickly
two_messages 50-says-421-between-two-messages
two_messages 51-refuses-rset
T=$TEST
end_rows
