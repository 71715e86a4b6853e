#!/usr/bin/env python3
"""Show a message that smtp-receiver has accepted, as read by Python's email package, a parser
that knows nothing of nullmta.

    show.py FILE.eml [FIELD...]

One line "SENDER > RECIPIENT..." of its envelope (FILE.env; recipients sorted), the fields of
FIELDS and FIELD that it has, and each part: its type, then its text, or for what is no text the
file's name, its size and SHA-256. Words in "=?…?=", quoted-printable and base64 are undone. Exits
1 with a reason where it is not one well-formed message: what a strict receiver would refuse.
"""

import email
import email.policy
import hashlib
import re
import sys

FIELDS = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject")
# a message has one of each of these when it is on its way (RFC 5322 3.6, RFC 6409 8)
ONCE = ("From", "Date", "Message-ID")


def envelope(text):
    sender = re.search(r"^from <(.*?)>", text, re.M)[1]
    recipients = sorted(re.findall(r"^to <(.*?)>", text, re.M))
    return " ".join([sender or "<>", ">", *recipients])


def part_lines(part):
    kind = part.get_content_type()
    name = part.get_filename()
    if name is not None:
        kind += f' "{name}"'
    if part.is_multipart():
        return [kind]
    if part.get_content_maintype() == "text" and name is None:
        text = part.get_content().replace("\r\n", "\n")
        return [kind, *text.rstrip("\n").split("\n")]
    octets = part.get_payload(decode=True)
    return [f"{kind} {len(octets)} {hashlib.sha256(octets).hexdigest()}"]


def check(octets, message):
    """What is wrong with it, if anything."""
    problems = []
    if re.search(rb"\r(?!\n)|(?<!\r)\n|\0", octets):
        problems.append("a bare CR or LF, or a NUL")
    if any(len(line) > 998 for line in octets.split(b"\r\n")):
        problems.append("a line over 998 octets")
    if not octets.partition(b"\r\n\r\n")[0].isascii():
        problems.append("a header that is not ASCII")
    problems += [f"not one {name}" for name in ONCE if len(message.get_all(name, [])) != 1]
    addresses = [field for field in message.values() if hasattr(field, "addresses")]
    for owner in [*message.walk(), *addresses]:
        problems += [f"defect: {defect!r}" for defect in owner.defects]
    return problems


def main(path, *names):
    with open(path, "rb") as file:
        octets = file.read()
    with open(path.removesuffix(".eml") + ".env", encoding="utf-8") as file:
        lines = [envelope(file.read())]
    message = email.message_from_bytes(octets, policy=email.policy.default)
    problems = check(octets, message)
    for problem in problems:
        print(problem, file=sys.stderr)
    for name in FIELDS + names:
        lines += [f"{name}: {value}" for value in message.get_all(name, [])]
    for part in message.walk():
        lines += ["", *part_lines(part)]
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(lines))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
