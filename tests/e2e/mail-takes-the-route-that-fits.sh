#!/usr/bin/env bash
# Each recipient goes by the first [route] that fits sender, recipient and local user, else by
# [relay]; each with a sender of its own where the route says so.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
direct.test MX 10 mx.direct.test
mx.direct.test A 127.0.0.1
ZONE
for name in relay bulk partner users mx; do
	start_receiver "$name"
done
use_mx mx
user=$(id -un)

cat >"$T/nullmta.conf" <<CONF
[relay]
host = 127.0.0.1:${port[relay]}
tls = none

[route direct]
recipient = direct.test
host = direct

[route Bulk]
sender = news@client.test *.lists.test
host = 127.0.0.1:${port[bulk]}
tls = none
from = bulk@example.org

[route partner]
recipient = partner.test *.partner.test boss@other.test
host = 127.0.0.1:${port[partner]}
tls = none

[route users]
local_user = $user
recipient = *.users.test
host = 127.0.0.1:${port[users]}
tls = none

[route nobody]
local_user = somebody-else
host = error: this is for somebody else

[route void]
recipient = void.test
host = discard:

[route wall]
recipient = wall.test
host = error:5.7.1 no mail for the wall
CONF

# send SENDER RECIPIENT...
send() {
	letter "from $1" >"$T/letter"
	exits "${code:-0}" sendmail -odi -f "$@" <"$T/letter"
}

# --- one message, many ways ---------------------------------------------------------------

send me@client.test a@any.test b@partner.test c@x.y.partner.test boss@other.test \
	d@other.test e@direct.test f@box.users.test
assert_delivered relay 1
assert_delivered partner 1
assert_delivered mx 1
assert_delivered users 1
assert_eq "$(envelope relay 1 | grep -c '^to ')" 2 'recipients by [relay]'
assert_eq "$(envelope partner 1 | grep -c '^to ')" 3 'recipients of the partner'
assert_queued 0
assert_reports 0

# --- by sender; the first that fits counts, and the route's own sender ----------------------

send news@client.test a@any.test e@direct.test
assert_delivered bulk 1
assert_delivered mx 2
envelope bulk 1 >"$T/env"
assert_contains "$T/env" 'bulk@example.org'
assert_contains "$(content bulk 1)" 'bulk@example.org'
envelope mx 2 >"$T/env"
assert_contains "$T/env" 'news@client.test'
send x@deep.lists.test a@any.test
assert_delivered bulk 2

# --- nowhere --------------------------------------------------------------------------------

send me@client.test a@void.test
assert_queued 0
assert_reports 0
assert_log delivered 'to=a@void.test'
code=69 send me@client.test a@wall.test
assert_reports 1 'Status: 5.7.1' 'no mail for the wall'
assert_queued 0

# --- and what explain says of it --------------------------------------------------------------

nullmta explain -f news@client.test a@any.test e@direct.test a@void.test >"$T/explained"
assert_contains "$T/explained" "port ${port[bulk]}, because of [route bulk] sender ($T/nullmta.conf:10)"
assert_contains "$T/explained" 'sender       <bulk@example.org>'
assert_contains "$T/explained" "because of [route direct] recipient ($T/nullmta.conf:6)"
exits 68 nullmta explain -f me@client.test a@wall.test >"$T/explained"
assert_contains "$T/explained" 'no mail for the wall'
nullmta explain -f me@client.test a@void.test >"$T/explained"
assert_contains "$T/explained" 'nowhere: discarded by [route void]'

# --- mailq knows why mail waits for a route ----------------------------------------------------

stop partner
send me@client.test b@partner.test
assert_queued_because 'Connection refused'
assert_contains "$T/spool/state/hosts" 'partner/relay:[127.0.0.1]'
