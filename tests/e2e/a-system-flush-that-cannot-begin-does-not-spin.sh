#!/usr/bin/env bash
# Kicks that wait would start the system's flush again as soon as it has ended, and systemd gives a
# socket up when that goes on. So one that cannot begin takes its time to end.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"

# shellcheck disable=SC2119  # no options
start_system_flush
start_receiver relay
configure
cp /etc/nullmta.conf "$T/good.conf"

# --- a configuration that is wrong ----------------------------------------------------------
echo 'no key' >>/etc/nullmta.conf
submit 54001 'one' 2>/dev/null
await 1 'no = in this line' "$T/flush.err"
for i in $(seq 15); do
	submit 54002 "two $i" 2>/dev/null
done
assert_eq "$(grep -c started "$T/flush.err")" 1 'starts'

# mended, and told so: it begins anew, for nobody has taken the kicks
cp "$T/good.conf" /etc/nullmta.conf
kill -HUP "$(sed -n 's/started //p' "$T/flush.err")"
await 16 'event=delivered' "$T/log"
assert_delivered relay 16
assert_eq "$(grep -c started "$T/flush.err")" 2 'starts'

# --- a root that is none --------------------------------------------------------------------
stop flush
rm "$socket"
chmod 777 "$root"
# shellcheck disable=SC2119  # no options
start_system_flush
submit 54001 'three'
await 1 'event=run-failed' "$T/log"
for i in $(seq 5); do
	submit 54001 "four $i"
done
assert_eq "$(grep -c started "$T/flush.err")" 1 'starts'
chmod 1733 "$root"
kill -HUP "$(sed -n 's/started //p' "$T/flush.err")"
await 22 'event=delivered' "$T/log"
assert_delivered relay 22
