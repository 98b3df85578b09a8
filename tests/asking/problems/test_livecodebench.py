"""LiveCodeBench's files: chosen by date, read lazily, and refused in one line where they are bad."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems import private_tests
from benchkit.asking.problems.livecodebench import Window, load_contest, parse_day
from benchkit.asking.problems.private_tests import read_private
from benchkit.errors import ProblemsError, UsageError
from tests.contest_files import PUBLIC, Attack, packed, pickled, row, write
from tests.support import ROOT


def test_dates_are_inclusive_of_the_whole_day(tmp_path: Path) -> None:
    """Both ends of a window belong to it."""
    days = ("2025-01-31", "2025-02-01", "2025-02-28", "2025-03-01")
    path = write(tmp_path / "p.jsonl", *(row(number, day) for number, day in enumerate(days)))
    found = load_contest([path], Window(date(2025, 2, 1), date(2025, 2, 28)))
    assert [problem.id for problem in found.problems] == ["abc1_a", "abc2_a"]


def test_difficulty_and_platform_choose_too(tmp_path: Path) -> None:
    """Only problems of the difficulty and the platform asked for are taken."""
    rows = [row(1), row(2, difficulty="hard"), row(3, platform="leetcode")]
    path = write(tmp_path / "p.jsonl", *rows)
    found = load_contest([path], Window(difficulties=("easy",), platforms=("atcoder",)))
    assert [problem.id for problem in found.problems] == ["abc1_a"]


def test_several_files_are_one_set_with_one_hash(tmp_path: Path) -> None:
    """The set's hash depends on all of its files."""
    one, two = write(tmp_path / "1.jsonl", row(1)), write(tmp_path / "2.jsonl", row(2))
    both, alone = load_contest([one, two], Window()), load_contest([one], Window())
    assert len(both.problems) == 2
    assert both.sha256 != alone.sha256


@pytest.mark.parametrize("form", ["plain", "packed", "list"])
def test_private_tests_come_in_three_forms(form: str, tmp_path: Path) -> None:
    """Plain JSON, base64 of zlib of a pickle, and a bare list mean the same tests."""
    tests = [{"input": "5", "output": "6", "testtype": "stdin"}]
    private: Any = {"plain": json.dumps(tests), "packed": packed(tests), "list": tests}[form]
    path = write(tmp_path / "p.jsonl", row(private_test_cases=private))
    (problem,) = load_contest([path], Window()).problems
    assert [(test.input, test.output) for test in problem.tests()] == [("1", "2"), ("5", "6")]


def test_without_private_tests_the_set_says_so(tmp_path: Path) -> None:
    """A file with public tests only is marked, since its scores are higher."""
    path = write(tmp_path / "p.jsonl", row())
    assert load_contest([path], Window()).version == "public tests only"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (pickled(Attack()), "posix.system|nt.system"),
        (base64.b64encode(zlib.compress(b"cos\nsystem\n.")).decode(), "os.system"),
        (base64.b64encode(zlib.compress(b"not a pickle")).decode(), "no pickle"),
        (base64.b64encode(b"not zlib").decode(), "neither JSON nor base64"),
        ("%%%", "neither JSON nor base64"),
        (packed("a text"), "no list of tests"),
        (packed(PUBLIC)[:-8], "cut short|neither"),
    ],
    ids=["attack", "import", "garbage", "no zlib", "no base64", "no list", "cut"],
)
def test_private_tests_that_are_not_plain_data_are_refused(
    value: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No code of a pickle runs and nothing is imported for it; what is wrong is told in a line."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=said):
        read_private(value)
    assert not (tmp_path / "attacked").exists()


def test_a_zip_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that would inflate beyond the limit is refused there."""
    monkeypatch.setattr(private_tests, "MOST_BYTES", 1 << 20)
    bomb = base64.b64encode(zlib.compress(bytes(100 << 20), 9)).decode()
    with pytest.raises(ValueError, match="inflates to more than 1 MB"):
        read_private(bomb)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question_id": None}, "question_id"),
        ({"difficulty": None}, "difficulty"),
        ({"public_test_cases": None}, "public_test_cases"),
        ({"public_test_cases": "[{"}, "line 2"),
        ({"contest_date": None}, "contest_date"),
        ({"contest_date": "2025-13-01T00:00:00"}, "no date"),
    ],
)
def test_a_row_that_lacks_something_is_named(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    """A missing or broken field is told with file and line."""
    bad = {name: value for name, value in row(2, **change).items() if value is not None}
    path = write(tmp_path / "p.jsonl", row(1), bad)
    with pytest.raises(ProblemsError, match=said) as told:
        load_contest([path], Window())
    assert "line 2" in str(told.value)


def test_an_unknown_testtype_is_named(tmp_path: Path) -> None:
    """A kind of test that nobody knows is refused, not passed over."""
    path = write(
        tmp_path / "p.jsonl", row(public_test_cases=json.dumps([{**PUBLIC[0], "testtype": "psychic"}]))
    )
    (problem,) = load_contest([path], Window()).problems
    with pytest.raises(ProblemsError, match="unknown testtype 'psychic'"):
        problem.tests()


def test_a_file_cut_in_the_middle_of_a_line_is_told(tmp_path: Path) -> None:
    """Also where the line that is cut would not have been chosen."""
    path = write(tmp_path / "p.jsonl", row(1), row(2, "2020-01-01"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ProblemsError, match="line 2: the line ends in the middle"):
        load_contest([path], Window(start=date(2025, 1, 1)))


def test_no_problem_in_the_window_tells_the_files_own_span(tmp_path: Path) -> None:
    """A window that misses the file's dates is answered with them."""
    path = write(tmp_path / "p.jsonl", row(1, "2025-02-01"), row(2, "2025-03-09"))
    with pytest.raises(ProblemsError, match="from 2025-02-01 to 2025-03-09"):
        load_contest([path], Window(start=date(2026, 1, 1)))


def test_dates_that_are_none_and_windows_that_are_empty(tmp_path: Path) -> None:
    """A date that is no date, a start after the end, a missing file, a doubled id: one line each."""
    assert parse_day("2025-02-01T23:59:59", "--end-date") == date(2025, 2, 1)
    with pytest.raises(UsageError, match="--start-date 2025-02-011 is no date"):
        parse_day("2025-02-011", "--start-date")
    with pytest.raises(UsageError, match="--start-date tomorrow is no date"):
        parse_day("tomorrow", "--start-date")
    with pytest.raises(UsageError, match="is after"):
        Window(date(2025, 2, 1), date(2025, 1, 1))
    with pytest.raises(ProblemsError, match="no such file"):
        load_contest([tmp_path / "nowhere.jsonl"], Window())
    with pytest.raises(ProblemsError, match="abc1_a is there twice, first in line 1"):
        load_contest([write(tmp_path / "p.jsonl", row(1), row(1))], Window())


def test_errata_are_known_by_id_and_by_title(tmp_path: Path) -> None:
    """Problems of the official errata list are marked as faulty."""
    rows = [row(1, question_id="abc337_e"), row(2, question_title="Find the Peaks"), row(3)]
    found = load_contest([write(tmp_path / "p.jsonl", *rows)], Window())
    assert set(found.faulty) == {"abc337_e", "abc2_a"}


def test_memory_stays_small_whatever_the_files_size(tmp_path: Path) -> None:
    """A 400 MB file of large private tests is chosen from in well under 300 MB."""
    path = tmp_path / "large.jsonl"
    large = json.dumps(row(1, "2024-01-01", private_test_cases="A" * 20_000_000))
    with path.open("w") as file:
        for number in range(20):
            file.write(large.replace("abc1_a", f"abc{number}_a") + "\n")
        file.write(json.dumps(row(99, "2025-02-01")) + "\n")
    program = (
        "import sys; from pathlib import Path; from datetime import date\n"
        "from benchkit.asking.problems.livecodebench import Window, load_contest\n"
        "found = load_contest([Path(sys.argv[1])], Window(start=date(2025, 1, 1)))\n"
        "peak = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]\n"
        "print(len(found.problems), int(peak) // 1024)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    chosen, megabytes = map(int, told.stdout.split())
    assert chosen == 1
    assert megabytes < 300


def test_the_real_file_is_read_whole(shared_data: Path) -> None:
    """The 342 problems of v5 and v6 are there, 125 of them functions."""
    path = shared_data / "livecodebench" / "problems_v5_v6_public.jsonl"
    problems = load_contest([path], Window()).problems
    assert len(problems) == 342
    assert sum(problem.method is not None for problem in problems) == 125
