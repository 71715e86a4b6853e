#!/usr/bin/env bash
# `nullmta send` makes a message that any MIME reader takes apart again, octet by octet.
. "$(dirname "$0")/lib.sh"

need python3

start_receiver mx
use_relay mx

# parts NUMBER DIR: take message NUMBER apart with Python's parser: header, text, files.
parts() {
	mkdir -p "$2"
	python3 - "$T/mx/$1.eml" "$2" <<'PYTHON'
import email, email.policy, os, sys
raw = open(sys.argv[1], "rb").read()
assert max(map(len, raw.split(b"\r\n"))) <= 998 and max(raw) < 128, "not 7-bit lines"
m = email.message_from_bytes(raw, policy=email.policy.default)
assert not m.defects, m.defects
with open(sys.argv[2] + "/header", "w") as out:
    for name, value in m.items():
        print(f"{name}: {value}", file=out)
for n, part in enumerate(p for p in m.walk() if not p.is_multipart()):
    assert not part.defects, part.defects
    with open(f"{sys.argv[2]}/{n}", "wb") as out:
        out.write(part.get_payload(decode=True))
    with open(f"{sys.argv[2]}/{n}.type", "w") as out:
        name = part.get_filename()
        print(part.get_content_type(), part.get_content_charset(),
              part.get_content_disposition(), ascii(name) if name else "", file=out)
PYTHON
}

# sent CODE ARGUMENTS...: with $T/text on stdin
sent() {
	local code=$1
	shift
	exits "$code" nullmta send "$@" <"$T/text"
	settle
}

# A text alone.
printf 'disk is full\n.\n..\nFrom here on\n' >"$T/text"
sent 0 -s 'disk full' admin@dest.test
parts 0001 "$T/1"
printf 'disk is full\r\n.\r\n..\r\nFrom here on\r\n' | cmp - "$T/1/0"
assert_contains "$T/1/0.type" 'text/plain us-ascii None'
assert_contains "$T/1/header" 'Subject: disk full'
assert_contains "$T/1/header" 'To: admin@dest.test'
assert_contains "$T/mx/0001.env" 'admin@dest.test'
for name in Date Message-ID From MIME-Version; do
	assert_contains "$T/1/header" "$name: "
done

# Names, several recipients, Bcc in the envelope alone, UTF-8 everywhere.
printf 'Grüße \n%s\nEnde' "$(printf '%05000d' 7)" >"$T/text"
sent 0 -s 'Grüße aus Köln' -f 'Jürgen Groß <j@client.test>' -c 'Ann "A" Lee <ann@dest.test>' \
	-b hidden@dest.test -H 'Reply-To: list@dest.test' --html 'Bob <bob@dest.test>, carl@dest.test'
parts 0002 "$T/2"
assert_contains "$T/2/header" 'Subject: Grüße aus Köln'
assert_contains "$T/2/header" 'From: Jürgen Groß <j@client.test>'
assert_contains "$T/2/header" 'To: Bob <bob@dest.test>, carl@dest.test'
assert_contains "$T/2/header" 'ann@dest.test'
assert_contains "$T/2/header" 'Reply-To: list@dest.test'
assert_contains "$T/2/0.type" 'text/html utf-8 None'
assert_lacks "$T/mx/0002.eml" hidden
for name in bob carl ann hidden; do
	assert_contains "$T/mx/0002.env" "$name@dest.test"
done
assert_contains "$T/mx/0002.env" 'j@client.test'
sed 's/$/\r/' "$T/text" | head -c -1 | cmp - <(head -c -2 "$T/2/0")

# Files: any octets, any name.
printf 'see attached\n' >"$T/text"
head -c 300001 /dev/urandom >"$T/random.bin"
printf 'Größe;Preis\r\n1;2' >"$T/Größe \"x\".csv"
: >"$T/empty.PDF"
long=$(printf 'n%.0s' {1..200}).txt
printf '\xff\xfe' >"$T/$long"
sent 0 -s files -a "$T/random.bin" --attach="$T/Größe \"x\".csv" -a"$T/empty.PDF" \
	--attach "$T/$long" admin@dest.test
parts 0003 "$T/3"
printf 'see attached\r\n' | cmp - "$T/3/0"
cmp "$T/random.bin" "$T/3/1"
cmp "$T/Größe \"x\".csv" "$T/3/2"
cmp "$T/empty.PDF" "$T/3/3"
cmp "$T/$long" "$T/3/4"
assert_contains "$T/3/1.type" "application/octet-stream None attachment 'random.bin'"
assert_contains "$T/3/2.type" "text/csv utf-8 attachment 'Gr\\xf6\\xdfe \"x\".csv'"
assert_contains "$T/3/3.type" "application/pdf None attachment 'empty.PDF'"
assert_contains "$T/3/4.type" "attachment '$long'"

# A file by a pipe, and a text that is larger than what is looked at.
seq 1 300000 | sed 's/$/ ä/' >"$T/text"
sent 0 -a <(printf pipe) admin@dest.test
parts 0004 "$T/4"
sed 's/$/\r/' "$T/text" | cmp - "$T/4/0"
assert_eq "$(cat "$T/4/1")" pipe
assert_delivered mx 4

# Nothing of what follows is sent.
printf 'text\n' >"$T/text"
sent 66 -s x -a "$T/random.bin" -a "$T/nosuch" admin@dest.test
assert_contains "$T/stderr" nosuch
sent 66 -a "$T" admin@dest.test
assert_contains "$T/stderr" directory
sent 64 -s x
assert_contains "$T/stderr" 'no recipient'
sent 64 -s
sent 64 --nosuch admin@dest.test
sent 64 -H 'Bcc: x@dest.test' admin@dest.test
sent 65 -H $'X-A: b\nBcc: x@dest.test' admin@dest.test
sent 65 'a@@dest.test'
sent 65 -f 'a b' admin@dest.test
exits 74 nullmta send admin@dest.test <&-
assert_delivered mx 4
assert_queued 0

# A file that cannot be read to its end: /proc/self/mem opens and gives an I/O error.
sent 66 -a /proc/self/mem admin@dest.test
exits 0 nullmta send --help
assert_delivered mx 4
assert_queued 0
assert_eq "$(find "$NULLMTA_SPOOL/tmp" -type f | wc -l)" 0 "leftovers"

# Memory does not grow with what is attached (a sanitizer wants more for itself).
: >"$T/text"
truncate -s 60M "$T/large"
(
	export NULLMTA_DELIVER=queue NULLMTA_MESSAGE_SIZE=100m
	grep -qa __asan_init "$BUILD/bin/nullmta" || ulimit -v 40000
	exits 0 nullmta send -a "$T/large" admin@dest.test <"$T/text"
)
assert_queued 1
