#!/usr/bin/env bash
# Whichever of stdin, stdout and stderr are closed, what is said to a person or a log lands neither
# in a message nor in a journal or mailbox, and mail goes the way it goes. Row 119.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
dest.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
ZONE
start_receiver mx --rule 'rcpt bad@* 550 5.1.1 no such user' --rule 'rcpt slow* grey 450 4.2.0 later'
use_mx mx
letter >"$T/letter"
# all that can be said is said there
export NULLMTA_LOG=stderr NULLMTA_LOG_LEVEL=debug

# closed MASK COMMAND...: bits 1, 2 and 4 of MASK are stdin, stdout and stderr.
closed() {
	local mask=$1
	shift
	(
		[ $((mask & 1)) = 0 ] || exec <&-
		[ $((mask & 2)) = 0 ] || exec >&-
		[ $((mask & 4)) = 0 ] || exec 2>&-
		exec "$@"
	)
}

# Nothing that is said to people stands in a file.
assert_clean() {
	! grep -rlsE 'event=|nullmta: |nullmta flush: |sendmail: ' "$T/spool" "$T/mbox" "$T"/mx/*.eml ||
		fail "a diagnosis in a file, with $1"
}

flush_program=$BUILD/libexec/nullmta-flush
for mask in 0 1 2 3 4 5 6 7; do
	rm -f "$T/mbox" "$T"/mx/*.eml "$T"/mx/*.env
	# stdin is where the message comes from
	exits 0 closed $((mask & 6)) sendmail -odq "a$mask@dest.test" bad@dest.test "slow$mask@dest.test" \
		<"$T/letter"
	assert_clean "$mask"
	exits 0 closed "$mask" "$flush_program" flush --now </dev/null
	assert_clean "$mask"
	exits 0 closed "$mask" "$flush_program" flush --now </dev/null
	assert_clean "$mask"
	assert_reports 1 'Final-Recipient: rfc822; bad@dest.test'
	assert_queued 0
	assert_same "$T/letter" mx $((3 * mask + 1))

	# waiting for the first try: the run inherits what is closed
	exits '6[79]' closed $((mask & 6)) sendmail -odi "b$mask@dest.test" bad@dest.test <"$T/letter"
	assert_clean "$mask"
	assert_queued 0
done

# A configuration that is wrong is told, but not to the message.
echo '[nullmta' >"$T/nullmta.conf"
for mask in 2 4 6; do
	exits 0 closed "$mask" sendmail -odq "c$mask@dest.test" <"$T/letter"
	exits 78 closed "$mask" "$flush_program" flush --now </dev/null
	assert_clean "$mask"
done
: >"$T/nullmta.conf"
flush
assert_queued 0
assert_well_behaved mx
