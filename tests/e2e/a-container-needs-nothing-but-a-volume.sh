#!/usr/bin/env bash
# shellcheck disable=SC2016  # expanded where the secrets are mounted
# A container as engines make them: a uid that no file knows, no HOME, a read-only root, no syslog,
# one volume, a secret that all can read, nullmta as process 1. Two variables are all that it needs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/container.sh"
need python3 pgrep nsenter

start relay python3 "$TOP/tests/support/auth-server.py" --dir "$T/relay" --auth PLAIN
echo 'echo pencil >"$1/run/secrets/mail"; chmod 444 "$1/run/secrets/mail"' >"$TEST/secrets"
volume data
settings+=("NULLMTA_RELAY=smtp://joe%40example.org@127.0.0.1:${port[relay]}"
	NULLMTA_RELAY_PASSWORD_FILE=/run/secrets/mail
	NULLMTA_RELAY_TLS=none NULLMTA_RELAY_AUTH_INSECURE=yes) # a test has no certificate

has_no_zombie() {
	[ -z "$(pgrep --runstates Z --parent "${container[$1]}")" ]
}

is_empty() {
	[ -z "$(find "$TEST/data/mail/new" "$TEST/data/mail/cur" -type f)" ]
}

# --- process 1 delivers what others submit -------------------------------------------------
letter >"$T/letter"
container flush data -- NULLMTA_LOG_FORMAT=json nullmta flush --every 1h
until_true test -d "$TEST/data/mail/new"
assert_eq "$(stat -c '%u %a' "$TEST/data/mail")" "$uid 700" 'owner and mode of the spool'
# a kick leaves a flush behind that process 1 inherits
in_container flush sendmail -i rcpt@dest.test <"$T/letter"
until_true delivered relay 1
until_true has_no_zombie flush
assert_contains "$T/relay/dialogue" "MAIL FROM:<uid$uid@client.test>"

# SIGHUP begins the next round at once, though it would come in an hour
in_container flush sendmail -odq rcpt@dest.test <"$T/letter"
assert_eq "$(count_delivered relay)" 1 'messages before SIGHUP'
tell flush HUP
until_true delivered relay 2
until_true is_empty
tell flush TERM
ends flush 0

# --- each line of what it said is an object --------------------------------------------------
python3 - "$TEST/flush.out" "$uid" <<'END'
import datetime, json, sys

lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
for line in lines:
    assert line["program"] == "nullmta" and line["level"] == "info", line
    assert isinstance(line["pid"], int), line
    assert line["time"].endswith("Z"), line
    datetime.datetime.fromisoformat(line["time"][:-1])
events = [line["event"] for line in lines]
assert events == ["reload", "delivered", "connection-closed", "run"], events
assert lines[0]["pid"] == 1
assert lines[1]["to"] == "rcpt@dest.test" and lines[1]["code"] == 250, lines[1]
assert lines[3]["delivered"] == 1, lines[3]
END

# --- sendmail -q does the same -------------------------------------------------------------
container again data -- sendmail -q1s
in_container again sendmail -odq rcpt@dest.test <"$T/letter"
until_true delivered relay 3
# in text, and nothing on stderr that cron would mail
until_true says again '^nullmta\[[0-9]*\]: event=delivered '
in_container again sendmail -odi rcpt@dest.test <"$T/letter" >"$T/said" 2>&1
assert_eq "$(cat "$T/said")" '' 'what -odi says'
in_container again nullmta flush >"$T/said" 2>&1
assert_eq "$(cat "$T/said")" '' 'what a flush says'
tell again TERM
ends again 0

# --- SIGTERM to process 1 reaches a flush that somebody has kicked -----------------------------
cat >"$T/slow.script" <<'END'
connection 1
send 220 slow.test
expect EHLO *
send 250 slow.test
expect MAIL *
send 250 ok
expect RCPT *
send 250 ok
expect DATA
send 354 go
message
wait 500
store
send 250 ok
behave
END
start_receiver slow --script "$T/slow.script"
settings=("${settings[@]:0:3}" "NULLMTA_RELAY=127.0.0.1:${port[slow]}" NULLMTA_RELAY_TLS=none)
container last data -- nullmta flush --every 1h
in_container last sendmail rcpt@dest.test <"$T/letter"
until_true grep -q 'content of' "$T/slow/dialogue"
in_container last sendmail -odq rcpt@dest.test <"$T/letter"
tell last TERM
ends last 0
assert_delivered slow 1
assert_eq "$(find "$TEST/data/mail/new" "$TEST/data/mail/cur" -type f | wc -l)" 1 'messages left'
