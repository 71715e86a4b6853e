#!/usr/bin/env bash
# Every mistake in [relay] and in routes is named with its file, line and key, all of them at once;
# no secret is repeated, and until they are mended nothing leaves and nothing is lost.
. "$(dirname "$0")/lib.sh"

cat >"$T/nullmta.conf" <<'EOF_CONF'
[relay]
host = mail.example.org:0
port = smtp
provider = gmial
user = joe
password = hunter2
password_file = hunter3
tls = maybe
tls_fingerprint = 00:11
tls_key = /etc/key
auth = plain hunter4
source = localhost
proxy = socks5://joe:hunter5@
from = joe
sender = a@b.test

[route one]
host = direct
[route two]
sender = *.
host = a.test direct
[route three four]
host = a.test
[route five]
recipient = <>
local_user = joe
tls = none
host = smtps://a.test
host = b.test
EOF_CONF

exits 78 nullmta config check >"$T/checked"
# named LINE KEY TEXT
named() {
	grep -qF "nullmta.conf:$1: $2: $3" "$T/checked" || fail "line $1: $(cat "$T/checked")"
}
named 2 '[relay] host' 'wrong value; give up to 10 relays'
named 3 '[relay] port' 'wrong value; give a number from 1 to 65535, or auto'
named 4 '[relay] provider' 'wrong value; give none, fastmail, gmail, icloud'
named 7 '[relay] password_file' 'wrong value; give an absolute path'
named 8 '[relay] tls' 'wrong value; give auto, none, may, encrypt, verify, fingerprint or dane'
named 9 '[relay] tls_fingerprint' 'wrong value; give SHA-256 fingerprints'
named 10 '[relay] tls_key' 'a key without tls_cert'
named 11 '[relay] auth' 'wrong value; give mechanisms between spaces, of these: EXTERNAL'
named 12 '[relay] source' 'wrong value; give an IP address of this machine'
named 13 '[relay] proxy' 'wrong value; give socks5://host:port'
named 14 '[relay] from' 'wrong value; give an address'
named 15 '[relay] sender' 'unknown key; this section has host, port'
grep -qF '[route one] recipient: this route is for no mail' "$T/checked" || fail 'route one'
named 20 '[route two] sender' 'wrong value; give up to 64 addresses or domains'
named 21 '[route two] host' 'wrong value; give up to 10 relays'
named 22 '[route three four]' 'unknown section; the sections are nullmta, relay, route NAME'
named 25 '[route five] recipient' 'wrong value; give up to 64 addresses or domains'
named 27 '[route five] tls' 'none, but host asks for TLS; remove one of them'
named 29 '[route five] host' 'given a second time, first in line 28'
assert_lacks "$T/checked" hunter

# mail is taken, and waits
letter >"$T/letter"
exits 0 sendmail -odi a@dest.test <"$T/letter"
assert_contains "$T/stderr" 'the message is queued all the same'
exits 78 nullmta flush --now
assert_lacks "$T/stderr" hunter
assert_queued 1
