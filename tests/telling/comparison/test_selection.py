"""From names to contestants, and what may stand side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import HistoryError, UsageError
from benchkit.records import Status
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.selection import choose, sections
from benchkit.telling.history import open_store
from tests.telling.comparison.nights import HISTORY, a_history, a_run, changed

LCB = {"name": "lcb", "sha256": "cd" * 32}


def test_the_latest_good_run_of_each_model(tmp_path: Path) -> None:
    """Neither an older one nor a newer one that failed."""
    path = a_history(
        tmp_path,
        a_run("A", id="a1", timestamp="2026-11-18T01:00:00+01:00"),
        a_run("A", id="a2", timestamp="2026-11-19T01:00:00+01:00"),
        a_run("A", id="a3", timestamp="2026-11-20T01:00:00+01:00", status=Status.FAILED, error="boom"),
        a_run("B", id="b1", timestamp="2026-11-17T01:00:00+01:00"),
    )
    assert [entry.id for entry in choose(Catalog(open_store(path)), ())] == ["b1", "a2"]


def test_time_counts_not_the_place_in_the_file(tmp_path: Path) -> None:
    """A run imported later is still the older one; offsets from UTC are understood."""
    path = a_history(
        tmp_path,
        a_run("A", id="newer", timestamp="2026-11-20T01:00:00+01:00"),
        a_run("A", id="older", timestamp="2026-11-20T00:30:00+02:00"),
    )
    assert [entry.id for entry in choose(Catalog(open_store(path)), ("A",))] == ["newer"]


def test_runs_and_models_by_name(tmp_path: Path) -> None:
    """An id, the beginning of one, and a model's name all name a run."""
    path = a_history(tmp_path, a_run("A", id="20261120-aa"), a_run("B", id="20261121-bb"))
    for name in ("20261121-bb", "20261121", "B"):
        assert [entry.model for entry in choose(Catalog(open_store(path)), (name,))] == ["B"]
    with pytest.raises(UsageError, match="begins 2 runs"):
        choose(Catalog(open_store(path)), ("2026",))


def test_an_unknown_model_gets_the_nearest_names(tmp_path: Path) -> None:
    """A typing error is answered with what was meant."""
    path = a_history(tmp_path, a_run("Qwen2.5-Coder-7B"), a_run("Llama-3"), a_run("Gemma"))
    with pytest.raises(
        UsageError, match=r"no model or run 'qwen2.5-coder-7' .* nearest are Qwen2.5-Coder-7B"
    ):
        choose(Catalog(open_store(path)), ("qwen2.5-coder-7",))


def test_no_runs_says_what_to_do(tmp_path: Path) -> None:
    """An absent history and an unknown benchmark are told apart."""
    with pytest.raises(UsageError, match=r"no runs in .* yet: bench_runner.py --model"):
        choose(Catalog(open_store(tmp_path / HISTORY)), ())
    path = a_history(tmp_path, a_run())
    with pytest.raises(UsageError, match=r"no runs of benchmark 'lcb' .* it holds human_eval_plus"):
        choose(Catalog(open_store(path)), (), "lcb")


def test_a_model_without_a_good_run_tells_its_last_error(tmp_path: Path) -> None:
    """The cause of the last failure is in the line."""
    path = a_history(tmp_path, a_run("A", status=Status.FAILED, error="out of VRAM: 9 GB needed"))
    with pytest.raises(UsageError, match="out of VRAM: 9 GB needed"):
        choose(Catalog(open_store(path)), ("A",))
    with pytest.raises(UsageError, match=r"no run in .* ended well yet"):
        choose(Catalog(open_store(path)), ())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"config": {"temperature": 0.8}}, r"temperature 0 \(A\) or 0.8 \(B\)"),
        ({"config": {"max_tokens": 2000}}, r"token budget 1000 \(A\) or 2000 \(B\)"),
        ({"config": {"prompt_style": "evalplus"}}, r"prompt style plain \(A\) or evalplus \(B\)"),
        ({"config": {"top_p": 0.95}}, r"top_p unknown \(A\) or 0.95 \(B\)"),
        (
            {"problem_set": {"sha256": "cd" * 32}},
            r"problems HumanEval\+ v0.1.10 \(sha256 abababababab\) \(A\)",
        ),
        ({"results": {"total_problems": 20}}, r"number of problems 164 \(A\) or 20 \(B\)"),
    ],
)
def test_what_differs_is_refused_by_name(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    """Each condition that differs is named, with who has what, and the way out."""
    path = a_history(tmp_path, a_run("A"), a_run("B", **change))
    for names in (("A", "B"), ()):
        with pytest.raises(UsageError, match=told) as error:
            sections(Catalog(open_store(path)), names, None, repeats=False, anyway=False)
        assert "--anyway" in str(error.value)


def test_anyway_marks_what_differs(tmp_path: Path) -> None:
    """The odd one carries what differs; the others carry nothing."""
    path = a_history(tmp_path, a_run("A"), a_run("B", config={"temperature": 0.8}), a_run("C"))
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=True)
    assert {one.label: one.mark for one in section.contestants} == {
        "A": "",
        "B": "temperature 0.8 instead of 0",
        "C": "",
    }


def test_the_title_is_that_of_what_is_shown(tmp_path: Path) -> None:
    """One harness has asked two tasks: the table has the name of the one that is in it."""
    asked = {name: {"name": f"task {name}", "version": None, "sha256": None} for name in "ABC"}
    runs = [a_run("A", problem_set=asked["A"]), *(a_run(model, problem_set=asked["B"]) for model in "BC")]
    (section,) = sections(
        Catalog(open_store(a_history(tmp_path, *runs))), (), None, repeats=False, anyway=False
    )
    assert section.title == "task B"


def test_unnamed_the_odd_one_is_left_out_and_said(tmp_path: Path) -> None:
    """Without names the many are compared and the odd one is named with its reason."""
    path = a_history(tmp_path, a_run("A"), a_run("B", config={"temperature": 0.8}), a_run("C"))
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    assert [one.label for one in section.contestants] == ["A", "C"]
    assert section.left_out == ("B: temperature 0.8 instead of 0",)


def test_another_seed_or_number_of_samples_is_no_other_condition(tmp_path: Path) -> None:
    """Repeated samples differ in just these."""
    path = a_history(tmp_path, a_run("A"), a_run("B", config={"seed": 7, "samples_per_problem": 5}))
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    assert len(section.contestants) == 2


def test_each_benchmark_is_a_comparison_of_its_own(tmp_path: Path) -> None:
    """Runs of different benchmarks never stand in one table, unless they were named so."""
    other = a_run("A", id="a-lcb", benchmark="lcb", problem_set=LCB)
    path = a_history(tmp_path, a_run("A"), other, a_run("B"))
    found = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    assert [(one.title, len(one.contestants)) for one in found] == [("HumanEval+", 2), ("LiveCodeBench", 1)]
    with pytest.raises(UsageError, match="cannot be compared"):
        sections(Catalog(open_store(path)), ("run-A", "a-lcb"), None, repeats=False, anyway=False)


def test_repeats_are_runs_of_the_same_file_and_settings(tmp_path: Path) -> None:
    """Another file under the same name or another temperature is no repetition."""
    path = a_history(
        tmp_path,
        a_run("A", [1], id="a1"),
        a_run("A", [2], id="a2"),
        a_run("A", [3], id="hot", config={"temperature": 0.8}),
        changed(a_run("A", [4], id="other file"), model_file={"sha256": "other"}),
        a_run("A", [5], id="a3"),
    )
    (section,) = sections(Catalog(open_store(path)), ("A",), None, repeats=True, anyway=False)
    (one,) = section.contestants
    assert [run.id for run in one.runs] == ["a3", "a2", "a1"]
    assert one.outcomes.shares is not None
    assert set(one.outcomes.shares.values()) == {2 / 3}


def test_an_older_history_reads_fine(tmp_path: Path) -> None:
    """Files with nothing but the first fields are compared like others, as far as they tell."""
    old = [
        {
            "timestamp": f"2025-01-0{day}T00:00:00",
            "benchmark": "human_eval",
            "model": name,
            "config": {"path": "m.gguf", "gpu_layers": 40},
            "results": {
                "score": score, "time_taken": 10.0, "total_passed": 2, "total_problems": 3,
                "difficulty_scores": {}, "failed_tasks": ["HumanEval/2"],
            },
        }
        for day, (name, score) in enumerate([("A", 66.7), ("B", 66.7)], 1)
    ]  # fmt: skip
    path = tmp_path / HISTORY
    path.write_text(json.dumps(old, indent=2))
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    assert [one.label for one in section.contestants] == ["A", "B"]


def test_a_broken_history_is_told(tmp_path: Path) -> None:
    """The history's own error comes through, with its line and column."""
    path = tmp_path / HISTORY
    path.write_text('{"schema": 1, "runs": [\n{"id": }\n]}\n')
    with pytest.raises(HistoryError, match="line 2"):
        Catalog(open_store(path))


def test_names_with_quotes_and_braces_do_not_confuse_the_catalog(tmp_path: Path) -> None:
    """A model's name may look like the end of a line's head."""
    name = 'odd", "error": null, "status": "ok ☃ 模型'
    path = a_history(tmp_path, a_run(name), a_run("B"))
    assert {entry.model for entry in Catalog(open_store(path)).heads} == {name, "B"}
    assert Catalog(open_store(path)).run(Catalog(open_store(path)).heads[0]).model == name


def test_a_history_of_ours_is_not_read_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog takes the heads of its lines and only the runs that are chosen."""
    path = a_history(tmp_path, a_run("A"), a_run("B"))
    whole = "benchkit.telling.history.json_file.document.parse"
    monkeypatch.setattr(whole, lambda _: pytest.fail("the whole history was read"))
    catalog = Catalog(open_store(path))
    assert [catalog.run(entry).config.path for entry in catalog.heads] == [
        "/models/A.gguf",
        "/models/B.gguf",
    ]


def test_a_line_broken_behind_its_head_is_told(tmp_path: Path) -> None:
    """The head still reads; the run itself gives the history's own error, with the line."""
    path = a_history(tmp_path, a_run("A"), a_run("B"))
    path.write_bytes(path.read_bytes().replace(b'"difficulty_scores": {}', b'"difficulty_scores": {', 1))
    with pytest.raises(HistoryError, match=r"not valid JSON \(line 2"):
        sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)


def test_one_benchmark_out_of_step_does_not_hide_the_others(tmp_path: Path) -> None:
    """Where two LiveCodeBench runs cannot be compared, HumanEval's table is there all the same."""
    path = a_history(
        tmp_path,
        a_run("A"),
        a_run("B"),
        a_run("A", id="a-lcb", benchmark="lcb", problem_set=LCB),
        a_run("B", id="b-lcb", benchmark="lcb", problem_set=LCB, config={"max_tokens": 9}),
    )
    found = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    assert [[one.label for one in section.contestants] for section in found] == [["A", "B"], ["B"]]
    assert found[1].left_out == ("A: token budget 1000 instead of 9",)
    with pytest.raises(UsageError, match="the lcb runs cannot be compared, they differ in token budget"):
        sections(Catalog(open_store(path)), ("A", "B"), None, repeats=False, anyway=False)


def test_problems_that_the_server_lost_are_no_other_condition(tmp_path: Path) -> None:
    """163 problems judged and one lost stand beside 164: they were asked the same."""
    lost = {"total_problems": 163, "total_passed": 163, "further": {"unjudged": ["HumanEval/9"]}}
    path = a_history(tmp_path, a_run("A"), a_run("B", results=lost))
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    assert [one.label for one in section.contestants] == ["A", "B"]


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    """It is told, not read."""
    with pytest.raises(HistoryError, match="is a folder: name a file with --history"):
        Catalog(open_store(tmp_path))


def test_two_problem_sets_under_one_benchmark_are_two_comparisons(tmp_path: Path) -> None:
    """Results of one harness on HumanEval+ and MBPP+, imported under its name: neither hides the other."""
    mbpp = {"name": "mbpp+", "version": "1", "sha256": "cd" * 32}
    runs = [
        a_run(model, id=f"{model}-{place}", benchmark="evalplus", problem_set=mbpp if place else {})
        for model in "AB"
        for place in range(2)
    ]
    catalog = Catalog(open_store(a_history(tmp_path, *runs)))
    found = sections(catalog, (), None, repeats=False, anyway=False)
    assert [(one.title, [row.label for row in one.contestants]) for one in found] == [
        ("HumanEval+", ["A", "B"]),
        ("MBPP+", ["A", "B"]),
    ]
    both = sections(catalog, ("A", "B"), "evalplus", repeats=False, anyway=False)
    assert [one.title for one in both] == ["HumanEval+", "MBPP+"]


def test_a_set_that_older_runs_did_not_name_is_no_second_one(tmp_path: Path) -> None:
    """Of a model's runs the latest that names its problem set counts, as before there were names."""
    old = a_run("A", id="old", problem_set={"name": None, "version": None, "sha256": None})
    path = a_history(tmp_path, old, a_run("A", id="new"), a_run("B"))
    assert [entry.id for entry in choose(Catalog(open_store(path)), ())] == ["new", "run-B"]


def test_a_head_names_the_problem_set_in_any_letters(tmp_path: Path) -> None:
    """Taken out of the line or out of the whole run it is the same."""
    odd = 'my "set", \\ {模型}'
    path = a_history(tmp_path, a_run("A", problem_set={"name": odd}), a_run("B", problem_set={"name": None}))
    in_lines = [head.problems for head in open_store(path).heads()]
    path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
    assert in_lines == [head.problems for head in open_store(path).heads()] == [odd, None]
