#!/usr/bin/env bash
# What a user may do to the own spool, to the root of all spools, or to the process that works
# for him, neither gives him anything of others, nor keeps anybody else's mail.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need strace

attacker=54000
victim=54001
start_receiver relay
configure

# delivered SUBJECT: this has arrived, and nothing else did since
delivered() {
	exits 0 nullmta flush --all
	assert_eq "$(subjects relay | tail -n 1)" "$1"
	expected=$((${expected:-0} + 1))
	assert_delivered relay "$expected"
}

# --- L2: names in the root

as $attacker mkdir -m 777 "$root/$victim"
as $attacker mkdir "$root/$victim/new"
submit $victim '1 squatted' -odq
[ -d "$root/$victim.1" ] || fail 'no spool beside the squatted one'
delivered '1 squatted'
assert_log spool-refused "name=$victim" 'why=*another?user*'
[ -d "$root/$victim/new" ] || fail 'what is not empty was touched'

# an empty one goes, and what waits beside it is found as ever
rmdir "$root/$victim/new"
submit $victim '2 freed' -odq
delivered '2 freed'
[ ! -e "$root/$victim" ] || fail 'an empty squat stays'
submit $victim '3 at home again' -odq
[ -d "$root/$victim" ] || fail 'no spool where it belongs'
delivered '3 at home again'

# links, files and others' doors: nothing is followed, nothing is opened
as 54002 sh -c "mkdir -m 700 $T/home/../trap 2>/dev/null; ln -s /etc $root/54002"
as 54003 touch "$root/54003"
as 54004 mkfifo "$root/54004"
as 54005 mkdir -m 750 "$root/54005"
as $attacker touch "$root/4294967295" "$root/99999999999999999999" "$root/-1" "$root/x y"
as $attacker mkdir "$root/04294967295"
: >"$T/log"
submit $victim '4 among strange names' -odq
strace -f -y -o "$T/trace" nullmta flush --all
expected=4
assert_delivered relay 4
for name in 54002 54003 54004 54005 4294967295; do
	assert_log spool-refused "name=$name"
	! grep -E "open(at)?\\(.*\"($root/)?$name\"" "$T/trace" || fail "$name was opened"
done

# a root in which users could rename each other's spools is not used at all
chmod 733 "$root"
chmod o+w,-t "$root"
exits 73 nullmta flush --all
assert_contains "$T/stderr" "chmod 1733 $root"
chmod 1733 "$root"

# --- L3, L4: what lies in a spool

# secrets that only root can read, in the form of a message that is due
submit 0 'of root alone' -odq
message=$(find "$root/0/new" -type f)
id=${message##*/}
mv "$message" "$T/secret"
chmod 700 "$T/home"
mv "$T/secret" "$T/home/secret"
exits 0 nullmta flush --all # what root's own run keeps for itself
submit $attacker '5 genuine' -odq
spool=$root/$attacker
ln -s "$T/home/secret" "$spool/new/$id"
ln -s "$T/home/secret" "$spool/cur/${id%?}A:1.1"
mkfifo "$spool/new/${id%?}B"
mkdir "$spool/new/${id%?}C"
mknod "$spool/new/${id%?}D" c 1 5
chown -h $attacker "$spool"/{new,cur}/*
# a second name of another one's file
cp -a "$T/home/secret" /var/spool/secret
ln /var/spool/secret "$spool/new/${id%?}E"
rm -rf "$spool/state" "$spool/journal" "$spool/lock" "$spool/wait"
ln -s "$root/0/state" "$spool/state"
ln -s /etc "$spool/journal"
ln -s /etc/hosts "$spool/lock"
ln -s /etc/shadow "$spool/wait"
before=$(find "$root/0" /etc "$T/home" ! -type d -printf '%p %s %T@\n' | sort | sha256sum)
delivered '5 genuine'
after=$(find "$root/0" /etc "$T/home" ! -type d -printf '%p %s %T@\n' | sort | sha256sum)
assert_eq "$after" "$before" 'what belongs to others'
rm -rf "$spool/state"
mkdir -m 700 "$spool/state"
mkfifo "$spool/state/swept" "$spool/state/hosts"
chown -R $attacker "$spool/state"
submit $attacker '6 pipes' -odq
delivered '6 pipes'

# --- L6, L7: the process itself

stop relay
start_receiver relay --delay 300
configure
submit $attacker '7 slow' -odq
nullmta flush --all --users 1 --share 1s &
flush=$!
await 1 '1 < EHLO' "$T/relay/dialogue"
processes=$(ps -o pid= -u $attacker)
[ -n "$processes" ] || fail 'no process of the user'
for process in $processes; do
	grep -qE "^Uid:(	$attacker){4}$" "/proc/$process/status" || fail 'uids'
	grep -qE "^Gid:(	65534){4}$" "/proc/$process/status" || fail 'gids'
	grep -qE '^Groups:	 *$' "/proc/$process/status" || fail 'groups'
	grep -qE '^NoNewPrivs:	1$' "/proc/$process/status" || fail 'no_new_privs'
	grep -qE '^CapPrm:	0+$' "/proc/$process/status" || fail 'capabilities'
	! as $attacker cat "/proc/$process/environ" >/dev/null 2>&1 || fail 'environment'
	! as $attacker cat "/proc/$process/maps" >/dev/null 2>&1 || fail 'memory'
	! as $attacker timeout 5 strace -p "$process" -o /dev/null 2>/dev/null || fail 'traced'
	! find "/proc/$process/fd" -type l -printf '%l\n' | grep -E "$root( |/|$)" | grep -v "$root/$attacker" ||
		fail 'descriptors of others'
	as $attacker kill -STOP "$process"
done
wait_for_victim() {
	submit $victim '8 behind a stopped one' -odq
	kill -HUP "$flush"
	await 1 "event=delivered.*from=u$victim@" "$T/log"
}
: >"$T/log"
wait_for_victim
for process in $processes; do
	kill -CONT "$process"
done
wait "$flush" || fail "exit $?"
assert_eq "$(subjects relay | tail -n 2 | tr '\n' ,)" '7 slow,8 behind a stopped one,'
assert_eq "$(find "$root/$victim" -path '*/new/*' -o -path '*/cur/*' | wc -l)" 0 'mail that waits'
