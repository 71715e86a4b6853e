#!/usr/bin/env bash
# shellcheck disable=SC2059  # cases are written as printf formats
# What sendmail refuses: a sentence on stderr, the exit code that tells the truth, nothing on
# stdout, and nothing left in the spool. Rows 79, 82, 83, 88, 90, 91, 95, 100 to 103, 106, 109 to
# 111, 113 and 115 to 121 of the bad input.
. "$(dirname "$0")/lib.sh"

# a spool from before, so that refusing does not depend on making it
letter >"$T/letter"
exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
rm "$T"/spool/new/*

assert_nothing_stored() {
	local left
	left=$(find "$NULLMTA_SPOOL"/{new,cur,tmp,journal,held,failed} -type f)
	[ -z "$left" ] || fail "$1 left ${left%%$'\n'*}"
}

# refused WHY CODE TEXT COMMAND...: with $T/given as input; TEXT is a glob for stderr.
refused() {
	local got=0
	"${@:4}" <"$T/given" >"$T/stdout" 2>"$T/stderr" || got=$?
	assert_eq "$got" "$2" "$1: exit code ($(head -c 500 "$T/stderr"))"
	# shellcheck disable=SC2053  # a glob is meant
	[[ $(cat "$T/stderr") == sendmail:\ $3 ]] || fail "$1: $(head -c 1000 "$T/stderr")"
	assert_eq "$(wc -l <"$T/stderr")" 1 "$1: lines on stderr"
	[ ! -s "$T/stdout" ] || fail "$1: stdout: $(head -c 500 "$T/stdout")"
	assert_nothing_stored "$1"
}

# argument WHY CODE TEXT ARGUMENT...: the command line is wrong.
argument() {
	refused "$1" "$2" "$3" sendmail -i "${@:4}"
}

# message WHY TEXT GIVEN [ARGUMENT...]: a printf format; 65 is for messages.
message() {
	printf "$3" >"$T/given"
	refused "$1" 65 "$2" sendmail -i -t "${@:4}" rcpt@dest.test
}

repeat() {
	printf "%.0s$2" $(seq "$1")
}

cp "$T/letter" "$T/given"

# --- the command line --------------------------------------------------------------
argument 'no recipient' 64 'no recipient given*'
argument 'an empty recipient' 64 'no recipient given*' ''
argument 'only an empty group' 64 'no recipient given*' 'nobody:;'
argument 'unknown option' 64 'unknown option -Z*' -Z rcpt@dest.test
argument 'unknown option in a bundle' 64 'unknown option -Z*' -tZ rcpt@dest.test
argument 'value missing' 64 'option -f needs a value*' rcpt@dest.test -f
for mode in be bt bh bH bP bZ b bmm; do
	argument "-$mode" 64 "*-${mode}*" "-$mode" rcpt@dest.test
done
argument 'never listens' 64 '*nullmta never listens*' -bd
argument 'interval' 64 '-q0s: *' -q0s
argument 'interval without sense' 64 '-q5x: *' -q5x
argument 'body type' 64 '-B takes *' -B9BIT rcpt@dest.test
argument 'an option as recipient' 64 'no recipient given*' "-oQ$T/evil@x.test"
argument 'options that name files' 64 'no recipient given*' \
	"-X$T/evil" -C "$T/evil" -C "$T/given" "-OQueueDirectory=$T/evil" "-oQ$T/evil" -D "$T/evil" "-oL$T/evil"
assert_eq "$(find "$T" -name 'evil*')" '' "files that options have written"

# --- addresses ---------------------------------------------------------------------
long=$(repeat 64 x)
: >"$T/log"
argument 'two @' 65 "*second '@'*" a@b@c
# a caller that looks at no exit code leaves at least this
assert_log refused "why=*second*"
argument 'no local part' 65 "*nothing before the '@'*" @x.test
argument 'no domain' 65 "*no domain*" a@
argument 'two dots' 65 "*needs quotes*" a..b@x.test
argument 'dot in front' 65 "*needs quotes*" .a@x.test
argument 'dot behind' 65 "*needs quotes*" a.@x.test
argument 'local part too long' 65 '*64 octets*' "y$long@x.test"
argument 'label too long' 65 "*63*" "a@y$long.test"
argument 'domain too long' 65 "*25[0-9]*" "a@$(repeat 16 'abcdefghijklmno.')test"
argument 'a label that ends in a dash' 65 "*'-'*" a@xn--abc-.test
argument 'no UTF-8 in the local part' 65 '*neither ASCII nor UTF-8*' $'\xff@x.test'
argument 'no UTF-8 in the domain' 65 '*neither ASCII nor UTF-8*' $'a@\xff.test'
argument 'CR LF' 65 '*line break*' $'a@x.test\r\nDATA'
argument 'line feed' 65 '*line break*' $'a@x.test\nb@x.test'
argument 'tab' 65 '*tab*' $'a@x.test\t'
argument 'escape' 65 '*control*' $'a\e[2J@x.test'
argument 'no address literal' 65 '*192.0.2.1*' 'a@[x]'
argument 'open bracket' 65 "*'<' without*" '<a@x.test'
argument 'open quote' 65 '*without its second*' '"a@x.test'
argument 'open comment' 65 '*without its*' '(a@x.test'
argument 'blank' 65 '*blank*' 'a b@x.test'
argument 'one bad of three' 65 "*second '@'*" a@x.test b@c@d e@x.test
argument 'one bad in a list' 65 "'b@c@d'*" 'a@x.test, b@c@d, e@x.test'
argument 'sender with a blank' 65 '-f: *' -f 'a b' rcpt@dest.test
argument 'two senders' 65 '-f: *more than one*' -f 'a@x.test, b@x.test' rcpt@dest.test
argument 'sender with a line end' 65 '-f: *' -f $'a@x.test\nRCPT TO:<b@x.test>' rcpt@dest.test

# --- other values ------------------------------------------------------------------
argument 'field by the name' 65 '*control*' -F $'A\nBcc: b@x.test' rcpt@dest.test
argument 'a name of 100 KB' 65 '*' -F "$(printf '%100000s' '' | tr ' ' x)" rcpt@dest.test
argument 'NEVER and FAILURE' 65 "*'never' excludes*" -N never,failure rcpt@dest.test
argument 'unknown NOTIFY' 65 '*not never*' -N sometimes rcpt@dest.test
argument 'unknown RET' 65 '*not full or hdrs*' -R X rcpt@dest.test
argument 'NUL in ENVID' 65 '*not xtext*' -V a+00b rcpt@dest.test
argument 'line end in ENVID' 65 '*not xtext*' -V a+0D+0Ab rcpt@dest.test

# --- messages ----------------------------------------------------------------------
message 'two From' '*two From fields*' 'From: a@x.test\nfrom: b@x.test\n\nz\n'
message 'NUL in a field' '*NUL*' 'Subject: a\0b\n\nz\n'
message 'open quote' 'To: *without its*' 'To: "a@x.test\n\nz\n'
message 'open comment' 'To: *without its*' 'To: a@x.test (b\n\nz\n'
message 'a hundred comments in each other' 'Cc: *' \
	"Cc: a@x.test $(repeat 100 '(')$(repeat 100 ')')\n\nz\n"
message 'CR in an address' 'To: *' 'To: a@x.test\rb@x.test\n\nz\n'
message 'no UTF-8 in an address' 'To: *neither ASCII nor UTF-8*' 'To: a\377@x.test\n\nz\n'
message 'round in a loop' '5.4.6 *' "$(repeat 101 'Received: from a by b; now\\n')\nz\n"
message '1001 fields' '5.3.4 *' "$(repeat 1001 'X-A: b\\n')\nz\n"
message '300 KB of header' '5.3.4 *' "X-A: $(printf '%307200s' '' | tr ' ' x)\n\nz\n"
message '300 KB of folded lines' '5.3.4 *' "X-A:$(repeat 4000 ' folded folded folded folded folded folded folded folded folded folded\\n')\nz\n"

# --- limits ------------------------------------------------------------------------
{
	printf 'To: '
	seq -f 'rcpt%g@dest.test,' 10000
} | tr -d '\n' >"$T/given"
refused '10000 recipients in one line' 65 '*more than 1000 recipients*' sendmail -t
{
	echo 'To: rcpt0@dest.test'
	seq -f ' ,rcpt%g@dest.test' 1000
} >"$T/given"
refused '1001 recipients' 65 '*more than 1000 recipients*' sendmail -t
mapfile -t list < <(seq -f 'rcpt%g@dest.test' 1001)
cp "$T/letter" "$T/given"
argument '1001 arguments' 65 '*more than 1000 recipients*' "${list[@]}"
NULLMTA_RECIPIENTS=2 message 'header and arguments together' 'more than 2 recipients*' \
	'To: a@x.test, b@x.test\n\nz\n'
truncate -s $((50 * 1024 * 1024 + 1)) "$T/given"
refused 'one octet more than 50 MB' 65 '5.3.4 *' sendmail -i rcpt@dest.test
rm "$T/given"

endless() {
	local code=0
	yes 'again and again' | "$@" || code=${PIPESTATUS[1]}
	return "$code"
}
: >"$T/given"
NULLMTA_MESSAGE_SIZE=100k refused 'stdin never ends' 65 '5.3.4 *' endless sendmail -i rcpt@dest.test

# --- input that cannot be read to its end ------------------------------------------
from_directory() {
	sendmail -i rcpt@dest.test <"$T"
}
from_output() {
	sendmail -i rcpt@dest.test 0>"$T/other"
}
from_nowhere() {
	sendmail -i rcpt@dest.test 0<&-
}
refused 'stdin is a directory' 74 'cannot read the message: *' from_directory
refused 'stdin can only be written' 74 'cannot read the message: *' from_output
refused 'stdin is closed' 74 'cannot read the message: *' from_nowhere

# --- no place for it ---------------------------------------------------------------
no_place() {
	local NULLMTA_SPOOL=$3
	export NULLMTA_SPOOL
	exits "$2" sendmail -odq rcpt@dest.test <"$T/letter"
	[[ $(cat "$T/stderr") == sendmail:\ *"$4"* ]] || fail "$1: $(cat "$T/stderr")"
}
ln -s "$T/spool" "$T/link"
mkdir -m 755 "$T/open"
mkdir -m 700 "$T/half" # but private: it gets what a spool needs
: >"$T/file"
no_place 'a link' 73 "$T/link" 'is not a directory'
no_place 'a link with a slash' 73 "$T/link/" 'is not a directory'
no_place 'open to others' 73 "$T/open" 'chmod 700'
no_place 'a file' 73 "$T/file" 'is not a directory'
no_place 'below a file' 73 "$T/file/spool" 'cannot open the spool'
no_place 'a directory that takes no files' 73 /proc/nullmta-spool 'cannot open the spool'
assert_eq "$(find "$T/spool" "$T/open" "$T/file" -path "*/new/*" | wc -l)" 0 "messages"
NULLMTA_SPOOL=$T/half exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
assert_eq "$(find "$T/half/new" -type f | wc -l)" 1 "messages"
