#!/usr/bin/env bash
# shellcheck disable=SC2016  # expanded by the shell of the container
# Containers of one volume, each with its own processes, users and mounts, so that all of them are
# process 1 and uid 54321 of their own: what they submit at the same time, and deliver at the same
# time, arrives exactly once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/container.sh"

setpriv --reuid="$uid" --regid="$uid" --clear-groups unshare --user --map-user="$uid" true \
	2>/dev/null || skip "needs users that may make user namespaces"

# settled: nothing is left, and no run is under way.
settled() {
	[ -z "$(find "$TEST/data/mail/new" "$TEST/data/mail/cur" -type f)" ] &&
		flock -n "$TEST/data/mail/lock" true
}

start_receiver relay --rule 'rcpt * first 20 451 4.2.0 not now'
volume data
settings+=("NULLMTA_RELAY=127.0.0.1:${port[relay]}" NULLMTA_RELAY_TLS=none NULLMTA_SPOOL_RETRY=1s)

# two that deliver; of three that submit, one kicks, one only queues, one waits each time
container one data users -- nullmta flush --every 1s
container two data users -- sendmail -q1s
app='set -e
echo "$$"
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	printf "Subject: $1 $i\n\nText.\n" | NULLMTA_LOG=/proc/1/fd/2 sendmail -od$1 -i rcpt@dest.test
done
: >"/spool/ready-$1"
read line <"/spool/go-$1" || true'
for how in b q i; do
	mkfifo -m 666 "$TEST/data/go-$how"
	container "app-$how" data users -- sh -c "$app" app "$how"
done
for how in b q i; do
	until_true test -e "$TEST/data/ready-$how"
done
until_true settled
# what a flush has on the wire when its container ends may arrive twice: let them end first
for how in b q i; do
	: >"$TEST/data/go-$how"
	ends "app-$how" 0
	# each was process 1, and what its submissions log is where it writes
	assert_eq "$(head -n 1 "$TEST/app-$how.out")" 1 "process of app-$how"
	assert_eq "$(grep -c event=queued "$TEST/app-$how.out")" 40 "log lines of app-$how"
done
tell one TERM
ends one 0
tell two TERM
ends two 0

for how in b q i; do
	for i in {1..40}; do
		echo "Subject: $how $i"
	done
done | sort >"$T/wanted"
sed -n 's/^\(Subject: .*\)\r$/\1/p' "$T"/relay/*.eml | sort >"$T/arrived"
diff "$T/wanted" "$T/arrived" || fail 'not exactly once'
assert_well_behaved relay
assert_lacks "$TEST/one.out" 'duplicate=possible'
assert_lacks "$TEST/two.out" 'duplicate=possible'
assert_eq "$(find "$TEST/data/mail"/{tmp,failed,held} -type f 2>/dev/null | wc -l)" 0 'leftovers'

# --- another uid has a spool of its own in the volume, and no way into this one ----------------
letter >"$T/letter"
settings+=(NULLMTA_LOG=stderr)
uid=54322
container other data -- sh -c 'printf "Subject: x\n\n" | sendmail -odq rcpt@dest.test'
ends other 73
assert_contains "$TEST/other.out" '/spool/mail belongs to another user'
settings+=(NULLMTA_SPOOL=)
container other data -- sh -c 'printf "Subject: x\n\n" | sendmail -odq rcpt@dest.test'
ends other 0
assert_eq "$(find "$TEST/data/$uid/new" -type f -user "$uid" | wc -l)" 1 'messages of the other one'
# root sends the mail of all, with no more rights than that takes
uid=0 capabilities=-all,+setuid,+setgid,+kill
container all data -- nullmta flush --all --every 1s
until_true delivered relay 121
until_true says all 'event=flush-all users=1'
tell all TERM
ends all 0
assert_well_behaved relay
