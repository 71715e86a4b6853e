#!/usr/bin/env bash
# Long lines, octets over 127, NULs, in every place of a message, through a host of 7 bits and
# one of 8: Python's email package reads in what arrives what it reads in what was given. Rows
# 66, 79 to 81 and 91 to 94 of the bad input.
. "$(dirname "$0")/lib.sh"
need python3 git

start_receiver seven --without 8BITMIME --without SMTPUTF8
start_receiver eight
export NULLMTA_DELIVERY_PER_DESTINATION=1

mkdir "$T/given"
(cd "$T/given" && python3 "$TOP/tests/support/awkward.py")

# send_all HOST [OPTION]: the whole corpus, compared.
send_all() {
	local file number=0
	use_relay "$1"
	for file in "$T"/given/*.eml; do
		exits 0 sendmail -odq -i -f sender@client.test rcpt@dest.test <"$file"
	done
	flush
	assert_queued 0
	assert_delivered "$1" "$(find "$T/given" -name '*.eml' | wc -l)"
	for file in "$T"/given/*.eml; do
		number=$((number + 1))
		python3 "$TOP/tests/support/same_meaning.py" "${@:2}" "$file" "$(content "$1" $number)" ||
			fail "${file##*/} at $1"
		size_is_exact "$1" $number
	done
}

# SIZE was what came (RFC 1870 5).
size_is_exact() {
	assert_contains "$T/$1/$(printf %04d "$2").env" "SIZE=$(stat -c %s "$(content "$1" "$2")")"
}

send_all seven --seven
send_all eight
[ "$(grep -c 'MAIL FROM.* BODY=8BITMIME' "$T/eight/dialogue")" -gt 0 ] || fail "no BODY=8BITMIME"
assert_lacks "$T/seven/dialogue" "BODY="

# --- what a host can take arrives octet by octet --------------------------------------
printf 'Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n' >"$T/fine"
printf 'Content-Transfer-Encoding: 8bit\n\ngr\303\274n = gr\303\274n \n-- \n' >>"$T/fine"
exits 0 sendmail -i -f sender@client.test rcpt@dest.test <"$T/fine"
settle
assert_same "$T/fine" eight "$(count_delivered eight)"

# --- a patch can be applied -----------------------------------------------------------
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
repository() {
	git init -q "$1"
	git -C "$1" config user.name 'Jörg Müller'
	git -C "$1" config user.email sender@client.test
	git -C "$1" commit -q --allow-empty -m start
}
repository "$T/from"
python3 -c 'print("x" * 5000, "\t ", "= grün =3D", "From me", sep="\n")' >"$T/from/file"
printf 'caf\351\n--\n.\n' >>"$T/from/file"
git -C "$T/from" add file
git -C "$T/from" commit -q -m 'eine Änderung'
git -C "$T/from" format-patch -q -1 --stdout >"$T/patch"
for name in seven eight; do
	use_relay $name
	exits 0 sendmail -i -f sender@client.test rcpt@dest.test <"$T/patch"
	settle
	repository "$T/at-$name"
	# as a mailbox keeps it
	sed 's/\r$//' "$(content $name "$(count_delivered $name)")" >"$T/mail"
	git -C "$T/at-$name" am -q "$T/mail" 2>"$T/am" ||
		fail "git am at $name: $(cat "$T/am")"
	cmp "$T/from/file" "$T/at-$name/file" || fail "the patch at $name"
	assert_eq "$(git -C "$T/at-$name" log -1 --format='%an %s')" 'Jörg Müller eine Änderung'
done

# --- what is signed is not touched ----------------------------------------------------
signed() {
	printf 'Subject: %s\nMIME-Version: 1.0\nContent-Type: multipart/signed; boundary=s\n\n' "$1"
	printf -- '--s\nContent-Type: text/plain; charset=utf-8\n\n%b\n' "$2"
	printf -- '--s\nContent-Type: application/pgp-signature\n\nxyz\n--s--\n'
}
line=$(printf '%1000s' '' | tr ' ' x)
signed short 'gr\0303\0274n' >"$T/signed"
use_relay eight
exits 0 sendmail -i -f sender@client.test rcpt@dest.test <"$T/signed"
settle
assert_same "$T/signed" eight "$(count_delivered eight)"
signed long "$line" | exits 0 sendmail -i -f sender@client.test rcpt@dest.test
settle
assert_reports 1 'Status: 5.6.3' 'a line over 998 octets' 'before it is signed'
use_relay seven
exits 0 sendmail -i -f sender@client.test rcpt@dest.test <"$T/signed"
settle
assert_reports 2 'lacks 8BITMIME'
assert_queued 0

# --- an address in the header ---------------------------------------------------------
printf 'To: r@b\303\274cher.test, Gr\303\274n <a@x.test>\n\nx\n' |
	exits 0 sendmail -i -f sender@client.test rcpt@dest.test
settle
assert_contains "$(content seven "$(count_delivered seven)")" \
	'To: r@xn--bcher-kva.test, =?UTF-8?Q?Gr=C3=BCn?= <a@x.test>'
printf 'To: \303\274@x.test\n\nx\n' | exits 0 sendmail -i -f sender@client.test rcpt@dest.test
settle
assert_reports 3 'Status: 5.6.7'
assert_queued 0
