#!/usr/bin/env bash
# Dovecot takes mail by LMTP, at a socket of the file system and by TCP, and says for each
# recipient what became of it.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/login-lib.sh"

start_dovecot store
letter >"$T/letter"

# filed ADDRESS: messages in the maildir of this address.
filed() {
	find "$T/store/mail" -path "*/$1/new/*" | wc -l
}

# send CODE RECIPIENT...
send() {
	exits "$1" sendmail -odi -f sender@client.test "${@:2}" <"$T/letter"
}

for place in "lmtp:$T/store/lmtp" "lmtp://$PEER_ADDRESS:${port[store]}"; do
	printf '%s\n' '[relay]' "host = $place" 'tls = none' >"$T/nullmta.conf"
	rm -rf "$T/store/mail"/* "$T/mbox"
	send 0 user@real.test other@real.test
	assert_eq "$(filed user@real.test) $(filed other@real.test)" '1 1' "mail by $place"

	# one mailbox is full and the other is not: two replies stand behind one dot
	send '6[79]' full@real.test user@real.test
	assert_eq "$(filed user@real.test) $(filed full@real.test)" '2 0' "mail by $place"
	assert_reports 1 'Final-Recipient: rfc822; full@real.test' 'Status: 5.2.2'
	assert_lacks "$T/mbox" 'Final-Recipient: rfc822; user@real.test'
	assert_queued 0
done
