#!/usr/bin/env bash
# Below /var/spool/nullmta everybody may make a directory: one that is not the user's own and
# private is passed over, and nobody's mail gets into the hands of another.
. "$(dirname "$0")/lib.sh"

need_root
need unshare setpriv
unshare --mount true 2>/dev/null || skip "needs root that may mount"
chmod 755 "$T"
chmod 644 "$NULLMTA_CONF"
setpriv --reuid=54321 --regid=54321 --clear-groups \
	ls "$T" "$BUILD/bin/sendmail" >/dev/null 2>&1 ||
	skip "needs a build and a directory that every user can reach"

start_receiver relay
mkdir "$T/spools"
mkdir -m 1733 "$T/spools/nullmta"
cat >"$T/inside" <<EOF
#!/bin/sh
mount --bind "$T/spools" /var/spool || exit 99
exec "\$@"
EOF
chmod 755 "$T/inside"
letter >"$T/letter"
root=$T/spools/nullmta

# as UID COMMAND...
as() {
	unshare --mount "$T/inside" setpriv --reuid="$1" --regid="$1" --clear-groups env -u NULLMTA_SPOOL \
		NULLMTA_LOG=none NULLMTA_MAILBOX_PATH=/nowhere "NULLMTA_RELAY=127.0.0.1:${port[relay]}" \
		"${@:2}"
}

# stored UID NAME: a submission of this user gets into this directory.
stored() {
	exits 0 as "$1" sendmail -odq -i -f "u$1@client.test" rcpt@dest.test <"$T/letter"
	assert_eq "$(find "$root/$2/new" -type f | wc -l)" 1 "messages in $2"
	assert_eq "$(stat -c '%a %u' "$root/$2")" "700 $1" "mode and owner of $2"
}

stored 54320 54320

# made by another, open to all so that it can be written
mkdir -m 777 "$root/54321"
chown 54320 "$root/54321"
mkdir -m 777 "$root"/54321/{new,tmp,cur}
stored 54321 54321.1

# a link to a place of the squatter, or to the user's own
mkdir -m 777 "$T/trap"
ln -s "$T/trap" "$root/54322"
chown -h 54320 "$root/54322"
ln -s "$root/54321.1" "$root/54322.1"
: >"$root/54322.2"
mkfifo "$root/54322.3"
stored 54322 54322.4

# the own one, but open to others
mkdir -m 755 "$root/54323"
chown 54323 "$root/54323"
stored 54323 54323.1

# everything squatted: no place, and no mail in a wrong one
for name in 54324 54324.{1..9}; do
	mkdir -m 777 "$root/$name"
done
exits 73 as 54324 HOME=/nowhere sendmail -odq -i rcpt@dest.test <"$T/letter"

assert_eq "$(find "$root/54321" "$T/trap" "$root"/54324* -type f | wc -l)" 0 "messages of others"

# each sees and sends what is his
for uid in 54320 54321 54322 54323; do
	as "$uid" mailq >"$T/mailq" 2>"$T/stderr" || fail "mailq of $uid: $(cat "$T/stderr")"
	assert_eq "$(grep -c '^[0-9A-F]' "$T/mailq")" 1 "messages in the mailq of $uid"
	assert_contains "$T/mailq" "u$uid@client.test"
	as "$uid" nullmta flush 2>"$T/stderr" || fail "flush of $uid: $(cat "$T/stderr")"
	assert_eq "$(cat "$T"/relay/*.env | grep -c "^from <u$uid@")" 1 "messages of $uid"
done
assert_delivered relay 4
