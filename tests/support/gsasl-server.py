#!/usr/bin/env python3
"""A submission server whose logins are GNU SASL's, bound to the channel by OpenSSL's exporter.

    gsasl-server.py --dir DIR --tls CERT.pem --auth MECHANISMS [--user NAME] [--password TEXT]
                    [--unbound]

No mail server of Debian 12 offers SCRAM-SHA-256-PLUS; its library for it is asked here. Python
has no way to the exporter, so TLS is OpenSSL's by ctypes. TLS comes first. It prints its port,
keeps what it accepts in DIR as 0001.eml, and in DIR/logins a line for each login. With --unbound
it knows no channel binding.
"""

import argparse
import base64
import ctypes
import os
import socket
import sys

GSASL_OK = 0
GSASL_NEEDS_MORE = 1
GSASL_NO_CALLBACK = 51
GSASL_PASSWORD = 3
GSASL_AUTHID = 1
GSASL_CB_TLS_EXPORTER = 25
SSL_FILETYPE_PEM = 1
CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int
)


def function(library, name, result, *arguments):
    f = library[name]
    f.restype = result
    f.argtypes = arguments
    return f


class Channel:
    """Lines over TLS."""

    ssl = ctypes.CDLL("libssl.so.3")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    server_method = function(ssl, "TLS_server_method", pointer)
    ctx_new = function(ssl, "SSL_CTX_new", pointer, pointer)
    use_chain = function(ssl, "SSL_CTX_use_certificate_chain_file", number, pointer, text)
    use_key = function(ssl, "SSL_CTX_use_PrivateKey_file", number, pointer, text, number)
    new = function(ssl, "SSL_new", pointer, pointer)
    free = function(ssl, "SSL_free", None, pointer)
    set_fd = function(ssl, "SSL_set_fd", number, pointer, number)
    accept = function(ssl, "SSL_accept", number, pointer)
    read = function(ssl, "SSL_read", number, pointer, pointer, number)
    write = function(ssl, "SSL_write", number, pointer, text, number)
    export = function(
        ssl, "SSL_export_keying_material", number, pointer, pointer, ctypes.c_size_t,
        text, ctypes.c_size_t, text, ctypes.c_size_t, number,
    )  # fmt: skip

    @classmethod
    def context(cls, certificate):
        ctx = cls.ctx_new(cls.server_method())
        path = certificate.encode()
        if cls.use_chain(ctx, path) != 1 or cls.use_key(ctx, path, SSL_FILETYPE_PEM) != 1:
            sys.exit(f"{certificate}: not a certificate with its key")
        return ctx

    def __init__(self, ctx, connection):
        self.connection = connection
        self.rest = b""
        self.session = self.new(ctx)
        self.set_fd(self.session, connection.fileno())
        if self.accept(self.session) != 1:
            raise EOFError("no TLS")

    def binding(self):
        """tls-exporter, RFC 9266."""
        label, data = b"EXPORTER-Channel-Binding", ctypes.create_string_buffer(32)
        if self.export(self.session, data, 32, label, len(label), b"", 0, 1) != 1:
            raise EOFError("no exporter")
        return data.raw

    def line(self):
        block = ctypes.create_string_buffer(16384)
        while b"\r\n" not in self.rest:
            n = self.read(self.session, block, len(block))
            if n <= 0:
                raise EOFError("the client has gone")
            self.rest += block.raw[:n]
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line.decode("latin-1")

    def say(self, text):
        data = text.encode() + b"\r\n"
        self.write(self.session, data, len(data))

    def close(self):
        self.free(self.session)
        self.connection.close()


class Logins:
    """GNU SASL as a server."""

    def __init__(self, options):
        self.options = options
        self.channel = None
        sasl = ctypes.CDLL("libgsasl.so.18")
        pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        self.property_set = function(sasl, "gsasl_property_set", number, pointer, number, text)
        self.property_fast = function(sasl, "gsasl_property_fast", text, pointer, number)
        self.start = function(sasl, "gsasl_server_start", number, pointer, text, pointer)
        self.step64 = function(sasl, "gsasl_step64", number, pointer, text, pointer)
        self.finish = function(sasl, "gsasl_finish", None, pointer)
        self.why = function(sasl, "gsasl_strerror", text, number)
        self.callback = CALLBACK(self.answer)
        self.library = ctypes.c_void_p()
        function(sasl, "gsasl_init", number, pointer)(ctypes.byref(self.library))
        function(sasl, "gsasl_callback_set", None, pointer, CALLBACK)(
            self.library, self.callback
        )

    def answer(self, _, session, wanted):
        """What the library wants to know of this login."""
        if wanted == GSASL_CB_TLS_EXPORTER and not self.options.unbound:
            data = base64.b64encode(self.channel.binding())
        elif wanted == GSASL_PASSWORD and self.is_known(session):
            data = self.options.password.encode()
        else:
            return GSASL_NO_CALLBACK
        return self.property_set(session, wanted, data)

    def is_known(self, session):
        return self.property_fast(session, GSASL_AUTHID) == self.options.user.encode()

    def login(self, channel, mechanism, answer):
        """Nothing where it is let in, else why not."""
        self.channel = channel
        session, reply = ctypes.c_void_p(), ctypes.c_char_p()
        code = self.start(self.library, mechanism.encode(), ctypes.byref(session))
        while code in (GSASL_OK, GSASL_NEEDS_MORE):
            code = self.step64(session, answer.encode(), ctypes.byref(reply))
            if code not in (GSASL_OK, GSASL_NEEDS_MORE):
                break
            if reply.value or code == GSASL_NEEDS_MORE:
                channel.say(f"334 {(reply.value or b'').decode()}")
                answer = channel.line()
            if code == GSASL_OK:
                self.finish(session)
                return ""
        return self.why(code).decode()


class Server:
    def __init__(self, options):
        self.options = options
        self.logins = Logins(options)
        self.kept = 0

    def keep(self, channel):
        self.kept += 1
        with open(f"{self.options.dir}/{self.kept:04}.eml", "w", encoding="latin-1") as file:
            while (line := channel.line()) != ".":
                file.write(line.removeprefix(".") + "\n")

    def auth(self, channel, mechanism, answer):
        why = self.logins.login(channel, mechanism, answer)
        with open(f"{self.options.dir}/logins", "a", encoding="ascii") as file:
            file.write(f"{mechanism} {why or 'ok'}\n")
        channel.say(f"535 5.7.8 {why}" if why else "235 2.7.0 welcome")
        return not why

    def serve(self, channel):
        is_known = False
        channel.say("220 relay.host.test ESMTP")
        while True:
            words = channel.line().split(" ")
            verb = words[0].upper()
            if verb == "EHLO":
                channel.say(f"250-relay.host.test\r\n250 AUTH {self.options.auth}")
            elif verb == "AUTH":
                is_known = self.auth(channel, words[1], words[2])
            elif verb == "QUIT":
                channel.say("221 2.0.0 bye")
                return
            elif not is_known:
                channel.say("530 5.7.0 log in first")
            elif verb == "DATA":
                channel.say("354 go on")
                self.keep(channel)
                channel.say("250 2.0.0 kept")
            else:
                channel.say("250 2.0.0 ok")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--tls", required=True)
    parser.add_argument("--auth", required=True)
    parser.add_argument("--user", default="joe@example.org")
    parser.add_argument("--password", default="pencil")
    parser.add_argument("--unbound", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    server, ctx = Server(options), Channel.context(options.tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            try:
                channel = Channel(ctx, connection)
                server.serve(channel)
                channel.close()
            except EOFError:
                connection.close()


main()
