#!/usr/bin/env python3
"""Say which process has touched a user's files with another's rights.

whose-files.py ROOT TRACE, a trace by `strace -f -y` of a program that root has started. Below
ROOT/<uid>[.n] only processes that have become that uid may do anything at all. Prints each
call that breaks this, and in the end how many have been looked at.
"""
import re
import sys

root, trace = sys.argv[1:]
LINE = re.compile(r"^(\d+) +(.*)")
BELOW = re.compile(re.escape(root) + r"/(\d+)(?:\.\d)?(?:[/\">]|$)")
FORK = re.compile(r"(?:clone|clone3|fork|vfork)\b.*= (\d+)(?:<[^>]*>)?$")
BECOME = re.compile(r"setresuid\((\d+), \1, \1\b")

lines = [m.groups() for m in (LINE.match(line.rstrip("\n")) for line in open(trace)) if m]
parents = {}
for pid, call in lines:
    fork = FORK.search(call)
    if fork:
        parents[fork.group(1)] = pid

own = {}  # what a process has become by itself


def uid_of(pid):
    while pid not in own and pid in parents:
        pid = parents[pid]
    return own.get(pid, "0")


seen = wrong = 0
for pid, call in lines:
    become = BECOME.search(call)
    if become:
        own[pid] = become.group(1)
        continue
    for uid in BELOW.findall(call):
        seen += 1
        if uid_of(pid) != uid:
            wrong += 1
            print(f"{pid} as {uid_of(pid)}: {call}")
print(f"{seen} calls, {wrong} wrong")
sys.exit(wrong != 0)
