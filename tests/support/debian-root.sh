#!/usr/bin/env bash
# A fresh Debian of this machine's release, for tests of what is installed: debian-root.sh [DIR]
#
# It goes to DIR (build/debian-root) by debootstrap; a test lays a file system of its own over
# it and never writes to it. The archives of some packages lie in its cache, so that apt in
# there needs no network; none of them is installed. Does nothing where all of it is there.
# Exits 77 with a reason where it cannot be done: no root, no Debian, no debootstrap, no network.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-${DEBIAN_ROOT:-$TOP/build/debian-root}}
# what nullmta is linked with, what wants a mail server, and another one
packages=(libiniparser1 libidn2-0 libssl3 bsd-mailx cron dma)

give_up() {
	echo "debian-root: $*"
	exit 77
}

is_complete() {
	[ "$(cat "$dir/complete" 2>/dev/null)" = "${packages[*]}" ]
}

! is_complete || exit 0
[ "$(id -u)" = 0 ] || give_up "needs root"
command -v debootstrap >/dev/null || give_up "needs debootstrap"
# shellcheck source=/dev/null
release=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") ||
	give_up "needs a Debian"
# shellcheck disable=SC2016  # expanded by apt
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" 'Component: main' \
	'Created-By: Packages' | head -n 1)

mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9
! is_complete || exit 0

work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase "$release" "$work/root" \
	"${mirror:-http://deb.debian.org/debian}" >"$work/log" 2>&1 9>&- ||
	give_up "debootstrap: $(tail -n 1 "$work/log")"
cp /etc/resolv.conf "$work/root/etc/"
{
	chroot "$work/root" apt-get -qq update &&
		chroot "$work/root" apt-get -qq -y --no-install-recommends --download-only \
			install "${packages[@]}"
} >>"$work/log" 2>&1 9>&- || give_up "cannot download: $(tail -n 1 "$work/log")"
echo "${packages[*]}" >"$work/root/complete"
chmod 755 "$work/root"
rm -rf --one-file-system "$dir"
mv "$work/root" "$dir"
