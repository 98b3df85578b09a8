"""What is sent between a run and the boxes that judge for it is the same on the other side."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems import load
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.livecodebench import ContestProblem, Window, load_contest
from benchkit.asking.problems.multipl_e import WholeProgramProblem
from benchkit.asking.tasks import load_catalogue
from benchkit.judging.elsewhere.forms import ProblemPart, pack, self_contained, unpack
from benchkit.judging.judges.base import Judgement
from benchkit.judging.sandbox.wire.codec import encode
from benchkit.judging.service import Problems
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.languages import LANGUAGES
from benchkit.verdict import Verdict
from tests.contest_files import row, write
from tests.support import ROOT


def test_problems_of_all_forms_and_their_verdicts_arrive_as_they_are(tmp_path: Path) -> None:
    """Tasks with their files, inputs that JSON has no words for, a contest's tests without its file."""
    inputs: list[list[Any]] = [[(1, {2}), {"a": b"b"}, 1j, 10**40, float("inf"), {}], [[]]]
    sent = [
        *load(file=ROOT / "demo" / "problems.jsonl").problems[:3],
        *(replace(one, folder=None) for one in load_catalogue(ROOT / "demo" / "tasks").problems),
        DifferentialProblem("Mbpp/1", "", base_inputs=inputs, family="mbpp"),
        WholeProgramProblem("x", "", language=LANGUAGES["rust"], tests="fn main() {}\ud800"),
        Judgement(Verdict.WRONG, "why", 0.5, Verdict.PASSED, {"judged_again": True}),
        Attempt(Verdict.PASSED, "", Tested(Verdict.PASSED, proof=Proof((Check("ok", "a"),))), {"a": b"\0"}),
    ]
    assert [unpack(pack(one)) for one in sent] == sent
    path = write(tmp_path / "p.jsonl", row(1, "2025-01-05"))
    (problem,) = load_contest([path], Window()).problems
    arrived = unpack(pack(self_contained(problem)))
    path.unlink()
    assert isinstance(arrived, ContestProblem)
    assert (arrived.day, bool(arrived.tests())) == (date(2025, 1, 5), True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"what?",
        zlib.compress(b"\x80\x04N."),  # a pickle
        *(
            zlib.compress(encode(plain))
            for plain in (("Path", {}), ("Check", {"x": 1}), ("verdict", "x"), ())
        ),
        zlib.compress(encode(("language", "cobol"))),
    ],
)
def test_what_is_nothing_of_ours_is_refused(data: bytes) -> None:
    """Whatever the bytes are, they make no object that is not in the table."""
    with pytest.raises(ValueError):  # noqa: PT011 - each says something of its own
        unpack(data)


def test_what_lies_on_this_machine_is_not_sent(tmp_path: Path) -> None:
    """A path is no data."""
    with pytest.raises(ValueError, match="Path"):
        pack(tmp_path)


def test_a_box_keeps_the_latest_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as fit; the others are unknown there and sent again, as is one whose parts are out of order."""
    problem = load(file=ROOT / "demo" / "problems.jsonl").problems[0]
    data = pack(problem)
    monkeypatch.setattr("benchkit.judging.service.KEPT_BYTES", 2 * len(data))
    kept = Problems()
    for key in "abc":
        kept.add(ProblemPart(key, 0, len(data), data[:100]))
        assert kept.find(key) is None
        kept.add(ProblemPart(key, 100, len(data), data[100:]))
        assert kept.find(key) == problem
    assert [key for key in "abc" if kept.find(key)] == ["b", "c"]
    kept.add(ProblemPart("d", 100, len(data), data[100:]))
    assert kept.find("d") is None
