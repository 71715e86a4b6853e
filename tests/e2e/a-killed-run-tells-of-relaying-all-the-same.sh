#!/usr/bin/env bash
# A report of success that is due survives a kill anywhere: it is filed by the next run, and the
# message, once its delivery is on record, is not sent again for it.
. "$(dirname "$0")/lib.sh"

start_receiver plain --without DSN
use_relay plain
letter >"$T/letter"
served=$T/plain

calls=openat,write,pwrite64,fsync,fdatasync,rename,renameat,link,linkat,unlink,unlinkat,sendto,recvfrom

# run ACTION N: a run over one message of its own, ended or not; "end COUNT" in $T/report
run() {
	set_home "$TEST/$1-$2"
	exits 0 sendmail -odq -N success rcpt@dest.test <"$TEST/letter"
	rm -f "$served"/0*
	at-syscall --calls "$calls" --report "$T/report" "$1" "$2" nullmta flush --now >/dev/null 2>&1 ||
		[ $? -ge 128 ] || skip "system calls cannot be traced here"
}

count_served() {
	find "$served" -name '0*.eml' | wc -l
}

run none 1
assert_reports 1 'Action: relayed'
assert_eq "$(count_served)" 1 deliveries
last=$(sed -n 's/^end //p' "$T/report")
[ "$last" -gt 20 ] || fail "only $last calls"

for number in $(seq 1 "$last"); do
	run kill-all "$number"
	is_known=$(cat "$T"/spool/journal/* 2>/dev/null | grep -c ' relayed ' || true)
	# it is taken for stale after some minutes, which nobody has here
	rm -f "$T/mbox.lock"
	flush
	assert_queued 0
	# a kill between filing and removing repeats the report, as a kill before the record the mail
	case $(count_reports) in
	1 | 2) ;;
	*) fail "reports after a kill at call $number: $(count_reports)" ;;
	esac
	[ "$is_known" = 0 ] || assert_eq "$(count_served)" 1 "deliveries, killed at call $number"
	[ "$(count_served)" -le 2 ] || fail "sent again and again, killed at call $number"
	rm -rf "$T"
done
