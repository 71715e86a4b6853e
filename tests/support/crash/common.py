"""Homes and receivers for tests that kill nullmta or let its system calls fail.

A Home is a spool, a mailbox and a receiver that nothing else uses, so that several points can be
played at a time, each in a home of its own. Commands run under at-syscall.
"""

import collections
import functools
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
import time

BUILD = os.environ["BUILD"]
FLUSH = os.path.join(BUILD, "libexec", "nullmta-flush")
SKIP = 77
LIMIT_S = 60

# who runs this, by the name of a machine that is this one; its mail goes into the mailbox
def own_address():
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:
        return None
    is_forwarded = os.path.lexists(os.path.join(user.pw_dir, ".forward"))
    return None if is_forwarded else f"{user.pw_name}@client.test"


OWN = own_address()

# a local name, and whom it stands for
TEAM = "team"
MEMBERS = ["x@a.test", "y@b.test", "bad@b.test"]

BODY = b"A first line.\n.A line that begins with a dot.\n\nThe last line.\n"
LETTER = b"From: Sender <sender@client.test>\nTo: you\nSubject: crash\n\n" + BODY
BIG = LETTER + b"".join(b"line %08d of a message in many blocks\n" % i for i in range(5000))

Result = collections.namedtuple("Result", "code stderr")
Call = collections.namedtuple("Call", "number pid name text")


class Wrong(Exception):
    """What was promised is not so."""


class Receiver:
    """An smtp-receiver on two addresses."""

    def __init__(self, folder, rules=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        listen = ["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"]
        rules = [word for rule in rules for word in ("--rule", rule)]
        self.process = subprocess.Popen(
            ["smtp-receiver", "--dir", str(folder), "--log", f"{folder}/dialogue"] + listen + rules,
            stdout=subprocess.PIPE,
        )
        self.port = int(self.process.stdout.readline())

    def _is_serving(self):
        pid = self.process.pid
        return bool(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text())

    def wait(self):
        """Until every connection is over: what it has accepted is in its folder."""
        end = time.monotonic() + LIMIT_S
        while self._is_serving():
            if time.monotonic() > end:
                raise Wrong("the receiver still serves a client that is gone")
            time.sleep(0.001)

    def take(self):
        """The messages since the last time, as (recipients, connection, content)."""
        self.wait()
        taken = []
        for name in sorted(self.folder.glob("*.env")):
            content = name.with_suffix(".eml")
            envelope = name.read_text()
            recipients = re.findall(r"^to <([^>]*)>", envelope, re.M)
            connection = int(re.search(r"^connection (\d+)", envelope, re.M)[1])
            taken.append((recipients, connection, content.read_bytes()))
            name.unlink()
            content.unlink()
        return taken

    def dialogue(self):
        return (self.folder / "dialogue").read_text(errors="replace")

    def check_manners(self):
        for name in ("violations", "script-failed"):
            flaw = self.folder / name
            if flaw.exists():
                raise Wrong(f"the client broke the rules: {flaw.read_text()}")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Home:
    """A spool and all around it."""

    def __init__(self, folder, receiver):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.receiver = receiver
        self.spool = self.folder / "spool"
        self.log = self.folder / "log"
        self.mailbox = None
        self.report = self.folder / "report"
        self.letters_taken = 0
        (self.folder / "nullmta.conf").touch(0o600)
        (self.folder / "aliases").write_text(f"{TEAM}: {', '.join(MEMBERS)}\n")
        self.env = dict(
            os.environ,
            HOME=str(self.folder),
            NULLMTA_CONF=str(self.folder / "nullmta.conf"),
            NULLMTA_SPOOL=str(self.spool),
            NULLMTA_LOG=str(self.log),
            NULLMTA_LOCAL_ALIASES=str(self.folder / "aliases"),
            NULLMTA_DELIVERY_PORT=str(receiver.port),
            # a leak check needs ptrace for itself
            ASAN_OPTIONS="detect_leaks=0",
        )
        self.set_mailbox("mbox")

    def set_mailbox(self, name):
        """mbox or Maildir"""
        self.mailbox = self.folder / name
        self.env["NULLMTA_MAILBOX_PATH"] = f"{self.mailbox}{'/' if name == 'Maildir' else ''}"

    def run(self, argv, letter=b"", expect=None):
        # A pipe is read in as many pieces as its writer is quick, a file alike each time: the
        # n-th call has to be the same call in every run.
        with tempfile.TemporaryFile(dir=self.folder) as stdin:
            stdin.write(letter)
            stdin.seek(0)
            done = subprocess.run(
                argv,
                stdin=stdin,
                env=self.env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=LIMIT_S,
                check=False,
            )
        stderr = done.stderr.decode(errors="replace")
        if re.search(r"bug at |Sanitizer|runtime error:", stderr):
            raise Wrong(f"a bug: {stderr}")
        if expect is not None and done.returncode not in expect:
            raise Wrong(f"exit code {done.returncode} of {argv}: {stderr}")
        return Result(done.returncode, stderr)

    def at(self, action, number, argv, letter=b"", calls=None):
        """Run under at-syscall; call(number) tells afterwards what it hit."""
        words = ["at-syscall", "--after", "poll", "--report", str(self.report)]
        if calls:
            words += ["--calls", calls]
        result = self.run(words + [action, str(number)] + argv, letter)
        if result.code == SKIP:
            print("ptrace(2) is not allowed here")
            raise SystemExit(SKIP)
        if result.code == 99:
            raise Wrong(f"processes were left behind: {result.stderr}")
        return result

    def calls(self):
        """The calls of the last run under at-syscall."""
        calls = []
        for line in self.report.read_text(errors="replace").splitlines():
            word = line.split(" ", 3)
            if word[0] == "end":
                break
            name = word[2]
            calls.append(Call(int(word[0]), int(word[1]), name, line.split(" ", 2)[2]))
        if not calls:
            print("this kernel does not tell what a traced process calls")
            raise SystemExit(SKIP)
        return calls

    def submit(self, recipients, letter=LETTER):
        self.run(["sendmail", "-odq", "-i", *recipients], letter, expect=[0])

    def flush(self):
        """Try everything that waits, now."""
        return self.run([FLUSH, "flush", "--now", "--spool", str(self.spool)], expect=[0])

    def names(self, box):
        try:
            return sorted(os.listdir(self.spool / box))
        except FileNotFoundError:
            return []

    def queued(self):
        return [f"{box}/{name}" for box in ("new", "cur") for name in self.names(box)]

    def reports(self):
        """What stands in the mailbox."""
        if self.mailbox.is_dir():
            names = sorted((self.mailbox / "new").glob("*"))
            return "".join(name.read_text(errors="replace") for name in names)
        return self.mailbox.read_text(errors="replace") if self.mailbox.exists() else ""

    def letters(self):
        """How many whole messages are in the mailbox that are no reports."""
        # the line that begins one; a part of one may stand in front of the next
        parts = re.split(r"^(?=Return-Path: <)", self.reports(), flags=re.M)
        return sum(not part.startswith("Return-Path: <>") and "The last line." in part
                   for part in parts)

    def take(self):
        """How often each recipient has got it since the last time, by mail or in the mailbox."""
        taken = collections.Counter(
            to for recipients, _, _ in self.receiver.take() for to in recipients)
        letters = self.letters()
        taken[OWN] += letters - self.letters_taken
        self.letters_taken = letters
        return taken

    def forget(self):
        """An empty home again, but for the directories of the spool."""
        self.log.write_bytes(b"")
        self.letters_taken = 0
        # how many reports were filed this hour
        (self.spool / "state" / "reports").unlink(missing_ok=True)
        if self.mailbox.is_dir():
            shutil.rmtree(self.mailbox)
        else:
            self.mailbox.unlink(missing_ok=True)

    def remove_spool(self):
        shutil.rmtree(self.spool, ignore_errors=True)

    def show(self):
        """What a person would look at first."""
        found = subprocess.run(
            ["find", str(self.folder), "-ls"], stdout=subprocess.PIPE, check=False
        ).stdout.decode()
        log = self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""
        calls = self.report.read_text(errors="replace")[-4000:] if self.report.exists() else ""
        return f"{found}--- log\n{log}--- calls\n{calls}"


@functools.cache
def is_sanitized():
    """Whether a sanitizer asks for memory of its own, and aborts without."""
    symbols = subprocess.run(
        ["nm", "-D", f"{BUILD}/bin/nullmta"], stdout=subprocess.PIPE, check=False
    ).stdout
    return b"__asan" in symbols or b"__ubsan" in symbols


def check_stored(home, name, letter):
    """A file of new/ is whole: the octets that its envelope tells of, and the whole body."""
    data = (home.spool / name).read_bytes()
    head, _, content = data.partition(b"\n\n")
    octets = int(re.search(rb"^octets (\d+)", head, re.M)[1])
    if octets != len(content):
        raise Wrong(f"{name} has {len(content)} octets of {octets}")
    body = letter.partition(b"\n\n")[2].replace(b"\n", b"\r\n")
    if content.partition(b"\r\n\r\n")[2] != body:
        raise Wrong(f"{name} is not what was submitted")


def play(points, one, homes, seconds):
    """one(home, point) for each, as many at a time as there are homes; how many were played.

    Stops when the time is over: the order of the points says which ones matter most.
    """
    waiting = collections.deque(points)
    played = []
    trouble = []
    end = time.monotonic() + seconds

    def work(home):
        while not trouble and time.monotonic() < end:
            try:
                point = waiting.popleft()
            except IndexError:
                return
            try:
                one(home, point)
                played.append(point)
            except SystemExit:
                trouble.append("skip")
            except Exception as e:  # any: a thread's traceback would pass unseen
                trouble.append(f"{point}: {type(e).__name__}: {e}\n{home.show()}")

    threads = [threading.Thread(target=work, args=(home,)) for home in homes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if "skip" in trouble:
        raise SystemExit(SKIP)
    if trouble:
        raise Wrong(trouble[0])
    return len(played)
