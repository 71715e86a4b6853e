#!/usr/bin/env bash
# git send-email hands over a series; what arrives, in the order it arrives, is what git am
# makes the same commits of.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need git perl

start_receiver list
use_relay list

as_author() {
	git -C "$1" -c user.name="Jörg Müller" -c user.email=joerg@client.test "${@:2}"
}

git init -q -b main "$T/ours"
printf 'one\ntwo\n.\n..three\n' >"$T/ours/file"
git -C "$T/ours" add file
as_author "$T/ours" commit -q -m 'begin'
git clone -q "$T/ours" "$T/theirs"
for ((i = 1; i <= 7; i++)); do
	# dots, trailing blanks, a line that looks like an mbox separator, UTF-8
	printf '.line %d  \nFrom the start\nGrüße\n\ttab\t\n' "$i" >>"$T/ours/file"
	as_author "$T/ours" commit -q -a -m "change $i

From here on: a body that begins like an mbox line, and an ü."
done
git -C "$T/ours" format-patch -q -o "$T/patches" -7

exits 0 git_with_email -C "$T/ours" -c user.name=J -c user.email=joerg@client.test \
	-c sendemail.envelopeSender=auto -c sendemail.smtpServer="$BUILD/bin/sendmail" \
	send-email --quiet --confirm=never --to=list@dest.test --cc=cc@dest.test \
	"$T"/patches/*.patch >"$T/sent"
settle
assert_delivered list 7
assert_queued 0

cat "$T"/list/*.env >"$T/envelopes"
assert_eq "$(grep -c '^to <list@dest.test>' "$T/envelopes")" 7 "messages to the list"
assert_eq "$(grep -c '^to <cc@dest.test>' "$T/envelopes")" 7 "copies"
assert_eq "$(grep -c '^from <joerg@client.test>' "$T/envelopes")" 7 "senders"

# what came, in its order, as a mail reader would save it
for file in "$T"/list/*.eml; do
	tr -d '\r' <"$file" >"${file%.eml}.patch"
done
as_author "$T/theirs" am -q --whitespace=nowarn "$T"/list/*.patch
assert_eq "$(git -C "$T/theirs" log --format='%an %ae %s%n%b')" \
	"$(git -C "$T/ours" log --format='%an %ae %s%n%b')" "history"
