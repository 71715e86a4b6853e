#!/usr/bin/env bash
# shellcheck disable=SC2016  # expanded where the secrets are mounted
# What would keep every round from working is told by the exit code at the start, where an
# orchestrator looks; what goes wrong later is told in the log, and mended by SIGHUP.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/container.sh"

start_receiver relay
volume data
settings+=("NULLMTA_RELAY=127.0.0.1:${port[relay]}" NULLMTA_RELAY_TLS=none)

# fails CODE TEXT VARIABLE=VALUE...
fails() {
	container main data -- "${@:3}" nullmta flush --every 1h
	ends main "$1"
	assert_contains "$TEST/main.out" "$2"
}

fails 78 'NULLMTA_RELAY_PORT: [relay] port: wrong value' NULLMTA_RELAY_PORT=x
fails 78 '/spool/conf' NULLMTA_CONF=/spool/conf
fails 73 'Read-only file system' NULLMTA_SPOOL=/mail/here
mkdir -m 700 "$TEST/data/other"
fails 73 'belongs to another user' NULLMTA_SPOOL=/spool/other
login=(NULLMTA_RELAY_USER=joe NULLMTA_RELAY_AUTH_INSECURE=yes
	NULLMTA_RELAY_PASSWORD_FILE=/run/secrets/mail)
fails 78 'cannot read the password in /run/secrets/mail' "${login[@]}"
echo 'echo pencil >"$1/run/secrets/mail"; chmod 400 "$1/run/secrets/mail"' >"$TEST/secrets"
fails 77 'Permission denied' "${login[@]}"
: >"$TEST/secrets"
container main data -- nullmta flush --evry 1h
ends main 64

volume closed
chmod 755 "$TEST/closed"
container main closed -- NULLMTA_SPOOL= nullmta flush --every 1h
ends main 73
assert_contains "$TEST/main.out" 'set NULLMTA_SPOOL to a private writable directory'

# --- the configuration changes while it runs -------------------------------------------------
letter >"$T/letter"
need nsenter
settings+=(NULLMTA_RELAY= NULLMTA_CONF=/spool/conf)
printf '%s\n' '[relay]' "host = 127.0.0.1:${port[relay]}" >"$TEST/data/conf"
chmod 644 "$TEST/data/conf"
container main data -- nullmta flush --every 1h
until_true test -d "$TEST/data/mail"
in_container main sendmail -odi rcpt@dest.test <"$T/letter"
assert_delivered relay 1
echo 'prot = 25' >>"$TEST/data/conf"
in_container main sendmail -odq rcpt@dest.test <"$T/letter" 2>"$T/said" || fail "exit code $?"
assert_contains "$T/said" 'queued all the same'
tell main HUP
until_true says main 'event=configuration problems=1'
assert_delivered relay 1
sed -i '$d' "$TEST/data/conf"
tell main HUP
until_true delivered relay 2
# whenever SIGHUP comes, it ends a round and nothing else
for ((i = 0; i < 200; i++)); do
	tell main HUP
done
tell main TERM
ends main 0
