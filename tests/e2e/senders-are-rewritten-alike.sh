#!/usr/bin/env bash
# The rules of [rewrite] and [header] make one sender of envelope, From, Sender and Reply-To when a
# message leaves, also for mail that was queued before they were written; all else of a message
# stays.
. "$(dirname "$0")/lib.sh"

start_receiver relay
use_relay relay
count=0

# arrives WHY SENDER HEADER OPTION...: $T/letter, given to sendmail, comes from this sender with this
# header (a printf format; of fields that are added for want of them only X-Original-From counts).
arrives() {
	local why=$1 sender=$2 header=$3
	shift 3
	exits 0 sendmail -odi -i "$@" rcpt@dest.test <"$T/letter"
	count=$((count + 1))
	assert_delivered relay "$count"
	assert_eq "$(envelope relay "$count" | sed -n 's/^from \(<.*>\).*/\1/p')" "<$sender>" "$why: sender"
	# shellcheck disable=SC2059  # a format is meant
	printf "$header\n" >"$T/want"
	sed 's/\r$//; /^$/,$d' "$(content relay "$count")" |
		grep -vE '^(Received|Date|Message-ID|	id )' | diff - "$T/want" || fail "$why: header"
	sed 's/\r$//; 1,/^$/d' "$(content relay "$count")" | diff - "$T/body" || fail "$why: body"
}

# rules LINE...: the whole configuration.
rules() {
	printf '%s\n' "$@" >"$T/nullmta.conf"
}

cat >"$T/body" <<'EOF'
From: root@client.test

.A body says what it says: root@client.test
EOF
{
	printf 'From: root (Cron Daemon)\nReply-To: who@else.test\nTo: root\nX-Mailer: m\nSubject: s\n\n'
	cat "$T/body"
} >"$T/letter"
rest='To: root@client.test\nX-Mailer: m\nSubject: s'

# --- none, and each rule alone ---------------------------------------------------------
arrives 'no rule' joe@x.test \
	"From: root@client.test (Cron Daemon)\nReply-To: who@else.test\n$rest" -f joe@x.test
rules '[rewrite]' 'domain = out.test'
arrives 'domain' root@out.test \
	"From: root@out.test (Cron Daemon)\nReply-To: who@else.test\n$rest" -f root
arrives 'domain, and another sender' joe@x.test \
	"From: root@out.test (Cron Daemon)\nReply-To: who@else.test\n$rest" -f joe@x.test
rules '[rewrite]' 'domain = out.test' 'domains = .x.test else.test'
arrives 'more domains' joe@out.test \
	"From: root@out.test (Cron Daemon)\nReply-To: who@out.test\n$rest" -f joe@a.x.test
rules '[rewrite]' 'from = box@out.test'
arrives 'one address for everything' box@out.test \
	"From: box@out.test (Cron Daemon)\nReply-To: who@else.test\n$rest" -f joe@x.test
arrives 'but for the null sender' '' \
	"From: box@out.test (Cron Daemon)\nReply-To: who@else.test\n$rest" -f ''
printf 'root: ops@out.test\nwho@else.test  @dest.test\n' >"$T/map"
rules '[rewrite]' "map = $T/map"
arrives 'a map' ops@out.test \
	"From: ops@out.test (Cron Daemon)\nReply-To: who@dest.test\n$rest" -f root
rules '[rewrite]' 'from = box@out.test' '[generic]' 'root = ops@out.test' 'who@ELSE.test = @dest.test'
arrives 'a map in the configuration' ops@out.test \
	"From: ops@out.test (Cron Daemon)\nReply-To: who@dest.test\n$rest" -f root
rules '[rewrite]' "map = $T/map" '[generic]' 'Root = boss@out.test' '@y.test = @z.test'
arrives 'which counts more than the file' boss@out.test \
	"From: boss@out.test (Cron Daemon)\nReply-To: who@dest.test\n$rest" -f root
arrives 'beside which it stands' joe@z.test \
	"From: boss@out.test (Cron Daemon)\nReply-To: who@dest.test\n$rest" -f joe@y.test
rules '[rewrite]' 'name = %n via %h' 'keep_original = yes'
arrives 'a name' joe@x.test \
	"From: \"Cron Daemon via client.test\" <root@client.test>\nX-Original-From: root@client.test (Cron Daemon)\nReply-To: who@else.test\n$rest" -f joe@x.test
rules '[header]' 'add = X-Host: %h | X-Percent: 100%% %| %h' 'set = Reply-To: help@out.test | X-New: 1' 'remove = x-mailer'
arrives 'fields' joe@x.test \
	'From: root@client.test (Cron Daemon)\nReply-To: help@out.test\nTo: root@client.test\nSubject: s\nX-New: 1\nX-Host: client.test\nX-Percent: 100%% | client.test' -f joe@x.test

# --- several authors, an international domain, a local part outside ASCII ---------------
rules '[rewrite]' 'from = box@bücher.test'
printf 'From: A <a@x.test>, B <b@x.test>\nSender: a@x.test\nSubject: s\n\n' | cat - "$T/body" >"$T/letter"
exits 78 nullmta config check >"$T/said"
assert_contains "$T/said" 'xn--'
rules '[rewrite]' 'from = box@xn--bcher-kva.test'
arrives 'one author' box@xn--bcher-kva.test \
	'From: A <box@xn--bcher-kva.test>\nSender: box@xn--bcher-kva.test\nSubject: s' -f jürgen@x.test

# --- all at once, and the id in the log is the id in the field -----------------------------
printf 'root ops@out.test\n' >"$T/map"
rules '[rewrite]' "map = $T/map" 'from = box@out.test' 'domain = z.test' 'name = %n (%a)' '[header]' 'add = X-Id: %i'
printf 'From: root\nSender: joe\nReply-To: joe\nSubject: s\n\n' | cat - "$T/body" >"$T/letter"
exits 0 sendmail -odi -i rcpt@dest.test <"$T/letter"
count=$((count + 1))
assert_contains "$(content relay "$count")" 'From: "root (root@client.test)" <ops@out.test>'
assert_contains "$(content relay "$count")" 'Sender: box@out.test'
assert_contains "$(content relay "$count")" 'Reply-To: box@out.test'
id=$(sed -n 's/^X-Id: \([0-9A-Z]*\)\r$/\1/p' "$(content relay "$count")")
assert_log delivered "id=$id"

# --- the entries are checked, shown and explained ------------------------------------------
printf 'root map@out.test\njoe map@out.test\n' >"$T/map"
rules '[rewrite]' "map = $T/map" '[generic]' 'root = ops@out.test' '@old.test = @out.test'
exits 0 nullmta config show >"$T/said"
assert_contains "$T/said" "generic.root             = ops@out.test            # $T/nullmta.conf:4"
assert_contains "$T/said" "generic.@old.test        = @out.test               # $T/nullmta.conf:5"
exits 0 nullmta explain --no-dns -f root rcpt@dest.test >"$T/said"
assert_contains "$T/said" "<ops@out.test>, because of root in the generic map ($T/nullmta.conf:4)"
exits 0 nullmta explain --no-dns -f joe rcpt@dest.test >"$T/said"
assert_contains "$T/said" "<map@out.test>, because of joe in the generic map ($T/map:2)"
exits 0 nullmta explain --no-dns -f me@old.test rcpt@dest.test >"$T/said"
assert_contains "$T/said" "<me@out.test>, because of @old.test in the generic map ($T/nullmta.conf:5)"
rules '[generic]' '"root" = ops@out.test' 'joe = Joe' '* = ops@out.test' 'www = a@x.test' 'WWW = b@x.test'
exits 78 nullmta config check >"$T/said"
assert_contains "$T/said" "$T/nullmta.conf:2: a key stands without quotes"
assert_contains "$T/said" "$T/nullmta.conf:3: [generic] joe: not an address or @domain: 'Joe'"
assert_contains "$T/said" "$T/nullmta.conf:4: [generic] *: not a user, address or @domain: a * means nobody"
assert_contains "$T/said" "$T/nullmta.conf:6: [generic] WWW: given a second time, first in line 5"
assert_contains "$T/said" '4 errors'

# --- what was queued before ----------------------------------------------------------------
rules
exits 0 sendmail -odq -i -f root rcpt@dest.test <"$T/letter"
rules '[rewrite]' "map = $T/map"
echo 'root' >>"$T/map"
exits 78 sendmail -q
assert_queued 1
printf 'root late@out.test\n' >"$T/map"
flush
count=$((count + 1))
assert_delivered relay "$count"
assert_contains <(envelope relay "$count") 'from <late@out.test>'
assert_contains "$(content relay "$count")" 'From: late@out.test'
assert_queued 0

# --- a report stays with the local user, and tells of the sender that it had -----------------
stop relay
start_receiver strict --rule 'rcpt * 550 5.1.1 no such user'
use_relay strict
exits 67 sendmail -odi -i -f root rcpt@dest.test <"$T/letter"
assert_reports 1 'Status: 5.1.1'
assert_contains "$T/strict/dialogue" 'MAIL FROM:<late@out.test>'
assert_queued 0
