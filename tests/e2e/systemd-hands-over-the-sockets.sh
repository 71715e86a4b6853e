#!/usr/bin/env bash
# The sockets of the units, handed over by systemd's own code: kicks by many users cause a few runs
# and none is missed; SMTP by a unix socket and by TCP, all clients or each by itself.

# a network of its own, in which port 25 is free
if [ "$(id -u)" = 0 ] && [ "${OWN_NETWORK:-}" != "$0" ] && unshare --net true 2>/dev/null; then
	OWN_NETWORK=$0 exec unshare --net bash "$0"
fi
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need systemd-socket-activate python3
[ "${OWN_NETWORK:-}" = "$0" ] || skip "needs root that may make a network"
python3 - <<'PYTHON'
# ifconfig lo up
import fcntl, socket, struct

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
PYTHON
units=$BUILD/contrib/systemd

# of_unit FILE KEY: its values
of_unit() {
	sed -n "s/^$2=//p" "$units/$1"
}

# activate NAME OPTION... COMMAND...: it listens when this returns; the environment is empty but
# for PATH, as in a unit.
activate() {
	local name=$1
	shift
	# shellcheck disable=SC2016  # expanded by the inner shell
	env -i PATH="$PATH" systemd-socket-activate -E PATH "$@" 2>"$T/$name.err" &
	pid[$name]=$!
	await 1 'Listening on' "$T/$name.err"
}

start_receiver relay
configure

# --- kicks ------------------------------------------------------------------------------
assert_eq "$(of_unit nullmta-flush.socket ListenDatagram)" "$socket" 'where submissions kick'
mkdir "${socket%/*}"
activate flush --datagram --listen="$socket" "$BUILD/bin/nullmta" flush --all
chmod "$(of_unit nullmta-flush.socket SocketMode)" "$socket"
for uid in 54001 54002 54003; do
	letter "of $uid" >"$T/letter.$uid"
	# shellcheck disable=SC2016
	as "$uid" sh -c 'for i in $(seq 40); do sendmail -i rcpt@dest.test <"$1" || exit; done' \
		- "$T/letter.$uid" &
	submitters+=($!)
done
wait "${submitters[@]}"
await 120 'event=delivered' "$T/log"
assert_delivered relay 120
until_true none_left
runs=$(count_log run)
[ "$runs" -lt 40 ] || fail "$runs runs for 120 messages"
# the same process yet: it lingers, and took what came meanwhile
assert_eq "$(readlink "/proc/${pid[flush]}/exe")" "$BUILD/libexec/nullmta-flush"
submit 54004 'later'
await 121 'event=delivered' "$T/log"
stop flush

# --- SMTP -------------------------------------------------------------------------------
mapfile -t listen < <(of_unit nullmta-smtp.socket ListenStream)
assert_eq "${#listen[@]}" 2 'sockets'
smtp=${listen[0]}
export PYTHONPATH=$TOP/tests/support

# talk WHERE...: one message to each, as another user
talk() {
	python3 - "$@" <<'PYTHON'
import os, sys
from smtp_socket import Client, connect

os.setgroups([])
os.setgid(54005)
os.setuid(54005)
for where in sys.argv[1:]:
    host, colon, port = where.rpartition(":")
    with Client(connect((host, int(port)) if colon else where)) as client:
        client.sendmail("a@client.test", ["rcpt@dest.test"], "Subject: by SMTP\n\nx\n")
PYTHON
}

# both sockets of the unit, in one process, which is a user without rights (User=)
activate smtp --listen="$smtp" --listen="${listen[1]}" \
	setpriv --reuid=54006 --regid=54006 --clear-groups sendmail -odq -bs
await 2 'Listening on' "$T/smtp.err"
chmod "$(of_unit nullmta-smtp.socket SocketMode)" "$smtp"
talk "$smtp" "${listen[1]}" "$smtp"
stop smtp
rm "$smtp"
assert_eq "$(find "$root/54006/new" -type f | wc -l)" 3 'messages'
assert_eq "$(grep -l '(uid 54005)' "$root"/54006/new/* | wc -l)" 2 'with the uid of the client'

# each client by itself, as descriptor 3, and as standard input
for form in --accept '--accept --inetd'; do
	# shellcheck disable=SC2086  # two options
	activate each $form --listen="$smtp" sendmail -odq -bs
	chmod 666 "$smtp"
	talk "$smtp" "$smtp"
	stop each
	rm "$smtp"
done
assert_eq "$(find "$root/0/new" -type f | wc -l)" 4 'messages'

# and all of it leaves
exits 0 nullmta flush --all
assert_delivered relay 128
until_true none_left
