#!/usr/bin/env bash
# Failures come back to the user: one report a message and run, for those recipients that failed
# and that asked for it; never about a report; filed before anything is forgotten, however often
# that takes. Rows 186 and 187 of the bad input.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/e2e/scripts/spool.sh"

start_dns <<'ZONE'
*.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
null.test MX 0 .
gone.test A !nxdomain
gone.test MX !nxdomain
ZONE
start_receiver mx --rule 'rcpt bad@* 550 5.1.1 no such user' \
	--rule 'rcpt later@* once 451 4.2.0 later' --rule 'rcpt never@* 451 4.2.0 never'
use_mx mx
letter >"$T/letter"

send() {
	exits "$1" sendmail -odi -i "${@:2}" <"$TEST/letter"
}

# each case in a home of its own; the peers are shared
begin() {
	set_home "$TEST/$1"
}

# --- a message for many, one report ---------------------------------------------------
before=$(count_delivered mx)
send '6[79]' -f sender@client.test good@a.test bad@b.test good@c.test x@null.test later@a.test x@gone.test
assert_eq $(($(count_delivered mx) - before)) 2 "transactions that were accepted"
assert_reports 1 'Final-Recipient: rfc822; bad@b.test' 'Final-Recipient: rfc822; x@null.test' \
	'Final-Recipient: rfc822; x@gone.test' 'Status: 5.1.1' 'Status: 5.1.10' 'Status: 5.1.2' \
	'Diagnostic-Code: smtp; 550 5.1.1 no such user' 'Remote-MTA: dns; mx.host.test' \
	'Subject: test' 'Return-Path: <>'
assert_lacks "$T/mbox" 'good@'
assert_lacks "$T/mbox" 'later@'
assert_queued 1
mailq >"$T/mailq"
assert_contains "$T/mailq" 'later@a.test'
assert_lacks "$T/mailq" 'good@'
assert_lacks "$T/mailq" 'bad@'
flush
assert_queued 0
assert_reports 1
assert_eq "$(cat "$T"/mx/*.env | grep -c '^to <good@')" 2 "times that others got it"
assert_eq "$(cat "$T"/mx/*.env | grep -c '^to <later@')" 1 "times that the late one got it"
assert_eq "$(grep -c '< RCPT TO:<bad@' "$T/mx/dialogue")" 1 "times that the bad one was asked for"

# --- who wants to know -----------------------------------------------------------------
begin notify
send '6[79]' -f sender@client.test -N never bad@a.test
send '6[79]' -f sender@client.test -N success,delay bad@a.test
assert_reports 0
assert_queued 0
send '6[79]' -f sender@client.test -N failure,success -V id+2B1 -R hdrs bad@a.test
assert_reports 1 'Original-Envelope-Id: id+1'
assert_lacks "$T/mbox" 'The last line.'
send '6[79]' -f sender@client.test -N delay,failure -R full bad@a.test
assert_reports 2 'The last line.'
assert_queued 0

# --- the null sender is never answered (row 187) -------------------------------------------
begin null
send '6[79]' -f '<>' bad@a.test
assert_reports 0
assert_queued 1
assert_queued_because 'parked'
assert_eq "$(find "$T/spool/failed" -type f | wc -l)" 1 "parked messages"
assert_log parked
flush
exits 0 nullmta flush
assert_reports 0
assert_eq "$(find "$T/spool/failed" -type f | wc -l)" 1 "parked messages"

# --- by mail, where nobody has a mailbox here ----------------------------------------------
for to in sender desk@b.test; do
	begin "mail-$to"
	export NULLMTA_BOUNCE_TO=$to
	before=$(count_delivered ../mx)
	send '6[79]' -f sender@a.test bad@a.test
	assert_reports 0
	assert_queued 1
	flush
	assert_queued 0
	assert_eq "$(count_delivered ../mx)" $((before + 1)) "messages and reports"
	want=$to
	[ "$to" != sender ] || want=sender@a.test
	assert_eq "$(envelope ../mx $((before + 1)) | grep '^from\|^to' | paste -sd ' ' | cut -d ' ' -f 1,2,4,5)" \
		"from <> to <$want>" "envelope"
done

# and no report about a report
begin storm
export NULLMTA_BOUNCE_TO=sender
send '6[79]' -f bad@a.test bad@b.test
flush
assert_reports 0
assert_eq "$(find "$T/spool/failed" -type f | wc -l)" 1 "parked reports"
assert_eq "$(find "$T"/spool/{new,cur} -type f | wc -l)" 0 "messages"

# --- no place for the report yet (row 186) ---------------------------------------------------
begin broken
export NULLMTA_MAILBOX_PATH=$T/nowhere/mbox
send '6[79]' -f sender@client.test bad@a.test good@a.test
assert_queued 1
assert_log report-failed
asked=$(count_connections ../mx)
flush
assert_queued 1
mkdir "$T/nowhere"
flush
assert_queued 0
assert_eq "$(grep -c '^From ' "$T/nowhere/mbox")" 1 "reports"
assert_eq "$(count_connections ../mx)" "$asked" "connections, which no report needs"

# and never: parked after twice its lifetime, until somebody mends it and says so
rm -r "$T/nowhere"
send '6[79]' -f sender@client.test bad@a.test
sed -i "s/^arrival .*/arrival $(($(date +%s) - 11 * 86400))/" "$(the_message)"
flush
assert_log parked
parked=$(find "$T/spool/failed" -type f)
mkdir "$T/nowhere"
exits 0 nullmta queue release "${parked##*/}"
settle
assert_queued 0
assert_eq "$(grep -c '^From ' "$T/nowhere/mbox")" 1 "reports"
assert_eq "$(count_connections ../mx)" $((asked + 2)) "connections"

# a full disk leaves the mailbox as it was
begin full
printf 'From friend Mon Nov 23 10:00:00 2026\nSubject: old\n\n%3000s\n\n' '' >"$T/mbox"
cp "$T/mbox" "$T/before"
on_a_full_disk() {
	(ulimit -f $(($(stat -c %s "$T/mbox") / 1024 + 1)) && NULLMTA_LOG=none "$@")
}
exits '6[79]' on_a_full_disk sendmail -odi -i -f sender@client.test bad@a.test <"$TEST/letter"
cmp "$T/before" "$T/mbox"
assert_queued 1
flush
assert_queued 0
assert_reports 2 'Status: 5.1.1'
head -c "$(stat -c %s "$T/before")" "$T/mbox" | cmp - "$T/before"

# a Maildir, where that is what the user has
begin maildir
export NULLMTA_MAILBOX_PATH=$T/Maildir/
mkdir -p "$T"/Maildir/{cur,new,tmp}
send '6[79]' -f sender@client.test bad@a.test
assert_queued 0
assert_eq "$(find "$T"/Maildir -type f | wc -l)" 1 "files"
assert_contains "$(find "$T/Maildir/new" -type f)" 'Final-Recipient: rfc822; bad@a.test'
assert_eq "$(find "$T/Maildir/new" -type f -printf '%m')" 600 "mode"

# --- no more than so many an hour --------------------------------------------------------------
begin cap
export NULLMTA_BOUNCE_PER_HOUR=2
for ((i = 0; i < 4; i++)); do
	send '6[79]' -f sender@client.test bad@a.test
done
assert_reports 2
assert_queued 2
flush
assert_reports 2
assert_queued 2
echo '1 2' >"$T/spool/state/reports"
flush
assert_reports 4
assert_queued 0

# --- late, and too late ---------------------------------------------------------------------------
begin late
export NULLMTA_SPOOL_WARN_AFTER=4h
exits 0 sendmail -odq -f sender@client.test -N delay,failure never@a.test never@b.test <"$TEST/letter"
age $((3 * 3600)) 5
exits 0 nullmta flush
assert_reports 0
id=$(the_message)
sed -i "s/^arrival .*/arrival $(($(date +%s) - 5 * 3600))/" "$id"
make_due
exits 0 nullmta flush
assert_reports 1 'Action: delayed' 'Will-Retry-Until: ' 'Final-Recipient: rfc822; never@a.test'
make_due
exits 0 nullmta flush
flush
assert_reports 1
assert_queued 1
sed -i "s/^arrival .*/arrival $(($(date +%s) - 6 * 86400))/" "$(the_message)"
make_due
exits 0 nullmta flush
assert_reports 2 'Action: failed' 'Status: 4.4.7' 'not delivered within 120 hours' '451 4.2.0 never'
assert_queued 0

begin undelayed
export NULLMTA_SPOOL_WARN_AFTER=4h
for who in failure never; do
	exits 0 sendmail -odq -f sender@client.test -N "$who" never@a.test <"$TEST/letter"
	age $((5 * 3600)) 5
	exits 0 nullmta flush
	assert_reports 0
	rm "$T"/spool/cur/*
done
exits 0 sendmail -odq -f '' never@a.test <"$TEST/letter"
age $((5 * 3600)) 5
exits 0 nullmta flush
assert_reports 0
assert_queued 1
# reports give up sooner: a day, and nobody is told
rm "$T"/spool/cur/*
exits 0 sendmail -odq -f '' never@a.test <"$TEST/letter"
age $((2 * 86400)) 5
exits 0 nullmta flush
assert_reports 0
assert_eq "$(find "$T/spool/failed" -type f | wc -l)" 1 "parked reports"
assert_well_behaved ../mx
