#!/usr/bin/env bash
# Under cron, at, sudo and auditd HOME, USER and LOGNAME lie or are missing: the passwd entry of
# the uid says who sends and where the spool is. A uid without an entry, as in a container, has
# HOME looked at, and an error that says what to do.
. "$(dirname "$0")/lib.sh"

need_root
need unshare setpriv
unshare --mount true 2>/dev/null || skip "needs root that may mount"
chmod 755 "$T"
chmod 644 "$NULLMTA_CONF"
setpriv --reuid=54321 --regid=54321 --clear-groups \
	ls "$T" "$BUILD/bin/sendmail" >/dev/null 2>&1 ||
	skip "needs a build and a directory that every user can reach"

# A machine of which passwd, /var/spool and /etc/nullmta.conf are ours alone.
cat >"$T/passwd" <<EOF
root:x:0:0:root:$T/box/root:/bin/sh
joe:x:54320:54320:Joe "J" Doe,,,:$T/box/joe:/bin/sh
EOF
cat >"$T/inside" <<EOF
#!/bin/sh
mount --bind "$T/passwd" /etc/passwd && mount -t tmpfs tmpfs /var/spool || exit 99
[ ! -e /etc/nullmta.conf ] || mount --bind "$T/nullmta.conf" /etc/nullmta.conf || exit 99
exec "\$@"
EOF
chmod 755 "$T/inside"
mkdir -m 755 "$T/box"
for user in 0:root 54320:joe 54321:nobody; do
	mkdir -m 700 "$T/box/${user#*:}"
	chown "${user%:*}" "$T/box/${user#*:}"
done
letter | sed 1d >"$T/letter"

# as UID [NAME=VALUE...]: send, with next to nothing else in the environment.
as() {
	unshare --mount "$T/inside" setpriv --reuid="$1" --regid="$1" --clear-groups env -i \
		NULLMTA_HOSTNAME=client.test NULLMTA_DOMAIN=client.test NULLMTA_LOG=none \
		"${@:2}" "$BUILD/bin/sendmail" -odq rcpt@dest.test <"$T/letter"
}

assert_messages() {
	assert_eq "$(find "$T/box" -path '*/new/*' | wc -l)" "$2" "messages in all"
	assert_eq "$(find "$T/box/$1/.local/state/nullmta/new" -type f | wc -l)" "$2" "messages of $1"
}

# cron and atd: HOME of the daemon; sudo: all of root's; auditd: nothing at all
exits 0 as 54320
exits 0 as 54320 HOME=/root USER=root LOGNAME=root
exits 0 as 54320 HOME=/ USER=nobody LOGNAME= MAIL=/var/mail/root
exits 0 as 54320 "HOME=$T/box/root" "XDG_STATE_HOME=$T/box/root" XDG_CONFIG_HOME=/
assert_messages joe 4
cat "$T"/box/joe/.local/state/nullmta/new/* >"$T/all"
assert_eq "$(grep -cx 'from <joe@client.test>' "$T/all")" 4 "senders"
assert_eq "$(grep -cx $'From: "Joe \\\\"J\\\\" Doe" <joe@client.test>\r' "$T/all")" 4 "full names"
rm -r "$T/box/joe/.local"

# a uid that nobody knows
exits 0 as 54321 "HOME=$T/box/nobody"
assert_messages nobody 1
assert_contains "$(find "$T/box/nobody" -path '*/new/*')" 'from <uid54321@client.test>'
exits 73 as 54321
assert_contains "$T/stderr" 'uid 54321 has no home directory; set NULLMTA_SPOOL'
exits 73 as 54321 "HOME=$T/box/joe"
assert_contains "$T/stderr" 'set NULLMTA_SPOOL'
exits 73 as 54321 HOME=relative
exits 0 as 54321 "NULLMTA_SPOOL=$T/box/nobody/other"
assert_eq "$(find "$T/box/nobody/other/new" -type f | wc -l)" 1 "messages where the variable says"
