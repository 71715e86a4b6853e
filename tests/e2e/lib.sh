# shellcheck shell=bash
# What every end-to-end script begins with:
#
#	#!/usr/bin/env bash
#	. "$(dirname "$0")/lib.sh"
#
# It makes an empty home for the test ($T), points nullmta at it, and takes everything away
# at the end. See README.md beside this file.

set -Eeuo pipefail

TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${BUILD:-$TOP/build}
BUILD=$(cd "$TOP" && cd "$BUILD" && pwd)

# --- ending ------------------------------------------------------------------------

# Say why on stderr, show what a person would look at first, and end the test.
fail() {
	local name
	trap - ERR
	echo "FAILED: $*"
	echo "  at $(caller 0)"
	# a failure in $(...) comes by here once more
	[ ! -e "$T/failed" ] || exit 1
	: >"$T/failed"
	for name in "$T"/log "$T"/*/violations "$T"/*/script-failed "$T"/*/dialogue "$T"/*.out; do
		[ -s "$name" ] || continue
		echo "--- ${name#"$T"/}"
		tail -n 25 "$name"
	done
	exit 1
} >&2

# End the test as skipped: the reason is the last line on stdout.
skip() {
	trap - ERR
	echo "$*"
	exit 77
}

# need COMMAND...: skip where one is missing.
need() {
	local name
	for name; do
		command -v "$name" >/dev/null || skip "needs $name"
	done
}

need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# --- a home of its own ---------------------------------------------------------------

declare -A host=() port=() pid=()

stop_all() {
	local name
	for name in "${!pid[@]}"; do
		stop "$name"
	done
}

leave() {
	trap - ERR
	stop_all
	if [ "${KEEP:-}" = 1 ]; then
		echo "kept: $TEST" >&2
	else
		rm -rf "$TEST"
	fi
}

# set_home DIR: an empty spool, mailbox and log, and nothing else that nullmta knows.
set_home() {
	T=$1
	mkdir -p "$T/home"
	: >"$T/nullmta.conf"
	chmod 600 "$T/nullmta.conf"
	export HOME=$T/home NULLMTA_CONF=$T/nullmta.conf
	export NULLMTA_SPOOL=$T/spool NULLMTA_LOG=$T/log
	export NULLMTA_MAILBOX_PATH=$T/mbox NULLMTA_BOUNCE_TO=user
	export NULLMTA_LOCAL_ALIASES=none
}

# The words that name a test's own settings, so that nothing of the caller's leaks in.
forget_settings() {
	local name
	for name in $(compgen -e NULLMTA_ || true); do
		unset "$name"
	done
	unset MAIL MAILTO EMAIL
}

forget_settings
TEST=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX")
set_home "$TEST"
trap leave EXIT
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
trap 'exit 143' TERM INT HUP

export PATH=$BUILD/bin:$BUILD/support:$PATH LC_ALL=C.UTF-8 TZ=UTC
export NULLMTA_HOSTNAME=client.test NULLMTA_DOMAIN=client.test
export NULLMTA_DELIVERY_LOCAL_HOSTS=yes
export NULLMTA_DELIVERY_CONNECT_TIMEOUT=5s NULLMTA_DELIVERY_REPLY_TIMEOUT=10s

# --- peers ---------------------------------------------------------------------------

# start NAME COMMAND...: run it in the background until the test ends. It says the port
# that it listens on as one line on stdout: ${port[NAME]}. Peers die with the shell that
# starts them, so this does not work in $(...).
start() {
	local name=$1 out
	shift
	exec {out}< <(exec "$@" 2>"$T/$name.err")
	pid[$name]=$!
	read -r -t 10 "port[$name]" <&"$out" || fail "$name does not start: $(cat "$T/$name.err")"
	exec {out}<&-
}

# stop NAME: end it now and wait until it is gone. What is gone already is no error.
stop() {
	kill "${pid[$1]}" 2>/dev/null || true
	wait "${pid[$1]}" 2>/dev/null || true
	unset "pid[$1]"
}

# start_receiver NAME [OPTION...]: an SMTP receiver (tests/support/README.md). It keeps
# what it accepts in $T/NAME as 0001.eml and 0001.env, what was said in dialogue.
start_receiver() {
	local name=$1
	shift
	mkdir -p "$T/$name"
	start "$name" smtp-receiver --dir "$T/$name" --log "$T/$name/dialogue" "$@"
}

# start_dns <<ZONE: a DNS server with this zone, and nullmta asks it.
start_dns() {
	cat >"$T/zone"
	start dns dns-server --zone "$T/zone" --log "$T/queries"
	export NULLMTA_DNS_NAMESERVER=127.0.0.1:${port[dns]}
}

# use_mx NAME: MX hosts are reached on the port of this receiver.
use_mx() {
	unset NULLMTA_RELAY
	export NULLMTA_DELIVERY_PORT=${port[$1]}
}

# use_relay NAME: everything goes through this receiver.
use_relay() {
	export NULLMTA_RELAY=${host[$1]:-127.0.0.1}:${port[$1]}
}

# --- what a user does ------------------------------------------------------------------

# exits CODE COMMAND...: run it; any other exit code fails the test, and so does a bug that a
# program has noticed in itself. CODE may be a glob. $T/stderr is what it said on stderr.
exits() {
	local want=$1 got=0
	shift
	if [ "$(type -t "$1")" = function ]; then
		"$@" 2>"$T/stderr" || got=$?
	else
		timeout 60 "$@" 2>"$T/stderr" || got=$?
	fi
	cat "$T/stderr" >&2
	! grep -qE 'bug at |Sanitizer|runtime error:|^==[0-9]+==' "$T/stderr" || fail "a bug: $*"
	# shellcheck disable=SC2053  # a glob is meant
	[[ $got == $want ]] || fail "exit code $got instead of $want: $*"
}

# letter [SUBJECT]: a small message on stdout.
letter() {
	printf 'From: Sender <sender@client.test>\nTo: rcpt@dest.test\nSubject: %s\n\n' "${1:-test}"
	printf 'A first line.\n.A line that begins with a dot.\n\nThe last line.\n'
}

# big_letter OCTETS: one of about this size, no line long, none the same.
big_letter() {
	letter "big"
	seq -f 'line %012.0f of a message that has to be large for what it tests' 1 $(($1 / 74 + 1))
}

# settle: wait until the runs that submissions have kicked are over. It queues as they do:
# whoever holds `wait` is the next to run.
settle() {
	[ ! -d "$NULLMTA_SPOOL" ] ||
		timeout 60 flock "$NULLMTA_SPOOL/wait" flock "$NULLMTA_SPOOL/lock" true
}

# flush: try everything that waits, now, and come back when that is done. `sendmail -q` does
# not wait for a run that is under way, and would overtake it.
flush() {
	settle
	exits 0 sendmail -q
}

# --- what has to be true then ------------------------------------------------------------

assert_eq() {
	[ "$1" = "$2" ] || fail "${3:-value}: '$1' instead of '$2'"
}

# assert_contains FILE TEXT
assert_contains() {
	grep -qF -e "$2" "$1" || fail "no '$2' in ${1#"$T"/}: $(head -c 2000 "$1")"
}

assert_lacks() {
	if grep -qF -e "$2" "$1"; then
		fail "'$2' in ${1#"$T"/}: $(head -c 2000 "$1")"
	fi
}

# How many messages a receiver has accepted.
count_delivered() {
	find "$T/$1" -name '[0-9]*.eml' | wc -l
}

# assert_delivered NAME COUNT: and the client made no mistake while it spoke.
assert_delivered() {
	assert_eq "$(count_delivered "$1")" "$2" "messages at $1"
	assert_well_behaved "$1"
}

assert_well_behaved() {
	[ ! -s "$T/$1/violations" ] || fail "the client broke the rules: $(cat "$T/$1/violations")"
	[ ! -s "$T/$1/script-failed" ] || fail "not as foreseen: $(cat "$T/$1/script-failed")"
}

# How many connections a receiver has had.
count_connections() {
	grep -c '^[0-9]* \* connected' "$T/$1/dialogue" || true
}

# count_queries NAME TYPE: DNS questions so far.
count_queries() {
	grep -c -x -E "$1 $2 (udp|tcp)" "$T/queries" || true
}

# How many messages mailq shows.
count_queued() {
	mailq | awk '
	/^Mail queue is empty$/ { empty = 1 }
	/^-- .* in [0-9]+ Requests?\.$/ { n = $(NF - 1) }
	END { print empty ? 0 : n == "" ? "no tally" : n }'
}

assert_queued() {
	assert_eq "$(count_queued)" "$1" "messages in the queue"
}

# assert_queued_because TEXT: mailq says so.
assert_queued_because() {
	mailq >"$T/mailq"
	assert_contains "$T/mailq" "$1"
}

# How many reports the user's mailbox holds.
count_reports() {
	if [ -e "$T/mbox" ]; then
		grep -c '^From ' "$T/mbox" || true
	else
		echo 0
	fi
}

# assert_reports COUNT [TEXT...]: so many, and each text stands in the mailbox.
assert_reports() {
	local text
	assert_eq "$(count_reports)" "$1" "reports"
	shift
	for text; do
		assert_contains "$T/mbox" "$text"
	done
}

# count_log EVENT [KEY=VALUE...]: lines of the log. A VALUE may be a glob.
count_log() {
	local line word pattern found=0
	while IFS= read -r line; do
		for word in "event=$1" "${@:2}"; do
			pattern="* $word *"
			# shellcheck disable=SC2053  # a glob is meant
			[[ " $line " == $pattern ]] || continue 2
		done
		found=$((found + 1))
	done < <(cat "$T/log" 2>/dev/null)
	echo "$found"
}

assert_log() {
	[ "$(count_log "$@")" != 0 ] || fail "not in the log: $*"
}

# The status that the host memory keeps of its first destination.
host_status() {
	awk 'NR == 2 { print $6 }' "$T/spool/state/hosts"
}

# envelope NAME NUMBER: what the receiver noted beside message NUMBER.
envelope() {
	cat "$T/$1/$(printf %04d "$2").env"
}

# content NAME NUMBER: the file with the message as it came.
content() {
	echo "$T/$1/$(printf %04d "$2").eml"
}

# assert_same SUBMITTED NAME NUMBER [OPTION...]: the message came as it was given, but for
# what a sendmail adds and removes (tests/support/compare.py).
assert_same() {
	need python3
	python3 "$TOP/tests/support/compare.py" "${@:4}" "$1" "$(content "$2" "$3")" ||
		fail "message $3 at $2 is not what was given"
}

# assert_reads NAME NUMBER [FIELD...] <<TEXT: another parser reads message NUMBER as TEXT, its
# envelope included (tests/support/show.py).
assert_reads() {
	local got
	need python3
	got=$(python3 "$TOP/tests/support/show.py" "$(content "$1" "$2")" "${@:3}") ||
		fail "message $2 at $1 is not well-formed"
	diff -u --label 'as it should read' --label "message $2 at $1" - <(echo "$got") ||
		fail "message $2 at $1 is not what was sent"
}

# octets_of FILE: how assert_reads names the content of an attachment.
octets_of() {
	echo "$(wc -c <"$1") $(sha256sum <"$1" | cut -d ' ' -f 1)"
}

# until_true COMMAND...: waits for what comes in its own time; what does not come fails.
until_true() {
	local i
	for ((i = 0; i < 3000; i++)); do
		! "$@" || return 0
		sleep 0.02
	done
	fail "still not: $*"
}
