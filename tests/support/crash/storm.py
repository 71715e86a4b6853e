#!/usr/bin/env python3
"""Submitters side by side, runs that they kick, and SIGKILL for any of them at any moment.

    storm.py all FOLDER SECONDS
"""

import collections
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time

from common import BODY, Home, Receiver, Wrong

SUBMITTERS = 4
KILL_EVERY_S = 0.03
RECOVERIES_MAX = 20
RULES = ["rcpt grey* grey 450 4.7.1 come back later", "rcpt bad@* 550 5.1.1 no such user"]


def runs_of(home):
    """The processes of runs over this spool, their workers too."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            words = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"nullmta-flush" and os.fsencode(home.spool) in words:
            yield int(entry)


class Submitter(threading.Thread):
    """Submits one message after the other; some of its processes are killed."""

    def __init__(self, home, number, end):
        super().__init__()
        self.home = home
        self.chance = random.Random(number)
        self.number = number
        self.end = end
        self.accepted = []  # recipients of each message
        self.killed = []
        self.trouble = None

    def run(self):
        count = 0
        while time.monotonic() < self.end and not self.trouble:
            count += 1
            self.submit(f"{self.number}-{count}")

    def submit(self, name):
        kind = self.chance.choice(["r", "r", "grey", "two", "bad"])
        to = {
            "r": [f"r{name}@a.test"],
            "grey": [f"grey{name}@b.test"],
            "two": [f"t{name}@a.test", f"grey{name}@a.test", f"u{name}@b.test"],
            "bad": [f"v{name}@b.test", "bad@b.test"],
        }[kind]
        letter = b"Subject: storm\nX-Name: " + name.encode() + b"\n\n" + BODY
        process = subprocess.Popen(
            ["sendmail", "-odb", "-i", *to],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.home.env,
        )
        try:
            process.stdin.write(letter)
            process.stdin.close()
        except BrokenPipeError:
            pass
        if self.chance.random() < 0.2:
            time.sleep(self.chance.random() * 0.004)
            process.kill()
        code = process.wait()
        if code == 0:
            self.accepted.append(to)
        elif code == -signal.SIGKILL:
            self.killed.append(to)
        else:
            self.trouble = f"exit code {code} of a submission"


def kill_now_and_then(home, end):
    """SIGKILL to one process of a run, or to all of them at once. How many were killed."""
    chance = random.Random(0)
    killed = 0
    while time.monotonic() < end:
        time.sleep(chance.random() * 2 * KILL_EVERY_S)
        pids = list(runs_of(home))
        if not pids:
            continue
        for pid in pids if chance.random() < 0.3 else [chance.choice(pids)]:
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
    return killed


def settle(home):
    """Until no run is left."""
    end = time.monotonic() + 30
    while list(runs_of(home)):
        if time.monotonic() > end:
            raise Wrong("a run does not end")
        time.sleep(0.02)


def recover(home):
    """Runs until nothing waits; how many it took."""
    for number in range(1, RECOVERIES_MAX):
        home.flush()
        if not home.queued():
            return number
    raise Wrong(f"{len(home.queued())} messages do not leave")


def explain(home, arrived):
    """Who got it how often; a second time only where the first connection broke off."""
    dialogue = home.receiver.dialogue()
    last = {}  # connection: the last message of it
    for recipients, connection, content in arrived:
        last[connection] = (recipients, content)
    quit_in = {int(n) for n in re.findall(r"^(\d+) < QUIT", dialogue, re.M)}
    times = collections.defaultdict(list)
    for recipients, connection, content in arrived:
        broke_off = connection not in quit_in and last[connection] == (recipients, content)
        for to in recipients:
            times[to].append(broke_off)
    for to, broken in times.items():
        if sum(not b for b in broken) > 1:
            raise Wrong(f"{to} got it {len(broken)} times, and not by a broken connection: {broken}")
    return times


def check(home, submitters, times):
    accepted = [to for s in submitters for message in s.accepted for to in message]
    killed = [to for s in submitters for message in s.killed for to in message]
    for to in accepted:
        if not to.startswith("bad@") and to not in times:
            raise Wrong(f"{to} never got it")
    strange = set(times) - set(accepted) - set(killed)
    if strange:
        raise Wrong(f"to whom nobody wrote: {strange}")
    if home.names("failed"):
        raise Wrong(f"set aside: {home.names('failed')}")
    refused = sum("bad@b.test" in message for s in submitters for message in s.accepted)
    reports = home.reports().count("Final-Recipient: rfc822; bad@b.test")
    if reports < refused:
        raise Wrong(f"{reports} reports about {refused} refused messages")
    return refused, reports


def play(home, seconds):
    end = time.monotonic() + seconds
    submitters = [Submitter(home, number, end) for number in range(SUBMITTERS)]
    for submitter in submitters:
        submitter.start()
    killed = kill_now_and_then(home, end)
    for submitter in submitters:
        submitter.join()
        if submitter.trouble:
            raise Wrong(submitter.trouble)
    settle(home)
    runs = recover(home)
    times = explain(home, home.receiver.take())
    refused, reports = check(home, submitters, times)
    print(f"{sum(len(s.accepted) for s in submitters)} messages accepted, "
          f"{sum(len(s.killed) for s in submitters)} submissions and {killed} processes of runs "
          f"killed, {runs} runs to recover; {len(times)} recipients got it, "
          f"{sum(len(t) > 1 for t in times.values())} twice or more by a connection that broke "
          f"off; {refused} refused, {reports} reports")


def main():
    folder, seconds = pathlib.Path(sys.argv[2]), float(sys.argv[3])
    home = Home(folder / "home", Receiver(folder / "mx", RULES))
    # every report of this hour
    home.env["NULLMTA_BOUNCE_PER_HOUR"] = "100000"
    try:
        play(home, seconds)
        home.receiver.check_manners()
    except Wrong as e:
        print(f"{e}\n{home.show()}")
        return 1
    finally:
        home.receiver.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
