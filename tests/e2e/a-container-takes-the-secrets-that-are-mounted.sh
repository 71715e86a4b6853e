#!/usr/bin/env bash
# shellcheck disable=SC2016  # expanded where the secrets are mounted
# Secrets as Docker, Podman, compose and Kubernetes mount them (modes, owners, links) are taken
# where the environment names them; what others could write or replace is not, and where the
# configuration names the file nothing has changed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/container.sh"
need python3

start relay python3 "$TOP/tests/support/auth-server.py" --dir "$T/relay" --auth PLAIN
volume data
settings+=("NULLMTA_RELAY=smtp://joe%40example.org@127.0.0.1:${port[relay]}" NULLMTA_STRICT=yes
	NULLMTA_RELAY_TLS=none NULLMTA_RELAY_AUTH_INSECURE=yes)
count=0

# send CODE VARIABLE=VALUE: a container that sends a message and waits for the first attempt.
send() {
	container job data -- "$2" sh -c 'printf "Subject: x\n\n" | sendmail -odi rcpt@dest.test'
	ends job "$1"
	rm -rf "$TEST/data/mail"
}

# taken PATH SCRIPT: the script puts it there, with the root as $1.
taken() {
	echo "$2" >"$TEST/secrets"
	send 0 "NULLMTA_RELAY_PASSWORD_FILE=$1"
	count=$((count + 1))
	assert_delivered relay $count
}

# refused PATH SCRIPT
refused() {
	echo "$2" >"$TEST/secrets"
	send 75 "NULLMTA_RELAY_PASSWORD_FILE=$1"
	assert_delivered relay $count
}

taken /run/secrets/mail 'echo pencil >"$1/run/secrets/mail"; chmod 444 "$1/run/secrets/mail"'

# compose: a file of the host's, of whatever user, bound read-only; the host's is on a disk or not
echo pencil >"$TEST/mail.txt"
chown 61000 "$TEST/mail.txt"
chmod 664 "$TEST/mail.txt"
compose='mail=$1/run/secrets/mail; : >"$mail"; mount --bind "$TEST/mail.txt" "$mail"'
taken /run/secrets/mail "$compose; mount -o remount,bind,ro \"\$mail\""
refused /run/secrets/mail "$compose"

# Kubernetes: links to a directory that is replaced as a whole, fsGroup, all of it read-only
kubernetes='cd "$1/secret"; mkdir ..2026; echo pencil >..2026/password; ln -s ..2026 ..data
ln -s ..data/password password'
taken /secret/password "$kubernetes; chmod 644 ..2026/password"
secret_options=mode=3777
taken /secret/password "$kubernetes; chgrp -R $uid ..2026; chmod 2750 ..2026; chmod 440 ..2026/password"

# what an init container has written: the mount can be written
secret_is_writable=yes
export secret_is_writable
secret_options=mode=755
taken /secret/password "$kubernetes; chmod 644 ..2026/password"
refused /secret/password "$kubernetes; chmod 666 ..2026/password"
refused /secret/password "$kubernetes; chmod 644 ..2026/password; chmod 777 ..2026"
secret_options=mode=777
refused /secret/password "$kubernetes; chmod 644 ..2026/password"

# the value of any other variable may be in a file, too
{
	echo 'cd "$1/run/secrets"; echo pencil >mail'
	echo "echo 'smtp://joe%40example.org@127.0.0.1:${port[relay]}' >relay; chmod 444 mail relay"
} >"$TEST/secrets"
settings+=(NULLMTA_RELAY= NULLMTA_RELAY_PASSWORD_FILE=/run/secrets/mail)
send 0 NULLMTA_RELAY_FILE=/run/secrets/relay
count=$((count + 1))
assert_delivered relay $count

# where the configuration names the file, it is as on any machine
printf '%s\n' '[relay]' 'password_file = /run/secrets/mail' >"$TEST/data/conf"
chmod 644 "$TEST/data/conf"
settings+=(NULLMTA_RELAY_PASSWORD_FILE= NULLMTA_RELAY_FILE=/run/secrets/relay)
send 75 NULLMTA_CONF=/spool/conf
assert_contains "$TEST/relay/logins" 'PLAIN ok'
assert_eq "$(grep -vc 'PLAIN ok' "$TEST/relay/logins" || true)" 0 'other logins'
assert_delivered relay $count
