#!/usr/bin/env bash
# swaks, which is made to test mail servers, finds one in sendmail -bs: in a pipe and on a socket.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need perl
perl -MIO::Socket::UNIX -e 1 2>/dev/null || skip "needs the modules of perl"

start_receiver relay
use_relay relay

swaks() {
	timeout 60 perl "$PEERS/usr/bin/swaks" --helo swaks.test --from a@client.test "$@" >"$T/swaks.out"
}

exits 0 swaks --pipe 'sendmail -bs -odb' --to one@dest.test,two@dest.test --body 'from swaks' \
	--attach-type text/plain --attach "@$TOP/README.md"
settle
assert_delivered relay 1
assert_contains "$T/relay/0001.env" "to <two@dest.test>"
assert_contains "$(content relay 1)" "from swaks"
assert_contains "$(content relay 1)" "Received: from swaks.test"

# what is refused is said so: 24 is "no recipient accepted"
exits 24 swaks --pipe 'sendmail -bs' --to 'not an address@dest.test'

# MAIL, RCPT and DATA in one write
exits 0 swaks --pipe 'sendmail -bs' --pipeline --to three@dest.test --body 'all at once'
settle
assert_delivered relay 2
assert_contains "$(content relay 2)" "all at once"
assert_queued 0
