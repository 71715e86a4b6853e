#!/usr/bin/env bash
# Rows 37 to 48, 69 and 70 of the bad input: DATA, the content, and the dot behind it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/rows.sh"

row 37-answers-data-with-250 deferred '4.*'
row 38-answers-data-with-554 failed 5.5.1
octets=10000000 row 39-closes-in-the-content deferred 4.4.2
octets=10000000 row 40-refuses-in-the-content failed 5.3.4
row 41-resets-behind-the-last-reply sent '2.*'
NULLMTA_DELIVERY_REPLY_TIMEOUT=5s row 42-thinks-about-the-message sent '2.*'
NULLMTA_DELIVERY_REPLY_TIMEOUT=2s row 43-says-nothing-to-the-dot uncertain 4.4.2
row 44-closes-at-the-dot uncertain 4.4.2
row 45-closes-in-the-reply-to-the-dot uncertain 4.4.2
row 46-answers-the-dot-with-354 uncertain '4.*'
row 47-answers-the-dot-twice sent '2.*'
row 48-accepts-before-the-dot deferred '4.*'
octets=10000000 NULLMTA_DELIVERY_REPLY_TIMEOUT=2s row 69-stops-reading deferred 4.4.2
octets=10000000 NULLMTA_DELIVERY_REPLY_TIMEOUT=2s row 70-reads-ten-octets-a-second deferred 4.4.2
end_rows
