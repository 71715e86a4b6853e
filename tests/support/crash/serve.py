#!/usr/bin/env python3
"""sendmail -bs that is killed, or whose system calls fail, at every call.

    serve.py kill|fault FOLDER SECONDS

A 250 behind the dot means: the message is in new/, whole. Without one it is nowhere, unless
the program died, or could not write, between the two.
"""

import pathlib
import re
import sys

from common import BIG, LETTER, Home, Receiver, Wrong, check_stored, play

AT_A_TIME = 3
ENVELOPE = b"MAIL FROM:<sender@client.test>\r\nRCPT TO:<one@a.test>\r\nDATA\r\n"
LETTERS = [LETTER, BIG]
ERRORS = ("ENOSPC", "EIO", "ENOMEM", "EMFILE", "EINTR", "cut")
# what cannot fail, and memory, which submit.py plays
HARMLESS = ("exit_group", "getpid", "geteuid", "umask", "getrandom", "brk", "mmap", "mremap", "munmap")
# what a program that is out of memory or cannot start says
CODES = {0, 71, 75}


def data_of(letter):
    return re.sub(rb"(?m)^\.", b"..", letter).replace(b"\n", b"\r\n") + b".\r\n"


DIALOGUE = (
    b"EHLO crash\r\n" + b"".join(ENVELOPE + data_of(letter) for letter in LETTERS) + b"QUIT\r\n"
)


def serve(home, action, number):
    replies = home.folder / "replies"
    command = ["sh", "-c", 'exec sendmail -bs -odq >"$0"', str(replies)]
    home.forget()
    home.remove_spool()
    result = home.at(action, number, command, DIALOGUE)
    text = replies.read_bytes()
    return result, [name.decode() for name in re.findall(rb"queued as (\w+)\r\n", text)]


def trace(home):
    result, accepted = serve(home, "none", 0)
    if result.code != 0 or len(accepted) != len(LETTERS):
        raise Wrong(f"exit code {result.code}, accepted {accepted}")
    return home.calls()


def check(home, accepted, unsaid):
    """What was accepted is there and whole; at most `unsaid` messages more."""
    names = home.names("new")
    if not set(accepted) <= set(names) or len(names) > len(accepted) + unsaid:
        raise Wrong(f"accepted {accepted}, in new/ {names}")
    for name in names:
        body = (home.spool / "new" / name).read_bytes()
        check_stored(home, f"new/{name}", BIG if len(body) > 2 * len(LETTER) + 1024 else LETTER)


def kill_one(home, number):
    result, accepted = serve(home, "kill", number)
    if result.code != 128 + 9:
        raise Wrong(f"exit code {result.code}")
    check(home, accepted, 1)
    if len(home.names("tmp")) > 1:
        raise Wrong(f"in tmp/: {home.names('tmp')}")


def fault_one(home, point):
    number, action = point
    result, accepted = serve(home, action, number)
    call = home.calls()[number - 1]
    if result.code not in CODES:
        raise Wrong(f"exit code {result.code} at {call.text}")
    is_unheard = call.text.startswith("write 1") or not result.code == 0
    takes_back = any(c.text.startswith("unlinkat") and " new/" in c.text for c in home.calls())
    check(home, accepted, 1 if is_unheard or takes_back else 0)
    if home.names("tmp") and not call.name.startswith("unlink"):
        raise Wrong(f"in tmp/: {home.names('tmp')}")


def points_of(calls, what):
    """Blocks in the middle are like their neighbours."""
    texts = {}
    for call in calls:
        text = call.text.split('"')[0]
        texts[text] = texts.get(text, 0) + 1
        if call.name in ("read", "write", "poll") and texts[text] > 4:
            continue
        if what == "kill":
            yield call.number
        elif call.name not in HARMLESS:
            for action in ERRORS:
                if action != "cut" or call.name in ("read", "write", "pwrite64"):
                    yield (call.number, action)


def main():
    what, folder, seconds = sys.argv[1:]
    folder = pathlib.Path(folder)
    homes = [Home(folder / f"serve-{what}-{i}", Receiver(folder / f"serve-{what}-mx-{i}"))
             for i in range(AT_A_TIME)]
    try:
        points = list(points_of(trace(homes[0]), what))
        one = {"kill": kill_one, "fault": fault_one}[what]
        print(f"{play(points, one, homes, float(seconds))} of {len(points)} points of a session")
    except Wrong as e:
        print(e)
        return 1
    finally:
        for home in homes:
            home.receiver.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
