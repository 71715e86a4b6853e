#!/usr/bin/env bash
# alpine, used by its keys, sends by sendmail -bs, and by sendmail -t where it is told to.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3
need_private_root

start_receiver relay
use_relay relay
head -c 5000 /dev/urandom >"$T/octets"
: >"$T/inbox"
cat >"$T/pinerc" <<PINERC
user-domain=client.test
inbox-path=$T/inbox
default-fcc=""
customized-hdrs=From: Jörg Müller <joerg@client.test>
PINERC

# which options it calls sendmail with
cat >"$T/sendmail" <<SCRIPT
#!/bin/sh
echo "\$*" >>"$T/options"
exec "$BUILD/bin/sendmail" "\$@"
SCRIPT
chmod +x "$T/sendmail"

# alpine [ARGUMENT...] <STEPS (tests/support/terminal.py)
alpine() {
	SENDMAIL=$T/sendmail with_sendmail env LD_LIBRARY_PATH="$(peers_libraries)" \
		python3 "$TOP/tests/support/terminal.py" \
		"$PEERS/usr/bin/alpine" -p "$T/pinerc" "$@" >"$T/alpine.out"
}

# reads NUMBER SENDER; that one part is a multipart is alpine's choice
reads() {
	assert_reads relay "$1" <<TEXT
$2 > copy@dest.test one@dest.test
From: Jörg Müller <joerg@client.test>
To: one@dest.test
Cc: copy@dest.test
Subject: Hällo 1 & 2

multipart/mixed

text/plain
Grüße
.
..zwei
Ende
TEXT
}

# --- sendmail -bs, which is its own choice ----------------------------------------------
letter='mailto:one@dest.test?cc=copy@dest.test&subject=H%C3%A4llo%201%20%26%202'
letter=$letter'&body=Gr%C3%BC%C3%9Fe%0A.%0A..zwei%0AEnde%0A'
exits 0 alpine -url "$letter" <<'STEPS'
Message Text => ^X
Send message? => y
STEPS
settle
assert_delivered relay 1
assert_eq "$(cat "$T/options")" '-bs -odb -oem' "options"
reads 1 joerg@client.test

# an attachment, and a subject that is typed: the fields are To, Cc, Attchmnt, Subject
exits 0 alpine -attach "$T/octets" one@dest.test <<'STEPS'
Message Text => ^N^N^NWith a file^NGrüße from alpine
from alpine => ^X
Send message? => y
STEPS
settle
assert_delivered relay 2
assert_reads relay 2 <<TEXT
joerg@client.test > one@dest.test
From: Jörg Müller <joerg@client.test>
To: one@dest.test
Subject: With a file

multipart/mixed

text/plain
Grüße from alpine

application/octet-stream "octets" $(octets_of "$T/octets")
TEXT

# what is refused is not sent, and the letter is still there (the words are those of its RSET)
NULLMTA_MESSAGE_SIZE=2000 exits 0 alpine -attach "$T/octets" one@dest.test <<'STEPS'
Message Text => ^N^N^NToo large^X
Send message? => y
Mail not sent => ^C
Cancel message => c
STEPS
assert_delivered relay 2

# --- sendmail -t, as its manual proposes -------------------------------------------------
exits 0 alpine -sendmail-path="$T/sendmail -oem -t -oi" -url "$letter" <<'STEPS'
Message Text => ^X
Send message? => y
STEPS
settle
assert_delivered relay 3
assert_eq "$(tail -n 1 "$T/options")" '-oem -t -oi' "options"
reads 3 root@client.test
assert_queued 0
assert_reports 0
