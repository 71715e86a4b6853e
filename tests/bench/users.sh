#!/usr/bin/env bash
# A machine with many users, for bench.sh: users.sh idle|kicks|alone, as root in namespaces of its
# own for mounts and processes. Prints NAME=VALUE words.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
chmod 755 "$work"
finish() {
	local job
	for job in $(jobs -p); do
		kill "$job" 2>/dev/null || true
	done
	wait
	rm -rf --one-file-system "$work"
}
trap finish EXIT
while read -r name; do
	unset "$name"
done < <(compgen -e NULLMTA_ || true)

mkdir "$work/etc"
cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts /etc/ld.so.cache "$work/etc"
mount --bind "$work/etc" /etc
mount -t tmpfs private /run
mount -t tmpfs -o mode=755,nr_inodes=0 private /var/spool
root=/var/spool/nullmta
mkdir -m 1733 $root
chmod 1733 $root
: >"$work/log"
chmod 666 "$work/log"
printf '%s\n' '[nullmta]' 'hostname = bench.example' '[local]' 'aliases = none' '[log]' \
	"target = $work/log" >/etc/nullmta.conf
chmod 644 /etc/nullmta.conf
printf 'Subject: bench\n\n%s\n' "$(seq -s ' ' 400)" >"$work/letter"

start_sink() {
	: >"$work/sink"
	"$BUILD/bench/sink" >"$work/sink" &
	until grep -q port= "$work/sink"; do sleep 0.01; done
	printf '%s\n' '[relay]' "host = 127.0.0.1:$(grep -o 'port=[0-9]*' "$work/sink" | cut -d = -f 2)" \
		'tls = none' >>/etc/nullmta.conf
}

# 1000 users, whom the machine knows, with one message each that is not due
idle() {
	local uid message
	for ((uid = 54000; uid < 55000; uid++)); do
		echo "user$uid:x:$uid:$uid::/nonexistent:/bin/sh"
	done >>/etc/passwd
	setpriv --reuid=54000 --regid=54000 --clear-groups \
		"$BUILD/bin/sendmail" -odq a@dest.example <"$work/letter"
	message=$(find $root/54000/new -type f)
	mv "$message" "$root/54000/cur/${message##*/}:$(($(date +%s) + 3600)).1"
	for ((uid = 54001; uid < 55000; uid++)); do
		cp -a $root/54000 $root/$uid
		chown -R $uid:$uid $root/$uid
	done
	"$BUILD/bench/measure" "$BUILD/libexec/nullmta-flush" flush --all >/dev/null
	"$BUILD/bench/measure" -n 3 "$BUILD/libexec/nullmta-flush" flush --all
}

# 200 submissions a second by the users that are named, for SECONDS
submit() {
	python3 "$TOP/tests/bench/pace.py" 200 "${KICKS_SECONDS:-10}" "$BUILD/bin/sendmail" "$work/letter" \
		"$work/log" "$@"
}

# kicked by a socket, as systemd has it
kicks() {
	start_sink
	python3 "$TOP/tests/support/activate.py" /run/nullmta/flush.sock \
		"$BUILD/libexec/nullmta-flush" flush --all 2>"$work/starts" >"$work/ready" &
	until [ -s "$work/ready" ]; do sleep 0.01; done
	submit 54001 54002 54003 54004
}

# without one: each user's own flush
alone() {
	start_sink
	submit 54001
}

"$@"
