#!/usr/bin/env python3
"""Use a program that wants a terminal, as a person would.

    terminal.py COMMAND [ARGUMENT...] <STEPS

A line of STEPS is "TEXT => KEYS": when TEXT has been shown since the last keys, type KEYS ("^X"
is a control key, "^^" is "^"). Stdout gets what was shown, without control sequences. Exits
as COMMAND does; with 1 where it ends, or 60 seconds pass, before the last step.
"""

import os
import pty
import re
import select
import signal
import sys
import time

LIMIT_S = 60
ROWS_AND_COLUMNS = {"TERM": "vt100", "LINES": "24", "COLUMNS": "80"}
CONTROL = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-B]|[^\[()])|[\x00-\x08\x0e-\x1f]")


def read_steps(stream):
    steps = []
    for line in stream.read().splitlines():
        text, keys = line.split(" => ")
        steps.append((text, re.sub(r"\^(.)", lambda m: control_key(m[1]), keys)))
    return steps


def control_key(name):
    return name if name == "^" else chr(ord(name) & 0x1F)


def start(command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(ROWS_AND_COLUMNS)
        os.execvp(command[0], command)
    return pid, terminal


def read_some(terminal, end_s):
    """What the program shows next; nothing once it has ended."""
    if not select.select([terminal], [], [], max(0, end_s - time.monotonic()))[0]:
        raise TimeoutError
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody has the other end any more
        return b""


def visible(screen):
    # a sequence that is cut in two is whole when the rest has come
    return CONTROL.sub(b"", screen)


def has_shown(screen, text):
    # a blank may be a movement over one that is there already
    return b"".join(text.encode().split()) in b"".join(visible(screen).split())


def play(terminal, steps):
    """Type what is due until the program ends; what is left of `steps` was not shown."""
    end_s = time.monotonic() + LIMIT_S
    screen = b""
    try:
        while octets := read_some(terminal, end_s):
            screen += octets
            if steps and has_shown(screen, steps[0][0]):
                sys.stdout.buffer.write(visible(screen) + b"\n")
                os.write(terminal, steps.pop(0)[1].encode())
                screen = b""
    finally:
        sys.stdout.buffer.write(visible(screen) + b"\n")


def main():
    pid, terminal = start(sys.argv[1:])
    steps = read_steps(sys.stdin)
    try:
        play(terminal, steps)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(f"terminal.py: not shown: {steps[0][0]}" if steps else code)


if __name__ == "__main__":
    main()
