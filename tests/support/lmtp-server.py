#!/usr/bin/env python3
"""A mail store that speaks LMTP (RFC 2033), strictly.

usage: lmtp-server.py --dir DIR [--socket PATH]

Listens on the unix socket PATH (and prints 0), else on a free port of 127.0.0.1 (and prints
it). What it accepts for RECIPIENT goes to DIR/RECIPIENT/0001.eml. By the local part:

    nobody…   refused at RCPT         full…   refused behind the dot, for now
    picky…    refused behind the dot  drop…   the connection is lost instead of its reply

DIR/dialogue has what was said, DIR/violations what the client did wrong.
"""
import argparse
import os
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.server.note("> " + line)
        self.wfile.write(line.encode() + b"\r\n")

    def hear(self):
        line = self.rfile.readline(65536)
        if not line.endswith(b"\r\n"):
            raise EOFError
        text = line[:-2].decode("utf-8", "replace")
        self.server.note("< " + text)
        return text

    def wrong(self, what):
        with open(self.server.path("violations"), "a", encoding="utf-8") as out:
            out.write(what + "\n")
        self.say("503 5.5.1 " + what)

    def content(self):
        lines = []
        while True:
            line = self.rfile.readline(65536)
            if not line.endswith(b"\r\n"):
                raise EOFError
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def answer(self, recipient, content):
        if recipient.startswith("full"):
            self.say("452 4.2.2 <%s> is over quota" % recipient)
        elif recipient.startswith("picky"):
            self.say("554 5.7.1 <%s> does not like it" % recipient)
        elif recipient.startswith("drop"):
            raise EOFError
        else:
            self.server.store(recipient, content)
            self.say("250 2.0.0 <%s> stored" % recipient)

    def rcpt(self, recipients, line):
        recipient = line[line.index("<") + 1 : line.index(">")]
        if recipient.startswith("nobody"):
            self.say("550 5.1.1 no such user")
            return
        recipients.append(recipient)
        self.say("250 2.1.5 ok")

    def data(self, recipients):
        if not recipients:
            self.wrong("DATA without recipients")
            return
        self.say("354 go on")
        content = self.content()
        for recipient in recipients:
            self.answer(recipient, content)

    def talk(self):
        has_hello, recipients = False, None
        if self.client_address:
            self.server.note("* from " + self.client_address[0])
        self.say("220 store.test LMTP")
        while True:
            line = self.hear()
            verb = line.split(" ")[0].upper()
            if verb == "LHLO":
                has_hello = True
                self.say("250-store.test")
                self.say("250-PIPELINING")
                self.say("250-ENHANCEDSTATUSCODES")
                self.say("250 8BITMIME")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            elif not has_hello:
                self.wrong("%s before LHLO" % verb)
            elif verb == "MAIL" and recipients is None:
                recipients = []
                self.say("250 2.1.0 ok")
            elif verb == "RCPT" and recipients is not None:
                self.rcpt(recipients, line)
            elif verb == "DATA" and recipients is not None:
                self.data(recipients)
                recipients = None
            elif verb == "RSET":
                recipients = None
                self.say("250 2.0.0 ok")
            else:
                self.wrong("%s is not expected here" % verb)

    def handle(self):
        try:
            self.talk()
        except (EOFError, ConnectionError):
            self.server.note("* lost")


class Store:
    allow_reuse_address = True

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def note(self, text):
        with open(self.path("dialogue"), "a", encoding="utf-8") as out:
            out.write(text + "\n")

    def store(self, recipient, content):
        os.makedirs(self.path(recipient), exist_ok=True)
        number = len(os.listdir(self.path(recipient))) + 1
        with open(self.path(recipient, "%04d.eml" % number), "wb") as out:
            out.write(content)


class SocketStore(Store, socketserver.UnixStreamServer):
    pass


class PortStore(Store, socketserver.TCPServer):
    pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--socket")
    options = parser.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    if options.socket:
        server = SocketStore(options.socket, Session)
    else:
        server = PortStore(("127.0.0.1", 0), Session)
    server.directory = options.dir
    print(0 if options.socket else server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
