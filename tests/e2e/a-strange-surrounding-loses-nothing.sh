#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that are called by name
# However a program starts sendmail (descriptors, limits, signals, umask, working directory), the
# message is stored whole or not at all, and the exit code says which. Rows 102 and 119 of the bad
# input, and what sendmails before this one got wrong.
. "$(dirname "$0")/lib.sh"

letter >"$T/letter"
exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
stored=$(find "$T/spool/new" -type f -size -2k)
octets=$(stat -c %s "$stored")
rm "$stored"

left() {
	find "$NULLMTA_SPOOL/new" "$NULLMTA_SPOOL/tmp" -type f
}

# stored WHY COMMAND...: exit 0, silence, and the whole letter is in the spool.
stored() {
	local files
	"${@:2}" <"$T/letter" >"$T/stdout" 2>"$T/stderr" || fail "$1: exit code $?: $(cat "$T/stderr")"
	assert_eq "$(cat "$T/stdout" "$T/stderr")" '' "$1: what it says"
	mapfile -t files < <(left)
	assert_eq "${#files[@]}" 1 "$1: files"
	assert_eq "$(stat -c '%s %a' "${files[0]}")" "$octets 600" "$1: size and mode"
	rm "${files[0]}"
}

# refused WHY CODE COMMAND...: nothing is stored, nothing is left.
refused() {
	local got=0
	"${@:3}" <"$T/letter" >/dev/null 2>"$T/stderr" || got=$?
	assert_eq "$got" "$2" "$1: exit code ($(cat "$T/stderr"))"
	assert_eq "$(left)" '' "$1: left behind"
}

send() {
	sendmail -odq "$@" rcpt@dest.test
}

# --- descriptors -------------------------------------------------------------------
no_output() {
	send >&- 2>&-
}
no_output_but_a_log() {
	NULLMTA_LOG=stderr send >&- 2>&-
}
no_descriptors() {
	send <&- >&- 2>&-
}
stored 'stdout and stderr are closed' no_output
stored 'and the log would go there' no_output_but_a_log
refused 'all three are closed' 74 no_descriptors
refused 'a complaint without stderr' 64 sendmail -Z 2>&-

# Too few descriptors: 127 is the loader's, which needs some as well.
few_descriptors() {
	ulimit -n "$1"
	exec sendmail -odq rcpt@dest.test
}
for limit in 3 4 5 6 7 8; do
	code=0
	(few_descriptors "$limit") <"$T/letter" >/dev/null 2>"$T/stderr" || code=$?
	case $code in
	0) rm "$T"/spool/new/* ;;
	73 | 75 | 127) [ -s "$T/stderr" ] || fail "no word about $limit descriptors" ;;
	*) fail "exit code $code with $limit descriptors" ;;
	esac
	assert_eq "$(left)" '' "left behind with $limit descriptors"
done
assert_eq "$code" 0 "exit code with 8 descriptors"

# --- limits ------------------------------------------------------------------------
small_files() {
	(ulimit -f 1 && send)
}
no_files() {
	(ulimit -f 0 && send)
}
big_letter 20000 >"$T/big"
mv "$T/letter" "$T/small"
cp "$T/big" "$T/letter"
refused 'files of 1 KB at most' 75 small_files
assert_contains "$T/stderr" 'File too large'
refused 'files of no size' 75 no_files
mv "$T/small" "$T/letter"

# --- signals -----------------------------------------------------------------------
for kind in ignore block; do
	stored "${kind}d signals" env "--$kind-signal=CHLD,PIPE,TERM,HUP,XFSZ" sendmail -odq rcpt@dest.test
done
mkfifo "$T/fifo"
sendmail -odq rcpt@dest.test <"$T/fifo" &
exec {fifo}>"$T/fifo"
cat "$T/letter" >&"$fifo"
kill "$!"
code=0
wait "$!" || code=$?
exec {fifo}>&-
assert_eq "$code" 143 "exit code of a sendmail that was told to stop"
assert_queued 0
rm -f "$T"/spool/tmp/*

# --- files and names ---------------------------------------------------------------
with_umask() {
	(umask "$1" && send)
}
anew() {
	local NULLMTA_SPOOL=$T/anew/deep/spool
	export NULLMTA_SPOOL
	stored "a new spool with umask $1" with_umask "$1"
	assert_eq "$(find "$T/anew" -mindepth 2 -type d -printf '%m\n' | sort -u)" 700 "mode of directories"
	rm -r "$T/anew"
}
anew 0777
anew 0
gone() {
	(mkdir "$T/gone" && cd "$T/gone" && rmdir "$T/gone" && send)
}
by_another_name() {
	(exec -a "$1" sendmail -odq rcpt@dest.test)
}
bare() {
	env -i NULLMTA_CONF="$NULLMTA_CONF" NULLMTA_SPOOL="$NULLMTA_SPOOL" NULLMTA_HOSTNAME=client.test \
		NULLMTA_DOMAIN=client.test NULLMTA_LOG=none "$BUILD/bin/sendmail" -odq rcpt@dest.test
}
mkfifo "$T/log.fifo"
stored 'the working directory is gone' gone
stored 'a name without path' by_another_name sendmail
stored 'a name with one' by_another_name /usr/lib/sendmail
stored 'an empty name' by_another_name ''
stored 'another name' by_another_name send-mail
stored 'next to no environment' bare
stored 'a log that cannot be written' env NULLMTA_LOG=/nowhere/log sendmail -odq rcpt@dest.test
stored 'a log that nobody reads' env "NULLMTA_LOG=$T/log.fifo" sendmail -odq rcpt@dest.test
if command -v python3 >/dev/null; then
	refused 'argc is 0' 64 python3 -c 'import ctypes, sys
ctypes.CDLL(None).execv(sys.argv[1].encode(), (ctypes.c_char_p * 1)(None))' "$BUILD/bin/sendmail"
fi

# --- what a pipe cannot tell (nullmta(1), CAVEATS) ------------------------------------
killed() {
	printf 'Subject: half\n\nand no more'
	kill -9 "$BASHPID"
}
{ killed | send; } 2>/dev/null || true
assert_queued 1
assert_contains "$(find "$T/spool/new" -type f)" 'and no more'
rm "$T"/spool/new/*

# --- many at once ------------------------------------------------------------------
start_receiver relay
use_relay relay
for ((i = 0; i < 30; i++)); do
	send -f "n$i@client.test" <"$T/letter" &
	submitters[i]=$!
done
for ((i = 0; i < 30; i++)); do
	wait "${submitters[i]}" || fail "exit code $? of submitter $i"
done
assert_queued 30
flush
assert_delivered relay 30
assert_eq "$(cat "$T"/relay/*.env | grep -c '^from <n[0-9]*@client.test>')" 30 "senders"
assert_eq "$(cat "$T"/relay/*.env | grep '^from ' | sort -u | wc -l)" 30 "different senders"

# --- a flush in the background holds nothing of its caller ----------------------------
# The server says nothing for as long as it takes: the caller reads stdout to its end, and a
# descriptor that it left open.
stop relay
printf 'connection *\nhold\n' >"$T/silent"
start_receiver slow --script "$T/silent"
use_relay slow
exec {inherited}> >(cat >"$T/inherited" && : >"$T/inherited-ended")
reader=$!
said=$(exits 0 sendmail -odb rcpt@dest.test <"$T/letter" 2>&1)
exec {inherited}>&-
wait "$reader"
assert_eq "$said" '' "what a submission says"
! flock -n "$T/spool/lock" true || fail "the flush is over already"
[ -e "$T/inherited-ended" ] || fail "the reader of a descriptor waits"
