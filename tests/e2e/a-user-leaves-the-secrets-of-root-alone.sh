#!/usr/bin/env bash
# A user's flush that may not read the password leaves the mail where it is, untouched, and says
# so: whoever may read it delivers it. When nobody does, the user is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/spool.sh"
need_root
need python3 setpriv

uid=12345
start relay python3 "$TOP/tests/support/auth-server.py" --dir "$T/relay" --auth PLAIN
chmod 755 "$TEST" "$T/home"
printf '%s\n' "[relay]" "host = smtp://127.0.0.1:${port[relay]}" "tls = none" \
	"auth_insecure = yes" "user = joe@example.org" "password_file = $T/secret" >"$T/nullmta.conf"
chmod 644 "$T/nullmta.conf"
(umask 077 && echo pencil >"$T/secret")
mkdir "$T/spool"
: >"$T/log"
: >"$T/mbox"
chmod 700 "$T/spool" "$T/log" "$T/mbox"
chown $uid:$uid "$T/spool" "$T/log" "$T/mbox"

as_user() {
	setpriv --reuid $uid --regid $uid --clear-groups -- "$@"
}

reachable=$(as_user test -x "$(command -v sendmail)" && echo yes || echo no)
[ "$reachable" = yes ] || skip "needs a build that other users can reach"

letter >"$T/letter"
exits 0 as_user sendmail -odi rcpt@dest.test <"$T/letter"
assert_log secret-unreadable
assert_delivered relay 0
exits '*' as_user nullmta flush --now
assert_eq "$(find "$T/spool/new" -type f | wc -l)" 1 'messages in new/'
assert_reports 0
[ ! -s "$T/spool/state/hosts" ] || assert_lacks "$T/spool/state/hosts" relay

# a test says the same
exits 77 as_user nullmta test rcpt@dest.test >"$T/said"
assert_contains "$T/said" '=== left to the flush of the system: '
assert_contains "$T/said" 'To test that, run this as root.'
assert_reports 0

# after four hours somebody has to know, once
age 20000 1
message=$(the_message)
chown -R $uid:$uid "$T/spool"
exits '*' as_user nullmta flush --now
exits '*' as_user nullmta flush --now
assert_reports 1 'Permission denied' "$T/secret"
assert_eq "$(the_message)" "$message" 'the message'

# who may read it delivers it
chown $uid "$T/secret"
exits 0 as_user nullmta flush --now
assert_delivered relay 1
