#!/usr/bin/env bash
# cron, mutt, mailx and s-nail find nullmta as /usr/sbin/sendmail, and their mail arrives.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need_private_root

start_receiver relay
use_relay relay
expected=0

# One more message has to have arrived by now; its envelope is for $1, its content says $2.
arrives() {
	expected=$((expected + 1))
	flush
	assert_delivered relay "$expected"
	assert_contains "$T/relay/$(printf %04d "$expected").env" "to <$1>"
	assert_contains "$(content relay "$expected")" "$2"
	for field in From Date Message-ID; do
		assert_eq "$(sed '/^\r$/q' "$(content relay "$expected")" | grep -ci "^$field:")" 1 \
			"fields of $field"
	done
	assert_queued 0
	assert_reports 0
}

# MAILTO is one argument, also where it names two (Debian cron 3.0pl1)
start_cron <<CRON
MAILTO=one@dest.test,two@dest.test
@reboot echo "cron says hello"; echo .; echo "behind the dot"
CRON
await grep -q event=queued "$T/log"
arrives one@dest.test "cron says hello"
assert_contains "$(content relay 1)" "behind the dot"
assert_contains "$T/relay/0001.env" "to <two@dest.test>"
assert_contains "$(content relay 1)" "Cron Daemon"
stop cron

printf 'set copy=no\nset from="Mutt User <mutt@client.test>"\nset use_from=yes\n' >"$T/muttrc"
echo "from mutt" >"$T/body"
exits 0 client mutt -n -F "$T/muttrc" -s "A subject" -b hidden@dest.test -- rcpt@dest.test <"$T/body"
arrives rcpt@dest.test "from mutt"
assert_contains "$T/relay/0002.env" "to <hidden@dest.test>"
assert_lacks "$(content relay 2)" "hidden@dest.test"

echo "from mailx" >"$T/body"
exits 0 client bsd-mailx -s "A subject" -b hidden@dest.test rcpt@dest.test <"$T/body"
arrives rcpt@dest.test "from mailx"
assert_contains "$T/relay/0003.env" "to <hidden@dest.test>"
assert_lacks "$(content relay 3)" "hidden@dest.test"

printf 'from s-nail, Gr\303\274\303\237e\n' >"$T/body"
exits 0 client s-nail -n -S ttycharset=utf-8 -s "A subject" rcpt@dest.test <"$T/body"
arrives rcpt@dest.test "from s-nail"
