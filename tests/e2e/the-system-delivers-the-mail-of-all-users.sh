#!/usr/bin/env bash
# Root delivers the mail of every user with that user's own rights, and reads what only root may
# read beforehand: the system's configuration.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"

start_receiver relay
configure
chmod 600 /etc/nullmta.conf
for uid in 0 54001 54002 54003; do
	# a submission may not read it, and says so; the message is queued all the same
	submit "$uid" "of $uid" -odq 2>"$T/stderr" || fail "$(cat "$T/stderr")"
done
# a user with a passwd entry, behind those of many others, has a home, a configuration of the own in
# it, and a group
seq -f "many%.0f:x:77777:100::/nonexistent:/bin/sh" 1000 >>/etc/passwd
echo "joe:x:54004:54104:Joe:$T/joe:/bin/sh" >>/etc/passwd
mkdir -p "$T/joe/.config"
printf '%s\n' '[rewrite]' 'from = joe@example.org' >"$T/joe/.config/nullmta.conf"
chown -R 54004:54104 "$T/joe"
submit 54004 'of joe' -odq 2>"$T/stderr" || fail "$(cat "$T/stderr")"

exits 0 nullmta flush --all
assert_delivered relay 5
assert_eq "$(subjects relay | tr '\n' ,)" 'of 0,of 54001,of 54002,of 54003,of joe,'
assert_eq "$(grep -l '^from <joe@example.org>' "$T"/relay/*.env | wc -l)" 1
assert_log flush-all users=5 messages=5 delivered=5 deferred=0 failed=0
assert_eq "$(count_left)" 0

# nothing is due: no line, nothing touched
exits 0 nullmta flush --all
assert_eq "$(count_log flush-all)" 1

# a configuration that is wrong keeps the mail; of one user it keeps that user's
printf '%s\n' '[relay]' 'prt = 25' >"$T/joe/.config/nullmta.conf"
submit 54004 'later' -odq 2>/dev/null
submit 54001 'now' -odq 2>/dev/null
exits 0 nullmta flush --all
assert_delivered relay 6
assert_eq "$(count_left)" 1
echo '[nonsense]' >>/etc/nullmta.conf
exits 78 nullmta flush --all
assert_contains "$T/stderr" nonsense

# a login whose password root alone can read: the user's own flush leaves the mail alone, the
# system's one takes it away, each with the rights of its owner
mkdir "$T/auth" "$T/evil"
for name in auth evil; do
	start "$name" python3 "$TOP/tests/support/auth-server.py" --dir "$T/$name" --auth PLAIN
done
(umask 077 && echo pencil >/etc/nullmta.password)

# relay_by PORT LINE...: a section that logs in there.
relay_by() {
	printf '%s\n' '[relay]' "host = smtp://127.0.0.1:$1" 'tls = none' 'auth_insecure = yes' \
		'user = joe@example.org' "${@:2}"
}
secret='password_file = /etc/nullmta.password'
rm "$T/joe/.config/nullmta.conf"
unset "port[relay]"
configure
relay_by "${port[auth]}" "$secret" >>/etc/nullmta.conf
exits 0 nullmta flush --all --now # what waited for joe's file
assert_eq "$(count_left)" 0
assert_delivered auth 1
submit 54001 'with a login' -odq
exits '*' as 54001 nullmta flush --now
assert_delivered auth 1
assert_eq "$(count_log secret-unreadable)" 1
exits 0 nullmta flush --all --now
assert_delivered auth 2
assert_eq "$(count_left)" 0
assert_eq "$(count_log secret-unreadable)" 1

# what the user's own file sends elsewhere goes without it, whatever that file names
for own in "$(relay_by "${port[evil]}" "$secret")" \
	"$(printf '%s\n' '[relay]' "host = smtp://127.0.0.1:${port[evil]}")" \
	"$(printf '%s\n' '[relay]' "$secret")" \
	"$(relay_by "${port[evil]}" "$secret" | sed 's/^.relay.$/[route own]\nrecipient = */')"; do
	echo "$own" >"$T/joe/.config/nullmta.conf"
	submit 54004 'elsewhere' -odq
	exits 0 nullmta flush --all --now
	cat "$T/evil/dialogue" >"$T/heard" 2>/dev/null || true
	assert_lacks "$T/heard" '< AUTH'
done
assert_delivered auth 2
rm "$T/joe/.config/nullmta.conf"
exits '*' nullmta flush --all --now
assert_eq "$(count_left)" 0

# a password that cannot be used keeps the mail, and the log says why
chmod 644 /etc/nullmta.password
submit 54001 'too open' -odq
exits 0 nullmta flush --all --now
assert_contains "$T/log" 'secret-unusable'
assert_contains "$T/log" 'chmod 600 /etc/nullmta.password'
assert_eq "$(count_left)" 1
rm -r "${root:?}/54001"

# who is not root is told; so is root, when the place was never made
configure
exits 77 as 54001 nullmta flush --all
assert_contains "$T/stderr" 'only root may'
exits 64 nullmta flush --all --spool "$root/54001"
umount /var/spool
exits 73 unshare --mount sh -c 'mount -t tmpfs none /var/spool && nullmta flush --all'
assert_contains "$T/stderr" 'install -d -m 1733'
