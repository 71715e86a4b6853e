#!/usr/bin/env bash
# Without a relay mail for a user of this machine goes into that user's mailbox: the message comes
# from the spool of its sender, and is laid down by a process with the recipient's rights.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"

configure
# as Debian has it: users cannot make mailboxes there, a process with the group mail can

chgrp mail /var/mail
chmod 2775 /var/mail
for name in ann:54001 bob:54002 cat:54003; do
	uid=${name#*:}
	name=${name%:*}
	echo "$name:x:$uid:$uid::$T/$name:/bin/sh" >>/etc/passwd
	install -d -m 700 -o "$uid" -g "$uid" "$T/$name"
done
install -d -m 700 -o 54003 -g 54003 "$T/cat/Maildir"

# deliver_to RECIPIENT... <MESSAGE: from ann.
deliver_to() {
	as 54001 sendmail -i -odq -f ann@client.test "$@"
}

# --- mbox and Maildir ---

printf 'Subject: one\n\nFrom here on it is quoted.\n' | deliver_to bob
printf 'Subject: two\n\nhi\n' | deliver_to Bob+list@localhost cat@client
printf 'Subject: three\n\nhi\n' | deliver_to bob bob@client.test BOB@localhost.localdomain
exits 0 nullmta flush --all
assert_eq "$(count_left)" 0
assert_eq "$(stat -c '%U:%G %a' /var/mail/bob)" "bob:mail 660"
assert_eq "$(grep -c '^From ann@client.test ' /var/mail/bob)" 3
assert_eq "$(grep -c '^Return-Path: <ann@client.test>$' /var/mail/bob)" 3
assert_eq "$(grep -c '^Delivered-To: ' /var/mail/bob)" 3
assert_contains /var/mail/bob '>From here on it is quoted.'
assert_contains /var/mail/bob 'Delivered-To: Bob+list@localhost'
assert_contains /var/mail/bob 'from uid 54001'
assert_eq "$(find "$T/cat/Maildir/new" -type f -user 54003 | wc -l)" 1
assert_contains "$(find "$T/cat/Maildir/new" -type f)" 'Delivered-To: cat@client'
[ ! -e /var/mail/bob.lock ] || fail "a lock is left"
