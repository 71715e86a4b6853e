#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that rows.sh calls
# Rows 13 to 21 of the bad input: what a server may answer to EHLO.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/rows.sh"

said_no_helo() {
	assert_lacks "$T/mx/dialogue" 'HELO'
}

said_no_mail() {
	assert_lacks "$T/mx/dialogue" '< MAIL'
}

row 13-knows-helo-only sent '2.*'
row 14-answers-ehlo-with-421 unreachable '4.*' said_no_helo
row 15-offers-five-thousand-extensions unreachable '4.*'
row 16-mixes-codes-in-one-reply unreachable '4.*'
row 17-offers-an-empty-extension sent '2.*'
row 18-offers-extensions-in-lower-case sent '2.*'
row 19-offers-a-size-beyond-all-numbers sent '2.*'
octets=5000 row 20-offers-too-small-a-size failed 5.3.4 said_no_mail
row 21-offers-auth-in-the-old-form sent '2.*'
end_rows
