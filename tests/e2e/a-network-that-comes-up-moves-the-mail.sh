#!/usr/bin/env bash
# The hook tells NetworkManager's, networkd-dispatcher's and ifupdown's calls from those that are
# none of its business, never keeps them waiting, and does nothing where nobody wants a system's
# flush. And what cron, OpenRC and runit are given starts it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need make

# programs that note how they were called
mkdir "$T/bin"
for name in systemctl nullmta; do
	cat >"$T/bin/$name" <<-EOF
		#!/bin/sh
		echo "$name \$*" >>"$T/calls"
		[ ! -p "$T/busy" ] || read -r word <"$T/busy"
		[ ! -e "$T/$name.\$2" ]
	EOF
	chmod 755 "$T/bin/$name"
done
make -s -C "$TOP" BUILD="$T/build" BINDIR="$T/bin" SPOOLDIR="$root" starters >/dev/null
started=$T/build/contrib
hook=$started/network-up

# calls WANT [NAME=VALUE...] [-- ARGUMENT...]: what the hook starts when it is called so
calls() {
	local want=$1 settings=() word
	shift
	while [ $# -gt 0 ]; do
		word=$1
		shift
		[ "$word" != -- ] || break
		settings+=("$word")
	done
	rm -f "$T/calls"
	env -i PATH="$T/bin:/usr/bin:/bin" "${settings[@]}" sh "$hook" "$@" </dev/null ||
		fail "the hook: exit $?"
	[ -z "$want" ] || await 1 "$want" "$T/calls"
	[ -n "$want" ] || [ ! -e "$T/calls" ] || fail "started: $(cat "$T/calls")"
}

# --- without systemd --------------------------------------------------------------------
flush='^nullmta flush --all --now$'
calls "$flush" -- eth0 up
calls "$flush" -- tun0 vpn-up
calls "$flush" CONNECTIVITY_STATE=FULL NM_DISPATCHER_ACTION=connectivity-change -- none connectivity-change
calls '' CONNECTIVITY_STATE=PORTAL NM_DISPATCHER_ACTION=connectivity-change -- none connectivity-change
for action in down pre-up pre-down vpn-down hostname dhcp4-change reapply; do
	calls '' -- eth0 "$action"
done
calls "$flush" IFACE=eth0 MODE=start PHASE=post-up
calls '' IFACE=lo MODE=start PHASE=post-up
calls '' IFACE=--all MODE=start PHASE=post-up
calls "$flush" IFACE=wlan0 STATE=routable OperationalState=routable

# however long a flush takes
mkfifo "$T/busy"
chmod 666 "$T/busy"
calls "$flush" -- eth0 up
echo go >"$T/busy"
rm "$T/busy"

# no administrator has made a root for spools
umount -l /var/spool
mount -t tmpfs -o mode=755 private /var/spool
calls '' -- eth0 up
mkdir -m 1733 "$root"

# --- with systemd -----------------------------------------------------------------------
mkdir -p /run/systemd/system
calls '^systemctl --quiet --no-block start nullmta-flush-now.service$' -- eth0 up
assert_eq "$(head -n 1 "$T/calls")" \
	'systemctl --quiet is-active nullmta-flush.timer nullmta-flush.socket'
: >"$T/systemctl.is-active" # it says no
calls '^systemctl --quiet is-active' -- eth0 up
assert_eq "$(wc -l <"$T/calls")" 1
rm "$T/systemctl.is-active"

# --- cron -------------------------------------------------------------------------------
assert_eq "$(grep -c . "$started/cron.d")" 3 'lines, two of them comments'
line=$(grep -v '^#' "$started/cron.d")
[[ $line =~ ^\*/5' * * * *'\ +root\ +(.*)$ ]] || fail "not of cron.d: $line"
rm "$T/calls"
sh -c "${BASH_REMATCH[1]}"
[ ! -e "$T/calls" ] || fail "cron does what systemd does already"
rmdir /run/systemd/system
sh -c "${BASH_REMATCH[1]}"
assert_eq "$(cat "$T/calls")" 'nullmta flush --all'

# --- runit ------------------------------------------------------------------------------
rm -rf "$T/calls" "$root" /run/nullmta
sh "$started/runit/nullmta-flush"
assert_eq "$(cat "$T/calls")" 'nullmta flush --all --every 1m'
assert_eq "$(stat -c '%a %U:%G' "$root" /run/nullmta)" $'1733 root:root\n755 root:root'

# --- OpenRC, as far as it is a shell script ---------------------------------------------------
(
	# shellcheck disable=SC2317  # called by the script
	checkpath() {
		echo "checkpath $*" >>"$T/calls"
	}
	rm -f "$T/calls"
	# shellcheck source=/dev/null
	. "$started/openrc/nullmta-flush"
	start_pre
	# shellcheck disable=SC2154  # the script's
	assert_eq "$command $command_args" "$T/bin/nullmta flush --all --every 1m"
)
assert_contains "$T/calls" "checkpath --directory --owner root:root --mode 1733 $root"
