#!/usr/bin/env bash
# shellcheck disable=SC2059  # cases are written as printf formats
# Who gets a message: addresses in every form that people and programs write, from the command
# line and, with -t, from the header; each recipient once; Bcc never told. What reaches the server
# as MAIL and RCPT. Rows 87, 89, 104, 105, 107, 108, 111 to 114, 117 and 120 of the bad input.
. "$(dirname "$0")/lib.sh"

start_receiver relay --with SMTPUTF8
use_relay relay
# one connection: message N of the queue is message N there
export NULLMTA_DELIVERY_PER_DESTINATION=1

names=()
wants=()

expect() {
	names+=("$1")
	wants+=("$2")
}

# header WHY WANT FIELDS [OPTION...]: FIELDS is a printf format; WANT has '|' between recipients.
header() {
	expect "$1" "<sender@client.test> $2"
	printf "$3\n\nTo: not@this.test\n" >"$T/given"
	exits 0 sendmail -odq -i -t -f sender@client.test "${@:4}" <"$T/given"
}

# words WHY WANT ARGUMENT...: the header names others, who get nothing.
words() {
	expect "$1" "<sender@client.test> $2"
	printf 'To: not@this.test\nBcc: nor@this.test\n\nz\n' >"$T/given"
	exits 0 sendmail -odq -i -f sender@client.test -- "${@:3}" <"$T/given"
}

# sender WHY WANT OPTION...
sender() {
	expect "$1" "$2 <a@x.test>"
	exits 0 sendmail -odq -i "${@:3}" a@x.test <"$T/given"
}

# --- the command line --------------------------------------------------------------
words 'plain' '<a@x.test>' a@x.test
words 'a bare name gets the domain' '<root@client.test>' root
words 'in brackets' '<a@x.test>' '<a@x.test>'
words 'with a name' '<a@x.test>' 'A Name <a@x.test>'
words 'with a name that should be quoted' '<j@x.test>' 'Mr. J. Doe @ Home <j@x.test>'
words 'cron: a list in one argument' '<a@x.test>|<root@client.test>' 'a@x.test,root'
words 'empty list elements' '<a@x.test>|<b@x.test>' ', a@x.test,,b@x.test ,' ''
words 'a comment' '<a@x.test>' 'a@x.test (of (all) people \))'
words 'blanks and comments within' '<a.b@x.test>' 'a . b (c) @ x.test'
words 'a quoted blank' '<"a b"@x.test>' '"a b"@x.test'
words 'a quoted quote' '<"a\"b"@x.test>' '"a\"b"@x.test'
words 'a quoted comma' '<"b,c"@x.test>|<d@x.test>' '"b,c"@x.test,d@x.test'
words 'quotes without need' '<a@x.test>' '"a"@x.test'
words 'two dots in quotes' '<"a..b"@x.test>' '"a..b"@x.test'
words 'a source route' '<a@x.test>' '<@r1.test,@r2.test:a@x.test>'
words 'and without brackets' '<a@x.test>' '@r1.test,@r2.test:a@x.test'
words 'a dot at the end of the domain' '<a@x.test>' a@x.test.
words 'all that may stand in a name' "<a!b#c\$d%e&f'g*h+i/j=k?l^m_n\`o{p|q}r~s@x.test>" \
	"a!b#c\$d%e&f'g*h+i/j=k?l^m_n\`o{p|q}r~s@x.test"
words 'a group' '<a@x.test>|<b@x.test>' 'people: a@x.test, B <b@x.test>;'
words 'a group within a list' '<a@x.test>|<b@x.test>|<c@x.test>' 'a@x.test, g: b@x.test;, c@x.test'
words 'an address literal' '<a@[192.0.2.1]>' 'a@[192.0.2.1]'
words 'an IPv6 literal' '<a@[IPv6:2001:db8::1]>' 'a@[IPv6:2001:db8::1]'
words 'behind -- a dash is a letter' '<-f@client.test>|<-t@x.test>' -f -t@x.test
words 'twice is once' '<a@x.test>' a@x.test a@X.TEST 'A <a@x.test>'
words 'but a local part has a case' '<a@x.test>|<A@x.test>' a@x.test A@x.test
long=$(printf '%64s' '' | tr ' ' x)
words 'the longest local part' "<$long@x.test>" "$long@x.test"
words 'an international domain' '<a@xn--bcher-kva.test>' a@bücher.test
words 'one with a sharp s, one with a ligature' '<a@xn--strae-oqa.test>|<a@ff.test>' a@straße.test a@ﬀ.test
words 'a local part outside ASCII' '<ü@x.test>' ü@x.test

# --- the header --------------------------------------------------------------------
header 'To, Cc and Bcc' '<a@x.test>|<b@x.test>|<c@x.test>' 'To: a@x.test\nCc: b@x.test\nBcc: c@x.test'
header 'names in any case, blanks before the colon' '<a@x.test>|<b@x.test>' 'TO : a@x.test\nbCC\t: b@x.test'
header 'several To fields' '<a@x.test>|<b@x.test>' 'To: a@x.test\nTo: b@x.test'
header 'only Bcc' '<a@x.test>' 'Bcc: a@x.test'
header 'folded, with a tab' '<a@x.test>|<b@x.test>|<c@x.test>' 'To: a@x.test,\n\tb@x.test,\n  C\n <c@x.test>'
header 'groups, comments, quoted commas' '<"x, y"@x.test>|<a@x.test>|<b@x.test>' \
	'To: "Last, First" <"x, y"@x.test>, group: a@x.test, (no, one) b@x.test;'
header 'an empty group says nothing' '<a@x.test>' 'To: undisclosed-recipients:;\nBcc: a@x.test'
header 'nor does one without end' '<a@x.test>' 'To: undisclosed-recipients:\nBcc: a@x.test'
header 'encoded words and raw names' '<a@x.test>|<b@x.test>' 'To: =?utf-8?q?Gr=C3=BCn=2C?= <a@x.test>, Grün <b@x.test>'
header 'root, as cron writes it' '<root@client.test>' 'From: root (Cron Daemon)\nTo: root'
header 'arguments are added, once' '<b@x.test>|<c@x.test>|<a@x.test>' 'To: a@x.test, b@x.test' b@x.test c@x.test
header 'arguments alone will do' '<b@x.test>' 'Subject: x' b@x.test
header 'Resent fields instead of the plain ones' '<r@x.test>|<s@x.test>' \
	'Resent-To: r@x.test\nResent-Bcc: s@x.test\nTo: a@x.test'
header 'of the latest resending' '<new@x.test>' \
	'Resent-From: b@x.test\nResent-To: new@x.test\nReceived: by b\nResent-From: a@x.test\nResent-To: old@x.test\nTo: a@x.test'
header 'CRLF' '<a@x.test>|<b@x.test>' 'To: a@x.test,\r\n b@x.test\r'
header 'the header ends where it ends' '<a@x.test>' 'To: a@x.test\nno field\nBcc: b@x.test'
header 'in a bundle with -i and -f' '<a@x.test>' 'To: a@x.test' -tifsender@client.test

# --- who sends ---------------------------------------------------------------------
me=$(id -un 2>/dev/null) || me=uid$(id -u)
sender 'the user' "<$me@client.test>"
LOGNAME=other USER=other NAME=other MAILUSER=other HOME=/ sender 'whatever the environment says' "<$me@client.test>"
EMAIL='Me <me@x.test>' sender 'but for EMAIL' '<me@x.test>'
EMAIL='not an address' sender 'if that is an address' "<$me@client.test>"
EMAIL=$'me@x.test\nBcc: hidden@x.test' sender 'and nothing behind it' "<$me@client.test>"
sender '-f' '<b@x.test>' -f b@x.test
sender 'joined' '<b@x.test>' -fb@x.test
sender '-r' '<b@x.test>' -r b@x.test
sender 'the last one' '<c@x.test>' -f b@x.test -rc@x.test
sender 'with a name' '<b@x.test>' -f 'B <b@x.test>'
sender 'a bare word' '<fail2ban@client.test>' -f fail2ban
sender 'null' '<>' -f ''
sender 'null in brackets' '<>' -f '<>'
sender 'null, joined' '<>' '-f<>'
sender 'options that others know' "<$me@client.test>" \
	-v -oem -oep -oeq -oew -oee -em -o7 -oo -om -or0s -oMrsmtp -ODeliveryMode=q -G -U -n -m -Am -d0 -h 5 -L tag -p smtp:here

flush
assert_queued 0
assert_delivered relay "${#names[@]}"
for i in "${!names[@]}"; do
	got=$(envelope relay $((i + 1)) | sed -n 's/^\(from\|to\) \(<.*>\).*/\2/p' | paste -sd '|')
	assert_eq "${got/|/ }" "${wants[i]}" "${names[i]}"
	! sed '/^\r$/q' "$(content relay $((i + 1)))" | grep -qiE '^(resent-)?bcc' || fail "${names[i]}: Bcc is there"
done
assert_eq "$(grep -c 'MAIL FROM:.* SMTPUTF8' "$T/relay/dialogue")" 1 'messages with SMTPUTF8'

# an address that needs SMTPUTF8 is not sent without it
stop relay
start_receiver plain
use_relay plain
exits '6[79]' sendmail -odi -f sender@client.test ü@x.test <"$T/given"
assert_reports 1 'Status: 5.6.7'

# a domain that is none in DNS is looked up nowhere, and no relay is asked for it
for address in a@xn--zzzzz99999.test $'a@ex\u200dample.test' $'a@x\u202e.test'; do
	rm "$T/mbox"
	exits '6[79]' sendmail -odi -f sender@client.test "$address" <"$T/given"
	assert_reports 1 'Status: 5.1.2'
done
assert_delivered plain 0

# a literal that is this machine is no place to send to
unset NULLMTA_RELAY
for address in 'a@[127.0.0.1]' 'a@[IPv6:::1]'; do
	rm "$T/mbox"
	NULLMTA_DELIVERY_LOCAL_HOSTS=no exits '6[79]' sendmail -odi -f sender@client.test "$address" <"$T/given"
	assert_reports 1 'Status: 5.4.6'
done
assert_queued 0
