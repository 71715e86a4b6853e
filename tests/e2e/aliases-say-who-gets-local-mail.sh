#!/usr/bin/env bash
# Mail for names of this machine goes to whom aliases(5) names, at the moment when it is sent:
# one or many, each exactly once, whatever happens in between.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
dest.test MX 10 mx.dest.test
mx.dest.test A 127.0.0.1
other.test MX 10 mx.other.test
mx.other.test A 127.0.0.2
down.test MX 10 mx.down.test
mx.down.test A 127.0.0.3
client.test MX 10 mx.dest.test
ZONE
letter >"$T/letter"
export NULLMTA_LOCAL_ALIASES=$T/aliases
# what no alias takes goes where all mail goes: this is not about mailboxes
export NULLMTA_LOCAL_DELIVER=forward-to-relay

# received NAME: who got how many messages there, as "COUNT ADDRESS" lines
received() {
	cat "$T/$1"/*.env 2>/dev/null | sed -n 's/^to <\([^>]*\)>.*/\1/p' | sort | uniq -c |
		awk '{ print $1, $2 }'
}

count_journals() {
	find "$T/spool/journal" -type f | wc -l
}

# --- one for one: the usual alias, by all the names of this machine -----------------------
cat >"$T/aliases" <<'ALIASES'
postmaster: root
Root: Admin@dest.test
ALIASES
start_receiver one --listen 127.0.0.1:0 --listen 127.0.0.2:0
use_mx one
for name in root ROOT postmaster root@localhost root@client.test root@CLIENT.test.; do
	exits 0 sendmail -odi -f sender@client.test "$name" <"$T/letter"
done
assert_eq "$(received one)" '6 Admin@dest.test'
assert_well_behaved one
assert_queued 0
# no journal for what a message with one recipient does not need
assert_eq "$(count_journals)" 0 journals
assert_log delivered to=Admin@dest.test alias=root@client.test
# the header stays as it was written
assert_contains "$(content one 1)" 'To: rcpt@dest.test'
# other people's mail is not ours to redirect
exits 0 sendmail -odi -f sender@client.test root@dest.test <"$T/letter"
assert_contains "$T/one/0007.env" 'to <root@dest.test>'

# --- a list, by several hosts, of which one is deaf: who has it does not get it again ------
cat >"$T/aliases" <<ALIASES
ops: ann@dest.test, bob@other.test, "c d"@down.test, list
list: :include:$T/members, ann@dest.test
ALIASES
printf '# members\nann@dest.test\neve@dest.test (who is on call)\n' >"$T/members"
start_receiver many --listen 127.0.0.1:0 --listen 127.0.0.2:0
use_mx many
exits 0 sendmail -odi -f sender@client.test ops ann@dest.test <"$T/letter"
assert_eq "$(received many)" '1 ann@dest.test
1 bob@other.test
1 eve@dest.test'
assert_queued 1
mailq >"$T/mailq"
assert_contains "$T/mailq" '"c d"@down.test'
assert_lacks "$T/mailq" 'ann@dest.test'
flush
assert_eq "$(received many | wc -l)" 3 'addresses that got it'
# the table is read at each try: who joins gets it now, who had it does not get it again
echo 'ops: ann@dest.test, new@dest.test, bob@other.test' >"$T/aliases"
flush
assert_queued 0
assert_eq "$(received many)" '1 ann@dest.test
1 bob@other.test
1 eve@dest.test
1 new@dest.test'
assert_eq "$(count_journals)" 0 journals
assert_well_behaved many

# --- a failure tells of both names; DSN options go with the message ----------------------
echo 'ops: ann@dest.test, bad@dest.test' >"$T/aliases"
start_receiver fails --rule 'rcpt bad@* 550 5.1.1 no such user'
use_mx fails
exits '6[79]' sendmail -odi -N failure,delay -f sender@client.test ops <"$T/letter"
assert_reports 1 'Final-Recipient: rfc822; bad@dest.test' \
	'Original-Recipient: rfc822; ops@client.test' '<bad@dest.test> (alias of <ops@client.test>)'
assert_lacks "$T/mbox" 'Final-Recipient: rfc822; ann@dest.test'
assert_contains "$T/fails/0001.env" \
	'to <ann@dest.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ops@client.test'
assert_queued 0

# --- loops, self, wildcard: nobody is lost ------------------------------------------------
cat >"$T/aliases" <<'ALIASES'
a: b
b: a
self: self, ann@dest.test
*: catch@dest.test
ALIASES
start_receiver round --listen 127.0.0.1:0
use_mx round
exits 0 sendmail -odi -f sender@client.test a self nobody-has-this-name@localhost <"$T/letter"
assert_eq "$(received round)" '1 a@client.test
1 ann@dest.test
1 catch@dest.test
1 self@client.test'
assert_queued 0

# --- what the table is wrong about waits, and says why --------------------------------------
cat >"$T/aliases" <<'ALIASES'
prog: "|/usr/bin/procmail -t"
file: /var/mail/archive
none: /dev/null
gone: :include:/nowhere/members
mixed: |/bin/cat, ann@dest.test
ALIASES
start_receiver wrong
use_mx wrong
exits 0 sendmail -odi -f sender@client.test none <"$T/letter"
assert_queued 0
assert_log delivered to=none@client.test status=2.0.0
assert_eq "$(count_delivered wrong)" 0 'messages that left'
for name in prog file gone; do
	exits 0 sendmail -odi -f sender@client.test "$name" <"$T/letter"
	assert_queued_because "$T/aliases:"
	exits 0 nullmta queue delete "$(mailq | grep -o '^[0-9A-F][0-9A-V]*')"
done
exits 0 sendmail -odi -f sender@client.test mixed <"$T/letter"
assert_contains "$T/wrong/0001.env" 'to <ann@dest.test>'
# a mended table helps what waits
exits 0 sendmail -odi -f sender@client.test prog <"$T/letter"
assert_queued 1
echo 'prog: ann@dest.test' >"$T/aliases"
flush
assert_queued 0
assert_eq "$(received wrong)" '2 ann@dest.test'
assert_reports 1

# --- a report finds its reader by the alias of the user --------------------------------------
echo "$(id -un): reader@dest.test" >"$T/aliases"
start_receiver report --rule 'rcpt bad@* 550 5.1.1 no such user'
use_mx report
exits '6[79]' sendmail -odi -f sender@client.test bad@dest.test <"$T/letter"
flush
assert_reports 1
assert_contains "$T/report/0001.env" 'to <reader@dest.test>'
assert_contains "$T/report/0001.env" 'from <>'
assert_contains "$(content report 1)" 'Final-Recipient: rfc822; bad@dest.test'
assert_queued 0

# --- why it waits stands in mailq also for whom an alias names ---------------------------------
echo 'root: admin@down.test' >"$T/aliases"
exits 0 sendmail -odi -f sender@client.test root <"$T/letter"
assert_queued_because 'mx.down.test'
