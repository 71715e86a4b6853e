#!/usr/bin/env python3
"""A SOCKS 5 proxy (RFC 1928, RFC 1929) that serves names from a table.

usage: socks5-server.py --log FILE [--login USER:PASSWORD] [--host NAME=ADDRESS]...
                        [--refuse NAME=CODE]... [--mute]

Listens on a free port of 127.0.0.1 and prints it. A name that is not in the table is unknown
to it (4); a number is connected to as it is. With --mute it takes connections and says nothing.
The log has a line for each request: "connect NAME PORT by USER: CODE".
"""
import argparse
import select
import socket
import socketserver
import struct
import sys


class Session(socketserver.BaseRequestHandler):
    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.request.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def login(self, methods):
        """The user, "-" where none is wanted; None: not let in."""
        wanted = self.server.options.login
        if not wanted:
            self.request.sendall(b"\x05\x00")
            return "-"
        if 2 not in methods:
            self.request.sendall(b"\x05\xff")
            return None
        self.request.sendall(b"\x05\x02")
        if self.read(1) != b"\x01":
            raise EOFError
        user = self.read(self.read(1)[0]).decode()
        password = self.read(self.read(1)[0]).decode()
        is_right = wanted == user + ":" + password
        self.request.sendall(b"\x01" + (b"\x00" if is_right else b"\x01"))
        return user if is_right else None

    def address(self):
        kind = self.read(1)[0]
        if kind == 1:
            return socket.inet_ntop(socket.AF_INET, self.read(4))
        if kind == 4:
            return socket.inet_ntop(socket.AF_INET6, self.read(16))
        return self.read(self.read(1)[0]).decode()

    def connect(self, name, port):
        """A connected socket, or the code of the refusal."""
        server = self.server
        if name in server.refused:
            return server.refused[name]
        if name not in server.hosts and not name.replace(".", "").isdigit():
            return 4
        try:
            return socket.create_connection((server.hosts.get(name, name), port), 10)
        except OSError:
            return 5

    def relay(self, other):
        pair = {self.request: other, other: self.request}
        while True:
            for ready in select.select(list(pair), [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                pair[ready].sendall(data)

    def talk(self):
        if self.server.options.mute:
            self.read(1 << 20)
        version, count = self.read(2)
        if version != 5:
            raise EOFError
        user = self.login(self.read(count))
        if user is None:
            self.server.note("not let in")
            return
        if self.read(3) != b"\x05\x01\x00":
            raise EOFError
        name = self.address()
        port = struct.unpack("!H", self.read(2))[0]
        other = self.connect(name, port)
        code = other if isinstance(other, int) else 0
        self.server.note("connect %s %d by %s: %d" % (name, port, user, code))
        # the address that it has bound, as a name: lengths have to be read
        self.request.sendall(bytes((5, code, 0, 3, 5)) + b"proxy" + b"\x00\x01")
        if code == 0:
            with other:
                self.relay(other)

    def handle(self):
        try:
            self.talk()
        except (EOFError, OSError):
            pass


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def note(self, text):
        with open(self.options.log, "a", encoding="utf-8") as out:
            out.write(text + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True)
    parser.add_argument("--login")
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--refuse", action="append", default=[])
    parser.add_argument("--mute", action="store_true")
    proxy = Proxy(("127.0.0.1", 0), Session)
    proxy.options = parser.parse_args()
    proxy.hosts = dict(entry.split("=") for entry in proxy.options.host)
    proxy.refused = {
        name: int(code) for name, code in (entry.split("=") for entry in proxy.options.refuse)
    }
    print(proxy.server_address[1], flush=True)
    proxy.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
