#!/usr/bin/env bash
# shellcheck disable=SC2059  # files are written as printf formats
# What is wrong with a configuration is told with file, line, key and what would be right, all at
# once, without a value; a submission is stored all the same, a flush stops, and the mail leaves
# when the file is mended. Rows 131 to 142 of the bad input, for the keys that there are.
. "$(dirname "$0")/lib.sh"

file=$NULLMTA_CONF
secret=Tr0ub4dor

# checked CODE COMMAND...: what it says is in $T/said.
checked() {
	local got=0
	timeout 10 nullmta config check "${@:2}" >"$T/said" 2>&1 || got=$?
	assert_eq "$got" "$1" "exit code ($(cat "$T/said"))"
	assert_lacks "$T/said" "$secret"
}

# wrong LINE TEXT FORMAT: the file is wrong in this line, and the check says this of it.
wrong() {
	printf "$3" >"$file"
	checked 78
	[ "$(grep -cF "$file:$1: $2" "$T/said")" = 1 ] || fail "not '$2' in line $1: $(cat "$T/said")"
	assert_contains "$T/said" '1 error, read: '
}

# values SECTION KEY TEXT VALUE...: none of them is a value of this key.
values() {
	local value
	for value in "${@:4}"; do
		wrong 2 "[$1] $2: wrong value; $3" "[$1]\n$2 = $value\n"
	done
}

# fine FORMAT
fine() {
	printf "$1" >"$file"
	checked 0
	assert_eq "$(cat "$T/said")" "the configuration is fine, read: $file" "what is said"
}

# --- lines: rows 131 to 136 -----------------------------------------------------------
wrong 2 '[relay] hots: unknown key; this section has host, port' "[relay]\nhots = $secret\n"
wrong 1 '[realy]: unknown section; the sections are nullmta, relay' "[realy]\nhost = $secret\nport = 1\n"
wrong 3 '[relay] HOST: given a second time, first in line 2' "[relay]\nhost = a.test\nHOST = $secret\n"
wrong 5 '[Relay] host: given a second time, first in line 2' "[relay]\nhost = a.test\n[log]\n[Relay]\nhost = $secret\n"
wrong 2 '[relay] host: the value would be cut at the ; or #' "[relay]\nhost = ab#$secret;e\n"
wrong 2 'no = in this line' "[relay]\npassword \"$secret\"\n"
wrong 2 'the line is longer than 1000 octets' "[relay]\nhost = $(printf '%1100s' '' | tr ' ' x)\n"
wrong 2 'a control character in the line' "[relay]\nhost = a\0$secret\n"
wrong 1 'the file begins with a byte order mark' '\357\273\277[relay]\nhost = a.test\n'
wrong 2 'a backslash at the end would join' '[relay]\nhost = a.test \\\nport = 25\n'
wrong 2 '[relay] host: text behind the closing quote' "[relay]\nhost = \"a.test\" $secret\n"
wrong 2 '[relay] host: the quote that closes the value is missing' "[relay]\nhost = \"$secret\n"
wrong 1 'a key in front of any section' "host = $secret\n"
wrong 1 'the ] that closes' "[relay\nhost = $secret\n"

# --- values: rows 138 to 140 ------------------------------------------------------------
values relay port 'give a number from 1 to 65535' 0 65536 25x '" 25"' -1 99999999999999999999 ''
values delivery connect_timeout 'give a duration' -1 5x 100000000000000000000 0 5y 1h30m 1.5h ''
values relay host 'give up to 10 relays' "$secret ..b" "$(printf '%300s' '' | tr ' ' x)" -a.test a..b '"a;b"' a_b.test/ a:65536 \
	smtp://user:$secret@a.test "direct $secret" ftp://a.test
wrong 2 'a control character in the line' "[relay]\nhost = a\r$secret\n"
values spool retry 'give 1 to 32 durations' '1m 0s' '' "$(printf '1m %.0s' {1..33})"
values spool dir 'give an absolute path' relative '../x' '/x/%%s'
values bounce to 'give auto, user or sender' "$secret $secret"
values log target 'give auto, syslog, stderr or none' relative
values dns nameserver 'give up to 3 numeric addresses' dns.test 127.0.0.1:0 '1.2.3.4 x' '::1 ::2 ::3 ::4'
values nullmta recipients 'give a number from 1 to 10000' 0 10001
values nullmta message_size 'give octets' 1 50x 2000g
printf '[log]\ntarget = x\n[relay]\nport = 0\nhots = b\n[spool]\nlifetime = soon\n' >"$file"
checked 78
assert_contains "$T/said" '4 errors, read: '

# --- what is right ---------------------------------------------------------------------------
fine ''
fine '# a comment\n\n; another\n[relay]\n'
fine "[relay]\r\nHost = 'mail.x.test'\r\nport=25\r\n"
fine '[spool]\nretry = 1m 5m\n[relay]\nhost =\n[log]\ntarget = "/var/log/a;b#c"\n[spool]\nlifetime = 5d\n'
NULLMTA_RELAY=smtp://x.test:2525 nullmta config show >"$T/said"
grep -qE '^relay\.host += x\.test +# NULLMTA_RELAY' "$T/said" || fail "$(cat "$T/said")"
grep -qE '^relay\.port += 2525 ' "$T/said" || fail "$(cat "$T/said")"
grep -qE "^spool\.retry += 1m 5m +# .*$file:2" "$T/said" || fail "$(cat "$T/said")"
grep -qE '^delivery\.connections += 10 +# default' "$T/said" || fail "$(cat "$T/said")"
if command -v python3 >/dev/null; then
	nullmta config show --json | python3 -c 'import json, sys; assert json.load(sys.stdin)["keys"]'
fi

# --- files: row 142 ------------------------------------------------------------------------
rm "$file"
checked 78
assert_contains "$T/said" "$file: there is no such file"
mkdir "$file"
checked 78
assert_contains "$T/said" "$file: not a regular file but a directory"
rmdir "$file"
mkfifo "$file"
checked 78
assert_contains "$T/said" "$file: not a regular file but a pipe"
rm "$file"
printf '[relay]\nhost = a.test\n' >"$file"
chmod 0 "$file"
if [ "$(id -u)" != 0 ]; then
	checked 78
	assert_contains "$T/said" "$file: cannot be opened: Permission denied"
fi
chmod 600 "$file"
checked 78 -C "$T/nowhere"
checked 0 -C "$file"
checked 64 -C
for word in '' nonsense; do
	exits 64 nullmta config ${word:+"$word"} >/dev/null
done

# --- the environment ---------------------------------------------------------------------------
: >"$file"
NULLMTA_RELAY_PORT=0 checked 78
assert_contains "$T/said" 'NULLMTA_RELAY_PORT: [relay] port: wrong value'
NULLMTA_BOGUS=1 checked 0
assert_contains "$T/said" 'NULLMTA_BOGUS: warning: no variable of this version; it is ignored'
NULLMTA_RELAY_HOST='' checked 0

# --- no mail is lost --------------------------------------------------------------------------------
start_receiver relay
letter >"$T/letter"
for mistake in '[relay]\nhots = a.test\n' '[relay]\nhost = a/b\n' '[spool]\nretry = never\n' \
	'[nullmta]\nrecipients = 0\nmessage_size = 0\n' '[log]\ntarget = nowhere\n' 'garbage\0\n'; do
	printf "$mistake" >"$file"
	NULLMTA_LOG='' exits 0 sendmail -i -f sender@client.test rcpt@dest.test <"$T/letter"
	assert_contains "$T/stderr" "sendmail: $file:"
	assert_contains "$T/stderr" 'the message is queued all the same'
	settle
done
exits 0 sendmail -odi -i -f sender@client.test rcpt@dest.test <"$T/letter"
rm "$file"
exits 0 sendmail -i -f sender@client.test rcpt@dest.test <"$T/letter"
settle
for command in 'nullmta flush' 'nullmta flush --now' 'sendmail -q' 'sendmail -q1h'; do
	# shellcheck disable=SC2086  # several words
	exits 78 $command
	assert_contains "$T/stderr" 'nullmta flush: '
done
assert_queued 8
assert_delivered relay 0
printf '[relay]\nhost = 127.0.0.1\nport = %s\n' "${port[relay]}" >"$file"
exits 0 nullmta flush
assert_queued 0
assert_delivered relay 8
assert_reports 0
