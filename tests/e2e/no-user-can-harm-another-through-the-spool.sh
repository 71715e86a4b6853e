#!/usr/bin/env bash
# What a user may do to the own spool, to the root of all spools, or to the process that works
# for him, neither gives him anything of others, nor keeps anybody else's mail: the attacks L1 to
# L13 of local users, here or where it says.
#
#   L1   forged spool content          here; a-damaged-spool-harms-nobody, fuzz_envelope, fuzz_journal
#   L2   squatted names in the root    here; a-squatter-of-a-spool-gains-nothing
#   L3   links, FIFOs, devices         here; a-damaged-spool-harms-nobody
#   L4   root's rights on user files   here; fifty-users-get-their-mail-out-exactly-once traces all calls
#   L5   a file that changes amid      here
#   L6   ptrace, signals               here; t_base_privilege, t_base_sandbox
#   L7   a stopped child, a flood      here; a-users-flood-delays-nobody, t_cmd_turns (deadline)
#   L8   a full disk, a quota          here; a-full-disk-loses-nothing, a-quota-that-is-used-up-is-told
#   L9   argv and environment          here; closed-descriptors-do-no-harm, a-strange-surrounding-loses-nothing
#   L10  options from a web page       bad-submissions-are-refused-with-the-right-code
#   L11  secrets in error messages     a-secret-is-kept, a-login-leaves-no-trace, t_conf_value
#   L12  secrets in /proc, core        here; a-login-leaves-no-trace
#   L13  signal handlers               a-stopped-run-finishes-what-it-has-begun,
#                                      a-killed-system-flush-loses-nothing
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

# --- L1: what is in a spool is its owner's word

printf '%s\n' 'Received: by client.test (nullmta, from uid 0) id X; Mon, 1 Jan 2024 00:00:00 +0000' \
	'Subject: 0 forged' '' text >"$T/letter"
as $attacker sendmail -odq -f u54000@client.test rcpt@dest.test <"$T/letter"
find "$root/$attacker/new" -type f -exec sed -i '1,/^$/s/u54000@client.test/uuroot@client.test/' {} +
delivered '0 forged'
received=$(grep -m 1 -A 1 '^Received:' "$T"/relay/0001.eml)
[[ $received == *"uid $attacker"* ]] || fail "the trace field says $received"
assert_log delivered from=uuroot@client.test

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
expected=$((expected + 1))
assert_delivered relay $expected
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
# names beside it, which it cannot have itself
[ "${id: -2:1}" = 0 ] && other=${id%??}1 || other=${id%??}0
ln -s "$T/home/secret" "$spool/new/$id"
ln -s "$T/home/secret" "$spool/cur/${other}A:1.1"
mkfifo "$spool/new/${other}B"
mkdir "$spool/new/${other}C"
mknod "$spool/new/${other}D" c 1 5
chown -h $attacker "$spool"/{new,cur}/*
# a second name of another one's file
cp -a "$T/home/secret" /var/spool/secret
ln /var/spool/secret "$spool/new/${other}E"
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

# --- L5: a message that is cut off while it is sent

stop relay
start_receiver slow --delay 300
port[relay]=${port[slow]}
configure
{
	printf 'Subject: cut off\n\n'
	head -c 20000000 /dev/zero | tr '\0' x | fold -w 70
} >"$T/letter.large"
as $attacker sendmail -odq -i rcpt@dest.test <"$T/letter.large"
nullmta flush --all &
flush=$!
await 1 '< DATA' "$T/slow/dialogue"
find "$spool/cur" "$spool/new" -type f -exec truncate -s 1000000 {} +
wait "$flush" || fail "exit $?"
for letter in "$T"/slow/[0-9]*.eml; do
	[ ! -e "$letter" ] || [ "$(wc -c <"$letter")" -gt 20000000 ] || fail 'a part was sent as a whole'
done
assert_eq "$(count_log worker-died)" 0 'workers that died'
find "$spool/cur" "$spool/new" "$spool/failed" -type f -delete
stop slow

# --- L8: a disk that is full is full for who has filled it

mount -t tmpfs -o "size=64k,mode=700,uid=$attacker" small "$root/$attacker"
submit $attacker '6a from a full disk' -odq
head -c 1048576 /dev/zero >"$root/$attacker/filler" 2>/dev/null || true
letter 'one more' >"$T/letter"
exits 75 as $attacker sendmail -odq rcpt@dest.test <"$T/letter"
assert_contains "$T/stderr" 'No space left'
submit $victim '6b beside it' -odq
start_receiver relay
configure
exits 0 nullmta flush --all
assert_eq "$(subjects relay | tail -n 2 | tr '\n' ,)" '6a from a full disk,6b beside it,'
umount "$root/$attacker"

# --- L9: an environment that would lead elsewhere

submit $victim '6c surrounded' -odq
: >"$T/evil.cnf"
strace -f -o "$T/trace" -e trace=openat,execve env OPENSSL_CONF="$T/evil.cnf" SSL_CERT_FILE="$T/evil.cnf" \
	RESOLV_ADD_TRIM_DOMAINS=evil HOSTALIASES="$T/evil.cnf" RES_OPTIONS=trust-ad LOCALDOMAIN=evil.test \
	TZ="$T/evil.cnf" HOME="$T/evil" XDG_CONFIG_HOME="$T/evil" NULLMTA_SPOOL="$T/evil" nullmta flush --all
! grep -F "$T/evil" "$T/trace" | grep -v 'execve\|ENOENT.*glibc' || fail 'the environment was followed'
assert_eq "$(subjects relay | tail -n 1)" '6c surrounded'

# --- L6, L7, L12: the process itself

stop relay
start_receiver late --delay 300
port[relay]=${port[late]}
configure
submit $attacker '7 slow' -odq
SECRET=of-root nullmta flush --all --users 1 --share 1s &
flush=$!
await 1 '1 < EHLO' "$T/late/dialogue"
processes=$(ps -o pid= -u $attacker)
[ -n "$processes" ] || fail 'no process of the user'
# what it may have open: the own spool, the log, what was never anybody's, and the memory of logins
may_be_open="^($root/$attacker(/|\$)|/dev/null\$|$T/|(pipe|socket|anon_inode):|/run/nullmta/logins\$|/memfd:logins)"
for process in $processes; do
	open=$(find "/proc/$process/fd" -type l ! -name '[0-2]' -printf '%l\n' | grep -vE "$may_be_open" || true)
	assert_eq "$open" '' "descriptors of $process"
	grep -qE "^Uid:(	$attacker){4}$" "/proc/$process/status" || fail 'uids'
	grep -qE "^Gid:(	65534){4}$" "/proc/$process/status" || fail 'gids'
	grep -qE '^Groups:	 *$' "/proc/$process/status" || fail 'groups'
	grep -qE '^NoNewPrivs:	1$' "/proc/$process/status" || fail 'no_new_privs'
	grep -qE '^CapPrm:	0+$' "/proc/$process/status" || fail 'capabilities'
	grep -qE '^Seccomp:	2$' "/proc/$process/status" || fail 'seccomp'
	grep -qE '^Max core file size +0 +0 ' "/proc/$process/limits" || fail 'core'
	# of a process that is not dumpable they are root's
	assert_eq "$(stat -c %u "/proc/$process/environ")" 0 'owner of /proc/PID'
	! tr '\0' '\n' <"/proc/$process/environ" | grep -q 'SECRET=' || fail 'environment of root'
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
assert_eq "$(subjects late | tail -n 2 | tr '\n' ,)" '7 slow,8 behind a stopped one,'
assert_eq "$(find "$root/$victim" -path '*/new/*' -o -path '*/cur/*' | wc -l)" 0 'mail that waits'
