"""Runs hostile cases on one sandbox and says what went wrong; as a program, for another user.

python attack.py LEVEL FOLDER      a case's name a line on stdin, a JSON list of its faults a line on stdout
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

# The path comes first: as a program this file is started by a Python that knows nothing of the repository.
from benchkit.judging.sandbox.base import Limits, Outcome, Program
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.verdict import Verdict
from tests.judging.sandbox.further_hostile_cases import FURTHER
from tests.judging.sandbox.hostile_cases import CASES, TEST, Case
from tests.support import wait_until

FAR_S = 60.0  # for what ends by itself: how long that takes depends on what else is at work
OVERSHOOT_S = 0.2
TRIES = 4  # others use this machine, too
BURIAL_S = 1.0  # dozens of processes at once must die, each with its pages
# It does not tell where it runs: a worker that others kept waiting is replaced, and that changes its folder.
GOOD = Program(
    source="""
import os, json, collections
print(input(), os.listdir("."), sorted(os.environ), os.path.samefile(".", os.environ["HOME"]))
""",
    stdin=b"hello\n",
)
GOOD_PRINTS = b"hello [] ['HOME', 'LANG', 'PATH', 'PYTHONHASHSEED', 'TMPDIR'] True\n"


def prepare(folder: Path) -> None:
    """What no program may read or change."""
    folder.mkdir(parents=True)
    (folder / "secret").write_text("the secret")
    (folder / "file").write_text("untouched")
    (folder / "file").chmod(0o640)


def snapshot(folder: Path) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for path in [folder, *sorted(folder.rglob("*"))]:
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found.append((str(path), facts.st_mode, facts.st_uid, facts.st_mtime_ns, facts.st_nlink, content))
    return found


def parents_of_all() -> dict[int, int]:
    """Every process with its parent."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    return parents


def children(pid: int) -> set[int]:
    return {child for child, parent in parents_of_all().items() if parent == pid}


def descendants(pid: int) -> set[int]:
    """Every process below one, found by its parents."""
    parents = parents_of_all()
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        above = waiting.pop()
        below = {child for child, parent in parents.items() if parent == above}
        found |= below
        waiting += below
    return found


class Arena:
    """One sandbox with one worker, and a folder that nobody inside may touch."""

    def __init__(self, sandbox: Pool, outside: Path) -> None:
        self.sandbox = sandbox
        self.outside = outside
        prepare(outside)
        assert (faults := self._faults_of_a_good_program()) == [], faults
        self.before = snapshot(outside)
        self.processes = self._count_at_rest()
        self.workers = set(sandbox.all)

    def attack(self, case: Case) -> list[str]:
        """The faults; none is what should come back. One that is late because of others gets more tries."""
        for _ in range(TRIES):
            outcome = self._run(case)
            faults = _judged(case, outcome)
            if not (faults and (outcome.verdict is Verdict.TIMEOUT or outcome.seconds > case.wall_s)):
                break
        return [*faults, *self._traces()]

    def _run(self, case: Case) -> Outcome:
        limits = Limits(
            wall_s=case.wall_s if case.is_ended else FAR_S,
            cpu_s=case.wall_s, memory_mb=case.memory_mb, processes=case.processes,
        )  # fmt: skip
        source = case.source.replace("{outside}", str(self.outside)).replace("{pid}", str(os.getpid()))
        if case.whole:
            return self.sandbox.run(Program(source=source), limits)
        return self.sandbox.check(source, TEST, "add", limits)

    def _count(self) -> int:
        return len(descendants(self.sandbox.fork_server.process.pid))

    def _count_at_rest(self) -> int:
        """Those of a worker that stands ready: all but the program, while one is loaded."""
        with self.sandbox.load("", Limits(wall_s=FAR_S)):
            return self._count() - 1

    def _faults_of_a_good_program(self) -> list[str]:
        """One that is late because of others gets more tries."""
        for _ in range(TRIES):
            outcome = self.sandbox.run(GOOD)
            if outcome.verdict is not Verdict.TIMEOUT:
                break
        if (outcome.verdict, outcome.stdout) == (Verdict.PASSED, GOOD_PRINTS):
            return []
        return [f"a good program: {outcome.verdict} {outcome.detail} {outcome.stdout!r}"]

    def _traces(self) -> list[str]:
        faults = []
        if snapshot(self.outside) != self.before:
            faults.append("something outside changed")
        faults += self._faults_of_a_good_program()
        if (left := self._left()) > 0:
            faults.append(f"{left} processes left")
        planted = [
            path for path in ("/dev/shm/bench-hostile", "/var/tmp/bench-hostile") if Path(path).exists()
        ]
        return faults + [f"left behind: {path}" for path in planted]

    def _left(self) -> int:
        """Processes too many; what belongs to a worker that was replaced ends by itself."""
        if set(self.sandbox.all) != self.workers:
            self.workers = set(self.sandbox.all)
            until = time.monotonic() + FAR_S
            while self._count() > self.processes and time.monotonic() < until:
                time.sleep(0.02)
        return self._count() - self.processes


def _judged(case: Case, outcome: Outcome) -> list[str]:
    faults = []
    verdict = outcome.verdict.value.replace(" ", "_")
    if verdict not in case.verdicts.split():
        faults.append(f"verdict {verdict}, not {case.verdicts}: {outcome.detail}")
    if outcome.inside:
        faults.append("ran inside")
    took = outcome.seconds if case.is_ended else outcome.cpu_seconds
    if took > case.wall_s + (BURIAL_S if case.processes > 1 else OVERSHOOT_S):
        faults.append(f"took {took:.2f} s of {case.wall_s}")
    return faults


def main() -> None:
    level, folder = sys.argv[1:]
    cases = {case.name: case for case in [*CASES, *FURTHER]}
    with Pool(level, 1) as sandbox:
        arena = Arena(sandbox, Path(folder))
        for line in sys.stdin:
            print(json.dumps(arena.attack(cases[line.strip()])), flush=True)


if __name__ == "__main__":
    main()


def cpu_s(pid: int) -> float:
    """Processor time that a process has used so far; none where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads(pid: int) -> int:
    """How many a process has; none where it has ended."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return 0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    """Until it is dead; its parent may not have noticed."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid))
