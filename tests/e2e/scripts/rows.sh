# shellcheck shell=bash
# Rows of bad input: each plays one script of this folder against a fresh home, several at
# a time, and is one line of TAP.
#
#	row 44-closes-at-the-dot uncertain 4.4.2
#	octets=1000000 row 40-refuses-in-the-content failed 5.3.4
#	end_rows
#
#	sent STATUS       accepted once, nothing waits, nothing is reported
#	deferred STATUS   not accepted and surely so; waits; the next try is accepted, once
#	unreachable STATUS  the same, and it is the host that is remembered for it
#	uncertain STATUS  the same, but it may have been accepted and the log says so
#	failed STATUS     refused for good: nothing waits, one report
#
# All receivers get what stands in the array receiver_options.
#
# STATUS may be a glob. A function name behind it is run at the end for what else has to
# hold. Before `row`: octets=N for a large message, recipients="A B", and any setting.

ROWS_AT_A_TIME=6
receiver_options=()
rows=()
rows_running=0

# Every domain leads to the one receiver of its row.
start_dns <<'ZONE'
*.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
ZONE

expect_sent() {
	assert_delivered mx 1
	assert_log delivered "status=$1"
	assert_queued 0
	assert_reports 0
}

expect_retry_sent() {
	assert_queued 1
	assert_delivered mx 0
	assert_reports 0
	export NULLMTA_DELIVERY_REPLY_TIMEOUT=30s
	flush
	assert_delivered mx 1
	assert_queued 0
	assert_reports 0
}

expect_deferred() {
	assert_log deferred "status=$1"
	assert_eq "$(count_log deferred duplicate=possible)" 0 "uncertain tries"
	expect_retry_sent
}

# The reason stands once in the host memory, not beside each message.
expect_unreachable() {
	assert_log destination-down
	# shellcheck disable=SC2053  # a glob is meant
	[[ $(host_status) == $1 ]] || fail "the host memory says: $(cat "$T/spool/state/hosts")"
	expect_retry_sent
}

expect_uncertain() {
	assert_log deferred "status=$1" duplicate=possible
	expect_retry_sent
}

expect_failed() {
	assert_delivered mx 0
	assert_log failed "status=$1"
	assert_queued 0
	assert_reports 1 'Action: failed'
}

# play NAME FATE STATUS [CHECK]
play() {
	local code=0
	set_home "$TEST/$1"
	start_receiver mx --script "$TOP/tests/e2e/scripts/$1.script" "${receiver_options[@]}"
	use_mx mx
	[ "$2" != failed ] || code='6[79]'
	if [ "${octets:-}" ]; then
		big_letter "$octets" >"$T/letter"
	else
		letter >"$T/letter"
	fi
	# shellcheck disable=SC2086  # a list
	exits "$code" sendmail -odi -f sender@client.test ${recipients:-rcpt@dest.test} <"$T/letter"
	"expect_$2" "$3"
	[ -z "${4:-}" ] || "$4"
}

row() {
	if [ "$rows_running" -ge "$ROWS_AT_A_TIME" ]; then
		wait -n || true
		rows_running=$((rows_running - 1))
	fi
	rows+=("$1")
	rows_running=$((rows_running + 1))
	{
		play "$@"
		: >"$TEST/$1.done"
	} >"$TEST/$1.out" 2>&1 &
}

# Wait for all and say what became of them.
end_rows() {
	local name number=0 bad=0
	local -a running
	mapfile -t running < <(jobs -p)
	# the DNS server is no job, it goes on
	[ "${#running[@]}" = 0 ] || wait "${running[@]}" || true
	echo "1..${#rows[@]}"
	for name in "${rows[@]}"; do
		number=$((number + 1))
		if [ -e "$TEST/$name.done" ]; then
			echo "ok $number - $name"
		else
			echo "not ok $number - $name"
			sed 's/^/# /' "$TEST/$name.out"
			bad=1
		fi
	done
	exit "$bad"
}
