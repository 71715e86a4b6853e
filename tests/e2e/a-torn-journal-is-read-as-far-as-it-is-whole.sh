#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2317  # functions that are called by name
# Who has a message already is told by its journal: its good lines count, whatever stands between
# them; without it all recipients are tried; where it cannot be read nobody is. A file that changes
# while it is sent is not sent. Leftovers are swept, some at a time. Rows 170, 174 to 178 and 185 of
# the bad input.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/e2e/scripts/spool.sh"

start_receiver first --rule 'rcpt b@* 451 4.2.0 later' --rule 'rcpt c@* 451 4.2.0 later'
start_receiver second
use_relay first
letter >"$T/letter"
exits 0 sendmail -odi -i -f sender@client.test {a,b,c}@x.test <"$T/letter"
assert_contains "$T/first/0001.env" "to <a@x.test>"
file=$(the_message)
id=${file##*/}
id=${id%%:*}
assert_eq "$(cut -d ' ' -f 2,3 "$T/spool/journal/$id" | paste -sd ,)" '1 deferred,2 deferred,0 delivered' "journal"
template=$T/spool
use_relay second

# crc32c TEXT: eight digits.
crc32c() {
	local crc=$((0xffffffff)) octet i k
	for ((i = 0; i < ${#1}; i++)); do
		printf -v octet %d "'${1:i:1}"
		crc=$((crc ^ octet))
		for ((k = 0; k < 8; k++)); do
			crc=$(((crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0)))
		done
	done
	printf '%08x\n' $((crc ^ 0xffffffff))
}

# a line of the journal that has its checksum
line() {
	echo "$1 $(crc32c "$id$1 ")"
}

# journal NAME RECIPIENTS COMMAND...: with its journal changed by COMMAND, the file being the last
# argument, the next run asks for these recipients and no others.
asked=1
journal() {
	set_home "$TEST/$1"
	cp -a "$template" "$T/spool"
	"${@:3}" "$T/spool/journal/$id"
	flush
	if [ "$2" = none ]; then
		assert_queued 1
		assert_eq "$(count_delivered ../second)" $((asked - 1)) "$1: messages"
		assert_log not-tried
		return
	fi
	assert_queued 0
	assert_eq "$(envelope ../second "$asked" | sed -n 's/^to <\(.\)@.*/\1/p' | paste -sd '')" "$2" "$1: recipients"
	asked=$((asked + 1))
}

add() {
	printf '%s' "$1" >>"$2"
}

good=$(line '1795419407 1 delivered 2.0.0 250 mx.test[192.0.2.1]:25 "taken"')
assert_eq "$(tail -n 1 "$T/spool/journal/$id")" \
	"$(line "$(tail -n 1 "$T/spool/journal/$id" | sed 's/ [0-9a-f]*$//')")" "a line of the test's own"
journal whole bc true
journal missing abc rm
journal empty abc truncate -s 0
journal torn abc truncate -s -5
journal torn-word bc add '1795419407 1 deliv'
journal no-line-end bc add "${good%??}"
journal good c add "$good
"
journal good-without-line-end c add "$good"
journal good-behind-a-torn-one c add "1795419407 1 deliv
$good
"
journal wrong-checksum bc add "${good%????????}00000000
"
journal other-message bc add "${good% *} $(crc32c "00000000000000${good% *} ")
"
journal no-such-recipient bc add "$(line '1795419407 3 delivered 2.0.0 250 - "taken"')
"
journal recipient-2-64 bc add "$(line '1795419407 18446744073709551617 delivered 2.0.0 250 - "taken"')
"
journal unknown-event bc add "$(line '1795419407 1 archived 2.0.0 250 - "taken"')
"
journal more-words bc add "$(line '1795419407 1 delivered 2.0.0 250 - "taken" twice')
"
journal NULs bc truncate -s +100
journal overwritten abc sed -i 's/^./x/'
journal garbage abc sh -c 'head -c 5000 "$NULLMTA_SPOOL/../../letter" | tr " " "\0" >"$1"' sh
journal too-large none truncate -s 17M

instead() {
	rm "$2"
	case $1 in
	link) ln -s "$TEST/letter" "$2" ;;
	fifo) mkfifo "$2" ;;
	directory) mkdir "$2" ;;
	esac
}
for kind in link fifo directory; do
	journal "$kind" none instead "$kind"
done

# --- who sent it is told by the directory, not by the file (row 170) --------------------------
assert_contains "$TEST/second/0001.eml" "Received: by client.test (nullmta, from uid $(id -u))"

# --- leftovers (rows 176 and 185) ----------------------------------------------------------------
set_home "$TEST/leftovers"
exits 0 sendmail -odq -i -f sender@client.test a@x.test <"$TEST/letter"
seq -f "$T/spool/tmp/0000000000%g" 1000 2299 | xargs touch -d '25 hours ago'
seq -f "$T/spool/journal/0000000000%g" 1000 1009 | xargs touch -d '25 hours ago'
touch "$T/spool/tmp/00000000000000" "$T/spool/journal/00000000000000"
touch -d '2 days ago' "$T/spool/tmp/unknown"
touch -d '1 minute ago' "$T/spool/cur"
exits 0 nullmta flush
left=$(find "$T/spool/tmp" -type f | wc -l)
[[ $left -ge 250 && $left -le 350 ]] || fail "$left files of 1300 are left in tmp/"
touch -d '1 minute ago' "$T/spool/cur"
touch -d '2 hours ago' "$T/spool/state/swept"
exits 0 nullmta flush
assert_eq "$(cd "$T/spool" && find tmp journal -type f | sort | paste -sd ' ')" \
	'journal/00000000000000 tmp/00000000000000 tmp/unknown' "files that are left"

# --- a file that changes while it is sent (rows 177 and 178) ----------------------------------------
cat >"$TEST/slow.script" <<'END'
connection *
send 220 slow.test
expect EHLO *
send 250 slow.test
expect MAIL *
send 250 ok
expect RCPT *
send 250 ok
expect DATA
send 354 go
wait 300
message
store
send 250 ok
behave
END
big_letter 8000000 >"$TEST/big"

# change NAME COMMAND...: while the server does not read.
change() {
	local i run
	set_home "$TEST/$1"
	start_receiver slow --script "$TEST/slow.script"
	use_relay slow
	exits 0 sendmail -odq -i -f sender@client.test a@x.test <"$TEST/big"
	exits 0 nullmta flush &
	run=$!
	for ((i = 0; i < 1000; i++)); do
		! grep -q '> 354' "$T/slow/dialogue" || break
		sleep 0.01
	done
	"${@:2}" "$(the_message)"
	wait "$run" || fail "exit code $?"
	stop slow
}

assert_whole() {
	assert_eq "$(count_delivered slow)" 1 "messages"
	cmp <(sed '1,/^$/d' "$TEST/big") <(tr -d '\r' <"$(content slow 1)" | sed '1,/^$/d')
	assert_queued 0
}

change removed rm
assert_whole
change longer sh -c 'echo more >>"$1"' sh
assert_whole
change shorter truncate -s 7500000
assert_eq "$(count_delivered slow)" 0 "messages"
assert_log damaged
assert_eq "$(find "$T/spool/failed" -type f | wc -l)" 1 "files set aside"
change rewritten sh -c 'printf X | dd of="$1" bs=1 seek=7500000 conv=notrunc status=none' sh
assert_eq "$(count_delivered slow)" 0 "messages"
assert_log damaged
assert_eq "$(find "$T/spool/failed" -type f | wc -l)" 1 "files set aside"
