#!/usr/bin/env bash
# `nullmta test` takes the way of a delivery up to RCPT TO and says in one line whether mail would
# flow, or why not and what to do; the exit code says the same, and nothing stays behind.
. "$(dirname "$0")/lib.sh"
need python3

start_dns <<'ZONE'
dest.test MX 10 mx.host.test
dest.test MX 20 backup.host.test
mx.host.test A 127.0.0.1
backup.host.test A 127.0.0.2
relay.host.test A 127.0.0.1
null.test MX 0 .
lost.test MX !servfail
ZONE

# tested CODE OPTION...: what it says is in $T/said, its last line in $T/verdict.
tested() {
	local code=$1
	shift
	exits "$code" nullmta test "$@" >"$T/said" 2>"$T/test.err"
	tail -n 1 "$T/said" >"$T/verdict"
}

# shows LINE...: these lines were said, in this order; each is a glob.
shows() {
	local glob line
	exec {said}<"$T/said"
	for glob; do
		while :; do
			IFS= read -r line <&"$said" || fail "no line '$glob': $(cat "$T/said")"
			# shellcheck disable=SC2053  # a glob is meant
			[[ $line == $glob ]] && break
		done
	done
	exec {said}<&-
}

verdict() {
	# shellcheck disable=SC2053  # a glob is meant
	[[ $(<"$T/verdict") == $1 ]] || fail "not '$1': $(<"$T/verdict")"
}

# Nothing is sent, queued, reported or remembered.
assert_no_trace() {
	assert_delivered "$1" 0
	assert_queued 0
	[ ! -e "$T/mbox" ] || fail 'a report'
	[ ! -e "$T/spool/state/hosts" ] || fail 'a memory of hosts'
	! grep -qE 'event=(delivered|deferred|failed|queued)' "$T/log" || fail 'a fate in the log'
}

# --- it works --------------------------------------------------------------------------------

start_receiver mx --rule 'rcpt bad@* 550 5.1.1 no \e[31msuch user' \
	--rule 'rcpt later@* 450 4.2.0 not now' --rule 'mail evil@* 550 5.7.1 not from you'
use_mx mx
tested 0 r@dest.test
shows 'sender * <*@client.test>' 'recipient * <r@dest.test>' \
	'goes * to the mail servers of dest.test, because there is no [[]relay] host' \
	"=== connecting to mx.host.test\\[127.0.0.1]:${port[mx]}" '<<< 220 *' \
	'>>> EHLO client.test' '<<< 250-PIPELINING' '>>> MAIL FROM:<*@client.test> SIZE=*' \
	'>>> RCPT TO:<r@dest.test>' '<<< 250 2.1.5 *' '>>> RSET' '>>> QUIT'
verdict "mail to r@dest.test would flow: mx.host.test\\[127.0.0.1]:${port[mx]} takes it for r@dest.test"
assert_lacks "$T/said" DATA
[ ! -s "$T/test.err" ] || fail 'something on stderr'
tested 0 -f '' r@dest.test
shows '>>> MAIL FROM:<> *'
tested 0 --from=ann@client.test -- r@dest.test
shows '>>> MAIL FROM:<ann@client.test> *'
! LC_ALL=C grep -q $'\e' "$T/said" || fail 'colours without a terminal'
assert_no_trace mx

# --- it does not -----------------------------------------------------------------------------

tested 67 bad@dest.test
verdict 'mail to bad@dest.test would not flow: mx.host.test*:* says: 550 5.1.1 no *such user. There is no such mailbox*'
! LC_ALL=C grep -q $'[^\t -~]' "$T/said" || fail "raw controls: $(cat -v "$T/said")"
tested 69 -f evil@client.test r@dest.test
verdict '*would not flow: mx.host.test*says: 550 5.7.1 not from you*'
tested 75 later@dest.test
verdict '*would not flow now: mx.host.test*says: 450 4.2.0 not now*would wait in the queue*'
tested 68 r@nosuch.test
verdict '*would not flow: nosuch.test: no such domain*Check the spelling*'
tested 68 r@null.test
tested 75 r@lost.test
assert_no_trace mx

# --- a dead host is told, then the next one is asked ---------------------------------------------

start_receiver backup --listen 127.0.0.2:0
use_mx backup
tested 0 r@dest.test
shows '=== connecting to mx.host.test*' '=== cannot connect: *' \
	'=== connecting to backup.host.test*' '>>> RCPT TO:<r@dest.test>*'
verdict '*would flow: backup.host.test*'
stop backup
tested 75 r@dest.test
shows '=== connecting to mx.host.test*' '=== connecting to backup.host.test*'
verdict '*would not flow now: *cannot connect: Connection refused*Check the network*'
assert_no_trace backup
use_mx mx

# --- aliases: all of them have to flow --------------------------------------------------------------

cat >"$T/aliases" <<'ALIASES'
root: r@dest.test
all: r@dest.test, s@dest.test
some: r@dest.test, bad@dest.test
nobody: /dev/null
ALIASES
export NULLMTA_LOCAL_ALIASES=$T/aliases
tested 0 root
shows 'recipient * <root@client.test>' 'alias * root@client.test is an alias (*/aliases:1) for r@dest.test' \
	'>>> RCPT TO:<r@dest.test>*'
verdict 'mail to root would flow: mx.host.test* takes it for r@dest.test'
tested 0 all
verdict 'mail to all would flow, to all 2 addresses'
tested 67 some
verdict 'mail to some would not flow: bad@dest.test: mx.host.test*'
tested 0 nobody
verdict 'mail to nobody would go nowhere: discarded*'
export NULLMTA_LOCAL_ALIASES=none
assert_no_trace mx

# --- a route is asked for ------------------------------------------------------------------------

start_receiver work
cat >"$T/nullmta.conf" <<CONF
[route work]
host = smtp://127.0.0.1:${port[work]}
sender = boss@client.test
tls = may
[route none]
host = error:5.7.1 not this way
recipient = none.test
CONF
tested 0 -f boss@client.test r@dest.test
shows "goes * through the relay 127.0.0.1, port ${port[work]}, because of [[]route work] sender (*:3)"
tested 0 --route Work r@dest.test
shows "goes * through the relay 127.0.0.1, port ${port[work]}, because of --route"
tested 0 --route=relay -f boss@client.test r@dest.test
shows '=== connecting to mx.host.test*'
tested 69 r@none.test
verdict '*would not flow: not this way*'
tested 64 --route nosuch r@dest.test
assert_contains "$T/test.err" 'there is no [route nosuch]'
assert_no_trace work
: >"$T/nullmta.conf"

# --- whom we talk to ----------------------------------------------------------------------------

cd "$TEST"
certify ca.pem --ca --subject 'Test CA' >/dev/null
certify good.pem --issuer ca.pem --dns relay.host.test >/dev/null
certify wrong.pem --issuer ca.pem --dns other.host.test >/dev/null
start_receiver secure --tls "$TEST/good.pem"
export NULLMTA_RELAY=relay.host.test:${port[secure]} NULLMTA_RELAY_TLS_CA=$TEST/ca.pem
tested 0 r@dest.test
shows "=== DNS: relay.host.test*, address not signed" '=== TLS: verify relay.host.test, as configured' \
	'>>> STARTTLS' '=== TLSv1.3, *; verified: name relay.host.test, CA CN = Test CA' \
	'=== certificate: CN = test, issued by CN = Test CA' '=== certificate: for relay.host.test, until *' \
	'>>> EHLO *'
start_receiver impostor --tls "$TEST/wrong.pem"
NULLMTA_RELAY=relay.host.test:${port[impostor]}
tested 77 r@dest.test
shows '=== certificate: for other.host.test, until *'
verdict '*would not flow now: relay.host.test*: the server is not to be trusted: *other.host.test*'
assert_lacks "$T/said" '>>> MAIL'
NULLMTA_RELAY=relay.host.test:${port[mx]}
tested 77 r@dest.test
verdict '*does not offer STARTTLS*'
NULLMTA_RELAY=nosuch.host.test
tested 78 r@dest.test
verdict '*nosuch.host.test*Check host in that section.'
unset NULLMTA_RELAY NULLMTA_RELAY_TLS_CA
assert_no_trace impostor

# --- what DNS says, and how far it is trusted ------------------------------------------------------

key=$(certify dane.pem --issuer ca.pem --dns dane.host.test)
start_receiver dane --tls "$TEST/dane.pem"
use_mx dane
stop dns
start_dns <<ZONE
signed.test MX 10 dane.host.test
signed.test SECURE
dane.host.test A 127.0.0.1
dane.host.test SECURE
_${port[dane]}._tcp.dane.host.test TLSA 3 1 1 ${key##* }
_${port[dane]}._tcp.dane.host.test SECURE
dest.test MX 10 mx.host.test
mx.host.test A 127.0.0.1
ZONE
tested 0 r@signed.test
shows '=== DNS: the mail servers of signed.test are signed (DNSSEC)' \
	'=== DNS: dane.host.test*, preference 10, address signed (DNSSEC)' '=== DANE: 1 *' \
	'=== TLS: dane dane.host.test, because of DANE' '=== TLSv1.3, *; verified: TLSA 3 1 1'
NULLMTA_DNS_TRUST_AD=no tested 0 r@signed.test
shows '=== DNS: the mail servers of signed.test are not known to be signed*' \
	'=== TLS: may, as neither DANE nor MTA-STS wants more' '=== TLSv1.3, *; not verified: *'
assert_no_trace dane
use_mx mx

# --- a login, and its secret nowhere ----------------------------------------------------------------

secret=Tr0ub4dor
start login python3 "$TOP/tests/support/auth-server.py" --dir "$T/login" --auth 'PLAIN LOGIN SCRAM-SHA-256'
cat >"$T/nullmta.conf" <<CONF
[relay]
host = smtp://127.0.0.1:${port[login]}
tls = none
auth_insecure = yes
user = joe@example.org
password_file = $T/secret
CONF
for mechanism in PLAIN LOGIN SCRAM-SHA-256; do
	(umask 077 && echo "$secret" >"$T/secret")
	export NULLMTA_RELAY_AUTH=$mechanism
	tested 77 r@dest.test
	shows ">>> AUTH $mechanism*" '<<< 5*' '>>> QUIT'
	verdict '*would not flow now: *127.0.0.1*says: 535*Check user and password*'
	# who asks wants to know, each time
	tested 77 r@dest.test
	shows '<<< 5*'
	for place in said test.err log spool; do
		! grep -rqF "$secret" "$T/$place" || fail "the password is in $place"
		! grep -rqF "$(printf %s "$secret" | base64)" "$T/$place" || fail "in $place"
		! grep -rqF "$(printf '\0joe@example.org\0%s' "$secret" | base64)" "$T/$place" ||
			fail "in $place"
	done
done
! grep -q '=== the password has characters' "$T/said" || fail 'characters'
(umask 077 && printf 'gr\303\274n\n' >"$T/secret")
tested 77 r@dest.test
shows '<<< 5*' '>>> QUIT' '=== the password has characters outside ASCII and went out as it stands*'
unset NULLMTA_RELAY_AUTH
(umask 077 && echo pencil >"$T/secret")
tested 0 r@dest.test
shows '>>> AUTH SCRAM-SHA-256*' '=== logged in as joe@example.org by SCRAM-SHA-256' '>>> RCPT TO:*'
[ ! -e "$T/mbox" ] || fail 'a notice'
assert_queued 0

# --- the configuration ------------------------------------------------------------------------------

rm "$T/secret"
tested 78 r@dest.test
verdict '*cannot log in: *'
(umask 077 && echo "$secret" >"$T/secret")
chmod 644 "$T/secret"
tested 78 r@dest.test
verdict '*chmod*'
printf '[relay]\nhots = x\n' >"$T/nullmta.conf"
tested 78 r@dest.test
assert_contains "$T/test.err" 'unknown key'
verdict 'mail to r@dest.test would wait: the configuration is wrong*'
exits 78 nullmta test -C "$T/nosuch.conf" r@dest.test >"$T/said" 2>&1
: >"$T/nullmta.conf"

# --- the command line ---------------------------------------------------------------------------------

tested 64
tested 64 a@dest.test b@dest.test
tested 65 'a b@dest.test'
tested 0 --help
[ "$(wc -l <"$T/said")" -le 24 ] || fail 'the help is longer than a screen'
! grep -qE '^.{81}' "$T/said" || fail 'the help is wider than a screen'

# --- for machines ----------------------------------------------------------------------------------

tested 67 --json bad@dest.test
python3 - "$T/said" <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert events[0]["event"] == "sender"
assert {"event": "said", "text": "RCPT TO:<bad@dest.test>"} in events
last = events[-1]
assert last["event"] == "verdict" and last["flows"] is False and last["code"] == 67, last
PYTHON

# --- for a person at a terminal ---------------------------------------------------------------------

# on_terminal [NAME=VALUE]: a test with a terminal for its output, which goes to $T/said.
on_terminal() {
	env TERM=xterm "$@" python3 -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' nullmta test r@dest.test >"$T/said" </dev/null
}
on_terminal
grep -q $'\e' "$T/said" || fail 'no colours'
on_terminal NO_COLOR=1
! grep -q $'\e' "$T/said" || fail 'colours that were not wanted'
on_terminal TERM=dumb
! grep -q $'\e' "$T/said" || fail 'colours on a terminal without'

# --- a real message -----------------------------------------------------------------------------------

tested 0 --send r@dest.test
shows 'message *' '>>> DATA' '>>> .' '=== r@dest.test delivered: *'
verdict 'mail to r@dest.test flows: the test message, *'
assert_delivered mx 1
assert_contains "$T/mx/0001.eml" 'Subject: Test message from client.test'
assert_queued 0
tested 67 --send bad@dest.test
verdict '*does not flow: *refused: 5.1.1*'
assert_reports 1 'Status: 5.1.1'
tested 75 --send later@dest.test
verdict '*waits in the queue; "nullmta queue delete *" takes it back.'
assert_queued 1
assert_delivered mx 1
id=$(sed 's/.*delete \([^"]*\)".*/\1/' "$T/verdict")
exits 0 nullmta queue delete "$id" >/dev/null
assert_queued 0
