#!/usr/bin/env bash
# Without a relay mail for a user of this machine goes into that user's mailbox: the message comes
# from the spool of its sender, and is laid down by a process with the recipient's rights.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
. "$(dirname "$0")/scripts/users.sh"

configure
give_maildir cat

# --- mbox and Maildir, by all names of the machine ---
mail_from ann one bob
mail_from ann two Bob+list@localhost cat@client
mail_from ann three bob bob@client.test BOB@localhost.localdomain # one user, one copy
exits 0 nullmta flush --all
assert_eq "$(count_left)" 0
assert_eq "$(mail_of bob)" one,three,two,
assert_eq "$(mail_of cat)" two,
assert_eq "$(stat -c '%U:%G %a' /var/mail/bob)" "bob:mail 660"
assert_eq "$(grep -c '^From ann@client.test ' /var/mail/bob)" 3
assert_eq "$(grep -c '^Return-Path: <ann@client.test>$' /var/mail/bob)" 3
assert_eq "$(grep -c '^>From here on' /var/mail/bob)" 3
assert_contains /var/mail/bob 'Delivered-To: Bob+list@localhost'
assert_contains /var/mail/bob 'from uid 54001'
letter=$(find "$(home cat)/Maildir/new" -type f -user cat)
assert_contains "$letter" 'Delivered-To: cat@client'
assert_lacks "$letter" '>From'
[ ! -e /var/mail/bob.lock ] || fail "a lock is left"
assert_log delivered to=bob@client.test remote=mailbox:bob

# --- a mailbox of one's own choice is the recipient's business, and read as the recipient ---
mkdir -p "$(home bob)/.config"
printf '[mailbox]\npath = ~/in/box\n' >"$(home bob)/.config/nullmta.conf"
mkdir "$(home bob)/in"
chown -R bob:bob "$(home bob)"
mail_from ann chosen bob
exits 0 nullmta flush --all
assert_contains "$(home bob)/in/box" 'Subject: chosen'
printf '[mailbox]\npath = ~/in/box\n[nonsense]\n' >"$(home bob)/.config/nullmta.conf"
mail_from ann 'chosen still' bob
exits 0 nullmta flush --all
assert_contains "$(home bob)/in/box" 'Subject: chosen still'
assert_log configuration user=bob
printf '[mailbox]\npath = ~/in/made/\n' >"$(home bob)/.config/nullmta.conf"
mail_from ann 'chosen to be made' bob
exits 0 nullmta flush --all
assert_contains "$(find "$(home bob)/in/made/new" -type f)" 'Subject: chosen to be made'
rm -r "$(home bob)/.config"

# --- nobody of this name: one report, to the sender's own mailbox ---
give_maildir ann
mail_from ann lost nobody-has-this-name
exits 0 nullmta flush --all
assert_eq "$(count_left)" 0
report=$(find "$(home ann)/Maildir/new" -type f)
assert_contains "$report" 'Status: 5.1.1'
assert_contains "$report" 'there is no user nobody-has-this-name on this machine'

# --- root, and mail of root ---
mail_from ann 'to root' root
printf 'Subject: of root\n\nhi\n' | sendmail -i -odq bob
exits 0 nullmta flush --all
assert_contains /var/mail/root 'Subject: to root'
assert_contains /var/mail/bob 'Subject: of root'
# root's own flush needs no other one
printf 'Subject: of root again\n\nhi\n' | sendmail -i -odi cat
assert_eq "$(mail_of cat)" 'of root again,two,'
assert_eq "$(find "$(home cat)/Maildir/new" -type f ! -user cat | wc -l)" 0

# --- a user's own flush: what is its own, and nobody else's mailbox ---
mail_from ann mine ann
mail_from ann theirs bob cat
exits 0 as 54001 nullmta flush
assert_eq "$(mail_of ann | tr , '\n' | grep -c mine)" 1
assert_eq "$(count_left)" 1
assert_log mailbox-of-another route=mailbox:bob
assert_log mailbox-of-another route=mailbox:cat
assert_eq "$(count_log deferred)" 0
exits 75 as 54001 nullmta flush --message "$(find "$root/54001/new" "$root/54001/cur" -type f -printf '%.14f')"
exits 0 nullmta flush --all --now
assert_eq "$(count_left)" 0
assert_eq "$(mail_of cat)" 'of root again,theirs,two,'
assert_contains /var/mail/bob 'Subject: theirs'

# --- other ways for the same names ---
start_receiver relay
configure
mail_from ann relayed bob
exits 0 nullmta flush --all
assert_delivered relay 1
assert_contains "$T/relay/0001.env" 'to <bob@client.test>'
printf '[local]\ndeliver = mailbox\n' >>/etc/nullmta.conf
sed -i '0,/^\[local\]$/{/^\[local\]$/d};/^aliases = none$/d' /etc/nullmta.conf
mail_from ann kept bob
mail_from ann away rcpt@dest.test
exits 0 nullmta flush --all
assert_delivered relay 2
assert_contains /var/mail/bob 'Subject: kept'
# a route that names the address was meant
printf '[route bob]\nhost = 127.0.0.1:%s\ntls = none\nrecipient = bob@client.test\n' \
	"${port[relay]}" >>/etc/nullmta.conf
mail_from ann named bob
mail_from ann unnamed bob@localhost
exits 0 nullmta flush --all
assert_delivered relay 3
assert_contains /var/mail/bob 'Subject: unnamed'

# a mail store: it knows who is there
mkdir "$T/store"
start store python3 "$TOP/tests/support/lmtp-server.py" --dir "$T/store"
sed -i "s/^deliver = mailbox$/deliver = lmtp:127.0.0.1:${port[store]}/" /etc/nullmta.conf
exits 0 nullmta explain anybody@localhost >"$T/stdout"
assert_contains "$T/stdout" "to 127.0.0.1, port ${port[store]} (LMTP), as mail of a local user"
mail_from ann stored anybody@localhost
exits 0 nullmta flush --all
assert_eq "$(count_left)" 0
assert_log delivered to=anybody@localhost "remote=*:${port[store]}"
configure
printf '[local]\ndeliver = mailbox\n' >>/etc/nullmta.conf
sed -i '0,/^\[local\]$/{/^\[local\]$/d};/^aliases = none$/d' /etc/nullmta.conf

# --- success is told, for no server behind a mailbox would ---
give_maildir ann
rm -f "$(home ann)"/Maildir/new/*
printf 'Subject: tell me\n\nhi\n' | as "${uid[ann]}" sendmail -i -odq -N success bob
exits 0 nullmta flush --all
assert_contains "$(find "$(home ann)/Maildir/new" -type f)" 'Final-Recipient: rfc822; bob@client.test'

# --- it is told ---
exits 0 nullmta explain cat >"$T/stdout"
assert_contains "$T/stdout" 'into the mailbox of cat, because of [local] deliver (/etc/nullmta.conf:'
exits 68 nullmta explain nobody-has-this-name >"$T/stdout"
assert_contains "$T/stdout" 'there is no user nobody-has-this-name'
exits 0 sendmail -bv cat >"$T/stdout"
assert_contains "$T/stdout" 'into the mailbox of cat'
exits 0 nullmta test cat >"$T/stdout"
assert_contains "$T/stdout" 'mailbox:cat takes it'
exits 67 nullmta test nobody-has-this-name >"$T/stdout"
exits 77 as 54001 nullmta test cat >"$T/stdout"
assert_contains "$T/stdout" 'flush of the system'
exits 0 nullmta config show >"$T/stdout"
assert_eq "$(sed -n 's/^local.deliver *= \([^ ]*\).*/\1/p' "$T/stdout")" mailbox
