#!/usr/bin/env bash
# What lies in the place of a mailbox is never followed, waited for or written to unless it is
# the recipient's own plain file; mail for it waits, with a reason, and arrives when it is mended.
# No file of one user is touched with the rights of another.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
. "$(dirname "$0")/scripts/users.sh"
need strace python3

configure
box=/var/mail/bob
echo 'not for bob' >"$T/precious"
chmod 600 "$T/precious"

# waits WHY: mail for bob waits, mail for cat does not.
waits() {
	local before
	before=$(count_log delivered to=cat@client.test)
	mail_from ann "$1" bob cat
	exits 0 timeout 60 nullmta flush --all --now
	assert_eq "$(count_left)" 1 "messages left: $1"
	assert_eq "$(count_log delivered to=cat@client.test)" $((before + 1)) "$1"
	assert_log deferred to=bob@client.test status=4.2.1
	assert_log mailbox-trouble user=bob "why=*$2*"
	rm -rf "$box"
	exits 0 nullmta flush --all --now
	assert_eq "$(count_left)" 0 "messages left behind: $1"
	assert_contains "$box" "Subject: $1"
	assert_eq "$(stat -c %U "$box")" bob
	assert_eq "$(cat "$T/precious")" 'not for bob'
	rm "$box"
}

ln -s "$T/precious" "$box"
waits 'a link' 'not a plain file'
ln -s /var/mail/nowhere "$box"
waits 'a link to nothing' 'not a plain file'
[ ! -e /var/mail/nowhere ] || fail "a link was followed"
install -o bob -g mail -m 660 /dev/null /var/mail/other
ln /var/mail/other "$box"
waits 'a hard link' 'hard link'
rm /var/mail/other
install -o cat -g mail -m 660 /dev/null "$box"
waits "another user's file" 'not a plain file of this user'
mkfifo "$box"
chown bob "$box"
waits 'a FIFO' 'not a plain file'
mkdir "$box"
chown bob "$box"
waits 'a directory' 'not a plain file'

# a Maildir that leads elsewhere
as "${uid[bob]}" mkdir "$(home bob)/Maildir"
as "${uid[bob]}" ln -s "$(home cat)" "$(home bob)/Maildir/new"
mail_from ann 'a Maildir' bob
exits 0 nullmta flush --all --now
assert_eq "$(count_left)" 1
assert_eq "$(find "$(home cat)" -type f | wc -l)" 0
rm -r "$(home bob)/Maildir"
exits 0 nullmta flush --all --now
assert_eq "$(count_left)" 0
rm "$box"

# --- no space: it waits, the mailbox is as long as it was, and others get theirs ---
give_maildir cat
mount -t tmpfs -o size=64k,mode=2775,gid="$(getent group mail | cut -d: -f3)" small /var/mail
mail_from ann small bob
exits 0 nullmta flush --all
size=$(stat -c %s "$box")
{
	printf 'Subject: large\n\n'
	printf 'a line of text %s\n' {1..8000}
} | as "${uid[ann]}" sendmail -i -odq -f ann@client.test bob cat
exits 0 nullmta flush --all
assert_eq "$(count_left)" 1
assert_log deferred to=bob@client.test status=4.2.2
assert_eq "$(stat -c %s "$box")" "$size"
assert_contains "$(find "$(home cat)/Maildir/new" -type f)" 'Subject: large'
mount -o remount,size=1m /var/mail
exits 0 nullmta flush --all --now
assert_eq "$(count_left)" 0
assert_eq "$(mail_of bob)" large,small,
umount /var/mail
rm -r "$(home cat)/Maildir"

# --- whose rights touch whose files ---
give_maildir bob
printf '%s\n' '\bob' >"$(home bob)/.forward"
chown bob:bob "$(home bob)/.forward"
for name in ann bob cat; do
	mail_from "$name" "of $name" ann bob cat
done
exits 0 strace -f -y -q -o "$T/trace" "$BUILD/bin/nullmta" flush --all
assert_eq "$(count_left)" 0
assert_eq "$(mail_of bob)" 'of ann,of bob,of cat,'
assert_contains "$T/trace" "\"$(home bob)/.forward\""
for place in "$root" "$T/homes"; do
	python3 "$TOP/tests/support/whose-files.py" "$place" "$T/trace" >"$T/whose" ||
		fail "with another's rights: $(head -n 5 "$T/whose")"
	grep -q '^[1-9]' "$T/whose" || fail "nothing was traced in $place"
done
