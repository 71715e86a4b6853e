#!/usr/bin/env bash
# logwatch's report of the day arrives, whatever stood in the logs.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need perl python3

start_receiver relay

# its own configuration and scripts, where they lie, and what an administrator puts beside them;
# it reads most values in lower case, so folders have relative names
mkdir -p "$T/etc/conf" "$T/cache" "$T/logs"
sed "s,\"/usr/share/logwatch\",\"$PEERS/usr/share/logwatch\",; s,\"/etc/logwatch\",\"$T/etc\"," \
	"$PEERS/usr/share/logwatch/scripts/logwatch.pl" >"$T/logwatch.pl"
cd "$T"
cat >"$T/etc/conf/logwatch.conf" <<CONF
TmpDir = cache
LogDir = logs
mailer = "$BUILD/bin/sendmail -t"
Range = All
Detail = High
CONF
cat >"$T/logs/auth.log" <<LOG
Nov 22 10:00:00 gate sshd[1]: Invalid user jürgen from 192.0.2.9 port 22
Nov 22 10:00:00 gate sshd[2]: Invalid user $(printf 'x%.0s' {1..1500}) from 192.0.2.9 port 22
LOG

watch() {
	perl "$T/logwatch.pl" --service sshd --hostname gate.test "$@"
}

# what it says on a terminal, but for what it says about time and place of its output
watch --output stdout | grep -v -e 'Processing Initiated' -e 'Type of Output' >"$T/expected"
assert_contains "$T/expected" jürgen

# once through a host of 7 bits, once through one of 8
start_receiver seven --without 8BITMIME
for name in relay seven; do
	use_relay $name
	exits 0 watch --output mail --mailto 'admin@dest.test root'
	settle
	assert_delivered $name 1
	sed -i -e '/Processing Initiated/d' -e '/Type of Output/d' "$(content $name 1)"
	assert_reads $name 1 Auto-Submitted <<TEXT
root@client.test > admin@dest.test root@client.test
From: root@client.test
To: admin@dest.test, root@client.test
Subject: Logwatch for gate.test (Linux)
Auto-Submitted: auto-generated

text/plain
$(cat "$T/expected")
TEXT
done
assert_queued 0
assert_reports 0
