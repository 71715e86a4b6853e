#!/usr/bin/env bash
# NSD answers, Postfix receives: what it files is what was given to sendmail.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"

start_postfix real 'virtual_mailbox_domains=real.test list.alias.test'
start_nsd <<ZONES
zone real.test
@ MX 10 down
@ MX 20 mx
down A 127.0.0.1
mx A $PEER_ADDRESS
zone alias.test
list CNAME real.test.
ZONES
use_mx real

# deliver FILE [OPTION...]: send it and compare what Postfix has filed
filed=0
deliver() {
	local file=$1
	shift
	exits 0 sendmail -odi -f sender@client.test "$@" user@real.test <"$file"
	filed=$((filed + 1))
	assert_filed real "$filed"
}

newest() {
	find "$T/real/mail/all/new" -type f -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-
}

assert_filed_same() {
	python3 "$TOP/tests/support/compare.py" --filed "$@" "$(newest)" ||
		fail "Postfix has filed something else"
}

need python3
letter >"$T/letter"
deliver "$T/letter" -i
assert_filed_same "$T/letter"

# dots, an 8-bit body that says so, no newline at the end, CRLF input
printf 'Subject: dots\nFrom: a@client.test\n\n.\n..\n.x\n\n.' >"$T/dots"
deliver "$T/dots" -i
assert_filed_same "$T/dots"
printf 'From: a@client.test\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMIME-Version: 1.0\n' >"$T/utf8"
printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n' >>"$T/utf8"
printf 'Viele Gr\303\274\303\237e\n' >>"$T/utf8"
deliver "$T/utf8"
assert_filed_same "$T/utf8"
sed 's/$/\r/' "$T/letter" >"$T/crlf"
deliver "$T/crlf" -i
assert_filed_same "$T/letter"

big_letter 5000000 >"$T/big"
deliver "$T/big" -i
assert_filed_same "$T/big"

# MX 10 does not listen: each time MX 20 was used. An alias leads to the same hosts.
exits 0 sendmail -odi -f sender@client.test user@list.alias.test <"$T/letter"
filed=$((filed + 1))
assert_filed real "$filed"

exits '6[79]' sendmail -odi -f sender@client.test bad@real.test <"$T/letter"
assert_reports 1 'Final-Recipient: rfc822; bad@real.test' 'Status: 5.1.1' \
	'Remote-MTA: dns; mx.real.test'
assert_queued 0
assert_eq "$(count_filed real)" "$filed" "messages in the maildir"

# Postfix's own sink takes a hundred over few connections
start_smtp_sink sink
use_relay sink
for ((i = 0; i < 100; i++)); do
	exits 0 sendmail -odq -f sender@client.test "r$i@dest.test" <"$T/letter"
done
assert_queued 100
flush
assert_queued 0
assert_eq "$(count_log delivered 'to=r*@dest.test')" 100 "deliveries"
