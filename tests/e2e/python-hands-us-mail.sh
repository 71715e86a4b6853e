#!/usr/bin/env bash
# Python's smtplib, and what it makes by its email package, on the unix socket of a sendmail -bs
# that was started for the first connection: what arrives is what was made.
. "$(dirname "$0")/lib.sh"
need python3
export PYTHONPATH=$TOP/tests/support

start_receiver relay
use_relay relay
head -c 5000 /dev/urandom >"$T/octets"

cat >"$T/send.py" <<'PYTHON'
import sys, smtp_socket
from email.message import EmailMessage

def letter(number):
    message = EmailMessage()
    message["From"] = "Jörg Müller <joerg@client.test>"
    message["To"] = "Zoë <zoe@dest.test>, two@dest.test"
    message["Bcc"] = "hidden@dest.test"
    message["Subject"] = f"Grüße № {number}"
    message.set_content("Grüße\n.\n..zwei\n" + "lang " * 1000 + "\nEnde\n", cte="8bit")
    message.add_attachment(open(sys.argv[2], "rb").read(), filename="Größe.bin",
                           maintype="application", subtype="octet-stream")
    return message

# send_message takes the envelope from the header, and Bcc out of it
with smtp_socket.Client(smtp_socket.connect(sys.argv[1])) as client:
    for number in (1, 2):
        assert client.send_message(letter(number)) == {}
        client.noop()
        client.rset()
PYTHON

# reads NUMBER LETTER
reads() {
	assert_reads relay "$1" <<TEXT
joerg@client.test > hidden@dest.test two@dest.test zoe@dest.test
From: Jörg Müller <joerg@client.test>
To: Zoë <zoe@dest.test>, two@dest.test
Subject: Grüße № $2

multipart/mixed

text/plain
Grüße
.
..zwei
$(printf 'lang %.0s' {1..1000})
Ende

application/octet-stream "Größe.bin" $(octets_of "$T/octets")
TEXT
}

# --- as systemd does it, by our own hand ------------------------------------------------
python3 - "$T/smtp" "$T/send.py" "$T/octets" <<'PYTHON'
import subprocess, sys, smtp_socket

path, *send = sys.argv[1:]
server = smtp_socket.activate([smtp_socket.listening(path)])
subprocess.run([sys.executable, send[0], path, send[1]], check=True)
server.terminate()
assert server.wait(10) == 0
PYTHON
settle
flush
assert_delivered relay 2
reads 1 1
reads 2 2

# --- by systemd's own starter, where there is one -----------------------------------------
if command -v systemd-socket-activate >/dev/null; then
	# it hands on next to nothing of the environment, and without it this is not our spool
	settings=(HOME="$HOME")
	for name in $(compgen -e NULLMTA_); do
		settings+=("$name=${!name}")
	done
	exec {said}< <(exec systemd-socket-activate --listen="$T/activated" \
		env "${settings[@]}" "$BUILD/bin/sendmail" -bs 2>&1)
	# shellcheck disable=SC2034  # of lib.sh
	pid["server"]=$!
	read -r -t 60 listening <&"$said"
	assert_eq "${listening%% *}" Listening "what it says first"
	exits 0 python3 "$T/send.py" "$T/activated" "$T/octets"
	stop server
	settle
	flush
	assert_delivered relay 4
	reads 3 1
	reads 4 2
fi
assert_queued 0
assert_reports 0
