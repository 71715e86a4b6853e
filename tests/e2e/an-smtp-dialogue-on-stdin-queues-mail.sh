#!/usr/bin/env bash
# sendmail -bs on standard input and output: what got its 250 is on disk and arrives as it was
# meant, what did not is nowhere (rows 122 to 130 of the table of bad input).
. "$(dirname "$0")/lib.sh"
need python3
export PYTHONPATH=$TOP/tests/support

start_receiver relay
use_relay relay

# talk CODES [OPTION...]: the dialogue on stdin, all of it there from the start, as a script has
# it; the replies have these codes, and nothing comes on stderr.
under=()
talk() {
	local want=$1 got
	shift
	exits 0 "${under[@]}" sendmail -bs "$@" >"$T/replies"
	[ ! -s "$T/stderr" ] || fail "on stderr: $(cat "$T/stderr")"
	! grep -qv $'\r$' "$T/replies" || fail "a reply without CRLF"
	got=$(grep -v '^...-' "$T/replies" | cut -c 1-3 | paste -sd ' ')
	assert_eq "$got" "$want" "replies"
}

crlf() {
	sed 's/$/\r/'
}

# --- as programs do --------------------------------------------------------------------
talk '220 250 250 250 354 250 250 250 250 354 250 221' -i -odq < <(crlf <<'SYMFONY'
HELO [127.0.0.1]
MAIL FROM:<a@client.test>
RCPT TO:<one@dest.test>
DATA
From: A <a@client.test>
Subject: first
Bcc: hidden@dest.test

..a dot
last
.
NOOP
MAIL FROM:<>
RCPT TO:<root>
DATA
Subject: second

text
.
QUIT
SYMFONY
)
assert_queued 2
flush
assert_delivered relay 2
assert_contains "$T/relay/0001.env" "from <a@client.test>"
assert_contains "$T/relay/0002.env" "to <root@client.test>"
assert_lacks "$(content relay 1)" hidden@dest.test
assert_contains "$(content relay 1)" $'\r\n\r\n.a dot\r\nlast\r\n'
for field in Date Message-ID; do
	assert_contains "$(content relay 1)" "$field: "
done
assert_contains "$(content relay 1)" $'Received: from [127.0.0.1]\r\n\tby client.test with SMTP; '
assert_contains "$(content relay 2)" "From: "

# LF throughout; -f is the address of an added From; nobody waits for -odi
talk '220 250 250 250 250 354 250' -odi -oem -f 'Fallback <f@client.test>' -t ignored@dest.test <<'LF'
EHLO script
MAIL FROM:<> RET=HDRS ENVID=QQ314 BODY=8BITMIME SMTPUTF8
RCPT TO:<two@dest.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Two@dest.test
RCPT TO:<two@dest.test>
DATA
Subject: LF

Grüße
.
LF
settle
assert_delivered relay 3
assert_contains "$T/relay/0003.env" "to <two@dest.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Two@dest.test"
assert_contains "$T/relay/0003.env" "ENVID=QQ314"
assert_eq "$(grep -c '^to' "$T/relay/0003.env")" 1 "recipients"
assert_contains "$(content relay 3)" "<f@client.test>"
assert_contains "$(content relay 3)" "with UTF8SMTP"

python3 - <<'PYTHON'
import smtp_socket
from email.message import EmailMessage

def letter(number):
    message = EmailMessage()
    message["From"] = "a@client.test"
    message["To"] = "Ünal <b@dest.test>"
    message["Subject"] = f"number {number}"
    message.set_content("Grüße\n.\n..\nend")
    return message

with smtp_socket.inetd() as (connection, process):
    with smtp_socket.Client(connection) as client:
        assert client.ehlo()[0] == 250
        for word in ("pipelining", "8bitmime", "smtputf8", "dsn", "chunking", "enhancedstatuscodes"):
            assert client.has_extn(word), word
        assert int(client.esmtp_features["size"]) == 52428800
        assert client.vrfy("root")[0] == 252
        assert client.expn("root")[0] == 502
        assert client.mail("a@client.test")[0] == 250
        assert client.docmd("RCPT", "TO:<not an address>")[0] == 501
        assert client.docmd("DATA")[0] == 554
        for number in range(300):
            client.send_message(letter(number))
    assert process.wait(10) == 0
PYTHON
settle
flush
assert_delivered relay 303
assert_contains "$(content relay 303)" "(uid $(id -u))"
assert_queued 0
# not one run a message
runs=$(count_connections relay)
[ "$runs" -le 100 ] || fail "$runs connections"

# --- what must not be -------------------------------------------------------------------
export NULLMTA_DELIVER=queue
hello='EHLO x\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n'
greeted() {
	printf '%b' "$hello$1"
}
refused() {
	local why=$1
	shift
	talk "$@"
	assert_eq "$(count_queued)" 0 "$why: messages"
	assert_eq "$(find "$T/spool/tmp" -type f | wc -l)" 0 "$why: left in tmp"
}
refused 'smuggling by LF' '220 250 250 250 354 550 221' < <(
	greeted 'DATA\r\nx\n.\nMAIL FROM:<evil@x.test>\r\nRCPT TO:<v@x.test>\r\nDATA\r\ny\r\n.\r\nQUIT\r\n')
refused 'smuggling by LF.CRLF' '220 250 250 250 354 550 221' < <(greeted 'DATA\r\nx\n.\r\ny\r\n.\r\nQUIT\r\n')
refused 'CR alone' '220 250 250 250 354 550 221' < <(greeted 'DATA\r\nx\ry\r\n.\r\nQUIT\r\n')
refused 'EOF within DATA' '220 250 250 250 354' < <(greeted 'DATA\r\nSubject: x\r\n\r\nhalf')
refused 'EOF before the last LF' '220 250 250 250 354' < <(greeted 'DATA\r\nSubject: x\r\n\r\nhalf\r\n.\r')
refused 'EOF within a chunk' '220 250 250 250' < <(greeted 'BDAT 1000 LAST\r\nhalf')
refused 'two From fields' '220 250 250 250 354 554 221' < <(greeted 'DATA\r\nFrom: a@x\r\nFrom: b@x\r\n\r\nx\r\n.\r\nQUIT\r\n')
refused 'a browser' '220 554' < <(printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
refused 'TLS' '220 554' < <(printf '\026\003\001\002\000\001\000')
refused 'a line of 10 MB' '220 500' < <(head -c 10000000 /dev/zero | tr '\0' x || true)
refused 'a thousand errors' "220$(printf ' 500%.0s' {1..20}) 421" < <(
	printf 'XYZZY\r\n%.0s' {1..1000} || true)
NULLMTA_MESSAGE_SIZE=2000 refused 'too large' '220 250 250 250 354 552 221' < <(
	greeted 'DATA\r\n'
	printf 'a line\r\n%.0s' {1..1000}
	printf '.\r\nQUIT\r\n')
refused '1001 recipients' "220 250 250$(printf ' 250%.0s' {1..1000}) 452 250 221" < <(
	printf 'EHLO x\r\nMAIL FROM:<a@client.test>\r\n'
	printf 'RCPT TO:<b%d@dest.test>\r\n' {1..1001}
	printf 'RSET\r\nQUIT\r\n')
# a chunk an octet, until the message is too large: our trace field counts as well
{
	greeted ''
	yes $'BDAT 1\r~x' | head -n 1000001 | tr -d '\n' | tr '~' '\n' || true
	printf 'QUIT\r\n'
} >"$T/chunks"
NULLMTA_MESSAGE_SIZE=1000000 exits 0 sendmail -bs <"$T/chunks" >"$T/replies"
assert_eq "$(cut -c 1-3 "$T/replies" | uniq -c | sed -E 's/ 999[0-9]{3} / many /' | tr -s ' \n' ' ')" \
	' 1 220 many 250 1 552 19 503 1 421 ' 'replies to a million chunks'
assert_queued 0
NULLMTA_RECIPIENTS=2 talk '220 250 250 250 250 452 354 250' < <(
	greeted 'RCPT TO:<c@dest.test>\r\nRCPT TO:<d@dest.test>\r\nDATA\r\n\r\nx\r\n.\r\n')
assert_queued 1

# the disk is full at the dot, and later it is not (a file may have 1024 octets)
under=(prlimit --fsize=1024)
talk '220 250 250 250 354 452 250 250 354 250 221' < <(
	greeted 'DATA\r\n'
	printf 'a line\r\n%.0s' {1..1000}
	printf '.\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n'
	printf 'DATA\r\nSubject: small\r\n\r\nx\r\n.\r\nQUIT\r\n')
under=()
assert_contains "$T/replies" '452 4.3.1'
assert_queued 2

# no spool at all: a fault of ours, 4yz, before the content is sent
: >"$T/file"
NULLMTA_SPOOL=$T/file/spool talk '220 250 250 250 451 221' < <(greeted 'DATA\r\nQUIT\r\n')

# a configuration that is broken is no reason to say a word on stderr, or not to take mail
echo 'nonsense = 1' >"$NULLMTA_CONF"
talk '220 250 250 250 354 250' < <(greeted 'DATA\r\n\r\nx\r\n.\r\n')
: >"$NULLMTA_CONF"
assert_queued 3

# --- killed, stopped, or nobody there ------------------------------------------------------
python3 - <<'PYTHON'
import os, pathlib, signal, smtp_socket

new = pathlib.Path(os.environ["NULLMTA_SPOOL"]) / "new"
tmp = new.parent / "tmp"
HELLO = b"EHLO x\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n"

def dialogue(rest, number, gone=None):
    with smtp_socket.inetd() as (connection, process):
        assert smtp_socket.codes(smtp_socket.read_replies(connection, 1)) == "220"
        connection.sendall(HELLO + rest)
        lines = smtp_socket.read_replies(connection, 4)
        assert smtp_socket.codes(lines) == "250 250 250 354", lines
        if gone is None:
            connection.close()
        else:
            process.send_signal(gone)
            if gone == signal.SIGTERM:
                assert smtp_socket.codes(smtp_socket.read_replies(connection, 2)) == "421"
        process.wait(10)
    assert len(list(new.iterdir())) == number

before = len(list(new.iterdir()))
dialogue(b"DATA\r\nSubject: x\r\n\r\nhalf", before)
dialogue(b"DATA\r\nSubject: x\r\n\r\nhalf", before, signal.SIGTERM)
assert not list(tmp.iterdir())
dialogue(b"DATA\r\nSubject: x\r\n\r\nhalf", before, signal.SIGKILL)

# SIGTERM between messages: what got its 250 stays
with smtp_socket.inetd() as (connection, process):
    smtp_socket.read_replies(connection, 1)
    connection.sendall(HELLO + b"DATA\r\n\r\nx\r\n.\r\n")
    assert smtp_socket.codes(smtp_socket.read_replies(connection, 5)) == "250 250 250 354 250"
    process.send_signal(signal.SIGTERM)
    assert smtp_socket.codes(smtp_socket.read_replies(connection, 2)) == "421"
    assert process.wait(10) == 0
assert len(list(new.iterdir())) == before + 1

# a client that shuts its reading end does not lose what it was told of
with smtp_socket.inetd() as (connection, process):
    smtp_socket.read_replies(connection, 1)
    connection.sendall(HELLO + b"DATA\r\n\r\nx\r\n.\r\n")
    connection.close()
    process.wait(10)
PYTHON
