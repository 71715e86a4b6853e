#!/usr/bin/env python3
"""Submit at a steady rate: pace.py RATE SECONDS SENDMAIL LETTER LOG UID...

Each user has an equal part of RATE submissions a second. When LOG tells that all were delivered
it prints how late the last submission was, how much memory all flush processes together had at
the worst moment, in KB, and how many processes were started beside the submissions. It needs a
process namespace of its own for that: numbers are given in sequence, and every one counts.
"""
import os
import sys
import time

rate, seconds = int(sys.argv[1]), int(sys.argv[2])
sendmail, letter, log_path = sys.argv[3:6]
uids = [int(uid) for uid in sys.argv[6:]]


def submit_all(uid, first, count, begin):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    open_letter = [(os.POSIX_SPAWN_OPEN, 0, letter, os.O_RDONLY, 0)]
    late = 0.0
    for i in range(count):
        due = begin + (first + i * len(uids)) / rate
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
        pid = os.posix_spawn(sendmail, ["sendmail", "a@dest.example"], {"LC_ALL": "C"},
                             file_actions=open_letter)
        if os.waitpid(pid, 0)[1] != 0:
            os._exit(1)
        late = max(0.0, time.monotonic() - due)
    os._exit(min(254, int(late * 10)))


def resident_kb():
    total = 0
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/comm", encoding="ascii") as comm:
                if not entry.isdigit() or comm.read().strip() != "nullmta-flush":
                    continue
            # what several share counts once
            with open(f"/proc/{entry}/smaps_rollup", encoding="ascii") as memory:
                total += sum(int(line.split()[1]) for line in memory
                             if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def next_pid():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def delivered():
    with open(log_path, encoding="utf-8", errors="replace") as log:
        return sum("event=delivered" in line for line in log)


first_pid = next_pid()
begin = time.monotonic() + 0.2
children = []
for number, uid in enumerate(uids):
    child = os.fork()
    if child == 0:
        submit_all(uid, number, rate * seconds // len(uids), begin)
    children.append(child)
most, late, failed = 0, 0, 0
while children:
    most = max(most, resident_kb())
    time.sleep(0.05)
    for child in children[:]:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            children.remove(child)
            failed += not os.WIFEXITED(status)
            late = max(late, os.waitstatus_to_exitcode(status))
while delivered() < rate * seconds:
    most = max(most, resident_kb())
    time.sleep(0.1)
processes = next_pid() - first_pid - 1 - len(uids) - rate * seconds
print(f"failed={failed} processes={processes} late_s={late / 10} rss_kb={most}")
