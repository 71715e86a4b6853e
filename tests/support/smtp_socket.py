"""Clients of `sendmail -bs` for end-to-end tests, and what hands it listening sockets."""

import contextlib
import os
import smtplib
import socket
import subprocess

LIMIT_S = 30


class Client(smtplib.SMTP):
    """smtplib over a socket that is connected already."""

    def __init__(self, connection):
        self._connection = connection
        connection.settimeout(LIMIT_S)
        super().__init__("-", local_hostname="python.test", timeout=LIMIT_S)

    def _get_socket(self, host, port, timeout):
        return self._connection


def connect(address):
    """A socket connected to a path or to (host, port)."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(LIMIT_S)
    connection.connect(address)
    return connection


@contextlib.contextmanager
def inetd(*options):
    """sendmail -bs with a socketpair as stdin and stdout; gives our end and the process."""
    ours, theirs = socket.socketpair()
    with ours, subprocess.Popen(["sendmail", "-bs", *options], stdin=theirs, stdout=theirs) as process:
        theirs.close()
        ours.settimeout(LIMIT_S)
        try:
            yield ours, process
        finally:
            ours.close()


def listening(address):
    """A listening socket: a path, or (host, 0) for any port."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(50)
    return listener


def activate(sockets, *options, pid=None, **kwargs):
    """Start sendmail -bs with these sockets as systemd does: sd_listen_fds(3)."""

    def hand_over():
        # numbers that are not wanted first, so that nothing is overwritten
        high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
            os.close(fd)
        os.environ["LISTEN_FDS"] = str(len(sockets))
        os.environ["LISTEN_PID"] = str(pid or os.getpid())
        os.execvp("sendmail", ["sendmail", "-bs", *options])

    return subprocess.Popen(
        ["true"], preexec_fn=hand_over, close_fds=False, stdin=subprocess.DEVNULL, **kwargs
    )


def read_replies(connection, count):
    """So many replies, as lines; fewer where the server closes."""
    lines = []
    stream = connection.makefile("rb")
    while count:
        line = stream.readline()
        if not line:
            break
        lines.append(line.decode().rstrip("\r\n"))
        count -= line[3:4] != b"-"
    return lines


def codes(lines):
    """Their codes, of the last line of each reply."""
    return " ".join(line[:3] for line in lines if line[3:4] != "-")
