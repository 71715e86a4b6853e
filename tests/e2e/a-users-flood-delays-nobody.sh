#!/usr/bin/env bash
# timeout: 300
# A user with a hundred thousand messages that are due delays another one's single message by a
# share of time, not by the hundred thousand; also where there is room for one user only, and
# when the single message comes last.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"

flooder=54000
victim=54001
start_receiver relay
configure

# a hundred thousand of one that nullmta has made, under numbers of their own
flood() {
	submit $flooder 'one of many' -odq
	message=$(find "$root/$flooder/new" -type f)
	awk -v to="$root/$flooder/new" -v id="${message##*/}" '
	{ text = text $0 "\n" }
	END {
		at = index(text, id)
		before = substr(text, 1, at - 1)
		behind = substr(text, at + length(id))
		for (i = 0; i < 100000; i++) {
			name = substr(id, 1, 8) sprintf("%06d", i)
			file = to "/" name
			printf "%s%s%s", before, name, behind >file
			close(file)
		}
	}' "$message"
	chown -R $flooder:$flooder "$root/$flooder"
	chmod 600 "$root/$flooder"/new/* 2>/dev/null || find "$root/$flooder/new" -type f -exec chmod 600 {} +
}

# served FLUSH-PID SUBJECT: the victim's message leaves while most of the others wait.
served() {
	await 1 "event=delivered.*from=u$victim@" "$T/log"
	left=$(count_left)
	[ "$left" -gt 10000 ] || fail "only $left were left when $2 came"
	echo "$2: $left of the others were left"
	kill -TERM "$1"
	wait "$1" || fail "exit $?"
	assert_eq "$(subjects relay | grep -cxF "$2")" 1 "$2"
	assert_eq "$(count_log user-run-died)" 0
	: >"$T/log"
}

flood

# one place, and the flooder has it already
nullmta flush --all --users 1 --share 1s &
flush=$!
await 1 "event=delivered.*from=u$flooder@" "$T/log"
submit $victim 'behind a flood' -odq
kill -HUP $flush
served $flush 'behind a flood'

# a place for each
submit $victim 'beside a flood' -odq
nullmta flush --all &
served $! 'beside a flood'

# a kick amid it
# shellcheck disable=SC2119  # no options
start_system_flush
submit $flooder 'a kick' || fail 'not kicked'
await 1 "event=delivered.*from=u$flooder@" "$T/log"
submit $victim 'kicked amid a flood'
await 1 "event=delivered.*from=u$victim@" "$T/log"
left=$(count_left)
[ "$left" -gt 1000 ] || fail "only $left were left"
stop flush
