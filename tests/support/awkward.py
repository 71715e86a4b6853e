#!/usr/bin/env python3
"""Write a corpus of awkward messages into the current directory, NAME.eml each, as local programs
hand them over: lines end in LF."""

import random

MIXED = b'Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
TEXT = b"Content-Type: text/plain; charset=utf-8\n"
UTF8 = "größer = grün \t\n-- \n.\n..\n--b is not alone\n".encode()
LONG = b"word " * 300 + b"\n" + b"x" * 100000 + b"\n" + b"y" * 998 + b"\n" + b"z" * 999 + b"\n"
LATIN = b"caf\xe9 \xff\xfe\n\x80\n"
NULS = b"a\0b\n\0\n"


def part(header, body):
    return b"--b\n" + header + b"\n" + body + b"\n"


def mixed(*parts):
    return MIXED + b"not read\n" + b"".join(parts) + b"--b--\nnor this\n"


def nested(depth):
    if depth == 0:
        return TEXT + b"\n" + UTF8
    boundary = b"n%d" % depth
    return (b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n--" + boundary + b"\n" +
            nested(depth - 1) + b"\n--" + boundary + b"--\n")


def octets(count):
    """Any octets that the way to here leaves alone: line ends are those of text."""
    return bytes(c for c in random.randbytes(count) if c not in b"\r")


def corpus():
    random.seed(1)
    yield "no-mime-utf8", b"Subject: x\n\n" + UTF8
    yield "no-mime-latin1", b"Subject: x\n\n" + LATIN
    yield "no-mime-nul", b"Subject: x\n\n" + NULS
    yield "no-mime-long", b"Subject: x\n\n" + LONG
    yield "no-mime-all", b"Subject: x\n\n" + UTF8 + LONG + NULS + LATIN + octets(20000) + b"\n"
    yield "no-header", UTF8 + LONG
    yield "blanks-alone", b"Subject: x\n\n" + b" " * 5000 + b"\n" + b"\t" * 999 + b"\n"
    yield "typed", b"Subject: x\n" + TEXT + b"\n" + UTF8 + LONG
    yield "says-7bit", (b"Subject: x\nMIME-Version: 1.0\n" + TEXT +
                        b"Content-Transfer-Encoding: 7bit\n\n" + UTF8)
    yield "mixed", mixed(
        part(b"", b"plain ascii\n"),
        part(TEXT, UTF8),
        part(TEXT, LONG),
        part(b"Content-Type: application/octet-stream\n"
             b"Content-Disposition: attachment; filename=\"gr\xc3\xbcn b.bin\"\n", octets(5000)),
        part(b"Content-Type: application/json\nContent-Transfer-Encoding: 8bit\n",
             b'{"a": "' + b"b" * 5000 + b'"}\n'),
        part(b"Content-Type: application/json\n", b'{"a": "\xc3\xbc"}\n'))
    yield "encoded-badly", mixed(
        part(TEXT + b"Content-Transfer-Encoding: quoted-printable\n",
             b"gr=C3=BCn =\n" + b"=C3=BC" * 1000 + b"\nraw: \xc3\xbc\n"),
        part(b"Content-Type: a/b\nContent-Transfer-Encoding: base64\n", b"QUJDREVG" * 1000 + b"\n"))
    yield "nested", b"Subject: x\nMIME-Version: 1.0\n" + nested(20)
    yield "not-closed", MIXED + part(TEXT, UTF8) + part(b"", LATIN + LONG)
    yield "nested-deeply", b"Subject: x\nMIME-Version: 1.0\n" + nested(99)
    yield "forwarded", mixed(part(b"Content-Type: message/rfc822\n",
                                  b"X-Sub: gr\xc3\xbcn\nTo: \xc3\xa4 <a@x.test>\n" + TEXT +
                                  b"\n" + UTF8 + LONG))
    yield "digest", (b"MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=b\n\n"
                     b"--b\n\nSubject: a\n\n" + UTF8 + b"\n--b\n\nSubject: b\n\n" + LATIN +
                     b"\n--b--\n")
    yield "header-utf8", ("Subject: größer  und  =?utf-8?Q?gr=C3=BCn?= ä\n"
                          "To: \"Müller, Jörg\" <a@x.test>, b@x.test (Käse (ä) c), "
                          "Freunde ✓: c@x.test;\n"
                          "X-Long-Word: ä" + "x" * 5000 + "\n\nx\n").encode()
    yield "header-latin1", b"Subject: caf\xe9 caf\xe9\nTo: M\xfcller <a@x.test>\n\nx\n"
    yield "header-long", (b"To: " + b", ".join(b"user%d@x.test" % i for i in range(400)) +
                          b"\nReferences: " + b" ".join(b"<%d@x.test>" % i for i in range(400)) +
                          b"\nSubject: " + b"a word " * 400 + b"\n\nx\n")
    yield "header-one-word", b"Subject: " + b"x" * 5000 + b"\nX-B: " + b"y" * 999 + b"\n\nx\n"


def main():
    for name, content in corpus():
        with open(name + ".eml", "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
