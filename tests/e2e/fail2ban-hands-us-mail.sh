#!/usr/bin/env bash
# fail2ban's sendmail actions, run by its own server: each of its messages arrives.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need_private_root
need python3

start_receiver relay
use_relay relay
# one after the other, as they came
export NULLMTA_DELIVERY_PER_DESTINATION=1

export PYTHONPATH=$PEERS/usr/lib/python3/dist-packages
python3 -c 'import fail2ban.server.server' 2>/dev/null || skip "needs a python3 for fail2ban"

mkdir -p "$T/fail2ban/action.d" "$T/fail2ban/filter.d"
cp "$PEERS"/etc/fail2ban/action.d/{sendmail,mail-whois,helpers}*.conf "$T/fail2ban/action.d"
cat >"$T/fail2ban/fail2ban.conf" <<CONF
[Definition]
logtarget = $T/fail2ban.out
socket = $T/fail2ban/socket
pidfile = $T/fail2ban/pid
dbfile = None
allowipv6 = no
CONF
cat >"$T/fail2ban/filter.d/door.conf" <<'CONF'
[Definition]
failregex = ^knock from <HOST>
datepattern = {NONE}
CONF
# one with all that Debian's action_mwl sends, one with no more than the defaults
cat >"$T/fail2ban/jail.conf" <<CONF
[door]
enabled = true
backend = polling
filter = door
logpath = $T/door.log
maxretry = 2
action = sendmail-whois-lines[name=door, dest=admin@dest.test, sender=jail@client.test,
             logpath="$T/door.log", _whois_command="echo of no country", fq-hostname=gate.test]
         sendmail[name=Tür, fq-hostname=gate.test]
CONF
: >"$T/door.log"

queued() {
	[ "$(count_log queued)" -ge "$1" ]
}

# arrives COUNT: so many messages are here by now
arrives() {
	await queued "$1"
	settle
	assert_delivered relay "$1"
}

run_peer server "$TOP/tests/support/private-root" \
	--sendmail "${SENDMAIL:-$BUILD/bin/sendmail}" setpriv --pdeathsig TERM \
	python3 "$PEERS/usr/bin/fail2ban-server" -c "$T/fail2ban" -f start
arrives 2
assert_reads relay 1 <<'TEXT'
jail@client.test > admin@dest.test
From: Fail2Ban <jail@client.test>
To: admin@dest.test
Subject: [Fail2Ban] door: started on gate.test

text/plain
Hi,

The jail door has been started successfully.

Regards,

Fail2Ban
TEXT
assert_reads relay 2 <<'TEXT'
fail2ban@client.test > root@client.test
From: Fail2Ban <fail2ban@client.test>
To: root@client.test
Subject: [Fail2Ban] Tür: started on gate.test

text/plain
Hi,

The jail Tür has been started successfully.

Regards,

Fail2Ban
TEXT

printf 'knock from 192.0.2.7 %s\n' 'mit Grüßen' . >>"$T/door.log"
arrives 4
assert_reads relay 3 <<'TEXT'
jail@client.test > admin@dest.test
From: Fail2Ban <jail@client.test>
To: admin@dest.test
Subject: [Fail2Ban] door: banned 192.0.2.7 from gate.test

text/plain
Hi,

The IP 192.0.2.7 has just been banned by Fail2Ban after
2 attempts against door.


Here is more information about 192.0.2.7 :
of no country

Lines containing failures of 192.0.2.7 (max 1000)
knock from 192.0.2.7 mit Grüßen
knock from 192.0.2.7 .


Regards,

Fail2Ban
TEXT
assert_contains "$(content relay 4)" 'The IP 192.0.2.7 has just been banned by Fail2Ban after'

# it says goodbye for each action, and nobody refused anything
kill -TERM "$(cat "$T/fail2ban/pid")"
arrives 6
assert_lacks "$T/fail2ban.out" ERROR
assert_queued 0
