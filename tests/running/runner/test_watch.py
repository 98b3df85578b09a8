"""Progress from whatever a script writes and prints."""

from __future__ import annotations

import time
from pathlib import Path

from benchkit.records import Progress
from benchkit.running.runner.watch import SLOWEST_LINE_S, EventReader, PrintedProgress

STRANGE = (
    '{"done": "3"}\nno JSON\n[1]\n' + "[" * 100_000 + '\n{"done": 1, "of": "ten", "tokens_per_second": "9"}\n'
)


def test_events_of_the_wrong_kind_are_passed_over(tmp_path: Path) -> None:
    """What is no number is not known; the run goes on, and the next good event counts."""
    path = tmp_path / "events.jsonl"
    path.write_text(STRANGE)
    events = EventReader(path)
    assert events.progress() == Progress(done=1)
    with path.open("a") as file:
        file.write('{"done": 2, "of": 10, "passed": 1}\n')
    assert events.progress() == Progress(done=2, total=10, passed=1)


def test_a_parser_that_is_slow_is_asked_no_more() -> None:
    """One that takes a second of processor time for a line must not hold up the output of a long run."""
    lines: list[str] = []

    def read(line: str) -> Progress:
        lines.append(line)
        began = time.thread_time()
        while time.thread_time() - began < SLOWEST_LINE_S * 1.1:
            pass
        return Progress(done=len(lines))

    printed = PrintedProgress(read)
    printed.feed(b"1\n2\n3\n")
    assert (lines, printed.progress()) == (["1"], Progress(done=1))


def test_a_parser_that_breaks_costs_only_its_progress() -> None:
    """Somebody's own parser must not stop the script's output from being read."""

    def read(line: str) -> Progress:
        return Progress(done=int(line))

    printed = PrintedProgress(read)
    printed.feed(b"3\nno number\n")
    assert printed.progress() == Progress(done=3)


def test_a_heartbeat_says_how_long_no_token_came(tmp_path: Path) -> None:
    """By our own clock, from the latest line on; nothing where no request is under way, or of nonsense."""
    path, now = tmp_path / "events.jsonl", [100.0]
    events = EventReader(path, lambda: now[0])
    silences = []
    for line, seconds in [
        ('{"event": "start", "total": 2, "done": 0}', 30.0),
        ('{"event": "heartbeat", "under_way": 2, "token_age_s": 1.5}', 30.0),
        ('{"event": "problem", "done": 1, "of": 2}', 10.0),
        ('{"event": "heartbeat", "under_way": 1, "token_age_s": 0}', 5.0),
        ('{"event": "heartbeat", "under_way": 0, "token_age_s": 5}', 60.0),
        ('{"event": "heartbeat", "under_way": "many", "token_age_s": []}', 60.0),
    ]:
        with path.open("a") as file:
            file.write(f"{line}\n")
        events.progress()
        now[0] += seconds
        silences.append(events.silent_s())
    assert silences == [None, 31.5, 41.5, 5.0, None, None]
    assert events.progress() == Progress(done=1, total=2)
