#!/usr/bin/env bash
# sendmail -bs on sockets that were handed over, as systemd does it: clients of a unix socket are
# named by the kernel, TCP is for loopback only, and what got its 250 is on disk.
. "$(dirname "$0")/lib.sh"
need python3
export PYTHONPATH=$TOP/tests/support NULLMTA_DELIVER=queue
chmod 755 "$T"

# --- as systemd hands them over ---------------------------------------------------------
python3 - <<'PYTHON'
import os, pathlib, signal, socket, subprocess, smtp_socket
from smtp_socket import Client, activate, codes, connect, listening, read_replies

home = pathlib.Path(os.environ["NULLMTA_SPOOL"]).parent
new = home / "spool" / "new"
path = str(home / "smtp")

def stored():
    return sorted(new.iterdir()) if new.exists() else []

unix, tcp = listening(path), listening(("127.0.0.1", 0))
os.chmod(path, 0o666)
server = activate([unix, tcp])
port = tcp.getsockname()[1]

# many at a time, each by itself; smtplib has ready-made clients
clients = [Client(connect(path)) for _ in range(10)] + [Client(connect(("127.0.0.1", port)))]
for number, client in enumerate(clients):
    client.sendmail("a@client.test", ["b@dest.test"], f"Subject: {number}\n\nx\n")
for client in reversed(clients):
    client.sendmail("", ["b@dest.test"], "Subject: again\n\nx\n")
    client.quit()
assert len(stored()) == 22, stored()
text = [name.read_text() for name in stored()]
assert sum(f"(uid {os.getuid()})" in t for t in text) == 20
assert sum("([127.0.0.1])" in t for t in text) == 2

# more than are served at a time wait, they are not lost
waiting = [connect(path) for _ in range(20)]
for connection in waiting[:16]:
    assert codes(read_replies(connection, 1)) == "220"
for connection in waiting[:16]:
    connection.close()
for connection in waiting[16:]:
    assert codes(read_replies(connection, 1)) == "220"
    connection.close()

# who does not wait for the greeting is not a mail client
server.send_signal(signal.SIGSTOP)
early = connect(path)
early.sendall(b"EHLO x\r\nMAIL FROM:<a@client.test>\r\n")
server.send_signal(signal.SIGCONT)
assert codes(read_replies(early, 2)) == "554"

# SIGTERM: every session ends between commands, then the server
one = connect(("127.0.0.1", port))
assert codes(read_replies(one, 1)) == "220"
server.terminate()
assert codes(read_replies(one, 2)) == "421"
assert server.wait(10) == 0
assert len(stored()) == 22

# a client that comes while nobody serves is served by the next one
late = connect(path)
server = activate([unix])
assert codes(read_replies(late, 1)) == "220"
late.close()
server.terminate()
assert server.wait(10) == 0

# a connection that was accepted already (Accept=yes)
ours, theirs = socket.socketpair()
server = activate([theirs])
theirs.close()
with Client(ours) as client:
    client.sendmail("a@client.test", ["b@dest.test"], "Subject: accepted\n\nx\n")
assert server.wait(10) == 0
assert len(stored()) == 23

# inetd's "wait": a listening socket as standard input
server = subprocess.Popen(["sendmail", "-bs"], stdin=unix)
Client(connect(path)).quit()
server.terminate()
assert server.wait(10) == 0

# what is not for us is refused at the start
def refused(sockets, code, **kwargs):
    server = activate(sockets, stderr=subprocess.PIPE, **kwargs)
    error = server.stderr.read().decode()
    assert server.wait(10) == code, (code, server.returncode, error)
    assert error.startswith("sendmail: "), error

refused([listening(("0.0.0.0", 0))], 77)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
refused([udp], 64)
with open(os.devnull) as file:
    refused([file], 64)
refused([unix] * 9, 64)

# what was meant for another process is not ours: standard input it is
with smtp_socket.inetd() as (connection, process):
    assert codes(read_replies(connection, 1)) == "220"
server = activate([unix], pid=1, stdout=subprocess.PIPE)
assert server.stdout.read().startswith(b"220 ")
assert server.wait(10) == 0
PYTHON

# --- by systemd's own tool ----------------------------------------------------------------
if command -v systemd-socket-activate >/dev/null; then
	before=$(count_queued)
	settings=()
	for name in PATH $(compgen -e NULLMTA_); do
		settings+=(-E "$name")
	done
	systemd-socket-activate -l "$T/activated" "${settings[@]}" env sendmail -bs 2>/dev/null &
	pid[activated]=$!
	python3 - "$T/activated" <<'PYTHON'
import os, sys, time
from smtp_socket import Client, connect

end = time.monotonic() + 30
while not os.path.exists(sys.argv[1]) and time.monotonic() < end:
    time.sleep(0.01)
with Client(connect(sys.argv[1])) as client:
    client.sendmail("a@client.test", ["b@dest.test"], "Subject: activated\n\nx\n")
PYTHON
	stop activated
	assert_queued $((before + 1))
fi

# --- another user ------------------------------------------------------------------------
[ "$(id -u)" = 0 ] || exit 0
uid=$(id -u nobody)
python3 - "$uid" <<'PYTHON'
import os, pathlib, smtp_socket, sys
from smtp_socket import Client, activate, connect, listening

spool = pathlib.Path(os.environ["NULLMTA_SPOOL"])
before = set((spool / "new").iterdir())
path = str(spool.parent / "other")
unix = listening(path)
os.chmod(path, 0o666)
server = activate([unix])
child = os.fork()
if child == 0:
    os.setgid(65534)
    os.setuid(int(sys.argv[1]))
    with Client(connect(path)) as client:
        client.sendmail("", ["b@dest.test"], "Subject: other\n\nx\n")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
server.terminate()
assert server.wait(10) == 0
[name] = set((spool / "new").iterdir()) - before
text = name.read_text()
assert f"(uid {sys.argv[1]})" in text, text
assert "nobody@client.test>" in text.split("From: ")[1].split("\n")[0], text
assert name.stat().st_uid == 0
PYTHON
assert_log queued "uid=$uid"
