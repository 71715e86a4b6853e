#!/usr/bin/env bash
# mail of GNU mailutils: text, UTF-8 and attachments, by its "sendmail:" URL.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3

start_receiver relay
use_relay relay
head -c 5000 /dev/urandom >"$T/octets"

gnu_mail() {
	LD_LIBRARY_PATH=$(peers_libraries) timeout 60 "$PEERS/usr/bin/mail.mailutils" \
		--no-config --norc -E "set sendmail=sendmail:$BUILD/bin/sendmail" "$@"
}

printf 'Grüße\n.\n..zwei\n~x\nEnde\n' >"$T/body"
exits 0 gnu_mail -s 'A subject' -r sender@client.test -a 'From: Sender <sender@client.test>' \
	-a 'Cc: copy@dest.test' -a 'Bcc: hidden@dest.test' -a 'Content-Type: text/plain; charset=UTF-8' \
	one@dest.test two@dest.test <"$T/body"
settle
assert_delivered relay 1
assert_reads relay 1 <<TEXT
sender@client.test > copy@dest.test hidden@dest.test one@dest.test two@dest.test
From: Sender <sender@client.test>
To: one@dest.test, two@dest.test
Cc: copy@dest.test
Subject: A subject

text/plain
Grüße
.
..zwei
~x
Ende
TEXT

exits 0 gnu_mail --mime -s 'Grüße von mail' -r sender@client.test \
	-a 'From: Sender <sender@client.test>' -A "$T/octets" one@dest.test <"$T/body"
settle
assert_delivered relay 2
assert_reads relay 2 <<TEXT
sender@client.test > one@dest.test
From: Sender <sender@client.test>
To: one@dest.test
Subject: Grüße von mail

multipart/mixed

text/plain
Grüße
.
..zwei
~x
Ende

application/octet-stream "octets" $(octets_of "$T/octets")
TEXT

# recipients and subject stand in the text
printf 'To: one@dest.test\nSubject: by -t\n\ntext\n' >"$T/letter"
exits 0 gnu_mail -t -r sender@client.test -a 'From: Sender <sender@client.test>' <"$T/letter"
settle
assert_delivered relay 3
assert_reads relay 3 <<TEXT
sender@client.test > one@dest.test
From: Sender <sender@client.test>
To: one@dest.test
Subject: by -t

text/plain
text
TEXT

# what sendmail refuses, mail has not sent
NULLMTA_MESSAGE_SIZE=2000 exits '[1-9]*' gnu_mail -s refused -A "$T/octets" one@dest.test <"$T/body"
assert_delivered relay 3
assert_queued 0
assert_reports 0
