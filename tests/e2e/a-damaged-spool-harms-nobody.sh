#!/usr/bin/env bash
# shellcheck disable=SC2016  # $1 is the file, for the shell that is called
# What stands in a spool is input: whatever is damaged, forged or of another program is set aside or
# left alone with a log line, is never sent, never makes the flush or mailq stumble, and never keeps
# good mail from leaving. Rows 167 to 169 and 171 to 173 of the bad input.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/e2e/scripts/spool.sh"

start_receiver relay
use_relay relay
letter >"$T/letter"
exits 0 sendmail -odq -i -f sender@client.test -V env-1 rcpt@dest.test <"$T/letter"
mv "$(the_message)" "$T/template"

now=$(date +%s)
names=()
declare -A id=() fate=()

# variant NAME FATE COMMAND...: a message of its own that the command changes, the file being the last
# argument. FATE is sent, failed (set aside) or left (where it is).
variant() {
	local file
	names+=("$1")
	id[$1]=$(spool_id "$now" "${#names[@]}")
	fate[$1]=$2
	file=$T/spool/new/${id[$1]}
	sed "s/^id .*/id ${id[$1]}/" "$T/template" >"$file"
	chmod 600 "$file"
	"${@:3}" "$file"
}

head_line() {
	LC_ALL=C sed -i "1,/^\$/{
$1
}" "$2"
}

# --- what a disk may do: row 167 ---------------------------------------------------------
variant good sent true
variant empty failed truncate -s 0
variant one-octet failed truncate -s 1
variant cut-in-the-envelope failed truncate -s 60
variant cut-in-the-content failed truncate -s -1
variant no-content failed sed -i '/^$/q'
variant octets-too-many failed truncate -s +1
variant other-octets failed sed -i 's/A first line/B first line/'
variant zeros failed sh -c 'head -c 500 /dev/zero >"$1"' sh
variant garbage failed sh -c 'head -c 500 "$1" | tr " \n" "\n\0" >"$1.new" && mv "$1.new" "$1"' sh
variant wrong-crc failed head_line 's/^crc .*/crc 00000000/'

# --- numbers and lines of an envelope: rows 168 and 169 -------------------------------------
variant no-crc failed head_line '/^crc /d'
variant crc-of-nine-digits failed head_line 's/^crc .*/crc 000000000/'
variant octets-2-64 failed head_line 's/^octets .*/octets 18446744073709551616/'
variant octets-2-63 failed head_line 's/^octets .*/octets 09223372036854775808/'
variant octets-negative failed head_line 's/^octets .*/octets -0000000000000000248/'
variant octets-short failed head_line 's/^octets .*/octets 248/'
variant longest-2-32 failed head_line 's/^longest .*/longest 4294967296/'
variant arrival-huge failed head_line 's/^arrival .*/arrival 99999999999999999999/'
variant arrival-negative failed head_line 's/^arrival .*/arrival -1/'
variant id-of-another failed head_line "s/^id .*/id $(spool_id 1)/"
variant id-with-a-path failed head_line 's/^id .*/id ..\/..\/..\/etc\/x/'
variant no-sender failed head_line '/^from /d'
variant sender-without-brackets failed head_line 's/^from .*/from sender@client.test/'
variant sender-with-a-command failed head_line 's/^from .*/from <a@x.test> BODY=8BITMIME/'
variant no-recipient failed head_line '/^to /d'
variant recipient-without-domain failed head_line 's/^to .*/to <rcpt>/'
variant recipient-with-a-blank failed head_line 's/^to .*/to <a b@x.test>/'
variant recipient-null failed head_line 's/^to .*/to <>/'
variant recipient-with-NUL failed head_line 's/^to .*/to <a\x00@x.test>/'
variant recipient-with-CR failed head_line 's/^to .*/to <a@x.test>\r/'
variant recipient-option failed head_line 's/^to .*/to <a@x.test> run=rm/'
variant notify failed head_line 's/^to .*/to <a@x.test> notify=never,failure/'
variant envid failed head_line 's/^envid .*/envid a b/'
variant unknown-line failed head_line 's/^from /pipe \/bin\/sh\nfrom /'
variant two-senders failed head_line 's/^from .*/&\n&/'
variant lines-in-another-order failed head_line '/^arrival /{h;d};/^octets /G'
variant too-many-recipients failed sh -c 'seq -f "to <r%g@x.test>" 10001 >"$1.r" && sed -i "/^to /{r $1.r
d}" "$1" && rm "$1.r"' sh
variant version-0 failed head_line 's/^nullmta .*/nullmta 0/'
variant version-2 left head_line 's/^nullmta .*/nullmta 2/'

# --- what is no file: row 171 ----------------------------------------------------------------
replace_by() {
	rm "$2"
	case $1 in
	link) ln -s "$T/template" "$2" ;;
	dangling) ln -s "$T/nowhere" "$2" ;;
	directory) mkdir "$2" ;;
	fifo) mkfifo "$2" ;;
	socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$2" ;;
	device) mknod "$2" c 1 5 ;;
	esac
}
for kind in link dangling directory fifo; do
	variant "$kind" failed replace_by "$kind"
done
! command -v python3 >/dev/null || variant socket failed replace_by socket
variant hard-link failed sh -c 'ln "$2" "$1"' sh "$T/other"
variant writable failed chmod 622
if [ "$(id -u)" = 0 ]; then
	variant stranger failed chown 54321
	# some containers have no devices
	! mknod "$T/device" c 1 5 2>/dev/null || variant device failed replace_by device
fi

# --- names: row 173 -----------------------------------------------------------------------------
odd=('x' '.hidden' 'a b' $'line\nbreak' $'\e[31mred' $'\377\376' '..x' '00000000000000' 'G0000000000000'
	"$(printf '%255s' '' | tr ' ' n)")
for name in "${odd[@]}"; do
	: >"$T/spool/new/$name"
	: >"$T/spool/cur/$name"
done
spare=$(spool_id 1)
for name in "$spare" "$spare:" "$spare:1" "$spare:1." "$spare:.1" "$spare:01.1" "$spare:4294967296.1" \
	"$spare:1.10000" "$spare:-1.1" "$spare:1.1x" "$spare:1.1:1.1"; do
	cp "$T/template" "$T/spool/cur/$name"
	odd+=("$name")
done
# the one that looks like an id and is empty is damaged
odd_left=$((${#odd[@]} - 1))

# --- one run over all of it ------------------------------------------------------------------------
place() {
	(cd "$T/spool" && find new cur failed -name "${id[$1]}*" -printf '%h\n')
}
exits 0 mailq >"$T/before"
exits 0 nullmta flush
for name in "${names[@]}"; do
	case ${fate[$name]} in
	sent) assert_eq "$(place "$name")" '' "place of $name" ;;
	failed) assert_eq "$(place "$name")" failed "place of $name" ;;
	left) assert_eq "$(place "$name")" new "place of $name" ;;
	esac
	[ "${fate[$name]}" != failed ] || assert_eq "$(count_log damaged "id=${id[$name]}")" 1 "log lines of $name"
done
assert_delivered relay 1
assert_reports 0
assert_eq "$(find "$T/other" -type f | wc -l)" 1 "other name of a hard link"
[ "$(count_log odd-name)" -ge "$odd_left" ] || fail "$(count_log odd-name) odd names in the log"
! LC_ALL=C grep -q $'[\001-\010\013-\037\177-\377]' "$T/log" || fail "the log has control octets"
exits 0 mailq >"$T/after"
! LC_ALL=C grep -q $'[\001-\010\013-\037\177-\377]' "$T/after" || fail "mailq prints control octets"
assert_eq "$(grep -c '^[0-9A-F]' "$T/after")" "$(tail -n 1 "$T/after" | awk '{ print $(NF - 1) }')" "messages in mailq"

# what was set aside costs nothing any more
assert_eq "$(count_log damaged)" "$(find "$T/spool/failed" -mindepth 1 -maxdepth 1 | wc -l)" "log lines"
exits 0 nullmta flush
assert_eq "$(count_log damaged)" "$(find "$T/spool/failed" -mindepth 1 -maxdepth 1 | wc -l)" "log lines"
assert_delivered relay 1

# --- a spool that is not private (row 172) -------------------------------------------------------
exits 0 sendmail -odq -i -f sender@client.test rcpt@dest.test <"$T/letter"
shut() {
	local command
	for command in 'nullmta flush' 'sendmail -q' mailq 'nullmta queue list' "nullmta flush --spool $NULLMTA_SPOOL"; do
		# shellcheck disable=SC2086  # several words
		exits 73 $command
		assert_contains "$T/stderr" "the spool $NULLMTA_SPOOL $1"
	done
	assert_delivered relay 1
}
chmod 777 "$T/spool"
shut 'is open to others; mend it with chmod 700'
chmod 700 "$T/spool"
if [ "$(id -u)" = 0 ]; then
	chown 54321 "$T/spool"
	shut 'belongs to another user'
	chown 0 "$T/spool"
fi
ln -s spool "$T/link"
NULLMTA_SPOOL=$T/link shut 'is not a directory (a link is not followed)'
exits 0 nullmta flush
assert_delivered relay 2
