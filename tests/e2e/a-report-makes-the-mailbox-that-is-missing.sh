#!/usr/bin/env bash
# On Debian's /var/mail (root:mail 2775) no user can make a mailbox: the flush of the system has it
# made for the first report, by a process with the recipient's rights and that group. A flush of the
# user's own leaves such a report to it, and parks nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
. "$(dirname "$0")/scripts/users.sh"

start_receiver relay --rule 'rcpt bad@* 550 5.1.1 no such user'
configure

# reports NAME: how many are in the mbox.
reports() {
	grep -c '^Content-Type: multipart/report' "/var/mail/$1" || true
}

parked() {
	find "$root" -path '*/failed/*' | wc -l
}

# --- the system's flush ---
mail_from ann first bad@dest.test
exits 0 nullmta flush --all
assert_eq "$(count_left)" 0
assert_eq "$(reports ann)" 1
assert_eq "$(stat -c '%U:%G %a' /var/mail/ann)" 'ann:mail 660'
assert_contains /var/mail/ann 'Delivered-To: ann@client.test'
assert_contains /var/mail/ann 'Return-Path: <>'
assert_contains /var/mail/ann 'no such user'
assert_log bounced to=ann@client.test mailbox=/var/mail/ann
[ ! -e /var/mail/ann.lock ] || fail "a lock is left"
# now that it is there nobody else is needed
mail_from ann second bad@dest.test
exits 0 as "${uid[ann]}" nullmta flush
assert_eq "$(reports ann)" 2

# --- the user's own: it stays, and that is told ---
mail_from bob third bad@dest.test
exits 0 as "${uid[bob]}" nullmta flush
exits 0 as "${uid[bob]}" nullmta flush
assert_eq "$(count_left)" 1
assert_eq "$(parked)" 0
[ ! -e /var/mail/bob ] || fail "a mailbox without the group"
assert_log report-left 'hint=*nullmta flush --all*'
assert_eq "$(count_log failed to=bad@dest.test from=bob@client.test)" 1
exits 0 nullmta flush --all
assert_eq "$(count_left)" 0
assert_eq "$(reports bob)" 1
assert_eq "$(stat -c '%U:%G %a' /var/mail/bob)" 'bob:mail 660'
assert_eq "$(count_log failed to=bad@dest.test from=bob@client.test)" 1

# --- a sender elsewhere is told by mail, unless the system's flush listens ---
printf 'Subject: fourth\n\nhi\n' |
	as "${uid[cat]}" sendmail -i -odq -f cat@real.test bad@dest.test
install -d -m 755 "${socket%/*}"
: >"$socket"
exits 0 as "${uid[cat]}" nullmta flush
assert_eq "$(count_left)" 1
rm "$socket"
exits 0 as "${uid[cat]}" nullmta flush
exits 0 as "${uid[cat]}" nullmta flush
assert_eq "$(count_left)" 0
assert_contains "$T/relay/0001.env" 'to <cat@real.test>'
[ ! -e /var/mail/cat ] || fail "a mailbox without the group"

# --- a notice, too ---
printf 'secret\n' >/etc/password
chmod 600 /etc/password
sed -i '/^tls = none$/a auth_insecure = yes\nuser = joe\npassword_file = /etc/password' /etc/nullmta.conf
mail_from cat fifth rcpt@dest.test
exits 0 nullmta flush --all
exits 0 nullmta flush --all --now
assert_eq "$(count_log route-notice mailbox=/var/mail/cat)" 1
assert_eq "$(grep -c '^Subject: Mail waits: trouble with \[relay\]' /var/mail/cat)" 1
assert_eq "$(stat -c '%U:%G %a' /var/mail/cat)" 'cat:mail 660'
configure
exits 0 nullmta flush --all --now

# --- where no group may make a mailbox, nobody is told ---
rm /var/mail/bob
chown root:root /var/mail
chmod 755 /var/mail
mail_from bob sixth bad@dest.test
exits 0 nullmta flush --all
assert_eq "$(parked)" 1
assert_log parked 'why=*could not be reported*'
