#!/usr/bin/env python3
"""Start a program as systemd does for a datagram socket: activate.py SOCKET COMMAND...

The socket is there from the beginning to the end. Whenever something waits at it the program
is started with it as descriptor 3, and again when it has ended and something waits. Prints
"ready" when the socket is there; ends with SIGTERM, when the program has ended, too.
"""
import os
import select
import signal
import socket
import sys


def run(sock, command):
    pid = os.fork()
    if pid == 0:
        os.dup2(sock.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.environ["LISTEN_FDS"] = "1"
        os.execvp(command[0], command)
    return pid


def main():
    path, command = sys.argv[1], sys.argv[2:]
    child = 0

    def stop(*_):
        if child:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        sys.exit(0)

    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    sock.bind(path)
    os.chmod(path, 0o666)
    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    while True:
        select.select([sock], [], [])
        child = run(sock, command)
        print("started", child, file=sys.stderr, flush=True)
        os.waitpid(child, 0)
        child = 0


main()
