#!/usr/bin/env bash
# The Debian package is clean, takes the place of another mail server and gives it up again,
# asks nothing, and whatever becomes of it, mail that waits is kept, and that is said.
# timeout: 600
. "$(dirname "$0")/lib.sh"
need_root
need make dpkg-buildpackage dh lintian debootstrap
base=${DEBIAN_ROOT:-$TOP/build/debian-root}
reason=$("$TOP/tests/support/debian-root.sh" "$base") || skip "${reason:-debian-root.sh failed}"
if [ "${PACKAGE_TEST:-}" != "$0" ]; then
	unshare --mount --pid --fork --mount-proc true 2>/dev/null ||
		skip "needs root that may mount"
	rm -rf "$TEST"
	trap - EXIT
	# not as process 1, which peers take for a parent that has died
	# shellcheck disable=SC2016  # expanded by the inner shell
	PACKAGE_TEST=$0 exec unshare --mount --pid --fork --mount-proc --kill-child \
		bash -c 'bash "$0"; exit $?' "$0"
fi
forget_settings

# --- two versions of the package ---------------------------------------------------------

quietly() {
	"$@" >"$T/last.out" 2>&1 </dev/null || fail "$*"
	rm "$T/last.out"
}

export DEB_BUILD_OPTIONS=nocheck
quietly make -C "$TOP" BUILD="$T/build" deb
mkdir "$T/old"
mv "$T"/build/deb/*.* "$T/old"
quietly lintian --allow-root --fail-on error,warning "$T"/old/*.changes

next_version() {
	rm -r debian
	cp -r contrib/debian debian
	{
		sed '1s/(.*)/(9.9.9-1)/' contrib/debian/changelog
		echo
		cat contrib/debian/changelog
	} >debian/changelog
	dpkg-buildpackage -us -uc -b -nc
}
(cd "$T/build/deb/nullmta" && quietly next_version)
mkdir "$T/new"
mv "$T"/build/deb/*.* "$T/new"
rm -rf "$T/build"

# --- a machine ----------------------------------------------------------------------------

# not below $T, where what is mounted would be in the way at the end
R=/mnt
mount -t tmpfs -o mode=755 private-machine "$R"
mkdir "$R/upper" "$R/work" "$R/root"
if mount -t overlay -o "lowerdir=$base,upperdir=$R/upper,workdir=$R/work" private "$R/root" \
	2>/dev/null; then
	R=$R/root
else
	rmdir "$R/upper" "$R/work" "$R/root"
	cp -a "$base/." "$R"
fi
mount -t proc private "$R/proc"
install -m 666 /dev/null "$T/log"
touch "$R/var/log/nullmta"
mount --bind "$T/log" "$R/var/log/nullmta"
cp "$T"/old/nullmta_*.deb "$R/root/old.deb"
cp "$T"/new/nullmta_*.deb "$R/root/new.deb"

# run COMMAND...: as root of that machine, with nobody at its terminal
run() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
		chroot "$R" "$@" </dev/null
}

# apt COMMAND...: its words, and those of the packages' scripts, are in $T/apt
apt() {
	run apt-get -y --no-install-recommends -o APT::Sandbox::User=root "$@" >"$T/apt" 2>&1 ||
		fail "apt-get $*: $(tail -n 20 "$T/apt")"
}

# submit USER SUBJECT: by what cron and all others call
submit() {
	letter "$2" >"$R/tmp/letter"
	# shellcheck disable=SC2016  # expanded by the inner shell
	run setpriv --reuid="$1" --regid="$1" --clear-groups \
		sh -c '/usr/sbin/sendmail -i rcpt@dest.test </tmp/letter' || fail "sendmail: exit $?"
}

queue() {
	(cd "$R/var/spool/nullmta" && find . -type f -path './*/new/*' -exec sha256sum {} + | sort)
}

# What is left of nullmta, but for the archives of its packages.
traces() {
	(cd "$R" && find . -xdev \( -path ./root -o -path ./proc -o -path ./var/log \
		-o -path ./tmp \) -prune -o -name '*nullmta*' -print | sort)
	run dpkg-query -W nullmta 2>/dev/null || true
}

owner_of_sendmail() {
	run dpkg-query -S /usr/sbin/sendmail 2>/dev/null | cut -d : -f 1
}

set_relay() {
	sed -i "s/^host = .*/host = 127.0.0.1:$1/" "$R/etc/nullmta.conf"
}

alice=54001
bob=54002

# --- installed ----------------------------------------------------------------------------

apt install /root/old.deb
assert_eq "$(stat -c '%a %U %G' "$R/var/spool/nullmta")" '1733 root root'
assert_eq "$(owner_of_sendmail)" nullmta
assert_eq "$(find "$R"/usr/{bin,sbin,libexec} -name '*nullmta*' -perm /6000)" ''
run /usr/lib/sendmail -bp >/dev/null
run newaliases >/dev/null
assert_eq "$(cd "$R/etc/systemd/system" && ls ./*/nullmta*)" \
	"$(printf '%s\n' ./sockets.target.wants/nullmta-flush.socket \
		./timers.target.wants/nullmta-flush.timer)" 'units that are enabled'
cp "$TOP/contrib/debian/tests/queue" "$R/root/queue"
run sh /root/queue >"$T/autopkgtest" 2>&1 || fail "autopkgtest: $(cat "$T/autopkgtest")"
apt install bsd-mailx cron
assert_eq "$(owner_of_sendmail)" nullmta

# --- upgraded with mail in the queue, and a configuration that was changed ----------------

start_receiver relay
cat >>"$R/etc/nullmta.conf" <<-'CONF'
	[nullmta]
	hostname = client.test
	deliver = queue
	[relay]
	host = 127.0.0.1:1
	tls = none
	[log]
	target = /var/log/nullmta
CONF
run nullmta config check >/dev/null
submit $alice 'before the upgrade'
submit $bob 'before the upgrade'
run nullmta flush --all
run setpriv --reuid=$alice --regid=$alice --clear-groups mailq >"$T/mailq"
assert_contains "$T/mailq" rcpt@dest.test
submit $alice 'just before the upgrade'
before=$(queue)
configuration=$(sha256sum <"$R/etc/nullmta.conf")

apt install /root/new.deb
assert_eq "$(run dpkg-query -W -f '${Version}' nullmta)" 9.9.9-1
assert_eq "$(queue)" "$before"
assert_eq "$(sha256sum <"$R/etc/nullmta.conf")" "$configuration"
set_relay "${port[relay]}"
run nullmta flush --all --now
assert_delivered relay 3

# --- another mail server, and back --------------------------------------------------------

submit $alice 'before the change'
before=$(queue)
apt install dma
assert_eq "$(owner_of_sendmail)" dma
assert_eq "$(queue)" "$before"
assert_contains "$T/apt" 'nullmta: 1 message(s) that were not delivered are kept'

apt install /root/new.deb
assert_eq "$(owner_of_sendmail)" nullmta
run nullmta flush --all
assert_delivered relay 4

# without systemd, cron runs what the timer would
submit $bob 'by cron'
run sh -c "$(sed -n 's/^\*\/5 .* root  *//p' "$R/etc/cron.d/nullmta")"
assert_delivered relay 5

# --- removed and purged -------------------------------------------------------------------

submit $bob 'before the purge'
before=$(queue)
apt remove nullmta
assert_contains "$T/apt" 'nullmta: 1 message(s) that were not delivered are kept'
run sh -c "$(sed -n 's/^\*\/5 .* root  *//p' "$R/etc/cron.d/nullmta")" ||
	fail 'the line of cron fails without the program'
apt purge nullmta
assert_contains "$T/apt" 'to throw them away: rm -r /var/spool/nullmta'
assert_eq "$(queue)" "$before"
assert_eq "$(ls "$R/var/spool/nullmta")" $bob 'spools that are left'
assert_eq "$(traces)" ./var/spool/nullmta 'what is left'

apt install /root/new.deb
set_relay "${port[relay]}"
run env NULLMTA_RELAY="smtp://127.0.0.1:${port[relay]}" NULLMTA_RELAY_TLS=none \
	nullmta flush --all
assert_delivered relay 6
apt purge nullmta
assert_lacks "$T/apt" 'nullmta: '
assert_eq "$(traces)" '' 'what is left'
