#!/usr/bin/env bash
# git send-email hands over a series; what arrives, in the order it arrives, is what git am
# makes the same commits of: through a host of 8 bits and one of 7, encoded by git or by us.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need git perl python3

COUNT=12
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
start_receiver eight
start_receiver seven --without 8BITMIME --without SMTPUTF8

as_author() {
	git -C "$1" -c user.name="$2" -c user.email=joerg@client.test "${@:3}"
}

# --- the series --------------------------------------------------------------------------

git init -q -b main "$T/ours"
printf 'one\ntwo\n.\n..three\n' >"$T/ours/file"
git -C "$T/ours" add file
as_author "$T/ours" 'Jörg Müller' commit -q -m 'begin'
authors=('Jörg Müller' 'Žofie Nováková' '山田 太郎' 'Plain, Jr.')
long=$(printf '%05000d' 0)
for ((i = 1; i <= COUNT; i++)); do
	# dots, trailing blanks, a line that looks like an mbox separator, UTF-8
	printf '.line %d  \nFrom the start\nGrüße =3D =\n\ttab\t\n' "$i" >>"$T/ours/file"
	((i % 4)) || printf '%s é %d\n' "$long" "$i" >>"$T/ours/file"
	as_author "$T/ours" "${authors[i % 4]}" commit -q -a -m "Änderung №$i: größer

From here on: a body that begins like an mbox line, and an ü."
done
git -C "$T/ours" format-patch -q -o "$T/patches" -$COUNT

# --- what git hands over is kept ------------------------------------------------------------

cat >"$T/sendmail" <<'SENDMAIL'
#!/bin/sh
n=$(find "$GIVEN" -type f | wc -l)
tee "$GIVEN/$(printf %04d $((n + 1)))" | sendmail "$@"
SENDMAIL
chmod 755 "$T/sendmail"

send_series() {
	exits 0 git_with_email -C "$T/ours" -c user.name='Jörg Müller' \
		-c user.email=joerg@client.test -c sendemail.envelopeSender=auto \
		-c sendemail.smtpServer="$T/sendmail" send-email --quiet --confirm=never \
		--suppress-cc=all --to=list@dest.test --cc=cc@dest.test "$@" "$T"/patches/*.patch >"$T/sent"
	settle
}

# apply FILE...: as a mail reader would save them
apply() {
	local file patches=()
	rm -rf "$T/theirs"
	git clone -q "$T/ours" "$T/theirs"
	git -C "$T/theirs" reset -q --hard HEAD~$COUNT
	for file; do
		tr -d '\r' <"$file" >"${file%.eml}.patch"
		patches+=("${file%.eml}.patch")
	done
	as_author "$T/theirs" 'A Committer' am -q --whitespace=nowarn "${patches[@]}"
}

history() {
	git -C "$1" log --format='%an %ae %s%n%b%T'
}

# arrives NAME OPTION...: the series through this host
arrives() {
	local name=$1 before number files=()
	use_relay "$name"
	before=$(count_delivered "$name")
	rm -rf "$T/given"
	mkdir "$T/given"
	GIVEN=$T/given send_series "${@:2}"
	assert_delivered "$name" $((before + COUNT))
	assert_queued 0
	for ((number = 1; number <= COUNT; number++)); do
		envelope "$name" $((before + number)) >"$T/envelope"
		assert_contains "$T/envelope" 'from <joerg@client.test>'
		assert_contains "$T/envelope" 'to <list@dest.test>'
		assert_contains "$T/envelope" 'to <cc@dest.test>'
		files+=("$(content "$name" $((before + number)))")
		python3 "$TOP/tests/support/same_meaning.py" \
			"$T/given/$(printf %04d $number)" "${files[-1]}" ||
			fail "patch $number at $name"
	done
	apply "${files[@]}"
	assert_eq "$(history "$T/theirs")" "$(history "$T/ours")" "history behind $name"
}

for name in eight seven; do
	arrives $name
	arrives $name --transfer-encoding=8bit --no-validate
done
