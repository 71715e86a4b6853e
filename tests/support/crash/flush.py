#!/usr/bin/env python3
"""Runs that are killed, or whose system calls fail, at every call.

    flush.py kill|stop|fault FOLDER SECONDS
"""

import collections
import os
import pathlib
import re
import sys
import time

from common import FLUSH, LETTER, MEMBERS, OWN, TEAM, Home, Receiver, Wrong, is_sanitized, play

AT_A_TIME = 3
STALE_S = 600
STOP_CALLS_MAX = 300  # to finish a message, ask about ~/.forward, and take leave
REFUSED = "bad@"
RULES = ["rcpt bad@* 550 5.1.1 no such user"]


class Scenario:
    """One message, and the command that takes it to the servers."""

    def __init__(self, name, recipients, mailbox="mbox", option="-odq", named=()):
        self.name = name
        self.recipients = recipients
        self.named = list(named or recipients)  # on the command line
        self.mailbox = mailbox
        self.option = option  # -odq: a run of its own, which is what we look at

    def command(self, home):
        if self.option == "-odq":
            return [FLUSH, "flush", "--now", "--spool", str(home.spool)]
        return ["sendmail", "-i", self.option, *self.named]

    def start(self, home, action, number, calls=None):
        home.set_mailbox(self.mailbox)
        home.forget()
        if self.option == "-odq":
            home.submit(self.named)
            return home.at(action, number, self.command(home), calls=calls)
        return home.at(action, number, self.command(home), LETTER, calls)

    def accepted(self):
        return [to for to in self.recipients if not to.startswith(REFUSED)]

    def refused(self):
        return [to for to in self.recipients if to.startswith(REFUSED)]

    def __repr__(self):
        return self.name


SCENARIOS = [
    Scenario("one recipient", ["x@a.test"]),
    Scenario("one of two refused", ["x@a.test", "bad@a.test"]),
    Scenario("two destinations", ["x@a.test", "y@b.test", "bad@b.test"]),
    Scenario("an alias of three", MEMBERS, named=[TEAM]),
    Scenario("refused, mbox", ["bad@a.test"]),
    Scenario("refused, Maildir", ["bad@a.test"], "Maildir"),
    Scenario("in the background", ["x@a.test"], option="-odb"),
    Scenario("in the foreground", ["x@a.test", "bad@a.test"], option="-odi"),
]
if OWN:
    SCENARIOS += [
        Scenario("into the mbox", [OWN]),
        Scenario("into the Maildir and elsewhere", [OWN, "x@a.test", "bad@a.test"], "Maildir"),
    ]

RUNS = [scenario for scenario in SCENARIOS if scenario.option == "-odq"]

# Calls that change nothing outside of their process: a kill at one is like the next one's.
QUIET = {
    "access", "arch_prctl", "bind", "brk", "close", "faccessat", "fcntl", "fstat", "fstatfs",
    "futex", "getdents64", "geteuid", "getpid", "getppid", "getrandom", "getsockname",
    "getsockopt", "gettid", "lseek", "lstat", "madvise", "mmap", "mprotect", "munmap",
    "newfstatat", "poll", "prctl", "pread64", "prlimit64", "read", "readlink", "recvfrom",
    "recvmsg", "rseq", "rt_sigaction", "rt_sigprocmask", "set_robust_list", "set_tid_address",
    "setsockopt", "signalfd4", "socket", "stat", "umask", "uname", "wait4",
}  # fmt: skip


def recorded(home, scenario):
    """Who is on record as served: by the journal, or since nothing is left."""
    names = home.queued() + [f"failed/{name}" for name in home.names("failed")]
    if not names:
        return set(scenario.recipients)
    # the numbers of whom an alias stands for are behind those of the envelope
    first = len(scenario.named) if scenario.named != scenario.recipients else 0
    done = set()
    for name in home.names("journal"):
        text = (home.spool / "journal" / name).read_bytes().decode(errors="replace")
        for number in re.findall(r"^\d+ (\d+) delivered .*\n", text, re.M):
            done.add(scenario.recipients[int(number) - first])
    return done


def is_dot(call):
    return call.name == "sendto" and re.search(r'\\x0D\\x0A\.\\x0D\\x0A("|MAIL|QUIT)', call.text)


def check_window(calls):
    """A kill between the dot and its record: nothing but that may have happened there."""
    rest = {}  # of a process that has sent a dot: what it did since
    for call in calls:
        if is_dot(call):
            rest[call.pid] = []
        elif call.pid in rest:
            rest[call.pid].append(call)
    if not rest:
        raise Wrong(f"sent twice, though the kill was not behind a dot: {calls[-1].text}")
    busy = ("sendto", "connect", "clock_nanosleep", "fork", "clone")
    if all(any(call.name in busy for call in own[:-1]) for own in rest.values()):
        raise Wrong("something came between the delivery and its record")


def age_lock(home):
    """As if five minutes had gone by: an empty lock file does not tell whose it was."""
    lock = pathlib.Path(f"{home.mailbox}.lock")
    if lock.exists() and lock.stat().st_size == 0:
        before = time.time() - STALE_S
        os.utime(lock, (before, before))


def recover(home):
    """What the next runs deliver; nothing waits afterwards."""
    age_lock(home)
    started = time.monotonic()
    home.flush()
    if time.monotonic() - started > 5:
        raise Wrong("something that was left held up the next run")
    later = home.take()
    if home.queued() or home.names("failed"):
        raise Wrong("something is left behind the next run")
    # of a message that is gone: swept when it is a day old
    for name in home.names("journal"):
        (home.spool / "journal" / name).unlink()
    return later


def check_reports(home, scenario):
    text = home.reports()
    for to in scenario.refused():
        if f"Final-Recipient: rfc822; {to}" not in text:
            raise Wrong(f"no report about {to}")
    for to in scenario.accepted():
        if f"Final-Recipient: rfc822; {to}" in text:
            raise Wrong(f"a report about {to}")


def kill_one(home, point):
    scenario, action, number = point
    scenario.start(home, action, number)
    calls = home.calls()
    if len(calls) < number:
        recover(home)
        return
    before = home.take()
    was_queued = scenario.option == "-odq" or any(
        call.name == "renameat2" and " new/" in call.text.split(" ", 2)[2] for call in calls[:-1])
    done = recorded(home, scenario)
    later = recover(home)
    for to in scenario.accepted() if was_queued else ():
        total = before[to] + later[to]
        if total == 0:
            raise Wrong(f"{to} never got it")
        if to in done and later[to]:
            raise Wrong(f"{to} got it again, though that was on record")
        if total > 1:
            home.twice += 1
            check_window(calls)
        if total > 2:
            raise Wrong(f"{to} got it {total} times")
    if was_queued:
        check_reports(home, scenario)
        home.reports_more += home.reports().count("Final-Recipient:") > 1


def stop_one(home, point):
    """SIGTERM: what is on the wire is finished, the rest waits; nothing goes twice."""
    scenario, number = point
    result = scenario.start(home, "term-all", number)
    if result.code not in (0, 128 + 15):  # before it was ready for the signal
        raise Wrong(f"exit code {result.code}: {result.stderr}")
    if len(home.calls()) > number + STOP_CALLS_MAX:
        raise Wrong(f"{len(home.calls())} calls, and it was to stop at {number}")
    before = home.take()
    later = recover(home)
    for to in scenario.accepted():
        if before[to] + later[to] != 1:
            raise Wrong(f"{to} got it {before[to] + later[to]} times")
    check_reports(home, scenario)


def stop_all(homes, seconds):
    points = []
    for scenario in RUNS:
        scenario.start(homes[0], "none", 0)
        points += [(scenario, call.number) for call in homes[0].calls()]
        recover(homes[0])
    points.sort(key=lambda point: (point[1] % 8, point[1]))
    played = play(points, stop_one, homes, seconds)
    print(f"stopped at {played} of {len(points)} calls of {len(RUNS)} runs")


def kill_points(home):
    loud, quiet = [], []
    for scenario in SCENARIOS:
        scenario.start(home, "none", 0)
        calls = home.calls()
        recover(home)
        for call in calls:
            if call.name in QUIET:
                quiet.append((scenario, "kill-all", call.number))
            else:
                loud.append((scenario, "kill-all", call.number))
                loud.append((scenario, "kill", call.number))
    return loud + quiet, len(loud)


def kill_all(homes, seconds):
    points, loud = kill_points(homes[0])
    played = play(points, kill_one, homes, seconds)
    print(f"{played} of {len(points)} kill points of {len(SCENARIOS)} runs (those at calls that "
          f"change something, {loud}, first); "
          f"{sum(home.twice for home in homes)} messages went twice, "
          f"{sum(home.reports_more for home in homes)} reports")


def errors_of(name):
    """What can befall a call; the first is the likeliest."""
    if name in ("brk", "mmap", "mremap"):
        return [] if is_sanitized() else ["ENOMEM"]
    if name in ("clone", "clone3", "fork", "vfork"):
        return ["EAGAIN", "ENOMEM"]
    if name in ("openat", "open", "mkdirat", "socket", "pipe2", "signalfd4"):
        return ["EMFILE", "ENOSPC", "EIO", "EINTR", "EACCES"]
    if name in ("write", "pwrite64"):
        return ["ENOSPC", "EIO", "EINTR", "cut"]
    if name in ("fallocate", "renameat2", "renameat"):
        return ["ENOSPC", "EIO", "EINTR"]
    if name in ("unlinkat", "unlink"):
        return ["EIO", "EROFS"]
    if name in ("fsync", "read", "pread64", "recvfrom", "sendto", "flock", "newfstatat",
                "getdents64", "poll", "connect", "fcntl", "wait4", "close"):
        return ["EIO", "EINTR"]
    return []


LASTING = [
    ("ENOSPC+", "write,pwrite64,fallocate,mkdirat"),
    ("ENOSPC+", "write,pwrite64,fallocate,mkdirat,renameat2"),
    ("EIO+", "write,fsync,pread64"),
    ("EIO+", "fsync"),
    ("EROFS+", "renameat2,unlinkat,fallocate,fsync"),
    ("EMFILE+", "openat,socket,pipe2,signalfd4"),
    ("EAGAIN+", "clone,clone3,fork"),
    ("ENOMEM+", "brk,mmap,mremap,clone,clone3"),
]


def recover_after_fault(home):
    """As recover, but what a person has to look at may stay set aside, and the log says why."""
    parked = home.names("failed")
    # the log may be what cannot be written
    said = home.log.read_text(errors="replace") + home.report.read_text(errors="replace")
    if parked and not re.search(r"event=parked.*deliver it twice", said):
        raise Wrong("set aside for no good reason")
    for name in parked:
        (home.spool / "failed" / name).unlink()
    return recover(home), bool(parked)


def fault_one(home, point):
    scenario, action, number, names = point
    result = scenario.start(home, action, number, names)
    # 78: the configuration cannot be read, and guessing would be worse than waiting
    if result.code not in (0, 71, 73, 74, 75, 78):
        raise Wrong(f"exit code {result.code}: {result.stderr}")
    before = home.take()
    log = home.log.read_text(errors="replace")
    is_uncertain = "duplicate=possible" in log or (
        # neither to be removed nor to be written down: nothing more is possible
        before.total() and names and "renameat2" in names)
    later, is_parked = recover_after_fault(home)
    for to in scenario.accepted():
        total = before[to] + later[to]
        if before[to] > 1:
            raise Wrong(f"{to} got it {before[to]} times in one run")
        if total == 0 and not is_parked:
            raise Wrong(f"{to} never got it")
        if total > 1 and not is_uncertain:
            raise Wrong(f"{to} got it {total} times")
        home.twice += total > 1
    home.parked += is_parked
    if not is_parked:
        check_reports(home, scenario)


def fault_points(home):
    first, other, lasting = [], [], []
    for scenario in RUNS:
        scenario.start(home, "none", 0)
        calls = home.calls()
        recover(home)
        # by name: which of two processes comes first is another each time
        for name, number in collections.Counter(call.name for call in calls).items():
            where = other if name in QUIET else first
            where += [(scenario, error, n + 1, name)
                      for error in errors_of(name) for n in range(number)]
        for action, names in LASTING:
            if "brk" in names and is_sanitized():
                continue
            number = sum(call.name in names.split(",") for call in calls)
            lasting += [(scenario, action, n + 1, names) for n in range(number)]
    return first, other, lasting


def fault_all(homes, seconds):
    first, other, lasting = fault_points(homes[0])
    points = first + lasting + other
    played = play(points, fault_one, homes, seconds)
    print(f"{played} of {len(points)} faults in {len(RUNS)} runs (those at calls that "
          f"change something, {len(first)}, and those that last, {len(lasting)}, first); "
          f"{sum(home.twice for home in homes)} messages went twice by a lost connection, "
          f"{sum(home.parked for home in homes)} were set aside")


def main():
    what, folder, seconds = sys.argv[1:]
    folder = pathlib.Path(folder)
    homes = [Home(folder / f"{what}-{i}", Receiver(folder / f"{what}-mx-{i}", RULES))
             for i in range(AT_A_TIME)]
    for home in homes:
        home.twice = home.reports_more = home.parked = 0
    try:
        {"kill": kill_all, "stop": stop_all, "fault": fault_all}[what](homes, float(seconds))
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
