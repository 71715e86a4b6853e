#!/usr/bin/env bash
# At three in the morning cron and at have something to tell, users of the machine write to each
# other by mail(1), and what they find is what their mail readers show.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
. "$(dirname "$0")/scripts/system.sh"
. "$(dirname "$0")/scripts/users.sh"
. "$(dirname "$0")/scripts/readers.sh"
need "${CC:-cc}"

start_receiver out
configure
cat >>/etc/nullmta.conf <<CONF
[route outside]
host = 127.0.0.1:${port[out]}
tls = none
recipient = dest.test
CONF
sed -i '/^\[local\]$/d; /^aliases = none$/d' /etc/nullmta.conf
cat >/etc/aliases <<'ALIASES'
postmaster: root
root: ann
staff: bob, cat, eve@dest.test
ALIASES
give_maildir ann
printf '\\cat, joe@dest.test\n' >"$(home cat)/.forward"
chown cat: "$(home cat)/.forward"
# shellcheck disable=SC2119  # no options
start_system_flush

# what the packages' postinst leaves
install -o daemon -g daemon -m 6755 "$PEERS/usr/bin/at" "$programs"
mkdir -p /etc/pam.d /run/lock /var/spool/cron/{crontabs,atjobs,atspool}
chown -R daemon:daemon /var/spool/cron/{atjobs,atspool}
chmod 1770 /var/spool/cron/{atjobs,atspool}
install -o daemon -g daemon -m 600 /dev/null /var/spool/cron/atjobs/.SEQ
: >/etc/at.deny
for daemon in cron atd; do
	printf '%s required pam_permit.so\n' auth account session >"/etc/pam.d/$daemon"
done

# --- cron, whose minute passes at once and lasts until it ends ---
cat >"$T/clock.c" <<'CLOCK'
#include <time.h>
#include <unistd.h>
static time_t now = THREE - 30;
time_t time(time_t *ret)
{
	return ret ? (*ret = now) : now;
}
unsigned sleep(unsigned s)
{
	if (now >= THREE)
		return pause(), s;
	now += s;
	return 0;
}
CLOCK
"${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -DTHREE="$(date -d 'tomorrow 03:00' +%s)" \
	-o "$T/clock.so" "$T/clock.c"

# crontab_of NAME <<CRONTAB
crontab_of() {
	cat >"$T/crontab"
	LD_LIBRARY_PATH=$(peers_libraries) "$PEERS/usr/bin/crontab" -u "$1" "$T/crontab"
}
crontab_of ann <<'CRONTAB'
0 3 * * * echo "Grüße aus der Nacht"; echo "From the job"
0 4 * * * echo "not yet"
CRONTAB
crontab_of bob <<'CRONTAB'
MAILTO=staff
0 3 * * * echo "to the staff"
MAILTO=nobody-has-this-name
0 3 * * * echo "to nobody"
CRONTAB
crontab_of cat <<'CRONTAB'
0 3 * * * echo "to cat"
CRONTAB
crontab_of root <<'CRONTAB'
0 3 * * * echo "for who is root"
CRONTAB
run_peer cron "$TOP/tests/support/private-root" --sendmail "$BUILD/bin/sendmail" --hostname client.test \
	--empty /etc/crontab --empty /etc/cron.d \
	env LD_PRELOAD="$T/clock.so" setpriv --pdeathsig TERM "$PEERS/usr/sbin/cron" -f
await 5 'event=queued' "$T/log"

# --- at ---
run_peer atd "$TOP/tests/support/private-root" --sendmail "$BUILD/bin/sendmail" --hostname client.test \
	setpriv --pdeathsig TERM "$PEERS/usr/sbin/atd" -f
for name in ann bob cat; do
	login $name at now <<<"echo at sagt Grüße, $name" 2>"$T/at.err"
done
await 8 'event=queued' "$T/log"

# --- mail(1) ---
printf 'Grüße an Bob\n.\nFrom here on\n' >"$T/text"
head -c 3000 /dev/urandom >"$T/octets"
login ann bsd-mailx -s 'hello bob' bob <"$T/text"
login bob mail.mailutils --norc --mime -s 'Zeichnung für root' -A "$T/octets" root <"$T/text"
login cat s-nail -n -S ttycharset=utf-8 -s 'Grüße an alle' staff <"$T/text"
login ann bsd-mailx -s 'for nobody' nobody-has-this-name <"$T/text"
await 18 'event=delivered' "$T/log"
await 2 'event=bounced' "$T/log"
stop flush
assert_eq "$(count_left)" 0
mailq >"$T/mailq"
assert_eq "$(cat "$T/mailq")" 'Mail queue is empty'
assert_well_behaved out
assert_eq "$(cat "$T"/out/*.env | sed -n 's/^to <\([^>]*\)>.*/\1/p' | sort | uniq -c | xargs)" \
	'2 eve@dest.test 4 joe@dest.test'

# --- who looks whether there is mail ---
exits 0 login bob bsd-mailx <<<x >"$T/stdout"
assert_contains "$T/stdout" '"/var/mail/bob": 5 messages 5 new'
assert_eq "$(grep -c '^.N' "$T/stdout")" 5 'new messages in mail'
exits 0 login bob from.mailutils >"$T/stdout"
assert_eq "$(wc -l <"$T/stdout")" 5 'messages of bob'
assert_contains "$T/stdout" 'Grüße an'
exits 0 login cat messages.mailutils >"$T/stdout"
assert_contains "$T/stdout" 'Number of messages in /var/mail/cat: 4'
exits 0 login ann messages.mailutils "maildir:$(home ann)/Maildir" >"$T/stdout"
assert_contains "$T/stdout" ': 5'
exits 0 login cat frm.mailutils -s new -S >"$T/stdout"
assert_contains "$T/stdout" 'Cron Daemon	Cron <cat@client> echo "to cat"'
assert_contains "$T/stdout" 'Folder contains 4 new messages.'

# --- bob: an mbox, as one of the staff ---
read_all bob /var/mail/bob
shows 'Cron <bob@client> echo "to the staff"' <<'TEXT'
Return-Path: <bob@client.test>
Delivered-To: bob@client.test
From: Cron Daemon <root@client.test>
To: staff@client.test
Subject: Cron <bob@client> echo "to the staff"

to the staff
TEXT
shows 'Output from your job        2' <<'TEXT'
Return-Path: <bob@client.test>
Delivered-To: bob@client.test
From: bob@client.test
To: bob@client.test
Subject: Output from your job        2

at sagt Grüße, bob
TEXT
shows 'hello bob' <<'TEXT'
Return-Path: <ann@client.test>
Delivered-To: bob@client.test
From: ann@client.test
To: bob@client.test
Subject: hello bob

Grüße an Bob
.
>From here on
TEXT
shows 'Grüße an alle' <<'TEXT'
Return-Path: <cat@client.test>
Delivered-To: bob@client.test
From: cat@client.test
To: staff@client.test
Subject: Grüße an alle

Grüße an Bob
.
From here on
TEXT

grep -qx 'Subject: Undelivered: Cron <bob@client> echo "to nobody"' -r "$shown"

# --- cat: a copy goes elsewhere ---
read_all cat /var/mail/cat
shows 'Cron <cat@client> echo "to cat"' <<'TEXT'
Return-Path: <cat@client.test>
Delivered-To: cat@client.test
From: Cron Daemon <root@client.test>
To: cat@client.test
Subject: Cron <cat@client> echo "to cat"

to cat
TEXT
shows 'Cron <bob@client> echo "to the staff"' <<'TEXT'
Return-Path: <bob@client.test>
Delivered-To: cat@client.test
From: Cron Daemon <root@client.test>
To: staff@client.test
Subject: Cron <bob@client> echo "to the staff"

to the staff
TEXT

# --- ann: a Maildir, who is root, too, and is told what failed ---
read_all ann "$(home ann)/Maildir"
shows 'Cron <ann@client> echo "Grüße aus der Nacht"; echo "From the job"' <<'TEXT'
Return-Path: <ann@client.test>
Delivered-To: ann@client.test
From: Cron Daemon <root@client.test>
To: ann@client.test
Subject: Cron <ann@client> echo "Grüße aus der Nacht"; echo "From the job"

Grüße aus der Nacht
From the job
TEXT
shows 'Cron <root@client> echo "for who is root"' <<'TEXT'
Return-Path: <root@client.test>
Delivered-To: ann@client.test
From: Cron Daemon <root@client.test>
To: root@client.test
Subject: Cron <root@client> echo "for who is root"

for who is root
TEXT
shows 'Zeichnung für root' <<'TEXT'
Return-Path: <bob@client.test>
Delivered-To: ann@client.test
From: bob@client.test
To: root@client.test
Subject: Zeichnung für root

[-- Attachment #1 --]
[-- Type: text/plain, Encoding: 8bit, Size: SIZE --]

Grüße an Bob
.
From here on

[-- Attachment #2: octets --]
[-- Type: application/octet-stream, Encoding: base64, Size: SIZE --]

[-- application/octet-stream is unsupported (use 'v' to view this part) --]

TEXT
shows 'Undelivered: for nobody' <<'TEXT'
Return-Path: <>
Delivered-To: ann@client.test
From: "Mail Delivery System on client.test" <mailer-daemon@client.test>
To: ann@client.test
Subject: Undelivered: for nobody

[-- Attachment #1 --]
[-- Type: text/plain, Encoding: 7bit, Size: SIZE --]

This is nullmta, the mailer of client.test.

Your message of DATE (queue ID ID)
could not be delivered to one recipient:

<nobody-has-this-name@client.test>
    there is no user nobody-has-this-name on this machine, and no alias
    There is no such mailbox. Check the part of the address in front of the
    @.

It will not be tried again. The message is attached.

[-- Attachment #2 --]
[-- Type: message/delivery-status, Encoding: 7bit, Size: SIZE --]

Reporting-MTA: dns; client.test
Arrival-Date: DATE
X-Nullmta-Queue-Id: ID

Final-Recipient: rfc822; nobody-has-this-name@client.test
Action: failed
Status: 5.1.1
Diagnostic-Code: x-nullmta; there is no user nobody-has-this-name on this
 machine, and no alias
Last-Attempt-Date: DATE

[-- Attachment #3 --]
[-- Type: message/rfc822, Encoding: 8bit, Size: SIZE --]

From: ann@client.test
To: nobody-has-this-name@client.test
Subject: for nobody

Grüße an Bob
.
From here on

TEXT
