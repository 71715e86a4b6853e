#!/usr/bin/env bash
# What systemd is told to do is what it understands, and leaves the flush few rights; `make install`
# puts it where it belongs, with the directories of that installation, and `make uninstall` takes
# it away again.
. "$(dirname "$0")/lib.sh"
need make systemd-analyze systemd-tmpfiles

fill() {
	make -s -C "$TOP" BUILD="$T/build" "$@" starters >/dev/null
}
units=$T/build/contrib/systemd

# --- all places are filled in -----------------------------------------------------------
fill PREFIX=/opt/nullmta SPOOLDIR=/srv/spool RUNDIR=/var/run
! grep -rE '@[A-Z]+@' "$T/build/contrib" || fail "a place is not filled in"
assert_contains "$units/nullmta-flush.service" 'ExecStart=/opt/nullmta/bin/nullmta flush --all'
assert_contains "$units/nullmta-flush-now.service" '/opt/nullmta/bin/nullmta flush --all --now'
assert_contains "$units/nullmta-smtp.service" 'ExecStart=/opt/nullmta/sbin/sendmail -bs'
assert_contains "$units/nullmta-flush.socket" 'ListenDatagram=/var/run/nullmta/flush.sock'
assert_contains "$units/user/nullmta-flush.service" 'ExecStart=/opt/nullmta/bin/nullmta flush'
assert_contains "$units/tmpfiles.conf" 'd /srv/spool 1733 root root -'
assert_contains "$T/build/contrib/network-up" '/opt/nullmta/bin/nullmta'
assert_contains "$T/build/contrib/cron.d" '/opt/nullmta/bin/nullmta'

# --- systemd understands them, with programs that are there --------------------------------
fill BINDIR="$BUILD/bin" SBINDIR="$BUILD/bin"
verify() {
	systemd-analyze verify --man=no "$@" 2>"$T/verify" || fail "$(cat "$T/verify")"
	# of the machine's own units it may say anything
	! grep nullmta "$T/verify" || fail "systemd-analyze verify: see above"
}
verify "$units"/nullmta-*.{service,socket,timer}
mkdir -m 700 "$T/run"
export XDG_RUNTIME_DIR=$T/run
verify --user "$units"/user/nullmta-*.{service,timer}

# --- exposure: 0 is none, 100 is that of a service without any of it ------------------------
# bound THRESHOLD UNIT
bound() {
	systemd-analyze security --offline=true --no-pager --threshold="$1" "$units/$2" \
		>"$T/exposure" || fail "$2: $(tail -n 1 "$T/exposure")"
}
bound 20 nullmta-flush.service
bound 20 nullmta-flush-now.service
bound 20 nullmta-smtp.service

# --- the directories ----------------------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$T/machine/etc"
	echo 'root:x:0:0::/root:/bin/sh' >"$T/machine/etc/passwd"
	echo 'root:x:0:' >"$T/machine/etc/group"
	create() {
		systemd-tmpfiles --root="$T/machine" "$@" "$units/tmpfiles.conf"
	}
	create --create
	spools=$T/machine/var/spool/nullmta
	assert_eq "$(stat -c '%a %U' "$spools")" '1733 root'
	assert_eq "$(stat -c '%a %U' "$T/machine/run/nullmta")" '755 root'
	# old mail is kept, and a directory that others can read is put right
	mkdir -p "$spools/1000/new"
	touch -d '2001-01-01' "$spools/1000/new/mail" "$spools/1000/new" "$spools/1000"
	chmod 777 "$spools"
	create --create --clean --remove
	assert_eq "$(stat -c %a "$spools")" 1733
	[ -e "$spools/1000/new/mail" ] || fail "mail was cleaned away"
fi

# --- install and uninstall --------------------------------------------------------------------
installer() {
	make -s -C "$TOP" -o all BUILD="$BUILD" PREFIX=/usr DESTDIR="$T/installed" "$1" >/dev/null
}
there() {
	[ -f "$T/installed/usr/$1" ] || fail "$1 is not installed"
}
installer install
there lib/systemd/system/nullmta-flush.service
there lib/systemd/system/nullmta-smtp.socket
there lib/systemd/user/nullmta-flush.timer
there lib/tmpfiles.d/nullmta.conf
there lib/NetworkManager/dispatcher.d/90-nullmta
there lib/networkd-dispatcher/routable.d/90-nullmta
# a name that is there is in force: not of these
[ ! -e "$T/installed/etc" ] || fail "$(find "$T/installed/etc")"
assert_eq "$(find "$T/installed" -name '*.wants')" ''
installer uninstall
assert_eq "$(find "$T/installed" ! -type d)" ''
