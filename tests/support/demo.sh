#!/bin/sh
# The story that `make demo` tells: three messages and what becomes of them, on loopback,
# with a DNS server and three mail hosts of our own. Needs the built programs and
# coreutils; changes nothing on this machine.
set -eu

TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$TOP/build}
BUILD=$(cd "$TOP" && cd "$BUILD" && pwd)
PATH=$BUILD/bin:$BUILD/support:$PATH
for name in $(env | sed -n 's/^\(NULLMTA_[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done

home=$(mktemp -d "${TMPDIR:-/tmp}/nullmta-demo.XXXXXX")
receiver=
dns=
leave() {
	# shellcheck disable=SC2086  # nothing where it was not started
	kill $receiver $dns 2>/dev/null || true
	wait
	rm -rf "$home"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

# --- telling -----------------------------------------------------------------------

bold=
plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m')
	plain=$(printf '\033[0m')
fi

tell() {
	printf '%s\n' "$@"
}

chapter() {
	printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"
}

indented() {
	sed 's/^/    /'
}

# As if somebody had typed it; its exit code is said where it is not 0.
typed() {
	printf '  $ %s%s%s\n' "$bold" "$*" "$plain"
	code=0
	"$@" >"$home/said" 2>&1 || code=$?
	indented <"$home/said"
	[ "$code" = 0 ] || tell "    (exit code $code)"
}

# send SUBJECT TEXT RECIPIENT
send() {
	printf '  $ %sprintf "Subject: %s\\n\\n%s\\n" | sendmail -odi %s%s\n' \
		"$bold" "$1" "$2" "$3" "$plain"
	code=0
	printf 'Subject: %s\n\n%s\n' "$1" "$2" | sendmail -odi "$3" >"$home/said" 2>&1 || code=$?
	indented <"$home/said"
	[ "$code" = 0 ] || tell "    (exit code $code)"
}

failed() {
	tell "" "The demo did not go as told: $*" "--- log" >&2
	cat "$home/log" >&2 || true
	exit 1
}

# received COUNT: so many messages have been accepted by now.
received() {
	set -- "$1" "$home"/mail/[0-9]*.eml
	[ -e "$2" ] || shift
	[ $(($# - 1)) = "$1" ] || failed "$(($# - 1)) messages arrived instead of $1"
}

# What was said in the last connection, without the greetings at both ends.
dialogue() {
	awk '{ if ($1 != last) text = ""; last = $1 }
	$2 == "<" || $2 == ">" { text = text substr($0, index($0, $2)) "\n" }
	END { printf "%s", text }' "$home/dialogue" |
		sed -e '/^[<>] \(220\|250-\|250 HELP\|EHLO\|QUIT\|221\)/d' \
			-e 's/^</nullmta:/' -e 's/^>/the host:/'
}

# --- the stage ---------------------------------------------------------------------

mkdir "$home/mail"
# one each: what the first still holds open must not end what the second says
mkfifo "$home/mail-ready" "$home/dns-ready"
cat >"$home/zone" <<'ZONE'
friend.test    MX 10 mx.friend.test
mx.friend.test A  127.0.0.1
slow.test      MX 10 mx.slow.test
mx.slow.test   A  127.0.0.2
strict.test    MX 10 mx.strict.test
mx.strict.test A  127.0.0.3
ZONE
smtp-receiver --dir "$home/mail" --log "$home/dialogue" \
	--listen 127.0.0.1:0 --listen 127.0.0.2:0 --listen 127.0.0.3:0 \
	--rule 'rcpt *@slow.test grey 450 4.7.1 greylisted, please come back later' \
	--rule 'rcpt *@strict.test 550 5.1.1 there is no such user here' >"$home/mail-ready" &
receiver=$!
read -r mail_port <"$home/mail-ready" || failed "no mail hosts"
dns-server --zone "$home/zone" --log "$home/queries" >"$home/dns-ready" &
dns=$!
read -r dns_port <"$home/dns-ready" || failed "no DNS server"

# What no real machine needs: the names and ports of a stage.
: >"$home/nullmta.conf"
export NULLMTA_CONF="$home/nullmta.conf" NULLMTA_SPOOL="$home/spool" NULLMTA_LOG="$home/log"
export NULLMTA_MAILBOX_PATH="$home/mbox" NULLMTA_BOUNCE_TO=user NULLMTA_LOCAL_ALIASES=none
export NULLMTA_HOSTNAME=this.machine.test NULLMTA_DOMAIN=machine.test
export NULLMTA_DNS_NAMESERVER="127.0.0.1:$dns_port"
export NULLMTA_DELIVERY_PORT="$mail_port" NULLMTA_DELIVERY_LOCAL_HOSTS=yes

# --- the story ---------------------------------------------------------------------

tell "nullmta on a stage: a DNS server and three mail hosts on loopback, an empty spool." \
	"Nothing is configured: mail finds its way by MX records."

chapter "1. A message leaves"
send "Backup" "All 14 disks are saved." ann@friend.test
tell "" "  DNS was asked, and the host it named has the message:"
sed 's/ udp$//; s/^/DNS: /' "$home/queries" | indented
dialogue | indented
received 1

chapter "2. A message has to wait"
send "Report" "The weekly report." bob@slow.test
tell "" "  Accepted all the same: it is safe on disk. mailq says why it is still there:"
typed mailq
received 1
tell "" "  The next run, by timer or by hand, tries again:"
typed sendmail -q
typed mailq
received 2

chapter "3. A message comes back"
send "Hello" "Is anybody there?" nobody@strict.test
tell "" "  Refused for good. A report is in the mailbox of the user who sent it; it begins:"
awk '/^Content-Type: text\/plain/ { part = 1 }
/^--/ && text { exit }
text { print }
part && /^$/ { text = 1 }' "$home/mbox" | indented
received 2
[ "$(grep -c '^From ' "$home/mbox")" = 1 ] || failed "not exactly one report"
typed mailq

chapter "The log of all that"
sed -n -E 's/.*(event=(queued|delivered|deferred|failed|bounced) )/\1/p' "$home/log" | indented
