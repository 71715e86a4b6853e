#!/usr/bin/env bash
# What a sender asks for (reports, their size, an id) and what a message needs (octets, 8 bits,
# SMTPUTF8) stands in MAIL and RCPT where the server offers it, and is dropped without a word where
# it does not: nothing is refused for that, and success is then told by us. Row 121 of the bad
# input, what it lets through.
. "$(dirname "$0")/lib.sh"

export NULLMTA_DELIVERY_PER_DESTINATION=1
start_receiver all --with SMTPUTF8
start_receiver nothing --without DSN --without 8BITMIME --without SIZE --without ENHANCEDSTATUSCODES
start_receiver old --without EHLO
printf 'From: a@x.test\nDate: now\nMessage-ID: <a@b>\n\nplain\n' >"$T/plain"
printf 'From: a@x.test\nDate: now\nMessage-ID: <a@b>\n\ngr\303\274n\n' >"$T/8bit"

wants=()

# asks MAIL RCPT MESSAGE OPTION...: MAIL is what stands behind the sender, RCPT behind the recipient.
asks() {
	wants+=("from <a@x.test>${1:+ $1} to <b@x.test>${2:+ $2}")
	exits 0 sendmail -odq -i -f a@x.test "${@:4}" b@x.test <"$T/$3"
}

ask_all() {
	asks SIZE=SIZE '' plain
	asks 'SIZE=SIZE' 'NOTIFY=NEVER' plain -N never
	asks 'SIZE=SIZE' 'NOTIFY=SUCCESS,FAILURE,DELAY' plain -N delay,FAILURE,success
	asks 'SIZE=SIZE RET=HDRS' '' plain -R hdrs
	asks 'SIZE=SIZE RET=FULL' '' plain -Rfull
	asks 'SIZE=SIZE ENVID=id+2B1' '' plain -V id+2B1
	asks 'SIZE=SIZE RET=FULL ENVID=x' 'NOTIFY=FAILURE' plain -Nfailure -Rfull -Vx
	asks 'SIZE=SIZE BODY=8BITMIME' '' 8bit
	asks 'SIZE=SIZE BODY=8BITMIME' '' 8bit -B8BITMIME
	asks 'SIZE=SIZE BODY=8BITMIME' '' 8bit -B7BIT
	asks 'SIZE=SIZE' '' plain -B8BITMIME
}

# arrived NAME: what reached this server, in the words of $wants.
arrived() {
	local i size
	for ((i = 1; i <= ${#wants[@]}; i++)); do
		size=$(stat -c %s "$(content "$1" $i)")
		envelope "$1" $i | sed -n "/^from\|^to/{ s/ SIZE=$size\b/ SIZE=SIZE/; p; }" | paste -sd ' '
	done
}

use_relay all
ask_all
flush
assert_queued 0
assert_delivered all ${#wants[@]}
diff <(printf '%s\n' "${wants[@]}") <(arrived all) >&2 || fail "not what was asked for"

for server in nothing old; do
	wants=()
	use_relay $server
	ask_all
	flush
	assert_queued 0
	assert_eq "$(count_delivered $server)" ${#wants[@]} "messages"
	assert_eq "$(arrived $server | sort -u)" 'from <a@x.test> to <b@x.test>' "envelopes"
done
assert_contains "$T/old/0001.env" 'hello HELO client.test'
assert_reports 2
