#!/usr/bin/env bash
# timeout: 600
# The system's flush, its children and the processes that write mailboxes are killed at random
# moments while every message fails, and every mbox is taken away as soon as it is there: each
# failure is reported, into an mbox that only the group of /var/mail can make, and few twice.
# STORM=120 makes it last longer than 10 seconds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need python3

start_receiver relay --rule 'rcpt * 550 5.1.1 no such user'
configure
printf '[bounce]\nper_hour = 1000000\n' >>/etc/nullmta.conf
chgrp mail /var/mail
chmod 2775 /var/mail
users=(54001 54002 54003 54004 54005) # of users.py
for uid in "${users[@]}"; do
	echo "u$uid:x:$uid:$uid::/nonexistent:/bin/sh" >>/etc/passwd
done

# take_away: into the same file system, so that what is being written is not torn.
take_away() {
	local uid number=0
	mkdir /var/mail/.taken
	while [ ! -e "$T/over" ]; do
		for uid in "${users[@]}"; do
			[ ! -s "/var/mail/u$uid" ] || mv "/var/mail/u$uid" "/var/mail/.taken/$((++number))"
		done
		sleep 0.05
	done
}
take_away &
taker=$!
kills=$(timeout $((${STORM:-10} + 120)) python3 "$TOP/tests/support/crash/users.py" "${STORM:-10}" \
	"$T/accepted" nullmta flush --all)
: >"$T/over"
wait "$taker"
[ "$kills" -gt 20 ] || fail "only $kills kills"
for ((round = 0; round < 20 && $(count_left) > 0; round++)); do
	for uid in "${users[@]}"; do
		as "$uid" timeout 60 flock "$root/$uid/lock" true
	done
	exits 0 nullmta flush --all --now
done
assert_eq "$(count_left)" 0 'messages left'

cat /var/mail/.taken/* /var/mail/u* >"$T/all"
sed -n 's/^Subject: \([0-9]*\.[0-9]*\)$/\1/p' "$T/all" | sort >"$T/came"
sort "$T/accepted" >"$T/wanted"
lost=$(comm -23 "$T/wanted" <(uniq "$T/came"))
assert_eq "$lost" '' 'never reported'
twice=$(uniq -d "$T/came" | wc -l)
made=$(find /var/mail -type f -group mail -perm 660 | wc -l)
echo "$(wc -l <"$T/wanted") failures, $kills kills, $twice reported twice, $made mboxes"
[ "$twice" -le "$kills" ] || fail "$twice were reported twice"
[ "$made" -gt 0 ] || fail "no mbox for the group"
