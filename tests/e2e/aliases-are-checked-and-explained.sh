#!/usr/bin/env bash
# What is wrong with the aliases is told with its line, by `nullmta config check' and by
# `newaliases', and stops nothing; `nullmta explain' and `sendmail -bv' show each step.
. "$(dirname "$0")/lib.sh"

export NULLMTA_LOCAL_ALIASES=$T/aliases

# says <<WANT: what the last command said is this.
says() {
	diff - "$T/said" || fail "it says something else"
}

# --- a file that is right ------------------------------------------------------------
cat >"$T/staff" <<EOF
# people
ann@x.test, bob@x.test
EOF
cat >"$T/aliases" <<EOF
# who is who
mailer-daemon: postmaster
postmaster: root
root: \\root, ops@x.test,
	staff
staff: :include:$T/staff
bit-bucket: /dev/null
EOF
exits 0 newaliases >"$T/said" 2>&1
[ ! -s "$T/said" ] || fail "newaliases says something"
exits 0 nullmta config check >"$T/said"
assert_contains "$T/said" 'the configuration is fine, read:'

export NULLMTA_RELAY=127.0.0.1:2525
goes='goes         through the relay 127.0.0.1, port 2525, because of [relay] host (NULLMTA_RELAY)'
root="is an alias ($T/aliases:4) for root@client.test itself, ops@x.test, staff@client.test"
staff="staff@client.test is an alias ($T/aliases:6) for ann@x.test, bob@x.test"
exits 0 nullmta explain --no-dns -f a@x.test MAILER-DAEMON ann@x.test root@localhost >"$T/said"
says <<EOF
sender
  given        <a@x.test>
  on the wire  <a@x.test>
recipient MAILER-DAEMON@client.test
  alias        MAILER-DAEMON@client.test is an alias ($T/aliases:2) for postmaster@client.test
  alias        postmaster@client.test is an alias ($T/aliases:3) for root@client.test
  alias        root@client.test $root
  alias        $staff
recipient root@client.test
  on the wire  <root@client.test>
  $goes
recipient ops@x.test
  on the wire  <ops@x.test>
  $goes
recipient ann@x.test
  on the wire  <ann@x.test>
  $goes
recipient bob@x.test
  on the wire  <bob@x.test>
  $goes
recipient ann@x.test
  on the wire  <ann@x.test>
  $goes
recipient root@localhost
  alias        root@localhost $root
  alias        $staff
EOF

# the name itself is told of where it was asked for
exits 0 nullmta explain --no-dns -f a@x.test root >"$T/said"
sed -n '4,7p' "$T/said" >"$T/part"
diff - "$T/part" <<EOF || fail "root does not keep its mail"
recipient root@client.test
  alias        root@client.test $root
  alias        $staff
  on the wire  <root@client.test>
EOF
exits 0 sendmail -bv bit-bucket </dev/null >"$T/said"
assert_contains "$T/said" 'goes         to nobody: it is discarded'

# --- a file that is not --------------------------------------------------------------
cat >"$T/aliases" <<EOF
root: |/usr/bin/procmail
good: a@x.test, /var/mail/archive
list: :include:$T/nowhere
one: two
two: one
three
other@y.test: a@x.test
EOF
cat >"$T/want" <<EOF
$T/aliases:1: warning: '|/usr/bin/procmail': nullmta runs no programs for mail; give an address instead
$T/aliases:2: warning: '/var/mail/archive': nullmta writes mail to no files; give an address instead
$T/aliases:3: warning: $T/nowhere: cannot be read: No such file or directory
$T/aliases:6: warning: no ':' behind a name; write NAME: ADDRESS, ADDRESS...
$T/aliases:7: warning: other@y.test is never used: its domain is not of this machine; [rewrite] domains in nullmta.conf may name it
$T/aliases:5: warning: two leads back to one (line 4), whose mail stays there; take one of them out
EOF
exits 0 nullmta config check >"$T/said"
head -n 6 "$T/said" | diff "$T/want" - || fail "config check says something else"
exits 0 newaliases 2>"$T/said" >"$T/stdout"
sed 's/^/newaliases: /' "$T/want" | diff - "$T/said" || fail "newaliases says something else"
[ ! -s "$T/stdout" ] || fail "newaliases prints to stdout"
exits 0 sendmail -bi 2>"$T/said"
assert_contains "$T/said" 'runs no programs'

exits 75 nullmta explain --no-dns root good >"$T/said"
assert_contains "$T/said" "not now      $T/aliases:1: '|/usr/bin/procmail': nullmta runs no programs for mail"
assert_contains "$T/said" '  on the wire  <a@x.test>'

# --- a file that cannot be read ------------------------------------------------------
# one that is named has to be there: else mail for root might go to a stranger
rm "$T/aliases"
exits 0 nullmta config check >"$T/said"
assert_contains "$T/said" "$T/aliases: warning: [local] aliases: cannot be read: No such file or directory; mail for local names waits"
exits 75 nullmta explain --no-dns root@localhost >"$T/said"
assert_contains "$T/said" "not now      $T/aliases cannot be read: No such file or directory"
exits 0 nullmta explain --no-dns ann@x.test

mkfifo "$T/aliases"
exits 0 newaliases 2>"$T/said"
assert_contains "$T/said" 'is no regular file'
rm "$T/aliases"
truncate -s 16777217 "$T/aliases"
exits 0 newaliases 2>"$T/said"
assert_contains "$T/said" 'it is larger than 16777216 octets'

# --- none ----------------------------------------------------------------------------
export NULLMTA_LOCAL_ALIASES=none
exits 0 nullmta explain --no-dns root >"$T/said"
assert_lacks "$T/said" alias
NULLMTA_LOCAL_ALIASES=aliases exits 78 nullmta config check >"$T/said"
assert_contains "$T/said" 'NULLMTA_LOCAL_ALIASES: [local] aliases: wrong value; give an absolute path,'
assert_contains "$T/said" 'or none'
