#!/usr/bin/env bash
# nullmta-flush.service takes nearly everything from root: the capabilities but three, and the file
# system but where mail lies. Mail of three users leaves all the same, with the configuration of
# each, and reports come into homes and mailboxes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
unit=$BUILD/contrib/systemd/nullmta-flush.service

# of_unit KEY: what the unit says, without the signs before a value
of_unit() {
	sed -n "s/^$1=//p" "$unit"
}

# what stays writable while all else does not: logs, the receiver's files, homes
mount --bind "$TEST" "$TEST"
put_back() {
	stop_all
	cd /
	mount -o remount,bind,rw /
	umount -l "$TEST"
	leave
}
trap put_back EXIT

# --- users with homes -------------------------------------------------------------------
mount -t tmpfs -o mode=755 homes /home
for uid in 54001 54002 54003; do
	echo "u$uid:x:$uid:$uid::/home/$uid:/bin/sh" >>/etc/passwd
	mkdir -p "/home/$uid/.config"
	printf '%s\n' '[rewrite]' "from = $uid@example.org" >"/home/$uid/.config/nullmta.conf"
done
mkdir -p /home/54001/Maildir/{new,cur,tmp} /home/54003/.local/state/nullmta
chmod 700 /home/54003/.local/state/nullmta
: >/var/mail/u54002
for uid in 54001 54002 54003; do
	chown -R "$uid:$uid" "/home/$uid"
done
chown 54002 /var/mail/u54002
chmod 600 /var/mail/u54002
start_receiver relay --rule 'rcpt bad@* 550 5.1.1 no such user'
configure
sed -i "s/^reply_timeout = .*/reply_timeout = 5m/" /etc/nullmta.conf
# as root alone may read it
chmod 600 /etc/nullmta.conf

# --- their mail -------------------------------------------------------------------------
for uid in 54001 54002 54003; do
	submit "$uid" "of $uid" -odq 2>"$T/stderr"
done
for uid in 54001 54002; do
	letter 'refused' | as "$uid" sendmail -i -odq bad@dest.test 2>"$T/stderr"
done
# a spool at home, of a time without a root
letter 'of home' >"$T/letter"
as 54003 env NULLMTA_SPOOL=/home/54003/.local/state/nullmta sendmail -i -odq rcpt@dest.test \
	<"$T/letter" 2>"$T/stderr"

# --- the file system as ProtectSystem=strict leaves it ---------------------------------------
assert_eq "$(of_unit ProtectSystem)" strict
mount -o remount,bind,ro /etc # which is a mount of its own here
mount -o remount,bind,ro /
mkdir /run/nullmta
for dir in /home /var/spool /var/mail /run/nullmta; do
	[ -w "$dir" ] || fail "$dir is not writable here"
done
for dir in /etc /usr; do
	[ ! -w "$dir" ] || fail "$dir is writable"
done

# --- the capabilities ---------------------------------------------------------------------
read -ra kept <<<"$(of_unit CapabilityBoundingSet | tr '[:upper:]' '[:lower:]')"
assert_eq "${#kept[@]}" 3
bounding=-all
for name in "${kept[@]}"; do
	bounding+=,+${name#cap_}
done
hardened=(setpriv --bounding-set="$bounding" --inh-caps=-all --no-new-privs)
exits 0 "${hardened[@]}" grep -q 'CapEff:.00000000000000e0' /proc/self/status

exits 0 "${hardened[@]}" nullmta flush --all
assert_log flush-all users=3 messages=6 delivered=4 failed=2
assert_eq "$(subjects relay | tr '\n' ,)" 'of 54001,of 54002,of 54003,of home,'
for uid in 54001 54002 54003; do
	grep -qs "^from <$uid@example.org>" "$T"/relay/*.env || fail "no configuration of $uid"
done
assert_eq "$(find /home/54001/Maildir/new -type f | wc -l)" 1 'reports at home'
assert_contains /var/mail/u54002 'no such user'
assert_eq "$(count_left)" 0

# --- who is told to stop is another user, in the meantime: CAP_KILL ---------------------------
start_receiver silent --script "$TOP/tests/e2e/scripts/01-accepts-and-stays-silent.script"
letter 'held' >"$T/letter"
as 54001 sendmail -i -odq rcpt@dest.test <"$T/letter" 2>"$T/stderr"
"${hardened[@]}" env NULLMTA_RELAY="127.0.0.1:${port[silent]}" "$BUILD/bin/nullmta" flush --all &
pid[flush]=$!
await 1 'connected to' "$T/silent/dialogue"
kill -TERM "${pid[flush]}"
wait "${pid[flush]}"
unset "pid[flush]"
