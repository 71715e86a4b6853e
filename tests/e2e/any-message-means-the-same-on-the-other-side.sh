#!/usr/bin/env bash
# Any octets, any line lengths, MIME in MIME: handed to sendmail or said to -bs, a message means to
# Python's email package the same before and behind a host of 7 bits and a host of 8.
# MESSAGES_SEED=… and MESSAGES_COUNT=… try others.
. "$(dirname "$0")/lib.sh"
need python3

seed=${MESSAGES_SEED:-1}
count=${MESSAGES_COUNT:-300}
mkdir "$T/given"
start_receiver seven --without 8BITMIME --without SMTPUTF8
start_receiver eight
export NULLMTA_MESSAGE_SIZE=100m

# sent TO HOST [OPTION]: all of them, to one host.
sent() {
	use_relay "$1"
	exits 0 python3 "$TOP/tests/support/random_messages.py" hand-over "$T/given" sender@client.test \
		rcpt@dest.test
	flush
	assert_queued 0
	assert_reports 0
	assert_delivered "$1" "$count"
	python3 "$TOP/tests/support/random_messages.py" compare "${@:2}" "$T/given" "$T/$1" ||
		fail "at $1; the same again: MESSAGES_SEED=$seed MESSAGES_COUNT=$count KEEP=1 bash $0"
}

exits 0 python3 "$TOP/tests/support/random_messages.py" write "$seed" "$count" "$T/given"
sent seven --seven
sent eight
assert_lacks "$T/seven/dialogue" 'BODY='
