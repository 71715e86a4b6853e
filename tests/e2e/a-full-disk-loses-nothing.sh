#!/usr/bin/env bash
# A spool that is full: submissions fail with 75 and leave nothing, what is queued leaves all the
# same, each message once, and a report that cannot be filed is filed later. Rows 181, 183 and 186.
if [ "${FULL_DISK:-}" != inside ]; then
	unshare --mount true 2>/dev/null || {
		echo "needs root that may mount"
		exit 77
	}
	FULL_DISK=inside exec unshare --mount bash "$0"
fi
unset FULL_DISK
. "$(dirname "$0")/lib.sh"

trap 'umount -l "$T/spool" "$T/mail" 2>/dev/null; leave' EXIT

# small_disk SIZE DIR: seen in here alone, and gone with this process.
small_disk() {
	mkdir -p "$2"
	mount -t tmpfs -o "size=$1,mode=700" small "$2"
}

# Not one octet more.
fill() {
	head -c 1048576 /dev/zero >"$1/filler" 2>/dev/null || true
	assert_eq "$(stat -f -c %a "$1")" 0 "free blocks of $1"
}

files_in() {
	find "$NULLMTA_SPOOL/$1" -type f | wc -l
}

# How many messages went to this recipient.
count_to() {
	grep -l -F "to <$1>" "$T"/mx/*.env 2>/dev/null | wc -l
}

start_dns <<'ZONE'
dest.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
ZONE
start_receiver mx --rule 'rcpt bad@* 550 5.1.1 no such user' --rule 'rcpt slow@* once 450 4.2.0 later'
use_mx mx
letter >"$T/letter"

# --- submissions until it is full -----------------------------------------------------

small_disk 256k "$T/spool"
exits 0 sendmail -odq first@dest.test second@dest.test <"$T/letter"
accepted=1
for ((i = 0; i < 100; i++)); do
	code=0
	sendmail -odq "r$i@dest.test" <"$T/letter" 2>"$T/stderr" || code=$?
	[ "$code" = 0 ] || break
	accepted=$((accepted + 1))
done
assert_eq "$code" 75 "exit code of a submission to a full disk"
assert_contains "$T/stderr" 'No space left on device'
fill "$T/spool"
for ((i = 0; i < 5; i++)); do
	exits 75 sendmail -odq "late$i@dest.test" <"$T/letter"
done
big_letter 100000 >"$T/big"
exits 75 sendmail -odq big@dest.test <"$T/big"
assert_eq "$(files_in tmp)" 0 "files in tmp/"
assert_eq "$(files_in new)" "$accepted" "accepted messages"
echo "$accepted accepted until the disk was full"

# --- it leaves all the same -----------------------------------------------------------

flush
assert_lacks "$T/log" 'event=deferred'
flush # the one that needs a journal, when there was no room for it
assert_delivered mx "$accepted"
assert_queued 0
for ((i = 0; i < accepted - 1; i++)); do
	assert_eq "$(count_to "r$i@dest.test")" 1 "messages to r$i"
done
assert_eq "$(count_to first@dest.test)" 1 'messages to "first"'
assert_eq "$(count_to second@dest.test)" 1 'messages to "second"'
assert_reports 0

# --- room that was reserved counts ----------------------------------------------------

rm "$T/spool/filler"
exits 0 sendmail -odi here@dest.test slow@dest.test <"$T/letter"
assert_queued 1
fill "$T/spool"
flush
assert_eq "$(count_to slow@dest.test)" 1 'messages to "slow"'
assert_eq "$(count_to here@dest.test)" 1 'messages to "here"'
assert_queued 0

# --- without room for its record a transaction is not started ---------------------------

rm "$T/spool/filler"
exits 0 sendmail -odq one@dest.test two@dest.test <"$T/letter"
fill "$T/spool"
delivered=$(count_delivered mx)
flush
flush
assert_delivered mx "$delivered"
assert_queued 1
assert_log not-tried 'why=*No space left on device*'
rm "$T/spool/filler"
flush
assert_delivered mx $((delivered + 1))
assert_queued 0

# --- a report that cannot be filed ----------------------------------------------------

small_disk 16k "$T/mail"
export NULLMTA_MAILBOX_PATH=$T/mail/mbox
fill "$T/mail"
exits '6[79]' sendmail -odi bad@dest.test good@dest.test <"$T/letter"
delivered=$(count_delivered mx)
asked=$(grep -c 'RCPT TO:<bad@' "$T/mx/dialogue")
assert_queued 1
assert_log report-failed 'why=*No space left on device*'
flush
flush
assert_queued 1
assert_eq "$(grep -c 'RCPT TO:<bad@' "$T/mx/dialogue")" "$asked" "times that the server was asked"
rm "$T/mail/filler"
flush
assert_queued 0
assert_delivered mx "$delivered"
assert_eq "$(grep -c '^From ' "$T/mail/mbox")" 1 reports
assert_contains "$T/mail/mbox" 'Final-Recipient: rfc822; bad@dest.test'
assert_lacks "$T/mail/mbox" 'Final-Recipient: rfc822; good@dest.test'
