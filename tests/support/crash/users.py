#!/usr/bin/env python3
"""Kill a system flush and its children at random moments, while users submit.

users.py SECONDS ACCEPTED FLUSH..., as root and in a process namespace of its own. Five users
submit as fast as they can, to $RECIPIENT (rcpt@dest.test, or more between blanks); every subject
that was accepted is appended to the file ACCEPTED. The command FLUSH is started again whenever it has ended. Prints how many kills there were; a last
flush is the caller's.
"""
import os
import random
import signal
import subprocess
import sys
import time

USERS = range(54001, 54006)
FLUSH_PROGRAM = "nullmta-flush"
RECIPIENTS = os.environ.get("RECIPIENT", "rcpt@dest.test").split()


def submit(uid, number, accepted):
    subject = f"{uid}.{number}"
    done = subprocess.run(
        ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
         "sendmail", "-i", *RECIPIENTS],
        input=f"Subject: {subject}\n\ntext\n".encode(), stderr=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        accepted.write(subject + "\n")
        accepted.flush()


def submit_until(uid, end, path):
    with open(path, "a", encoding="ascii") as accepted:
        number = 0
        while time.monotonic() < end:
            submit(uid, number, accepted)
            number += 1


def flushes():
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/comm", encoding="ascii") as comm:
                if comm.read().strip() == FLUSH_PROGRAM:
                    found.append(int(entry))
        except OSError:
            pass
    return found


def kill_one():
    found = flushes()
    if not found:
        return 0
    try:
        os.kill(random.choice(found), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def main():
    end = time.monotonic() + float(sys.argv[1])
    submitters = []
    for uid in USERS:
        pid = os.fork()
        if pid == 0:
            submit_until(uid, end, sys.argv[2])
            os._exit(0)
        submitters.append(pid)
    flush = None
    kills = 0
    while time.monotonic() < end:
        if flush is None or flush.poll() is not None:
            flush = subprocess.Popen(sys.argv[3:], stderr=subprocess.DEVNULL)
        kills += kill_one()
        time.sleep(random.uniform(0, 0.05))
    for pid in submitters:
        os.waitpid(pid, 0)
    flush.terminate()
    flush.wait()
    print(kills)


main()
