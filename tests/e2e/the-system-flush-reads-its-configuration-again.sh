#!/usr/bin/env bash
# SIGHUP makes a system's flush read its configuration again and look at every spool; what is
# wrong then keeps the mail, and what users cannot read of it is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"

start_receiver first
start_receiver second
port[relay]=${port[first]}
configure
submit 54001 'at the start' -odq
nullmta flush --all --every 1h &
flush=$!
await 1 'event=flush-all.* delivered=1' "$T/log"
assert_delivered first 1

# again NAME SUBJECT: it is sent there
again() {
	port[relay]=${port[$1]}
	configure
	submit 54002 "$2" -odq
	kill -HUP $flush
	await "$3" 'event=flush-all.* delivered=1' "$T/log"
	assert_eq "$(subjects "$1" | tail -n 1)" "$2"
}
again second 'b elsewhere' 2
echo '[nonsense]' >>/etc/nullmta.conf
submit 54001 'c kept' -odq 2>/dev/null
kill -HUP $flush
await 1 'event=configuration' "$T/log"
assert_eq "$(count_left)" 1
configure
kill -HUP $flush
await 3 'event=flush-all.* delivered=1' "$T/log"
until_true none_left

# CAs that users cannot look up
mkdir -m 700 /etc/cas
printf '%s\n' "[relay]" "host = localhost:${port[relay]}" 'tls = verify' 'tls_ca = /etc/cas' >>/etc/nullmta.conf
awk '/^\[relay\]$/ { n++ } n != 1' /etc/nullmta.conf >"$T/conf"
cat "$T/conf" >/etc/nullmta.conf
kill -HUP $flush
await 1 'event=secret-unusable.*chmod 755 /etc/cas' "$T/log"
kill -TERM $flush
wait $flush || fail "exit $?"
