#!/usr/bin/env bash
# `nullmta explain' and `sendmail -bv' say where mail would go, why, and what others would see of
# its sender; nothing is sent or queued.
. "$(dirname "$0")/lib.sh"

start_dns <<'ZONE'
dest.test MX 20 mx2.host.test
dest.test MX 10 mx1.host.test
xn--bcher-kva.test MX 10 mx1.host.test
mx1.host.test A 127.0.0.1
mx2.host.test A 127.0.0.2
null.test MX 0 .
ZONE
start_receiver mx1
use_mx mx1
at=${port[mx1]}

# says WANT: what the last command said is this.
says() {
	diff "$T/said" - || fail "it says something else"
}

# --- ways ------------------------------------------------------------------------------
exits 0 nullmta explain -f joe@dest.test b@dest.test a@bücher.test B@dest.test b@dest.test >"$T/said"
says <<EOF
sender
  given        <joe@dest.test>
  on the wire  <joe@dest.test>
recipient b@dest.test
  on the wire  <b@dest.test>
  goes         to the mail servers of dest.test, because there is no [relay] host
  hosts        mx1.host.test[127.0.0.1]:$at, preference 10
               mx2.host.test[127.0.0.2]:$at, preference 20
recipient a@bücher.test
  on the wire  <a@xn--bcher-kva.test>
  goes         to the mail servers of xn--bcher-kva.test, because there is no [relay] host
  hosts        mx1.host.test[127.0.0.1]:$at, preference 10
recipient B@dest.test
  on the wire  <B@dest.test>
  goes         to the mail servers of dest.test, because there is no [relay] host
  hosts        mx1.host.test[127.0.0.1]:$at, preference 10
               mx2.host.test[127.0.0.2]:$at, preference 20
EOF
exits 68 nullmta explain a@null.test b@dest.test >"$T/said"
assert_contains "$T/said" 'cannot go    null.test: it accepts no mail (null MX)'
assert_contains "$T/said" 'mx2.host.test'

exits 65 nullmta explain "a@[1.2.3.4.5]"
exits 0 nullmta explain --no-dns a@null.test >"$T/said"
assert_lacks "$T/said" 'null MX'
NULLMTA_RELAY=127.0.0.1:2525 exits 0 nullmta explain a@null.test >"$T/said"
assert_contains "$T/said" 'through the relay 127.0.0.1, port 2525, because of [relay] host (NULLMTA_RELAY)'
NULLMTA_DNS_NAMESERVER=127.0.0.1:1 exits 75 nullmta explain a@dest.test >"$T/said"
assert_contains "$T/said" 'not now'

# --- senders ---------------------------------------------------------------------------
cat >"$T/nullmta.conf" <<EOF
[rewrite]
map = $T/map
from = box@out.test
name = %n via %h
keep_original = yes
[header]
add = X-Host: %h
remove = X-Mailer
EOF
echo 'root ops@out.test' >"$T/map"
cat >"$T/letter" <<'EOF'
From root Mon Nov 23 09:00:00 2026
From: root (Cron Daemon)
To: b@dest.test
Bcc: c@dest.test
Reply-To: who@else.test
Date: Mon, 23 Nov 2026 09:00:00 +0000
Message-ID: <1@client.test>
X-Mailer: an old one,
 folded

To: nobody@null.test
EOF
sed 's/  *$//' >"$T/want" <<'EOF'
  - From: root (Cron Daemon)
  - Bcc: c@dest.test
  - X-Mailer: an old one, folded
  + From: "Cron Daemon via client.test" <ops@out.test>
  + X-Original-From: root@client.test (Cron Daemon)
  = Reply-To: who@else.test
  + X-Host: client.test
EOF
exits 0 nullmta explain --from=root -m "$T/letter" >"$T/said"
sed -n '/^header/,/^recipient/p' "$T/said" | sed '1d;$d' | diff - "$T/want" || fail 'the header is another one'
assert_contains "$T/said" "on the wire  <ops@out.test>, because of root in the generic map ($T/map:1)"
assert_eq "$(sed -n 's/^recipient //p' "$T/said" | paste -sd ' ')" 'b@dest.test c@dest.test' recipients
exits 0 nullmta explain -m "$T/letter" d@dest.test >"$T/said"
assert_eq "$(sed -n 's/^recipient //p' "$T/said" | paste -sd ' ')" 'd@dest.test' recipients

# --- the same by sendmail ----------------------------------------------------------------
exits 0 sendmail -bv -f '' -t <"$T/letter" >"$T/said"
assert_contains "$T/said" 'on the wire  <> (never changed)'
assert_contains "$T/said" '"Cron Daemon via client.test" <ops@out.test>'
exits 0 sendmail -bv -f other@x.test b@dest.test </dev/null >"$T/said"
assert_contains "$T/said" 'on the wire  <box@out.test>, because of [rewrite] from ('

# --- mistakes ----------------------------------------------------------------------------
exits 64 nullmta explain
exits 64 nullmta explain -x a@dest.test
exits 64 nullmta explain -m
exits 65 nullmta explain 'a b'
exits 65 nullmta explain -f 'a b' a@dest.test
exits 74 nullmta explain -m "$T/nothing"
printf 'From: a@x.test\nFrom: b@x.test\n\n' >"$T/two"
exits 65 nullmta explain -m "$T/two"
echo 'joe' >>"$T/map"
exits 78 nullmta explain a@dest.test
assert_contains "$T/stderr" 'map:2: one word'
exits 78 nullmta config check
echo "joe joe" >"$T/map"
exits 78 sendmail -q
rm "$T/map"
exits 78 nullmta config check >"$T/said"
assert_contains "$T/said" '[rewrite] map: cannot be read: No such file'
exits 0 nullmta explain --help >"$T/said"

assert_delivered mx1 0
assert_queued 0
