#!/usr/bin/env bash
# A login that root alone knows and that a server refuses is tried once for all users: what is
# remembered of it lies where no user can read it, and so guess by it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need python3

logins() {
	grep -c "$1" "$T/auth/logins" || true
}

mkdir "$T/auth"
start auth python3 "$TOP/tests/support/auth-server.py" --dir "$T/auth" --auth PLAIN
(umask 077 && echo wrong >/etc/nullmta.password)
configure
printf '%s\n' '[relay]' "host = smtp://127.0.0.1:${port[auth]}" 'tls = none' 'auth_insecure = yes' \
	'user = joe@example.org' 'password_file = /etc/nullmta.password' >>/etc/nullmta.conf

for uid in 54001 54002 54003; do
	submit $uid "of $uid" -odq
done
exits 0 nullmta flush --all --users 1
assert_eq "$(logins refused)" 1 'logins that were refused'
assert_eq "$(count_left)" 3
memory=/run/nullmta/logins
assert_eq "$(stat -c '%a %u' $memory)" '600 0'
assert_eq "$(wc -l <$memory)" 1
! grep -rq 'wrong\|joe' $memory || fail 'a secret in it'
! find "$root"/*/state -name logins -size +0 | grep . || fail 'users have it, too'
! as 54001 cat $memory 2>/dev/null || fail 'a user reads it'

# the next run remembers, and what a user knows of the password is not the system's to remember
exits 0 nullmta flush --all --users 1 --now
assert_eq "$(logins refused)" 1 'logins that were refused'

# another password is tried at once, by everybody
echo pencil >/etc/nullmta.password
exits 0 nullmta flush --all --now
assert_eq "$(logins ok)" 3 'logins'
assert_eq "$(count_left)" 0
[ ! -s $memory ] || fail 'what works is remembered'

# without a place for it, it lives as long as the process
rm -r /run/nullmta
mount -o remount,ro /run
echo wrong >/etc/nullmta.password
for uid in 54001 54002 54003; do
	submit $uid "of $uid again" -odq
done
exits 0 nullmta flush --all --users 1
assert_eq "$(logins refused)" 2 'logins that were refused'

# a file that is the user's to read, and cannot be read, is not left to a flush that may more
sed -i 's,^password_file.*,password_file = /etc/%u.password,' /etc/nullmta.conf
(umask 077 && echo pencil >/etc/54004.password)
submit 54004 'of 54004' -odq
: >"$T/log"
exits 0 nullmta flush --all
assert_log secret-unreadable 'hint=*mend?its?owner?or?mode*'
assert_lacks "$T/log" 'left to the flush of the system'
chown 54004 /etc/54004.password
exits 0 nullmta flush --all --now
assert_eq "$(logins ok)" 4 'logins'
