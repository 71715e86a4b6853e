#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that rows.sh calls
# Rows 22 to 30 of the bad input: the grammar of replies (RFC 5321 4.2).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/rows.sh"

# Nothing that a server says may reach a terminal, a log or a report as it is.
no_control_octets() {
	mailq >"$T/mailq"
	! grep -aP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' \
		"$T/log" "$T/mbox" "$T/mailq" || fail "control octets came through"
	assert_reports 1 title
}

# One recipient failed, so the report has one field of this name.
no_second_field() {
	assert_eq "$(grep -c '^Final-Recipient:' "$T/mbox")" 1 "fields of Final-Recipient"
}

row 22-answers-with-bare-codes sent 2.0.0
row 23-ends-a-long-reply-with-a-bare-code failed 5.0.0
row 24-answers-with-a-status-and-no-text sent 2.6.0
row 25-gives-a-status-of-another-class failed 5.0.0
row 26-gives-a-status-that-is-none failed 5.0.0
row 27a-answers-with-two-digits deferred '4.*'
row 27b-answers-with-four-digits deferred '4.*'
row 27c-answers-with-a-sign deferred '4.*'
row 27d-answers-with-999 deferred '4.*'
row 27e-answers-with-100 deferred '4.*'
row 28-answers-with-control-octets failed 5.0.0 no_control_octets
row 29a-answers-with-a-lone-cr failed 5.0.0 no_second_field
row 29b-answers-with-a-line-of-its-own deferred '4.*'
row 30-ends-lines-in-lf sent 2.0.0
end_rows
