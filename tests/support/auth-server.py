#!/usr/bin/env python3
"""A submission server that wants a login: every mechanism that nullmta has, told apart strictly.

    auth-server.py --dir DIR [--auth "PLAIN LOGIN"] [--legacy] [--user NAME] [--password TEXT]
                   [--token TEXT] [--iterations N] [--refusal LINE] [--believe]
                   [--tls CERT.pem [--implicit] [--client-ca CA.pem]]

It prints its port, keeps what it accepts in DIR as 0001.eml, and the dialogue in DIR/dialogue,
secrets included. Mail without a login is refused by 530, a login that is wrong by --refusal.
DIR/logins has a line for each: "SCRAM-SHA-256 ok" or "PLAIN refused". With --believe it lets
SCRAM clients in without a proof of its own, as an impostor has to.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import secrets
import socketserver
import ssl
import sys
import threading

LINE_MAX = 12288 + 2
ANSWER_MAX = 64 * 1024

# The hash that signs a certificate, by its OID, for tls-server-end-point (RFC 5929 4.1).
HASH_BY_OID = {
    bytes.fromhex("06082a8648ce3d040302"): "sha256",  # ecdsa-with-SHA256
    bytes.fromhex("06092a864886f70d01010b"): "sha256",  # sha256WithRSAEncryption
}


class Refused(Exception):
    """The login is wrong; what was said about it inside the exchange has been said."""


class Cancelled(Exception):
    """The client said "*"."""


def encode(octets):
    return base64.b64encode(octets).decode()


class Session(socketserver.StreamRequestHandler):
    timeout = 30

    def setup(self):
        if self.server.options.implicit:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.is_secure = self.server.options.implicit
        self.is_known = False

    # --- lines ---------------------------------------------------------------------

    def log(self, direction, text):
        with self.server.lock, open(self.server.path("dialogue"), "a") as f:
            f.write(f"{direction} {text}\n")

    def say(self, line):
        self.log(">", line)
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def hear(self, limit=LINE_MAX):
        line = self.rfile.readline(limit + 1)
        if not line.endswith(b"\r\n") or len(line) > limit:
            raise EOFError
        text = line[:-2].decode()
        self.log("<", text)
        return text

    def ask(self, octets):
        """A challenge, and the octets of the answer."""
        self.say("334 " + encode(octets))
        answer = self.hear(ANSWER_MAX)
        if answer == "*":
            raise Cancelled
        return base64.b64decode(answer, validate=True)

    # --- mechanisms: each gets the initial response, or None -------------------------

    def require(self, is_right):
        if not is_right:
            raise Refused

    def external(self, first):
        user = (self.ask(b"") if first is None else first).decode()
        self.require(self.is_secure and self.connection.getpeercert())
        self.require(user in ("", self.server.options.user))

    def plain(self, first):
        octets = self.ask(b"") if first is None else first
        authzid, user, password = octets.split(b"\0")
        o = self.server.options
        self.require((authzid.decode(), user.decode(), password.decode()) == ("", o.user, o.password))

    def login(self, first):
        if first is not None:
            raise ValueError("LOGIN has no initial response")
        user = self.ask(b"Username:").decode()
        password = self.ask(b"Password:").decode()
        o = self.server.options
        self.require((user, password) == (o.user, o.password))

    def oauthbearer(self, first):
        octets = self.ask(b"") if first is None else first
        head, *pairs = octets.decode().split("\x01")
        values = dict(pair.split("=", 1) for pair in pairs if pair)
        o = self.server.options
        if (head, values.get("auth")) != (f"n,a={o.user},", f"Bearer {o.token}") or not {"host", "port"} <= set(values):
            answer = self.ask(json.dumps({"status": "invalid_token"}).encode())
            if answer != b"\x01":
                raise ValueError("RFC 7628 3.2.3")
            raise Refused

    def xoauth2(self, first):
        octets = self.ask(b"") if first is None else first
        o = self.server.options
        if octets.decode() != f"user={o.user}\x01auth=Bearer {o.token}\x01\x01":
            answer = self.ask(json.dumps({"status": "400", "schemes": "Bearer"}).encode())
            if answer != b"":
                raise ValueError("an empty answer is due")
            raise Refused

    def scram(self, first, is_plus=False):
        client_first = (self.ask(b"") if first is None else first).decode()
        flag, authzid, bare = client_first.split(",", 2)
        self.require(authzid == "" and (flag.startswith("p=") if is_plus else flag in ("n", "y")))
        if flag == "y":
            self.require("SCRAM-SHA-256-PLUS" not in self.server.options.auth)
        user, nonce = bare.split(",")[0:2]
        o = self.server.options
        salt, nonce = secrets.token_bytes(16), nonce[2:] + secrets.token_hex(12)
        server_first = f"r={nonce},s={encode(salt)},i={o.iterations}"
        client_final = self.ask(server_first.encode()).decode()
        without_proof, _, proof = client_final.rpartition(",p=")
        binding = f"{flag},,".encode() + (self.server.end_point if is_plus else b"")
        self.require(without_proof == f"c={encode(binding)},r={nonce}")
        message = f"{bare},{server_first},{without_proof}".encode()
        salted = hashlib.pbkdf2_hmac("sha256", o.password.encode(), salt, o.iterations)
        stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        signature = hmac.digest(stored, message, "sha256")
        if o.believe:
            return
        key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature))
        self.require(hashlib.sha256(key).digest() == stored)
        self.require(user[2:].replace("=2C", ",").replace("=3D", "=") == o.user)
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        answer = self.ask(b"v=" + encode(hmac.digest(server_key, message, "sha256")).encode())
        if answer != b"":
            raise ValueError("an empty answer is due")

    def scram_plus(self, first):
        self.scram(first, is_plus=True)

    MECHANISMS = {
        "EXTERNAL": external,
        "PLAIN": plain,
        "LOGIN": login,
        "OAUTHBEARER": oauthbearer,
        "XOAUTH2": xoauth2,
        "SCRAM-SHA-256": scram,
        "SCRAM-SHA-256-PLUS": scram_plus,
    }

    # --- the session -----------------------------------------------------------------

    def note_login(self, mechanism, result):
        with self.server.lock, open(self.server.path("logins"), "a") as f:
            f.write(f"{mechanism} {result}\n")

    def authenticate(self, mechanism, initial):
        first = None if initial is None else b"" if initial == "=" else base64.b64decode(initial, validate=True)
        try:
            self.MECHANISMS[mechanism](self, first)
        except Refused:
            self.note_login(mechanism, "refused")
            self.say(self.server.options.refusal)
        except Cancelled:
            self.note_login(mechanism, "cancelled")
            self.say("501 5.7.0 cancelled")
        else:
            self.note_login(mechanism, "ok")
            self.is_known = True
            self.say("235 2.7.0 welcome")

    def greet_again(self):
        o = self.server.options
        lines = ["auth.test", "8BITMIME", "SIZE 1000000", "ENHANCEDSTATUSCODES"]
        if o.tls and not self.is_secure:
            lines.append("STARTTLS")
        elif o.auth:
            lines.append(("AUTH=" if o.legacy else "AUTH ") + " ".join(o.auth))
        for line in lines[:-1]:
            self.say("250-" + line)
        self.say("250 " + lines[-1])

    def start_tls(self):
        self.say("220 go")
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.is_secure = True

    def take_message(self):
        self.say("354 go")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line)
        with self.server.lock:
            self.server.count += 1
            with open(self.server.path(f"{self.server.count:04}.eml"), "wb") as f:
                f.writelines(lines)
        self.say("250 2.0.0 queued")

    def command(self, line):
        verb, *words = line.split(" ")
        verb = verb.upper()
        if verb == "EHLO":
            self.greet_again()
        elif verb == "STARTTLS" and not self.is_secure:
            self.start_tls()
        elif verb == "AUTH" and words[0] in self.server.options.auth:
            self.authenticate(words[0], words[1] if len(words) > 1 else None)
        elif verb == "AUTH":
            self.say("504 5.5.4 not offered")
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
            return False
        elif not self.is_known and self.server.options.auth:
            self.say("530 5.7.0 authentication required")
        elif verb == "DATA":
            self.take_message()
        elif verb in ("MAIL", "RCPT", "RSET"):
            self.say("250 2.0.0 ok")
        else:
            self.say("500 5.5.1 what?")
        return True

    def handle(self):
        try:
            self.say("220 auth.test ESMTP")
            while self.command(self.hear()):
                pass
        except (EOFError, OSError):
            pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, options):
        super().__init__(("127.0.0.1", 0), Session)
        self.options = options
        self.lock = threading.Lock()
        self.count = 0
        if options.tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(options.tls)
            self.end_point = self.find_end_point(options.tls)
            # TLS 1.3 binds by tls-exporter, which Python's ssl does not give
            self.tls.maximum_version = ssl.TLSVersion.TLSv1_2
            if options.client_ca:
                self.tls.load_verify_locations(options.client_ca)
                self.tls.verify_mode = ssl.CERT_OPTIONAL

    @staticmethod
    def find_end_point(path):
        with open(path) as f:
            pem = f.read()
        end = "-----END CERTIFICATE-----"
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE") : pem.index(end) + len(end)])
        name = next((name for oid, name in HASH_BY_OID.items() if oid in der), "sha256")
        return hashlib.new(name, der).digest()

    def path(self, name):
        return os.path.join(self.options.dir, name)

    def handle_error(self, request, client_address):
        # what a client must not do is a violation, as with smtp-receiver; a handshake is not
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            with self.lock, open(self.path("violations"), "a") as f:
                f.write(f"{type(error).__name__}: {error}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--auth", default="PLAIN LOGIN", type=str.split)
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--user", default="joe@example.org")
    parser.add_argument("--password", default="pencil")
    parser.add_argument("--token", default="tok")
    parser.add_argument("--iterations", type=int, default=4096)
    parser.add_argument("--refusal", default="535 5.7.8 authentication failed")
    parser.add_argument("--believe", action="store_true")
    parser.add_argument("--tls")
    parser.add_argument("--implicit", action="store_true")
    parser.add_argument("--client-ca")
    options = parser.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    with Server(options) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


main()
