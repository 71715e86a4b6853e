#!/usr/bin/env python3
"""Submissions that are killed, or whose system calls fail, at every call.

    submit.py kill|fault FOLDER SECONDS
"""

import itertools
import os
import pathlib
import sys
import time

from common import BIG, LETTER, Home, Receiver, Wrong, check_stored, is_sanitized, play

AT_A_TIME = 3
OLD_S = 2 * 86400
RECIPIENTS = ["one@a.test", "two@a.test"]
COMMAND = ["sendmail", "-odq", "-i", *RECIPIENTS]

# What a call that fails once may make of a submission. Everything else that fails is 75, or
# nobody notices.
STDIN = "read 0"
CODES = {0, 71, 73, 74, 75}
SHORTAGES = ("ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EROFS")

# Calls that are done again or not needed: the submission does not notice.
HARMLESS = ("EINTR", "cut")


class Scenario:
    def __init__(self, name, letter, is_fresh):
        self.name = name
        self.letter = letter
        self.is_fresh = is_fresh  # there is no spool yet

    def prepare(self, home):
        home.forget()
        if self.is_fresh:
            home.remove_spool()

    def trace(self, home):
        self.prepare(home)
        home.at("none", 0, COMMAND, self.letter)
        calls = home.calls()
        home.flush()
        home.receiver.take()
        return calls

    def __repr__(self):
        return self.name


SCENARIOS = [
    Scenario("the first message", LETTER, True),
    Scenario("a small message", LETTER, False),
    Scenario("a large message", BIG, False),
]


def deliver_all(home, letter, count):
    """What is in new/ is whole, leaves at once, and each once."""
    names = home.names("new")
    if len(names) != count:
        raise Wrong(f"{len(names)} messages in new/ instead of {count}")
    for name in names:
        check_stored(home, f"new/{name}", letter)
    home.flush()
    arrived = home.receiver.take()
    if len(arrived) != count or any(sorted(to) != RECIPIENTS for to, _, _ in arrived):
        raise Wrong(f"{len(arrived)} messages arrived instead of {count}")
    if home.queued() or home.names("failed") or home.names("journal"):
        raise Wrong("something is left")


def is_commit(call):
    return call.name in ("renameat2", "renameat") and " new/" in call.text


def kill_one(home, point):
    scenario, number = point
    scenario.prepare(home)
    result = home.at("kill", number, COMMAND, scenario.letter)
    calls = home.calls()
    if len(calls) < number:
        raise Wrong("the call was not reached")
    if result.code != 128 + 9:
        raise Wrong(f"exit code {result.code}")
    # what was killed at a call has not done it
    is_there = any(is_commit(call) for call in calls[:-1])
    leftovers = home.names("tmp")
    if len(leftovers) > 1 or (leftovers and is_there):
        raise Wrong(f"in tmp/: {leftovers}")
    for name in leftovers:
        before = time.time() - OLD_S
        os.utime(home.spool / "tmp" / name, (before, before))
        # the sweep comes once an hour
        (home.spool / "state" / "swept").unlink(missing_ok=True)
    if home.spool.exists() and home.queued() != [f"new/{name}" for name in home.names("new")]:
        raise Wrong("a message where none belongs")
    # nothing that was left hinders the next submission
    home.submit(RECIPIENTS, scenario.letter)
    deliver_all(home, scenario.letter, 1 + is_there)
    if home.names("tmp"):
        raise Wrong("old leftovers in tmp/ were not swept")


def kill_all(homes, seconds):
    points = []
    for scenario in SCENARIOS:
        calls = scenario.trace(homes[0])
        commit = next(i for i, call in enumerate(calls) if is_commit(call))
        near = [(abs(i - commit), (scenario, i + 1)) for i in range(len(calls))]
        points += near
    # the nearer to the commit point, the sooner
    points = [point for _, point in sorted(points, key=lambda p: p[0])]
    played = play(points, kill_one, homes, seconds)
    print(f"{played} of {len(points)} kill points of {len(SCENARIOS)} submissions")


# Calls that can fail; the others cannot, and libraries abort where they seem to.
FALLIBLE = {
    "access", "close", "connect", "faccessat", "fstat", "lseek", "mkdir", "mkdirat", "newfstatat",
    "open", "openat", "poll", "pwrite64", "read", "readlink", "renameat", "renameat2", "socket",
    "syncfs", "fsync", "unlinkat", "write",
}  # fmt: skip


def errors_of(call):
    """What can befall a call, and more."""
    if call.name in ("brk", "mmap", "mremap"):
        return [] if is_sanitized() else ["ENOMEM"]
    if call.name not in FALLIBLE:
        return []
    errors = list(SHORTAGES) + ["EINTR"]
    if call.name in ("read", "write", "pwrite64"):
        errors.append("cut")
    return errors


def wanted_codes(call, action):
    """The exit codes that tell the truth."""
    if action in HARMLESS and call.name in ("read", "write", "pwrite64", "fsync", "syncfs", "close"):
        return {0}
    if call.text == STDIN:
        return {74}
    if call.name in ("fsync", "syncfs"):
        return {75}
    if call.name in ("write", "pwrite64") and "event=" not in call.text:
        return {75}
    if call.name.startswith("renameat") and action != "EROFS":
        return {75}
    return CODES


def cannot_take_back(home):
    """Moved to new/, not synced, and not to be removed: better sent than lost."""
    return any(call.text.startswith("unlinkat") and " new/" in call.text for call in home.calls())


def check_after_fault(home, scenario, result, is_lasting):
    # what it says on stderr is a write(2), too
    if result.code and not result.stderr and not any(c.text.startswith("write 2") for c in home.calls()):
        raise Wrong(f"exit code {result.code} without a word")
    # a file that cannot be removed may stay in tmp/, where it is nothing
    if home.names("tmp") and not is_lasting:
        raise Wrong(f"in tmp/: {home.names('tmp')}")
    for name in home.names("tmp"):
        (home.spool / "tmp" / name).unlink()
    if result.code == 0:
        deliver_all(home, scenario.letter, 1)
    elif home.queued():
        if not cannot_take_back(home):
            raise Wrong(f"exit code {result.code}, and it is queued all the same")
        home.flush()
        home.receiver.take()


def fault_one(home, point):
    scenario, number, action = point
    scenario.prepare(home)
    result = home.at(action, number, COMMAND, scenario.letter)
    call = home.calls()[number - 1]
    wanted = wanted_codes(call, action)
    if result.code not in wanted:
        raise Wrong(f"exit code {result.code}, not {wanted}, at {call.text}: {result.stderr}")
    check_after_fault(home, scenario, result, call.name.startswith("unlink"))


def lasting_one(home, point):
    """From a call on everything of its kind fails: a disk that is full, a table that is."""
    scenario, number, action, calls = point
    scenario.prepare(home)
    result = home.at(action, number, COMMAND, scenario.letter, calls)
    if result.code not in CODES:
        raise Wrong(f"exit code {result.code}: {result.stderr}")
    check_after_fault(home, scenario, result, True)


LASTING = [
    ("ENOSPC+", "openat,write,pwrite64,mkdirat,mkdir,renameat2,fsync"),
    ("EIO+", "openat,read,write,pwrite64,fsync,syncfs,renameat2,close"),
    ("EMFILE+", "openat"),
    ("EROFS+", "mkdirat,renameat2,unlinkat"),
    ("EIO+", "fsync,syncfs"),
    ("EIO+", "unlinkat,renameat2"),
]


def fault_points(home):
    once, lasting = [], []
    for scenario in SCENARIOS:
        calls = scenario.trace(home)
        # blocks in the middle are like their neighbours
        texts = set()
        for call in calls:
            text = call.text.split('"')[0]
            if scenario.letter is BIG and text in texts and call.name in ("read", "write"):
                continue
            texts.add(text)
            once += [(scenario, call.number, action) for action in errors_of(call)]
        for action, names in LASTING:
            count = sum(call.name in names.split(",") for call in calls)
            lasting += [(scenario, n + 1, action, names) for n in range(min(count, 24))]
    return once, lasting


def memory_points():
    """ENOMEM from the n-th request on."""
    if is_sanitized():
        return []
    return [(SCENARIOS[1], n, "ENOMEM+", "brk,mmap,mremap") for n in range(1, 9)]


def fault_all(homes, seconds):
    once, lasting = fault_points(homes[0])
    lasting += memory_points()
    played_lasting = play(lasting, lasting_one, homes, seconds / 2)
    # one error of each call before the next one of any
    once.sort(key=lambda p: p[2])
    interleaved = [p for group in itertools.zip_longest(
        *[[p for p in once if p[2] == action] for action in sorted({p[2] for p in once})])
        for p in group if p]
    played = play(interleaved, fault_one, homes, seconds / 2)
    print(f"{played} of {len(once)} calls of {len(SCENARIOS)} submissions failed once, "
          f"{played_lasting} of {len(lasting)} from there on")


def main():
    what, folder, seconds = sys.argv[1:]
    folder = pathlib.Path(folder)
    homes = [Home(folder / f"{what}-{i}", Receiver(folder / f"{what}-mx-{i}"))
             for i in range(AT_A_TIME)]
    try:
        {"kill": kill_all, "fault": fault_all}[what](homes, float(seconds))
        for home in homes:
            home.receiver.check_manners()
    except Wrong as e:
        print(e)
        return 1
    finally:
        for home in homes:
            home.receiver.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
