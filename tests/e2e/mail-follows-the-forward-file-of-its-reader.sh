#!/usr/bin/env bash
# Where mail goes into mailboxes, ~/.forward of each user says where else: it is read with that
# user's rights, and tells nobody anything but addresses.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
. "$(dirname "$0")/scripts/users.sh"

configure
start_receiver out
printf '[route out]\nhost = 127.0.0.1:%s\ntls = none\nrecipient = dest.test\n' \
	"${port[out]}" >>/etc/nullmta.conf
count=0

# forward NAME TEXT: the file of NAME, as its owner writes it.
forward() {
	rm -rf "$(home "$1")/.forward"
	printf '%b' "$2" >"$(home "$1")/.forward"
	chown "${uid[$1]}:${uid[$1]}" "$(home "$1")/.forward"
}

# flush_all COUNT: everything leaves, so many messages by the relay since the last time.
flush_all() {
	exits 0 nullmta flush --all --now
	assert_eq "$(count_left)" 0
	count=$((count + $1))
	assert_delivered out "$count"
}

# mail_is NAME SUBJECT...: what is in the mailbox, which is empty afterwards.
mail_is() {
	local want
	want=$(printf '%s\n' "${@:2}" | sort | tr '\n' , | sed 's/^,$//')
	assert_eq "$(mail_of "$1")" "$want"
	rm -rf "/var/mail/$1"
}

# --- elsewhere, and elsewhere as well ---
forward bob 'joe@dest.test\n'
mail_from ann outside bob
flush_all 1
mail_is bob ''
assert_contains "$T/out/0001.env" 'to <joe@dest.test>'
assert_contains "$T/out/0001.env" 'from <ann@client.test>'
assert_log delivered to=joe@dest.test
forward bob '# a copy stays here\n\\bob,\n joe@dest.test'
mail_from ann 'a copy' Bob+x@localhost
flush_all 1
mail_is bob 'a copy'
forward bob 'bob, joe@dest.test, kim@dest.test'
mail_from ann 'by the own name' bob
flush_all 1
mail_is bob 'by the own name'
assert_contains "$T/out/0003.env" 'to <kim@dest.test>'

# --- to others here, round and round, and nowhere ---
forward bob 'cat'
mail_from ann hop bob
mail_from ann 'both named' bob cat
flush_all 0
mail_is bob ''
mail_is cat hop 'both named'
forward cat 'bob'
mail_from ann loop bob
flush_all 0
mail_is bob loop
mail_is cat ''
forward cat 'bob, joe@dest.test'
mail_from ann 'loop and more' cat
flush_all 1
mail_is cat 'loop and more'
mail_is bob ''
forward bob '\\cat'
mail_from ann 'no further' bob
flush_all 0
mail_is cat 'no further'
forward bob '/dev/null'
mail_from ann discarded bob
flush_all 0
mail_is bob ''
assert_log delivered to=bob@client.test status=2.0.0
rm "$(home cat)/.forward"

# --- what a null client does not do is left out, and told without a word of the file ---
forward bob "\"|/usr/bin/touch $(home bob)/ran-secret\", joe@dest.test\\n:include:/etc/secret\\n/home/secret"
mail_from ann 'a program' bob
flush_all 1
mail_is bob ''
assert_log forward user=bob line=1
assert_log forward user=bob line=3
forward bob "|/usr/bin/touch $(home bob)/ran-secret"
mail_from ann 'only a program' bob
flush_all 0
mail_is bob 'only a program'
[ ! -e "$(home bob)/ran-secret" ] || fail "a program was run"
! grep -q secret "$T/log" || fail "the log tells what is in the file"

# --- files that are none, or anybody else's: the mail is in the mailbox, and nobody waits ---
hostile() {
	mail_from ann "$1" bob cat
	flush_all 0
	mail_is bob "$1"
	mail_is cat "$1"
	assert_log forward user=bob "why=\"$2\""
	rm -rf "$(home bob)/.forward"
	: >"$T/log"
}
rm -f "$(home bob)/.forward"
mkfifo "$(home bob)/.forward"
hostile 'a FIFO' 'not a regular file'
mkdir "$(home bob)/.forward"
hostile 'a directory' 'not a regular file'
ln -s /dev/zero "$(home bob)/.forward"
hostile 'a device' 'not a regular file'
install -m 600 /dev/null /etc/shadow
ln -s /etc/shadow "$(home bob)/.forward"
hostile 'a link to what is closed' 'Permission denied'
ln -s .forward "$(home bob)/.forward"
hostile 'a link to itself' 'Too many levels of symbolic links'
forward bob 'joe@dest.test'
chown cat "$(home bob)/.forward"
hostile 'of somebody else' 'the file belongs to somebody else'
forward bob 'joe@dest.test'
chmod 666 "$(home bob)/.forward"
hostile 'open to all' 'others can write it; chmod go-w mends that'
forward bob 'joe@dest.test\n'
head -c 10000000 /dev/zero | tr '\0' '\n' >>"$(home bob)/.forward"
hostile 'ten megabytes' 'larger than 64 KiB'
seq -f 'u%g@dest.test' 101 >"$(home bob)/.forward"
chown bob:bob "$(home bob)/.forward"
hostile 'a mailing list' 'more than 100 addresses: the mail stays in the mailbox'

# --- who is told of an address that is none ---
forward bob 'nobody-has-this-name, \\bob'
give_maildir ann
mail_from ann gone bob
flush_all 0
mail_is bob gone
report=$(find "$(home ann)/Maildir/new" -type f)
assert_contains "$report" 'Status: 5.1.1'
assert_contains "$report" 'nobody-has-this-name@client.test'
rm "$report"
# such reports follow the file of their reader, too
forward ann 'joe@dest.test'
mail_from ann gone bob
exits 0 nullmta flush --all
flush_all 1
mail_is bob gone
assert_contains "$(find "$T/out" -name '*.env' | sort | tail -1)" 'from <>'
forward ann 'ann, joe@dest.test'
mail_from ann gone bob
flush_all 0
mail_is bob gone
assert_contains "$(find "$(home ann)/Maildir/new" -type f)" 'Status: 5.1.1'
rm -r "$(home ann)/Maildir"

# --- a user's own flush knows the own file, and leaves others' to the system's ---
forward ann 'joe@dest.test'
forward bob 'kim@dest.test'
mail_from ann mine ann
mail_from ann theirs bob ann
exits 0 as 54001 nullmta flush
count=$((count + 2))
assert_delivered out "$count"
assert_eq "$(count_left)" 1
assert_eq "$(count_log deferred)" 0
mail_is bob ''
flush_all 1
mail_is bob ''
assert_contains "$(find "$T/out" -name '*.env' | sort | tail -1)" 'to <kim@dest.test>'

# --- it is told to who may know ---
forward ann 'bob, "joe smith"@dest.test'
forward bob '\\bob, kim@dest.test'
exits 68 nullmta explain --no-dns ann nobody-has-this-name >"$T/stdout"
assert_contains "$T/stdout" 'ann@client.test is forwarded by ~/.forward of ann to bob, "joe smith"@dest.test'
assert_contains "$T/stdout" 'bob@client.test is forwarded by ~/.forward of bob to bob itself, kim@dest.test'
assert_contains "$T/stdout" 'recipient kim@dest.test'
assert_contains "$T/stdout" 'into the mailbox of bob'
exits 0 as 54001 sendmail -bv ann >"$T/stdout"
assert_contains "$T/stdout" 'bob@client.test: the ~/.forward of bob is for that user and root to read'
assert_contains "$T/stdout" 'recipient "joe smith"@dest.test'
assert_lacks "$T/stdout" kim
exits 0 nullmta test bob >"$T/stdout"
assert_contains "$T/stdout" 'is forwarded by ~/.forward of bob'
assert_contains "$T/stdout" 'would flow, to all 2 addresses'
exits 0 nullmta test --route out bob >"$T/stdout"
assert_lacks "$T/stdout" kim
