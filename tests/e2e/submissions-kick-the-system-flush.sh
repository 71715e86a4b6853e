#!/usr/bin/env bash
# With the socket of the system's flush a submission starts no program: one datagram, and the
# flush serves who has sent it. Without one, or for mail that it would not see, the user's own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need strace

# kicked UID SUBJECT: a submission that starts no program
kicked() {
	letter "$2" >"$T/letter.$1"
	strace -f -o "$T/strace.$1" -e trace=execve,sendto setpriv --reuid="$1" --regid="$1" \
		--clear-groups "$BUILD/bin/sendmail" -i rcpt@dest.test <"$T/letter.$1"
	assert_eq "$(grep -c 'execve(' "$T/strace.$1")" 2 "programs for $2, setpriv being one"
	assert_contains "$T/strace.$1" "$socket"
}

start_receiver relay
configure

# no socket: as ever
submit 54001 'alone'
await 1 'event=delivered' "$T/log"

# shellcheck disable=SC2119  # no options
start_system_flush
chmod 600 /etc/nullmta.conf
chmod 644 /etc/nullmta.conf
kicked 54001 'first'
await 2 'event=delivered' "$T/log"
kicked 54002 'second'
kicked 54001 'third'
await 4 'event=delivered' "$T/log"
assert_eq "$(grep -c started "$T/flush.err")" 1 'programs of the system'

# hundreds, by several users at once, and none is missed
for uid in 54003 54004 54005; do
	letter "many" >"$T/letter.$uid"
	# shellcheck disable=SC2016  # expanded by the inner shell
	as "$uid" sh -c 'for i in $(seq 60); do sendmail -i rcpt@dest.test <"$1" || exit; done' \
		- "$T/letter.$uid" &
	submitters+=($!)
done
wait "${submitters[@]}"
await 184 'event=delivered' "$T/log"
assert_delivered relay 184
until_true none_left
assert_eq "$(grep -c started "$T/flush.err")" 1 'programs of the system'
runs=$(count_log run)
[ "$runs" -lt 60 ] || fail "$runs runs for 184 messages"

# a queue that is full neither delays nor fails a submission, and is no reason to miss it
kill -STOP "$(sed -n 's/started //p' "$T/flush.err")"
for i in $(seq 30); do
	kicked 54006 "full $i"
done
kicked 54007 'behind a full queue'
kill -CONT "$(sed -n 's/started //p' "$T/flush.err")"
await 215 'event=delivered' "$T/log"

# mail that the system's flush would not see, or not see alike
mkdir -m 700 "$T/own"
chown 54008 "$T/own"
letter >"$T/letter"
as 54008 env NULLMTA_SPOOL="$T/own" sendmail -i rcpt@dest.test <"$T/letter"
await 216 'event=delivered' "$T/log"
as 54009 env NULLMTA_HOSTNAME=other.test sendmail -i rcpt@dest.test <"$T/letter"
await 217 'event=delivered' "$T/log"
assert_eq "$(grep -l '^hello EHLO other.test' "$T"/relay/*.env | wc -l)" 1

# left behind by a flush that is gone: as without it
stop flush
submit 54001 'nobody listens'
await 218 'event=delivered' "$T/log"
assert_delivered relay 218

# and as systemd itself hands it over
if command -v systemd-socket-activate >/dev/null; then
	rm -f "$socket"
	systemd-socket-activate --datagram --listen="$socket" "$BUILD/bin/nullmta" flush --all \
		2>"$T/activate.err" &
	pid[systemd]=$!
	await 1 'Listening on' "$T/activate.err"
	chmod 666 "$socket"
	kicked 54001 'by systemd'
	await 219 'event=delivered' "$T/log"
fi
