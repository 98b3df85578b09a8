"""The journal of answers: nothing asked twice, nothing mixed, nothing lost."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchkit.asking.script import Answer, Prompt, Question, open_answer_journal
from benchkit.asking.script.journal import read_key
from benchkit.contract import RunFile
from benchkit.errors import BenchError, UsageError

KEY = {"model": {"sha256": "ab"}, "sampling": {"temperature": 0.0, "stop": ("END",)}}
PROMPT = Prompt(({"role": "user", "content": "Add."},))


def question(number: int, sample: int = 0, prompt: Prompt = PROMPT) -> Question:
    return Question(f"T/{number}", sample, prompt)


def answer(number: int) -> Answer:
    return Answer(
        f"text {number}\n\u2028\ud800é", finish_reason="stop", completion_tokens=number, seconds=1.5
    )


def fill(folder: Path, numbers: range) -> None:
    with open_answer_journal(folder, KEY) as journal:
        for number in numbers:
            journal.append(question(number), answer(number))


def test_what_was_answered_is_recalled(tmp_path: Path) -> None:
    """A second opening knows the answers word by word, odd characters included, and no others."""
    fill(tmp_path, range(3))
    with open_answer_journal(tmp_path, KEY) as journal:
        assert [journal.recall(question(n)) for n in range(3)] == [answer(n) for n in range(3)]
        assert not journal.holds(question(3))
        assert not journal.holds(question(0, sample=1))


@pytest.mark.parametrize("cut", [2, 20, 150])
def test_half_a_line_costs_one_answer(tmp_path: Path, cut: int) -> None:
    """A crash in the middle of a write loses that answer alone; the next ones are readable."""
    fill(tmp_path, range(3))
    path = tmp_path / "answers.jsonl"
    os.truncate(path, path.stat().st_size - cut)
    with open_answer_journal(tmp_path, KEY) as journal:
        assert [journal.holds(question(n)) for n in range(4)] == [True, True, False, False]
        journal.append(question(3), answer(3))
    with open_answer_journal(tmp_path, KEY) as journal:
        assert journal.recall(question(3)) == answer(3)
        assert journal.recall(question(1)) == answer(1)
        assert journal.unreadable == 1


@pytest.mark.parametrize("damage", [{"response": None}, {"tries": "x"}, {"note": 5}, {"seconds": "long"}])
def test_a_damaged_line_is_asked_for_again(tmp_path: Path, damage: dict[str, object]) -> None:
    """A value that no answer has costs that answer alone."""
    fill(tmp_path, range(2))
    path = tmp_path / "answers.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(f"{json.dumps(json.loads(first) | damage)}\n{second}\n")
    with open_answer_journal(tmp_path, KEY) as journal:
        assert [journal.holds(question(n)) for n in range(2)] == [False, True]
        assert journal.unreadable == 1


def test_another_key_starts_afresh_and_keeps_the_old(tmp_path: Path) -> None:
    """With another sampling nothing is used again; the old pair stays, and the line says why."""
    fill(tmp_path, range(2))
    old = (tmp_path / "answers.jsonl").read_bytes()
    other = KEY | {"sampling": {"temperature": 0.8}}
    with open_answer_journal(tmp_path, other) as journal:
        assert "another sampling: kept as answers.1.jsonl" in journal.set_aside
        assert not journal.holds(question(0))
    assert (tmp_path / "answers.1.jsonl").read_bytes() == old
    assert json.loads((tmp_path / "answers.1.key.json").read_text())["sampling"]["temperature"] == 0.0
    assert read_key(tmp_path) == other


def test_answers_to_another_prompt_are_not_used(tmp_path: Path) -> None:
    """A style whose words have changed asks again, though it kept its name."""
    fill(tmp_path, range(1))
    with open_answer_journal(tmp_path, KEY) as journal:
        assert not journal.holds(question(0, prompt=Prompt("def add(a, b):")))


def test_two_runs_cannot_share_a_folder(tmp_path: Path) -> None:
    """The second one is told so, and the first is not disturbed."""
    with open_answer_journal(tmp_path, KEY) as first:
        with pytest.raises(UsageError, match="another run is writing"), open_answer_journal(tmp_path, KEY):
            pass
        first.append(question(0), answer(0))
    with open_answer_journal(tmp_path, KEY) as journal:
        assert journal.holds(question(0))


WRITER = """
import sys
from pathlib import Path
from benchkit.asking.script import Answer, Prompt, Question, open_answer_journal
with open_answer_journal(Path(sys.argv[1]), {}) as journal:
    for n in range(10**6):
        journal.append(Question(f"T/{n}", 0, Prompt("p")), Answer("x" * 1000, finish_reason="stop"))
        print(n, flush=True)
"""


def test_a_killed_run_keeps_every_answer_it_told_of(tmp_path: Path) -> None:
    """kill -9 at any moment: each answer whose writing had returned is there."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    told += [int(line) for line in writer.stdout.read().splitlines() if line]
    writer.wait()
    with open_answer_journal(tmp_path, {}) as journal:
        assert all(journal.holds(Question(f"T/{n}", 0, Prompt("p"))) for n in told)


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    """What fitted is kept and can be continued; the error names the file."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "BenchError: cannot write" in last
    assert "answers.jsonl: File too large" in last
    told = len(done.stdout.split())
    assert told > 5
    with open_answer_journal(tmp_path, {}) as journal:
        assert all(journal.holds(Question(f"T/{n}", 0, Prompt("p"))) for n in range(told))


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(BenchError, match=r"cannot write .*file/out"),
        open_answer_journal(tmp_path / "file" / "out", KEY),
    ):
        pass


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_key_that_nobody_can_read_is_another_one(content: bytes, tmp_path: Path) -> None:
    """The answers beside it are kept, and asked for anew."""
    with open_answer_journal(tmp_path, KEY) as journal:
        journal.append(question(1), answer(1))
    (tmp_path / RunFile.ANSWERS_KEY).write_bytes(content)
    with open_answer_journal(tmp_path, KEY) as journal:
        assert not journal.holds(question(1))
    assert (tmp_path / "answers.1.jsonl").exists()
