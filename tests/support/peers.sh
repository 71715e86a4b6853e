#!/usr/bin/env bash
# Unpack the real servers and clients that the end-to-end tests talk to: peers.sh [DIR]
#
# They come as Debian packages and go to DIR (build/peers), dependencies that are missing
# here with them. Nothing is installed, no script of a package runs, the machine's mail
# set-up stays as it is. Does nothing where all of it is there already. Exits 77 with a
# reason where it cannot be done: no Debian, or no network.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-${PEERS:-$TOP/build/peers}}
# apt takes no two mail servers at once, so there are two lists
packages=(postfix nsd mutt bsd-mailx s-nail cron git-email libmailtools-perl swaks
	mailutils alpine php-cli libphp-phpmailer php-symfony-mailer
	libmime-lite-perl libemail-sender-perl ruby-mail at fail2ban logwatch mdadm
	dovecot-core dovecot-lmtpd unbound ldnsutils nginx)
more_packages=(exim4-daemon-heavy)
wanted="${packages[*]} ${more_packages[*]}"

give_up() {
	echo "peers: $*"
	exit 77
}

[ "$(cat "$dir/complete" 2>/dev/null)" != "$wanted" ] || exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
	give_up "the test peers are Debian packages; there is no apt here"
fi

mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9
[ "$(cat "$dir/complete" 2>/dev/null)" != "$wanted" ] || exit 0

work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/archives/partial" "$work/root"

if [ "$(id -u)" = 0 ] &&
	! apt-cache show "${packages[@]}" "${more_packages[@]}" >/dev/null 2>&1; then
	apt-get update -q >"$work/update" 2>&1 || true
fi
# --download-only needs no lock and no rights when the archives go elsewhere
download() {
	apt-get -qq -y --no-install-recommends --download-only --reinstall \
		-o Debug::NoLocking=1 -o Dir::Cache::archives="$work/archives" \
		install "$@" >"$work/download" 2>&1 ||
		give_up "cannot download: $(tail -n 1 "$work/download")"
}
download "${packages[@]}"
download "${more_packages[@]}"

# what no test reads, and no program that they run
leave_out=()
for path in share/doc share/man share/locale share/ri 'lib/*/guile'; do
	leave_out+=(--exclude="./usr/$path/*")
done
for package in "$work"/archives/*.deb; do
	dpkg --fsys-tarfile "$package" | tar -x -C "$work/root" --no-same-owner "${leave_out[@]}"
done
echo "$wanted" >"$work/root/complete"
# daemons that change their user have to reach it, too
chmod 755 "$work/root"
rm -rf "$dir"
mv "$work/root" "$dir"
