#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that rows.sh calls
# Rows 1 to 12 of the bad input: what a server may do instead of a 220.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/rows.sh"

said_nothing() {
	assert_lacks "$T/mx/dialogue" '< EHLO'
	assert_lacks "$T/mx/dialogue" '< HELO'
}

NULLMTA_DELIVERY_REPLY_TIMEOUT=1s row 01-accepts-and-stays-silent unreachable 4.4.2
row 02-closes-at-once unreachable 4.4.2
row 03-greets-with-a-bare-code sent '2.*'
row 04-greets-with-eleven-lines sent '2.*'
row 05-greets-for-ever unreachable '4.*'
NULLMTA_DELIVERY_REPLY_TIMEOUT=1s row 06-greets-one-octet-at-a-time unreachable 4.4.2
row 07-greets-with-a-line-of-a-megabyte unreachable '4.*'
row 08-greets-with-554 unreachable '4.*'
row 09-greets-with-521 failed 5.3.2 said_nothing
row 10-greets-as-a-web-server unreachable '4.*'
row 11-greets-with-tls-octets unreachable '4.*'
row 12-greets-with-our-own-name failed 5.4.6
end_rows
