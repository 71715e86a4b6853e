#!/usr/bin/env bash
# A relay may be a mail store that speaks LMTP, by a unix socket or by TCP: each recipient has
# a fate of its own behind the dot.
. "$(dirname "$0")/lib.sh"

need python3

# start_store NAME [OPTION...]: keeps mail in $T/NAME.
start_store() {
	mkdir -p "$T/$1"
	start "$1" python3 "$TOP/tests/support/lmtp-server.py" --dir "$T/$1" "${@:2}"
}

# stored NAME RECIPIENT: messages.
stored() {
	find "$T/$1/$2" -name '*.eml' 2>/dev/null | wc -l
}

# send RECIPIENT...
send() {
	letter >"$T/letter"
	exits 0 sendmail -odi -f sender@client.test "$@" <"$T/letter"
}

# --- by socket ---------------------------------------------------------------------------

start_store store --socket "$T/lmtp.sock"
cat >"$T/nullmta.conf" <<CONF
[relay]
host = lmtp:$T/lmtp.sock
CONF
exits 0 nullmta config check >"$T/checked"

send one@dest.test two@dest.test
assert_eq "$(stored store one@dest.test)" 1 'mail of one'
assert_eq "$(stored store two@dest.test)" 1 'mail of two'
assert_queued 0
assert_log delivered 'to=one@dest.test' "remote=$T/lmtp.sock" code=250

letter >"$T/letter"
exits 69 sendmail -odi nobody@dest.test one@dest.test picky@dest.test full@dest.test <"$T/letter"
assert_eq "$(stored store one@dest.test)" 2 'mail of one, again'
assert_reports 1 'nobody@dest.test' '5.1.1' 'picky@dest.test' '5.7.1'
assert_queued 1
assert_queued_because 'over quota'
exits 0 nullmta queue show "$(mailq | awk 'NR == 2 { print $1 }')" >"$T/shown"
assert_contains "$T/shown" 'full@dest.test'

# what was stored is not stored again
flush
assert_eq "$(stored store one@dest.test)" 2 'mail of one, after a flush'
assert_reports 1

# --- a connection that is lost amid the replies --------------------------------------------

exits 0 nullmta queue delete "$(mailq | awk 'NR == 2 { print $1 }')"
send first@dest.test drop@dest.test last@dest.test
assert_eq "$(stored store first@dest.test)" 1 'mail of the first'
assert_queued 1
assert_queued_because 'may have been delivered'
flush
assert_eq "$(stored store first@dest.test)" 1 'mail of the first, after a flush'
exits 0 nullmta queue delete "$(mailq | awk 'NR == 2 { print $1 }')"

# --- many, in one connection ----------------------------------------------------------------

export NULLMTA_DELIVER=queue
for i in $(seq 20); do
	letter "number $i" | sendmail many@dest.test also@dest.test
done
unset NULLMTA_DELIVER
flush
assert_eq "$(stored store many@dest.test)" 20 'mail of many'
assert_eq "$(stored store also@dest.test)" 20 'mail of also'
assert_queued 0
[ ! -e "$T/store/violations" ] || fail "$(cat "$T/store/violations")"

# --- a socket that nobody listens on, and the store behind it ---------------------------------

stop store
send one@dest.test
assert_queued 1
assert_queued_because 'Connection refused'
start_store second
cat >"$T/nullmta.conf" <<CONF
[relay]
host = lmtp:$T/lmtp.sock lmtp://127.0.0.1:${port[second]}
tls = none
CONF
flush
assert_queued 0
assert_eq "$(stored second one@dest.test)" 1 'mail of one at the second'
[ ! -e "$T/second/violations" ] || fail "$(cat "$T/second/violations")"
