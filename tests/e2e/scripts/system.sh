# shellcheck shell=bash
# For scripts about a machine with many users: begin with
#
#	. "$(dirname "$0")/lib.sh"
#	. "$(dirname "$0")/scripts/system.sh"
#
# and the script runs as root in namespaces in which /etc, /run, /var/spool, /var/mail and all
# processes are its own: whatever goes wrong, the machine does not see it. The configuration is
# /etc/nullmta.conf, as on a real one, and there are no NULLMTA_* variables.

need_root
need unshare setpriv
if [ "${SYSTEM_TEST:-}" != "$0" ]; then
	unshare --mount --pid --fork --mount-proc true 2>/dev/null ||
		skip "needs root that may mount"
	rm -rf "$TEST"
	trap - EXIT
	# not as process 1, which peers take for a parent that has died
	# shellcheck disable=SC2016  # expanded by the inner shell
	SYSTEM_TEST=$0 exec unshare --mount --pid --fork --mount-proc --kill-child \
		bash -c 'bash "$0"; exit $?' "$0"
fi
unset SYSTEM_TEST

# make_reachable DIRECTORY: for all users, in this namespace. In a checkout below /root, say, what
# is closed is covered by a directory with nothing in it but the same DIRECTORY.
make_reachable() {
	local up=$1 closed='' entry name
	while [ "$up" ]; do
		(($(stat -c '0%a & 1' "$up"))) || closed=$up
		up=${up%/*}
	done
	[ "$closed" ] || return 0
	mount -t tmpfs private /mnt
	mkdir /mnt/hold
	mount --bind "$1" /mnt/hold
	mount -t tmpfs -o mode=755 private "$closed"
	mkdir -p "$1"
	for entry in /mnt/hold/*; do
		name=$1/${entry##*/}
		if [ -d "$entry" ]; then mkdir "$name"; else : >"$name"; fi
		mount --bind "$entry" "$name"
	done
	umount /mnt/hold /mnt
}
make_reachable "$TOP"
make_reachable "$BUILD"

chmod 755 "$TEST" # private until now
first_uid=54000
setpriv --reuid=$first_uid --regid=$first_uid --clear-groups \
	ls "$TEST" "$BUILD/bin/sendmail" >/dev/null 2>&1 ||
	skip "needs a build and a directory that every user can reach"

forget_settings
unset HOME
root=/var/spool/nullmta
# shellcheck disable=SC2034  # for the scripts
socket=/run/nullmta/flush.sock

make_machine() {
	local dir
	mkdir "$TEST/etc"
	cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts /etc/localtime /etc/alternatives \
		"$TEST/etc" 2>/dev/null || true
	: >"$TEST/etc/resolv.conf"
	mount --bind "$TEST/etc" /etc
	for dir in /run /var/spool /var/mail; do
		mount -t tmpfs -o mode=755 private "$dir"
	done
	mkdir -m 1733 "$root"
	chmod 1733 "$root"
	chmod 1777 /var/mail
	: >"$TEST/log"
	chmod 666 "$TEST/log"
}
make_machine

# configure: write the configuration, to append to; it relays to the receiver `relay` if there is one.
configure() {
	{
		printf '%s\n' '[nullmta]' 'hostname = client.test' 'domain = client.test' \
			'[delivery]' 'local_hosts = yes' 'connect_timeout = 5s' \
			'reply_timeout = 60s' '[log]' "target = $TEST/log" '[local]' 'aliases = none'
		[ -z "${port[relay]:-}" ] ||
			printf '%s\n' '[relay]' "host = 127.0.0.1:${port[relay]}" 'tls = none'
	} >/etc/nullmta.conf
	chmod 644 /etc/nullmta.conf
}

# as UID COMMAND...: with that user's rights and nothing else.
as() {
	setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

# submit UID SUBJECT [OPTION...]: one message, accepted.
submit() {
	letter "$2" >"$TEST/letter.$1"
	as "$1" sendmail -i -f "u$1@client.test" "${@:3}" rcpt@dest.test <"$TEST/letter.$1" ||
		fail "submission of $1: exit $?"
}

# count_left: messages in all spools below the root.
count_left() {
	find "$root" -path '*/new/*' -o -path '*/cur/*' -o -path '*/failed/*' | wc -l
}

# none_left: for until_true. A message is logged as delivered before its file is gone.
none_left() {
	[ "$(count_left)" = 0 ]
}

# subjects NAME: of what the receiver accepted, sorted.
subjects() {
	sed -n 's/^Subject: \(.*\)\r$/\1/p' "$T/$1"/[0-9]*.eml | sort
}

# await COUNT PATTERN FILE: until so many lines fit; what takes too long fails.
await() {
	local lines tail
	: >>"$3"
	exec {lines}< <(exec tail -n +1 -s 0.05 -f "$3" 2>/dev/null)
	tail=$!
	timeout 120 grep -c -m "$1" -e "$2" <&"$lines" >"$TEST/awaited" ||
		fail "waited in vain for $1 of '$2' in ${3#"$TEST"/}"
	kill "$tail"
	exec {lines}<&-
}

# start_system_flush [OPTION...]: kicks reach it; it is started by the first of them.
start_system_flush() {
	need python3
	start flush python3 "$TOP/tests/support/activate.py" "$socket" \
		"$BUILD/bin/nullmta" flush --all "$@"
}
