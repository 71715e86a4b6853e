#!/usr/bin/env bash
# What atd, mdadm and cronie have to tell their users arrives, as they wrote it.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need_private_root
need python3

start_receiver relay
use_relay relay

on_gate() {
	"$TOP/tests/support/private-root" --sendmail "${SENDMAIL:-$BUILD/bin/sendmail}" \
		--hostname gate.test "$@"
}

# --- at ----------------------------------------------------------------------------------

# The spool is as the package's postinst leaves it, with a job that writes and one that does
# not, whose end is wanted all the same.
cat >"$T/atd.sh" <<'ATD'
set -e
spool=/var/spool/cron
mkdir -p $spool/atspool $spool/atjobs
: >$spool/atjobs/.SEQ
chmod 1770 $spool/atspool $spool/atjobs
chmod 600 $spool/atjobs/.SEQ
chown -R daemon:daemon $spool
cd /
printf '%s\n' 'echo "at sagt Grüße"' 'echo .' 'echo ..danach' | "$1/usr/bin/at" now
echo : | "$1/usr/bin/at" -m now
exec setpriv --pdeathsig TERM "$1/usr/sbin/atd" -f
ATD
queued() {
	[ "$(count_log queued)" -ge "$1" ]
}
run_peer atd "$TOP/tests/support/private-root" --sendmail "${SENDMAIL:-$BUILD/bin/sendmail}" \
	--empty /var/spool --empty /run setpriv --pdeathsig TERM bash "$T/atd.sh" "$PEERS"
await queued 2
stop atd
flush
assert_delivered relay 2

# jobs run side by side
silent=1
grep -q danach "$(content relay 1)" && silent=2
assert_reads relay $((3 - silent)) <<'TEXT'
root@client.test > root@client.test
From: root <root@client.test>
To: root@client.test
Subject: Output from your job        1

text/plain
at sagt Grüße
.
..danach
TEXT
assert_reads relay $silent <<'TEXT'
root@client.test > root@client.test
From: root <root@client.test>
To: root@client.test
Subject: Output from your job        2

text/plain
TEXT

# --- mdadm ---------------------------------------------------------------------------------

exits 0 on_gate env LD_LIBRARY_PATH="$(peers_libraries)" "$(first "$PEERS"{,/usr}/sbin/mdadm)" \
	--monitor --oneshot --test --config=/dev/null --mail=admin@dest.test /dev/md127
settle
assert_delivered relay 3
# where the kernel knows of arrays their state follows
sed -i '/^P\.S\. /,$d' "$(content relay 3)"
assert_reads relay 3 <<'TEXT'
root@client.test > admin@dest.test
From: mdadm monitoring <root@gate.test>
To: admin@dest.test
Subject: TestMessage event on /dev/md127:gate.test

text/plain
This is an automatically generated mail message from mdadm
running on gate.test

A TestMessage event had been detected on md device /dev/md127.

Faithfully yours, etc.
TEXT

# --- cronie ----------------------------------------------------------------------------------

# The cron of Fedora, Arch and others is no package of Debian 12. This is what its
# do_command.c writes, since 1.5.5 and before that, to MAILFMT of its cron.h, with the
# environment of the job and no other.
cronie() {
	{
		printf '%s\nTo: %s\nSubject: Cron <root@gate> %s\n' "$1" "$2" './job --all'
		[ $# = 2 ] || printf 'MIME-Version: 1.0\n'
		printf 'Content-Type: text/plain; charset=UTF-8\nAuto-Submitted: auto-generated\n'
		[ $# = 2 ] || printf 'Precedence: bulk\n'
		printf 'X-Cron-Env: <%s>\n' LANG=C.UTF-8 "MAILTO=$2" SHELL=/bin/sh HOME=/root \
			PATH=/usr/bin:/bin LOGNAME=root USER=root
		printf '\nGrüße von cronie\n.\nFrom here on\n'
	} >"$T/given"
	exits 0 env -i "${ours[@]}" LANG=C.UTF-8 "MAILTO=$2" SHELL=/bin/sh HOME=/root \
		PATH=/usr/bin:/bin LOGNAME=root USER=root \
		"$BUILD/bin/sendmail" -FCronDaemon -i -odi -oem -oi -t -f root <"$T/given"
}
mapfile -t ours < <(env | grep '^NULLMTA_')

cronie 'From: "(Cron Daemon)" <root>' root newer
assert_delivered relay 4
assert_reads relay 4 Auto-Submitted <<'TEXT'
root@client.test > root@client.test
From: "(Cron Daemon)" <root@client.test>
To: root@client.test
Subject: Cron <root@gate> ./job --all
Auto-Submitted: auto-generated

text/plain
Grüße von cronie
.
From here on
TEXT
cronie 'From: root (Cron Daemon)' admin@dest.test,root
assert_delivered relay 5
assert_contains "$(content relay 5)" 'From: root@client.test (Cron Daemon)'
assert_reads relay 5 X-Cron-Env <<'TEXT'
root@client.test > admin@dest.test root@client.test
From: root@client.test
To: admin@dest.test, root@client.test
Subject: Cron <root@gate> ./job --all
X-Cron-Env: <LANG=C.UTF-8>
X-Cron-Env: <MAILTO=admin@dest.test,root>
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=/root>
X-Cron-Env: <PATH=/usr/bin:/bin>
X-Cron-Env: <LOGNAME=root>
X-Cron-Env: <USER=root>

text/plain
Grüße von cronie
.
From here on
TEXT
assert_queued 0
assert_reports 0
