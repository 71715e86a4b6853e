#!/usr/bin/env bash
# shellcheck disable=SC2059  # cases are written as printf formats
# What sendmail does to a message: what it adds, takes away and leaves alone, octet by octet, as
# it arrives at a server. Rows 71 to 79, 82 to 87 and 96 to 99 of the bad input, with what they
# let through; what they refuse stands in bad-submissions-are-refused.
. "$(dirname "$0")/lib.sh"

start_receiver relay
use_relay relay
# one connection: message N of the queue is message N there
export NULLMTA_DELIVERY_PER_DESTINATION=1 NULLMTA_RECIPIENTS=10

names=()
wants=()

# becomes WHY GIVEN ARRIVED [OPTION...]: both texts are printf formats. ARRIVED has LF for CRLF,
# and "@ADDED" for the three fields of a sendmail. Without an OPTION there is -i.
becomes() {
	local options=(-i)
	[ $# = 3 ] || options=("${@:4}")
	names+=("$1")
	wants+=("$3")
	printf "$2" >"$T/given"
	exits 0 sendmail -odq -f sender@client.test -F 'A Name' "${options[@]}" rcpt@dest.test <"$T/given"
}

# intact WHY GIVEN: only completed at the end of the header.
intact() {
	becomes "$1" "$2" "${2/"\\n\\n"/"\\n@ADDED\\n\\n"}"
}

# The fields that say what a body is about which nobody said it.
mime() {
	printf 'MIME-Version: 1.0\\nContent-Type: text/plain; charset=%s\\n' "$1"
	printf 'Content-Transfer-Encoding: %s' "$2"
}

# Stand-ins for what differs from run to run. The trace field has to be first.
normalise() {
	LC_ALL=C sed -E '
	1 s/^Received: by client\.test \(nullmta, from uid [0-9]+\)\r$/@TRACE/
	2 s/^\tid [0-9A-F][0-9A-V]{13}; [A-Z][a-z]{2}, .* [+-][0-9]{4}\r$/@TRACE/
	s/^(Resent-)?Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[2-9][0-9] [0-9:]{8} [+]0000\r$/\1Date: @NOW\r/
	s/^(Resent-)?Message-ID: <[0-9]+\.[0-9a-f]{32}@client\.test>\r$/\1Message-ID: @NEW\r/
	' "$1"
}

added='Date: @NOW\nMessage-ID: @NEW\nFrom: A Name <sender@client.test>'

expect_arrived() {
	local i
	for i in "${!names[@]}"; do
		printf "@TRACE\n@TRACE\n" >"$T/want"
		printf "${wants[i]/@ADDED/$added}" | LC_ALL=C sed 's/$/\r/' >>"$T/want"
		normalise "$(content relay $((i + 1)))" >"$T/got"
		cmp -s "$T/want" "$T/got" || {
			diff <(cat -A "$T/want") <(cat -A "$T/got") >&2 || true
			fail "${names[i]}"
		}
	done
}

# --- where the header ends ---------------------------------------------------------
becomes 'nothing at all' '' '@ADDED\n\n'
becomes 'an empty line' '\n' '@ADDED\n\n'
becomes 'a body without header' 'hello\nworld\n' '@ADDED\n\nhello\nworld\n'
becomes 'a body with a colon' 'hello no header: yes\n' '@ADDED\n\nhello no header: yes\n'
becomes 'a body behind an empty line' '\nTo: somebody\n' '@ADDED\n\nTo: somebody\n'
becomes 'a header without empty line' 'Subject: x\n' 'Subject: x\n@ADDED\n\n'
becomes 'a header without line end' 'Subject: x' 'Subject: x\n@ADDED\n\n'
becomes 'a line that is no field ends the header' \
	'Subject: x\nNot a field\nBcc: a@dest.test\n' 'Subject: x\n@ADDED\n\nNot a field\nBcc: a@dest.test\n'
becomes 'a folded line before any field' ' x\nSubject: y\n' '@ADDED\n\n x\nSubject: y\n'
becomes 'a line of blanks is no empty line' 'Subject: x\n \nTo: y\n\nz\n' \
	'Subject: x\n \nTo: y@client.test\n@ADDED\n\nz\n'
becomes 'a header with CRLF, a body that looks like one' \
	'Subject: x\r\n\r\nBcc: kept@dest.test\r\n.\r\n' 'Subject: x\n@ADDED\n\nBcc: kept@dest.test\n.\n'

# --- fields ------------------------------------------------------------------------
becomes 'nothing is added where it stands' \
	'date: Mon, 2 Mar 2026 10:00:00 +0100\nMESSAGE-ID: <a@b>\nFrom : me@x.test\n\nz\n' \
	'date: Mon, 2 Mar 2026 10:00:00 +0100\nMESSAGE-ID: <a@b>\nFrom: me@x.test\n\nz\n'
becomes 'a strange date is kept' 'Date: garbage\n\nz\n' \
	'Date: garbage\nMessage-ID: @NEW\nFrom: A Name <sender@client.test>\n\nz\n'
assert_log odd-header 'why="Date is no date (RFC 5322 3.3): garbage"'
assert_eq "$(count_log odd-header)" 1 'warnings of good dates'
becomes 'the first Subject is the Subject' 'Subject: x\nsubject: y\n\nz\n' 'Subject: x\n@ADDED\n\nz\n'
assert_log odd-header 'why="a second Subject field is left out"'
becomes 'authors on several lines' 'From: A\n <a@x.test>,\n\tb\nSubject: x\n\nz\n' \
	'From: A\n <a@x.test>,\n\tb@client.test\nSubject: x\nDate: @NOW\nMessage-ID: @NEW\nSender: sender@client.test\n\nz\n'
becomes 'empty ones are as good as missing' 'From:\nDate: \nMessage-Id:\nSubject:\n\nz\n' \
	'Subject:\n@ADDED\n\nz\n'
becomes 'Bcc goes, folded, twice, in any case' \
	'Bcc: a@x.test,\n b@x.test\nSubject: x\nbcc : c@x.test\nResent-Bcc: d@x.test\nTo: e@x.test\n\nBcc: z\n' \
	'Resent-Date: @NOW\nResent-From: A Name <sender@client.test>\nResent-Message-ID: @NEW\nSubject: x\nTo: e@x.test\n@ADDED\n\nBcc: z\n'
becomes 'Return-Path and Content-Length go' \
	'Return-Path: <a@x.test>\nContent-Length: 2\nSubject: x\n\nz\n' 'Subject: x\n@ADDED\n\nz\n'
becomes 'the line of an mbox goes' \
	'From root Mon Mar  2 10:00:00 2026\nSubject: x\n\nFrom me\n>From you\n' \
	'Subject: x\n@ADDED\n\nFrom me\n>From you\n'
becomes 'and a quoted one' '>From root Mon Mar  2 10:00:00 2026\nSubject: x\n\nz\n' 'Subject: x\n@ADDED\n\nz\n'
becomes 'but a letter may begin with From' 'From here on it is text.\n' '@ADDED\n\nFrom here on it is text.\n'
becomes 'two To fields are one' 'To: a@x.test\nSubject: x\nTo: b@x.test\n\nz\n' \
	'To: a@x.test,\n b@x.test\nSubject: x\n@ADDED\n\nz\n'
becomes 'several authors get a Sender' 'From: a@x.test, b@x.test\n\nz\n' \
	'From: a@x.test, b@x.test\nDate: @NOW\nMessage-ID: @NEW\nSender: sender@client.test\n\nz\n'
becomes 'a resent message keeps the first trio' \
	'Resent-To: r@x.test\nDate: then\nMessage-ID: <a@b>\nFrom: a@x.test\n\nz\n' \
	'Resent-Date: @NOW\nResent-From: A Name <sender@client.test>\nResent-Message-ID: @NEW\nResent-To: r@x.test\nDate: then\nMessage-ID: <a@b>\nFrom: a@x.test\n\nz\n'
intact 'order, case, folds and blanks' \
	'sUBJECT:  two  blanks \nX-A:\n\ta tab\n  and blanks \t\nX-A: again\nTo: Mr. J. Doe <j@x.test>\n\nz\n'
becomes 'UTF-8 in fields and body' 'Subject: gr\303\274n\n\nsch\303\266n\n' \
	"Subject: =?UTF-8?Q?gr=C3=BCn?=\n@ADDED\n$(mime utf-8 8bit)\n\nsch\303\266n\n"
becomes 'octets that are no UTF-8' 'X-A: \377\376\n\n\200\201\n' \
	"X-A: =?unknown-8bit?Q?=FF=FE?=\n@ADDED\n$(mime unknown-8bit 8bit)\n\n\200\201\n"

# --- lines -------------------------------------------------------------------------
becomes 'a last line without end' '\nz' '@ADDED\n\nz\n'
becomes 'LF, CRLF and both' 'Subject: x\r\n\na\r\nb\n\r\nc\r\n' 'Subject: x\n@ADDED\n\na\nb\n\nc\n'
becomes 'lone CRs become blanks' '\n\r.\r\na\rb\r\r\nc\r' '@ADDED\n\n .\na b \nc \n'
becomes 'no second message' '\nx\n.\r\nMAIL FROM:<y>\r\n.\r\n' '@ADDED\n\nx\n.\nMAIL FROM:<y>\n.\n'
becomes 'dots with -i' '\n.\n..\n.x\n...\n.\n' '@ADDED\n\n.\n..\n.x\n...\n.\n'
becomes 'dots with -oi' '\n.\n..\n' '@ADDED\n\n.\n..\n' -oi
becomes 'dots with -OIgnoreDots=true' '\n.\n..\n' '@ADDED\n\n.\n..\n' -OIgnoreDots=true
becomes 'without -i a lone dot ends it' '\na\n.\nlost\n' '@ADDED\n\na\n' -oem
becomes 'with CRLF, too' '\r\na\r\n.\r\nlost\r\n' '@ADDED\n\na\n' -oem
becomes 'and in the header' 'Subject: x\n.\nlost\n' 'Subject: x\n@ADDED\n\n' -oem
becomes 'and without a line end behind it' '\na\n.' '@ADDED\n\na\n' -oem
becomes 'without -i two dots are one' '\n..\n..x\n.y\n...\n' '@ADDED\n\n.\n.x\n.y\n..\n' -oem
becomes 'a NUL is one octet of many' '\na\0b\n\0\n' \
	"@ADDED\n$(mime us-ascii quoted-printable)\n\na=00b\n=00\n"
becomes 'empty lines alone' '\n\n\r\n\n' '@ADDED\n\n\n\n\n'
intact 'blanks at the end, empty lines at the end' 'Subject: x\n\na \t\n \n\n\n\n'
line=$(printf '%998s' '' | tr ' ' x)
intact 'a line of 998 octets' "Subject: x\n\n$line\n"

# --- the added From ----------------------------------------------------------------
becomes 'a name with specials is quoted' '\nz\n' \
	'Date: @NOW\nMessage-ID: @NEW\nFrom: "A, \\"B\\" <c>" <sender@client.test>\n\nz\n' -i -F 'A, "B" <c>'
becomes 'a name outside ASCII is encoded' '\nz\n' \
	'Date: @NOW\nMessage-ID: @NEW\nFrom: =?UTF-8?Q?Gr=C3=BCn?= <sender@client.test>\n\nz\n' -i -F 'Grün'
becomes 'no name' '\nz\n' 'Date: @NOW\nMessage-ID: @NEW\nFrom: sender@client.test\n\nz\n' -i -F ''
becomes 'the last -f is who writes' '\nz\n' \
	'Date: @NOW\nMessage-ID: @NEW\nFrom: A Name <other@x.test>\n\nz\n' -i -r 'Other <other@x.test>'
becomes 'a bare name gets the domain' '\nz\n' \
	'Date: @NOW\nMessage-ID: @NEW\nFrom: A Name <fail2ban@client.test>\n\nz\n' -i -f fail2ban
becomes 'a given From says nothing of the envelope' 'From: a@x.test\n\nz\n' \
	'From: a@x.test\nDate: @NOW\nMessage-ID: @NEW\n\nz\n' -i -F 'Another Name'
EMAIL=own@x.test becomes 'the null sender, and EMAIL' '\nz\n' \
	'Date: @NOW\nMessage-ID: @NEW\nFrom: A Name <own@x.test>\n\nz\n' -i -f ''

flush
assert_queued 0
assert_eq "$(count_delivered relay)" "${#names[@]}" "messages"
expect_arrived
