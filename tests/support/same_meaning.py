#!/usr/bin/env python3
"""Compare what two messages mean to a reader that knows nothing of nullmta: Python's own.

    same_meaning.py [--seven] GIVEN ARRIVED

Silent with exit 0 where ARRIVED has the parts of GIVEN, each with the same octets once decoded,
where its header fields say the same, and where it has no defect that GIVEN has not; else it says
what differs and exits 1. Of GIVEN the lines may end in LF. ARRIVED must fit the wire: lines of at
most 998 octets that end in CRLF, no NUL, header fields in ASCII, and with --seven nothing that is
not.
"""

import argparse
import email
import email.header
import email.utils
import re
import sys

# what a sendmail adds or an encoding changes
IGNORED = {"received", "date", "message-id", "from", "mime-version", "content-type",
           "content-transfer-encoding", "content-disposition"}


def octets(text):
    return text.encode("utf-8", "surrogateescape")


def decoded(value):
    """The octets of a field's value, without what folding and quoting may change."""
    parts = []
    for text, charset in email.header.decode_header(value.replace("\r\n", "")):
        if isinstance(text, str):
            text = octets(text)
        elif charset is None:
            # the module's own way to say what it could not encode
            text = text.decode("raw-unicode-escape").encode("utf-8", "surrogateescape")
        parts.append(text)
    return re.sub(rb'[ \t"\\]', b"", b"".join(parts))


def fields(part):
    return [(name.lower(), decoded(str(value))) for name, value in part.raw_items()
            if name.lower() not in IGNORED]


def file_name(part):
    for field, value in part.raw_items():
        # octets that are no ASCII: the module would not show them
        if field.lower() == "content-disposition" and not octets(value).isascii():
            return re.search(rb'filename="([^"]*)"', octets(value))[1]
    name = part.get_param("filename", header="content-disposition", failobj="")
    if isinstance(name, tuple):
        return octets(email.utils.collapse_rfc2231_value(name))
    return octets(name)


def content(part):
    if part.is_multipart():
        return None
    return part.get_payload(decode=True)


def compare_parts(given, arrived):
    givens, arriveds = list(given.walk()), list(arrived.walk())
    if len(givens) != len(arriveds):
        return [f"{len(arriveds)} parts instead of {len(givens)}"]
    problems = []
    for number, (want, got) in enumerate(zip(givens, arriveds)):
        for what in (fields, file_name, content):
            if what(want) != what(got):
                problems.append(f"{what.__name__} of part {number}: "
                                f"{str(what(got))[:300]} instead of {str(what(want))[:300]}")
    return problems


def check_form(arrived, is_seven):
    problems = []
    if re.search(rb"\r(?!\n)|(?<!\r)\n|\0", arrived):
        problems.append("a bare CR or LF, or a NUL")
    if any(len(line) > 998 for line in arrived.split(b"\r\n")):
        problems.append("a line over 998 octets")
    if not arrived.partition(b"\r\n\r\n")[0].isascii():
        problems.append("a header that is not ASCII")
    if is_seven and not arrived.isascii():
        problems.append("octets over 127")
    return problems


def defects(message):
    return [type(defect).__name__ for part in message.walk() for defect in part.defects]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seven", action="store_true", help="all of it has to be ASCII")
    parser.add_argument("given")
    parser.add_argument("arrived")
    options = parser.parse_args()
    with open(options.given, "rb") as file:
        given = file.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    with open(options.arrived, "rb") as file:
        arrived = file.read()
    problems = check_form(arrived, options.seven)
    given, arrived = email.message_from_bytes(given), email.message_from_bytes(arrived)
    problems += [f"defect: {name}" for name in defects(arrived) if name not in defects(given)]
    problems += compare_parts(given, arrived)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
