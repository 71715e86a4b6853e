# shellcheck shell=bash
# For scripts about containers, which are what the kernel makes them of: begin with
#
#	. "$(dirname "$0")/lib.sh"
#	. "$(dirname "$0")/scripts/container.sh"
#
# as root. A container has its own mounts, processes and, where asked for, users: a read-only root
# with nothing in it but nullmta, a shell, and the libraries that they need; no /etc/passwd, no
# /dev/log, no capabilities, no new privileges; uid 54321. The network is the machine's loopback.

need_root
need unshare setpriv pivot_root ldd
unshare --mount --pid --fork --mount-proc true 2>/dev/null || skip "needs root that may mount"

uid=54321
image=$TEST/image
capabilities=-all
secret_options=mode=1777
declare -A container=()

# copy_program FILE NAME: with its libraries, where the loader looks for them.
copy_program() {
	local library
	mkdir -p "$image$(dirname "$2")"
	cp "$1" "$image$2"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		[ -e "$image$library" ] && continue
		mkdir -p "$image$(dirname "$library")"
		cp -L "$library" "$image$library"
	done
}

make_image() {
	local name
	mkdir -p "$image"/{dev,proc,etc,tmp,run/secrets,secret,mail,usr/sbin,var/spool/nullmta}
	ln -s var/spool/nullmta "$image/spool"
	copy_program "$BUILD/bin/nullmta" /usr/bin/nullmta
	copy_program "$BUILD/libexec/nullmta-flush" /usr/libexec/nullmta-flush
	ln -s ../bin/nullmta "$image/usr/sbin/sendmail"
	ln -s nullmta "$image/usr/bin/mailq"
	for name in sh env setpriv unshare umount; do
		copy_program "$(command -v $name)" "/usr/tools/$name"
	done
	: >"$image/dev/null"
}

# volume NAME: a directory that containers mount at /var/spool/nullmta, or /spool for short: as
# an engine makes it from the image, root's and for all.
volume() {
	mkdir -p "$TEST/$1"
	chmod 1733 "$TEST/$1"
}

# What the new process 1 does before it becomes the command. Words: NAME VOLUME USER-NS COMMAND.
inside=$(
	cat <<'END'
set -euo pipefail
name=$1 volume=$2 users=$3
shift 3
read -r pid _ </proc/self/stat # as the machine sees it: /proc is still its own
: >"$TEST/$name.out"
exec 9>&1 >>"$TEST/$name.out" 2>&1
chmod 666 "$TEST/$name.out" # engines, too, give it to who runs the command
root=$TEST/root.$name
mkdir "$root"
mount --bind "$image" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
: >"$root/dev/null"
mount --bind /dev/null "$root/dev/null"
mount -o remount,ro "$root/dev"
mount --bind "$TEST/$volume" "$root/var/spool/nullmta"
# as Docker: a mount of memory, mode 0444
mount -t tmpfs -o mode=755 secrets "$root/run/secrets"
mount -t tmpfs -o "$secret_options" secret "$root/secret"
umask 022
"$BASH" "$TEST/secrets" "$root"
mount -o remount,ro "$root/run/secrets"
[ "${secret_is_writable:-}" ] || mount -o remount,ro "$root/secret"
mount -o remount,bind,ro "$root"
cd "$root"
# in a chroot there may be nothing to pivot
enter=()
if pivot_root . . 2>/dev/null; then
	/usr/tools/umount -l .
else
	enter=(chroot .)
fi
[ -z "$users" ] || set -- /usr/tools/unshare --user --map-user="$uid" --map-group="$uid" "$@"
# shellcheck disable=SC2016  # expanded there, where the root is the container's
exec "${enter[@]}" /usr/tools/sh -c 'echo "$0" >&9; exec 9>&- "$@"' "$pid" \
	/usr/tools/setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs \
	"--bounding-set=$capabilities" --inh-caps=-all "$@"
END
)

# container NAME VOLUME [users] -- [VARIABLE=VALUE...] COMMAND...: start it. What it says goes to
# $TEST/NAME.out; ${container[NAME]} is its process 1.
container() {
	local name=$1 volume=$2 users=${3#--} out
	shift 2
	[ -z "$users" ] || shift
	shift
	[ -e "$TEST/secrets" ] || : >"$TEST/secrets"
	exec {out}< <(TEST=$TEST image=$image uid=$uid capabilities=$capabilities \
		secret_options=$secret_options \
		exec unshare --mount --pid --fork --kill-child \
		bash -c "$inside" inside "$name" "$volume" "$users" \
		/usr/tools/env -i PATH=/usr/tools:/usr/bin:/usr/sbin "${settings[@]}" "$@" \
		2>"$TEST/$name.err")
	# shellcheck disable=SC2004  # no arithmetic: a name
	pid[$name]=$!
	read -r -t 30 "container[$name]" <&"$out" || fail "no container: $(cat "$TEST/$name".{err,out})"
	exec {out}<&-
}

# tell NAME SIGNAL: from outside, as an engine does.
tell() {
	kill "-$2" "${container[$1]}"
}

# ends NAME CODE: it ends by itself, with this exit code.
ends() {
	local code=0
	wait "${pid[$1]}" || code=$?
	rmdir "$TEST/root.$1"
	unset "pid[$1]" "container[$1]"
	assert_eq "$code" "$2" "exit code of $1 ($(tail -n 5 "$TEST/$1.out" "$TEST/$1.err"))"
}

# in_container NAME COMMAND...: as `docker exec` does.
in_container() {
	nsenter --target "${container[$1]}" --mount --pid --root --wd \
		/usr/tools/setpriv --reuid="$uid" --regid="$uid" --clear-groups \
		/usr/tools/env -i PATH=/usr/tools:/usr/bin:/usr/sbin "${settings[@]}" "${@:2}"
}

leave_containers() {
	local name
	for name in "${!container[@]}"; do
		kill -KILL "${container[$name]}" 2>/dev/null || true
	done
	leave
}

delivered() {
	[ "$(count_delivered "$1")" = "$2" ]
}

says() {
	grep -qe "$2" "$TEST/$1.out"
}

trap leave_containers EXIT
chmod 755 "$TEST"
forget_settings
unset HOME
make_image
# what every container gets
settings=(NULLMTA_SPOOL=/spool/mail NULLMTA_HOSTNAME=client.test NULLMTA_DOMAIN=client.test)
