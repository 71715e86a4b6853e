#!/usr/bin/env bash
# While a login is under way its password is on no command line and in no environment, and a
# program that crashes then leaves no core behind.
. "$(dirname "$0")/lib.sh"
need pgrep

secret='correct horse battery staple'
certify "$T/server.pem" --address 127.0.0.1 >"$T/digests"
cat >"$T/script" <<'SCRIPT'
connection *
send 220 relay.host.test ESMTP
expect EHLO *
send 250-relay.host.test
send 250 AUTH PLAIN
expect AUTH PLAIN *
hold
SCRIPT
start_receiver relay --tls "$T/server.pem" --implicit --script "$T/script"
printf '#!/bin/sh\necho "%s"\n' "$secret" >"$T/show"
chmod 700 "$T/show"
cat >"$T/nullmta.conf" <<CONF
[relay]
host = smtps://127.0.0.1:${port[relay]}
tls = verify
tls_ca = $T/server.pem
user = joe@example.org
password_command = $T/show
CONF
export NULLMTA_DELIVERY_REPLY_TIMEOUT=5m
letter >"$T/letter"
exits 0 sendmail -odq rcpt@dest.test <"$T/letter"

# descendants PID: and itself.
descendants() {
	local child
	echo "$1"
	for child in $(pgrep -P "$1" || true); do
		descendants "$child"
	done
}

is_logging_in() {
	grep -q '< AUTH PLAIN' "$T/relay/dialogue"
}

# what the kernel would do without us: a core in the working directory
mkdir "$T/work"
cd "$T/work"
ulimit -c unlimited 2>/dev/null || skip "needs cores"
(sh -c 'kill -SEGV $$' || true) 2>/dev/null
cores=$(find "$T" -name 'core*' | wc -l)
find "$T" -name 'core*' -delete

sendmail -q 2>"$T/run.err" &
run=$!
while ! is_logging_in; do
	kill -0 "$run" || fail "the run has ended"
	sleep 0.02
done

processes=$(descendants "$run")
[ "$(wc -l <<<"$processes")" -ge 2 ] || fail "who holds the session is not found"
for process in $processes; do
	for file in cmdline environ; do
		! grep -qaF "$secret" "/proc/$process/$file" || fail "the password is in $file"
	done
done

# the youngest has the session, and the password
kill -SEGV "$(tail -n 1 <<<"$processes")"
stop relay
wait "$run" || true
assert_eq "$(find "$T" -name 'core*' | wc -l)" 0 "cores, where others leave $cores,"
assert_queued 1
for file in "$T/log" "$T/spool" "$T/run.err"; do
	! grep -rqF -e "$secret" -e "$(printf '\0joe@example.org\0%s' "$secret" | base64 -w 0)" \
		"$file" || fail "the password is in $file"
done
