#!/usr/bin/env bash
# A user over quota gets exit 75 and a sentence to act on, and nothing is stored.
. "$(dirname "$0")/lib.sh"

letter >"$T/letter"
exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
# at each call that takes room on a disk
at-syscall --calls write,fsync,openat,mkdirat,renameat2 --report "$T/calls" none 0 \
	"$BUILD/bin/sendmail" -odq rcpt@dest.test <"$T/letter"
calls=$(wc -l <"$T/calls")
told=0
for ((n = 1; n <= calls; n++)); do
	before=$(count_queued)
	code=0
	at-syscall --calls write,fsync,openat,mkdirat,renameat2 EDQUOT "$n" \
		"$BUILD/bin/sendmail" -odq rcpt@dest.test <"$T/letter" 2>"$T/stderr" || code=$?
	case $code in
	75)
		assert_eq "$(count_queued)" "$before" 'messages'
		! grep -q 'your quota on that disk is used up' "$T/stderr" || told=$((told + 1))
		;;
	*) ;;
	esac
done
[ "$told" -ge 3 ] || fail "told $told times"
