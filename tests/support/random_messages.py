#!/usr/bin/env python3
"""Random messages through the front door: any octets, any line lengths, nested MIME.

    random_messages.py write SEED COUNT DIR     make DIR/0001.eml and so on
    random_messages.py hand-over DIR FROM TO... every other one to sendmail, the rest to one -bs
    random_messages.py compare [--seven] DIR ARRIVED

The same SEED makes the same messages. What arrived is a directory as the receiver keeps it; each
message of DIR has to be there once and to mean the same (same_meaning.py). Structure is as it
should be, so that there is one meaning; what is broken is the business of other tests.
"""

import email
import pathlib
import random
import re
import subprocess
import sys

import same_meaning
import smtp_socket

# A NUL is refused there. To the email package the others are line ends when it reads a field, or
# begin what it writes for an octet.
NOT_IN_FIELDS = b"\0\r\n\x0b\x0c\x1c\x1d\x1e\\"

WORDS = ["grün", "größer", "Käse", "żółw", "привет", "你好", "✓", "e\u0301", "plain", "words", "=", "=?",
         "a=b", "=3D", "_", "(c)", "1.0", "--", "From", "x" * 80, "y" * 1000]
ADDRESSES = ["a@x.test", "Jörg Müller <j@x.test>", '"Müller, Jörg" <m@x.test>', "b@x.test (Käse (ä))",
             "Freunde ✓: c@x.test, d@x.test;", '"a \\" b" <e@x.test>']
CHARSETS = ["utf-8", "iso-8859-1", "us-ascii", "x-unknown"]
LEAVES = ["text/plain", "text/html", "text/x-patch", "application/octet-stream", "application/json",
          "image/png", "audio/x-y"]
MULTIPARTS = ["mixed", "alternative", "digest", "related", "report", "x-other"]


class Maker:
    """Makes one message after another."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.boundaries = 0

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def octets(self, count):
        kind = self.random.randrange(4)
        if kind == 0:
            return self.random.randbytes(count)
        if kind == 1:
            return bytes(self.random.choice(b"-- =F\t.b\0\r\xc3\xbc\xff\x80") for _ in range(count))
        if kind == 2:
            return bytes(self.random.randrange(32, 127) for _ in range(count))
        return "".join(self.random.choice("aeä ü€\t=.✓") for _ in range(count)).encode()

    def length(self):
        return self.random.choice([0, 1, self.random.randrange(70, 80), self.random.randrange(100),
                                   self.random.randrange(990, 1005), self.random.randrange(6000)])

    def line(self):
        """Any octets but a line end."""
        if self.chance(20):
            return self.random.choice([b"", b".", b"..", b".x", b"From me", b"--", b"-- ", b" ", b"\t",
                                       b"trailing \t ", b"=", b"=20", b"=C3=BC=", b"\r", b"x\r"])
        return self.octets(self.length()).replace(b"\n", b"")

    def body(self):
        lines = [self.line() for _ in range(self.random.randrange(12))]
        return b"\n".join(lines) + self.random.choice([b"", b"\n", b"\n\n"])

    def words(self):
        text = " ".join(self.random.choice(WORDS) for _ in range(self.random.randrange(1, 12)))
        if self.chance(20):
            octets = self.octets(self.random.randrange(200))
            return text.encode() + b" " + octets.translate(None, NOT_IN_FIELDS)
        return text.encode()

    def fields(self):
        made = b""
        if self.chance(50):
            made += b"Subject: " + self.words() + b"\n"
        if self.chance(30):
            made += b"X-Other: " + self.words().replace(b" ", b"\n ", 1) + b"\n"
        if self.chance(30):
            count = self.random.choice([1, 3, 200])
            to = self.random.choice([", ", ",\n\t"]).join(self.random.choices(ADDRESSES, k=count))
            made += b"To: " + to.encode() + b"\n"
        if self.chance(20):
            made += b"References: " + b" ".join(
                b"<%d@x.test>" % i for i in range(self.random.choice([1, 300]))) + b"\n"
        return made

    def coded_body(self, coding):
        if coding == b"base64":
            text = self.random.choices(b"ABCxyz019+/", k=4 * self.length())
            width = self.random.choice([76, 4000])
            return b"\n".join(bytes(text[i:i + width]) for i in range(0, len(text), width))
        pieces = [b"=C3=BC", b"=3D", b"plain ", b"x" * 30, b"=20\n", b"=\n", b"\n", b"\xc3\xbc"]
        return b"".join(self.random.choice(pieces) for _ in range(self.random.randrange(400))) + b"x\n"

    def leaf(self):
        made = b""
        if self.chance(80):
            made += b"Content-Type: " + self.random.choice(LEAVES).encode()
            if self.chance(50):
                made += b"; charset=" + self.random.choice(CHARSETS).encode()
            made += b"\n"
        if self.chance(30):
            name = self.random.choice(["a.txt", "grün b.txt", "ü" * 300 + ".pdf", "a;b=c.x"])
            made += b'Content-Disposition: attachment; filename="' + name.encode() + b'"\n'
        coding = self.random.choice([b"", b"", b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable"])
        if coding:
            made += b"Content-Transfer-Encoding: " + coding + b"\n"
        is_coded = coding in (b"base64", b"quoted-printable")
        return made + b"\n" + (self.coded_body(coding) if is_coded else self.body())

    def multipart(self, depth):
        self.boundaries += 1
        boundary = b"%d %s" % (self.boundaries, b"=_" + b"b" * self.random.choice([1, 50]))
        kind = self.random.choice(MULTIPARTS).encode()
        made = b"Content-Type: multipart/" + kind + b';\n boundary="' + boundary + b'"\n'
        if self.chance(30):
            made += b"Content-Transfer-Encoding: " + self.random.choice([b"8bit", b"binary", b"7bit"]) + b"\n"
        made += b"\n" + (self.body() if self.chance(30) else b"")
        for _ in range(self.random.randrange(1, 4)):
            is_message = kind == b"digest"
            made += b"\n--" + boundary + b"\n"
            made += b"\n" + self.message(depth + 1) if is_message else self.entity(depth + 1)
        return made + b"\n--" + boundary + b"--\n" + (self.body() if self.chance(20) else b"")

    def entity(self, depth):
        kind = self.random.randrange(10) if depth < 5 else 9
        if kind < 4:
            return self.multipart(depth)
        if kind == 4:
            return b"Content-Type: message/rfc822\n\n" + self.message(depth + 1)
        return self.leaf()

    def message(self, depth):
        version = b"MIME-Version: 1.0\n" if self.chance(80) else b""
        return b"X-Any: x\n" + self.fields() + version + self.entity(depth)


def write(seed, count, directory):
    for number in range(1, count + 1):
        content = Maker(f"{seed} {number}").message(0)
        with open(f"{directory}/{number:04}.eml", "wb") as file:
            file.write(b"X-Number: %04d\n" % number + content)


def wire_form(content):
    """What sendmail makes of line ends: those of text, and no CR that is none."""
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")
    return content if content.endswith(b"\n") else content + b"\r\n"


def files(directory):
    return sorted(pathlib.Path(directory).glob("*.eml"))


def hand_over(directory, sender, recipients):
    for file in files(directory)[::2]:
        with open(file, "rb") as content:
            subprocess.run(["sendmail", "-odq", "-i", "-f", sender, *recipients], stdin=content, check=True)
    with smtp_socket.inetd("-odq") as (connection, _):
        client = smtp_socket.Client(connection)
        for file in files(directory)[1::2]:
            client.sendmail(sender, recipients, wire_form(file.read_bytes()), mail_options=["BODY=8BITMIME"])
        client.quit()


def problems_of(given, arrived, is_seven):
    """Without its defects where the original had some to a reader."""
    wanted = email.message_from_bytes(wire_form(given))
    problems = same_meaning.compare_parts(wanted, email.message_from_bytes(arrived))
    had_defects = any(part.defects for part in wanted.walk())
    return problems + [text for text in same_meaning.check_form(arrived, is_seven)
                       if not (had_defects and text.startswith("defect"))]


def compare(directory, arrived, is_seven):
    """The number of messages with problems, which are told."""
    missing = {file.stem: file for file in files(directory)}
    count = 0
    for file in files(arrived):
        content = file.read_bytes()
        number = re.search(rb"^X-Number: (\d+)\r$", content, re.M)[1].decode()
        given = missing.pop(number, None)
        problems = problems_of(given.read_bytes(), content, is_seven) if given else ["came twice"]
        for problem in problems:
            print(f"{number}.eml as {file}: {problem}", file=sys.stderr)
        count += bool(problems)
    for number in missing:
        print(f"{number}.eml did not arrive", file=sys.stderr)
    return count + len(missing)


def main():
    words = sys.argv[1:]
    if words[:1] == ["write"] and len(words) == 4:
        write(words[1], int(words[2]), words[3])
    elif words[:1] == ["hand-over"] and len(words) > 3:
        hand_over(words[1], words[2], words[3:])
    elif words[:1] == ["compare"] and len(words) in (3, 4):
        return 1 if compare(words[-2], words[-1], "--seven" in words) else 0
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
