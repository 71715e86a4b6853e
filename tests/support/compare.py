#!/usr/bin/env python3
"""Compare a message as it was given to sendmail with the message as it arrived.

    compare.py [--dot-ends] [--header-only] [--filed] GIVEN ARRIVED

Silent with exit 0 where ARRIVED is GIVEN, completed as a sendmail may: fields of ADDED put in
front or behind where they were missing, fields of REMOVED gone, bare names in the fields of
QUALIFIED with a domain, every other field the same octets in the same order, and the body the same lines with CRLF. Else it says what differs and
exits 1. What arrived must also be a message that Python's email package reads without a defect.
With --filed a mail server has put it into a mailbox: lines end in LF, its trace is in front.
"""

import argparse
import email
import email.policy
import re
import sys

# RFC 5322 3.6, RFC 6409 8: what a submission agent adds
ADDED = {b"received", b"date", b"message-id", b"from", b"sender", b"to"}
FILED = {b"return-path", b"x-original-to", b"delivered-to"}
REMOVED = {b"bcc", b"resent-bcc", b"return-path", b"content-length"}

# in which "root" becomes "root@domain"
QUALIFIED = {
    prefix + name
    for prefix in (b"", b"resent-")
    for name in (b"from", b"sender", b"reply-to", b"to", b"cc")
}

FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.S)


def to_lines(data):
    """The lines without their ends; a last line needs none."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


def unfold(lines):
    """Fields as (lower-case name, value with its folds) up to the first line that is none."""
    fields = []
    for number, line in enumerate(lines):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b"\n" + line)
            continue
        match = FIELD.match(line)
        if not match:
            return fields, number
        fields.append((match[1].lower(), match[2]))
    return fields, len(lines)


def split(data):
    """(fields, lines of the body)"""
    lines = to_lines(data)
    while lines and re.match(rb">?From ", lines[0]):
        lines.pop(0)
    fields, end = unfold(lines)
    if end < len(lines) and lines[end] == b"":
        end += 1
    return fields, lines[end:]


def until_dot(data):
    """What sendmail reads without -i: up to a lone dot, a leading dot doubled undone."""
    kept = []
    for line in to_lines(data):
        if line == b".":
            break
        kept.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(line + b"\n" for line in kept)


def is_same(given, arrived):
    """Equal, but for domains behind bare names."""
    if given == arrived:
        return True
    if given[0] != arrived[0] or given[0] not in QUALIFIED:
        return False
    # What was added stands before a blank, a bracket, a comma or the end, behind no other "@"
    pattern = b"".join(
        re.escape(part) + rb"(?:@[a-z0-9.-]+)?"
        for part in re.findall(rb"[^\s<>,;]+|[\s<>,;]+", given[1])
    )
    return re.fullmatch(pattern, arrived[1]) is not None


def compare_fields(given, arrived):
    """Walk both: what is only in `arrived` must be an addition, what is only in `given` gone."""
    problems = []
    given = [field for field in given if field[0] not in REMOVED]
    names = {name for name, _ in given}
    rest = list(arrived)
    for name, value in given:
        while rest and not is_same((name, value), rest[0]):
            extra = rest.pop(0)
            if extra[0] not in ADDED or (extra[0] in names and extra[0] != b"received"):
                problems.append(f"unexpected field {extra}, looking for {(name, value)}")
                return problems
        if not rest:
            problems.append(f"field {(name, value)} is missing or out of order")
            return problems
        rest.pop(0)
    for extra in rest:
        if extra[0] not in ADDED or extra[0] in names:
            problems.append(f"unexpected field {extra} at the end")
    return problems


def compare_bodies(given, arrived):
    for number, (want, got) in enumerate(zip(given, arrived), 1):
        if want != got:
            return [f"body line {number}: {got[:200]!r} instead of {want[:200]!r}"]
    if len(given) != len(arrived):
        return [f"the body has {len(arrived)} lines instead of {len(given)}"]
    return []


def check_form(arrived):
    """What every message on the wire has to be (RFC 5322 2.3, 3.6)."""
    problems = []
    if re.search(rb"\r(?!\n)|(?<!\r)\n", arrived):
        problems.append("a bare CR or LF")
    if not arrived.endswith(b"\r\n"):
        problems.append("no CRLF at the end")
    message = email.message_from_bytes(arrived, policy=email.policy.default)
    for name in ("From", "Date"):
        if len(message.get_all(name, [])) != 1:
            problems.append(f"not exactly one {name} field")
    for part in message.walk():
        problems += [f"defect: {type(defect).__name__}" for defect in part.defects]
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dot-ends", action="store_true", help="it was given without -i")
    parser.add_argument("--header-only", action="store_true", help="the body may differ")
    parser.add_argument("--filed", action="store_true", help="by a server, into a mailbox")
    parser.add_argument("given")
    parser.add_argument("arrived")
    options = parser.parse_args()
    with open(options.given, "rb") as file:
        given = file.read()
    with open(options.arrived, "rb") as file:
        arrived = file.read()
    if options.dot_ends:
        given = until_dot(given)
    if options.filed:
        arrived = arrived.replace(b"\n", b"\r\n")
    given_fields, given_body = split(given)
    arrived_fields, arrived_body = split(arrived)
    if options.filed:
        arrived_fields = [field for field in arrived_fields if field[0] not in FILED]
    problems = check_form(arrived) + compare_fields(given_fields, arrived_fields)
    if not options.header_only:
        problems += compare_bodies(given_body, arrived_body)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
