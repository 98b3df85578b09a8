"""Every harness's own files and printed text; how they came about is told in left_behind/README.md."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchkit.errors import ParseError
from benchkit.records import Progress, Results, Verdict
from parsers import get_parser

LEFT = Path(__file__).with_name("left_behind")
PASSED, WRONG, TIMEOUT = Verdict.PASSED, Verdict.WRONG, Verdict.TIMEOUT


@dataclass(frozen=True)
class Case:
    """A harness, a result file of it, what it printed, and the score it told itself."""

    parser: str
    file: str
    text: str
    score: float | None

    def printed(self) -> str:
        return (LEFT / self.text).read_text()

    def put(self, folder: Path) -> Path:
        """The result file in a folder; of aider all of them."""
        if self.parser == "aider":
            shutil.copytree(LEFT / self.file, folder / "run")
            return folder / "run"
        return Path(shutil.copy(LEFT / self.file, folder))


CASES = [
    Case("evalplus", "evalplus/one_eval_results.json", "evalplus/one.txt", 40.0),
    Case("evalplus", "evalplus/two_eval_results.json", "evalplus/two.txt", 70.0),
    Case("evalplus", "evalplus/base_eval_results.json", "evalplus/base.txt", 60.0),
    Case("lm_eval", "lm_eval/results_2026-11-21T10-18-35.531823.json", "lm_eval/task.txt", 40.0),
    Case(
        "human_eval_official",
        "human_eval_official/samples.jsonl_results.jsonl",
        "human_eval_official/printed.txt",
        40.0,
    ),
    Case(
        "lcb_runner",
        "lcb_runner/Scenario.codegeneration_1_0.2_eval_all.json",
        "lcb_runner/scores.txt",
        50.0,
    ),
    Case("aider", "aider/2026-11-20-10-00-00--demo", "aider/stats.txt", 60.0),
    Case("bigcode", "bigcode/evaluation_results.json", "bigcode/printed.txt", 34.146341463414637),
    Case("llama_eval", "llama_eval/llama-eval-state.json", "llama_eval/printed.txt", 40.0),
    Case("llama_bench", "llama_bench/bench.json", "llama_bench/bench.md", None),
]
of_file = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.parser}-{Path(case.file).stem[:12]}"
)


@of_file
def test_files_and_text_tell_the_score_that_the_harness_told(case: Case, tmp_path: Path) -> None:
    """Whichever of both is there."""
    case.put(tmp_path)
    assert get_parser(case.parser).parse("", tmp_path).score == pytest.approx(case.score)
    assert get_parser(case.parser).parse(case.printed()).score == pytest.approx(case.score)


@of_file
def test_a_result_file_alone_is_read_too(case: Case, tmp_path: Path) -> None:
    """As it is handed over when a result is imported; its neighbours do not matter."""
    file = case.put(tmp_path)
    (tmp_path / "other_eval_results.json").write_text("{}")
    assert get_parser(case.parser).parse("", file).score == pytest.approx(case.score)


@of_file
def test_colours_progress_bars_and_warnings_do_no_harm(case: Case) -> None:
    """Before and after the result, and with line ends of another system."""
    bars = "".join(f"\x1b[2K\r {n}%|{'#' * n}| {n}/100 [00:01<00:02]" for n in range(0, 101, 10))
    noise = f"\x1b[33mWARNING: careful\x1b[0m\r\n{bars}\r\n"
    text = noise + case.printed().replace("\n", "\r\n") + "\r\n" + noise
    assert get_parser(case.parser).parse(text).score == pytest.approx(case.score)


@of_file
def test_a_former_runs_files_are_not_taken(case: Case, tmp_path: Path) -> None:
    """Neither alone nor before the text of this run."""
    case.put(tmp_path)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1_000_000, 1_000_000))
    with pytest.raises(ParseError):
        get_parser(case.parser).parse("", tmp_path, since=1_000_100)
    assert get_parser(case.parser).parse(case.printed(), tmp_path, since=1_000_100)
    assert get_parser(case.parser).parse("", tmp_path, since=999_990)


@of_file
def test_a_text_cut_at_any_byte_gives_no_other_score(case: Case) -> None:
    """It is the score that the harness told, to the digits that are there, or an error."""
    text = case.printed().encode()
    for end in range(len(text)):
        try:
            results = get_parser(case.parser).parse(text[:end].decode(errors="replace"))
        except ParseError:
            continue
        assert _is_right_or_base(results, case), text[:end][-80:]
    assert _is_right_or_base(get_parser(case.parser).parse(case.printed()), case)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.parser != "aider"], ids=lambda case: case.file
)
def test_a_file_cut_at_any_byte_gives_no_other_score(case: Case, tmp_path: Path) -> None:
    """A result file that was not written to its end is no result; aider writes one an exercise."""
    path = case.put(tmp_path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        try:
            results = get_parser(case.parser).parse("", tmp_path)
        except ParseError:
            continue
        assert case.parser in ("human_eval_official", "llama_bench") or whole[end:].strip() == b""
        assert results.score is None or results.total_problems is not None


@of_file
def test_what_another_harness_left_is_no_result(case: Case, tmp_path: Path) -> None:
    """Its files and its text give an error that says what was looked for."""
    case.put(tmp_path)
    for other in {other.parser for other in CASES} - {case.parser}:
        with pytest.raises(ParseError, match=r"looked for|no result"):
            get_parser(other).parse(case.printed(), tmp_path)


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        ("evalplus", "humaneval (base tests)\npass@1:\tnan\n"),
        ("evalplus", "humaneval (base tests)\npass@1:\t1.300\n"),
        ("lm_eval", "|Tasks|Version|Filter|n-shot|Metric|Value|\n|a|1|none|0|acc|nan|\n"),
        ("lm_eval", "|Tasks|Version|Filter|n-shot|Metric|Value|\n|a|1|none|0|acc|40.5|\n"),
        ("lm_eval", "|Tasks|Version|Filter|n-shot|Metric|Value|\n|a|1|none|0|perplexity|0.5|\n"),
        ("human_eval_official", "{'pass@1': np.float64(nan)}\n"),
        ("human_eval_official", "{'pass@1': 40.0}\n"),
        ("lcb_runner", "Pass@1 =  nan\n"),
        ("lcb_runner", "Pass@1: 50\n"),
        ("lcb_runner", "Pass@5 =  1.0\nPass@10 =  1.0\n"),
        ("aider", "- dirname: a\n  test_cases: 5\n  pass_rate_1: 160.0\n  total_cost: 0\n"),
        ("aider", "- dirname: a\n  test_cases: 5\n  pass_rate_1: 60.0\n  pass_num_1: 2\n  total_cost: 0\n"),
        ("bigcode", '{"humaneval": {"pass@1": NaN}, "config": {"n_samples": 1}}\n'),
        ("bigcode", '{"humaneval": {"pass@1": 34.1}, "config": {"n_samples": 1}}\n'),
        ("bigcode", '{"conala": {"bleu": 0.3}, "config": {"n_samples": 1}}\n'),
        ("llama_eval", "Results: 6/5 correct (120.0%)\n"),
        ("llama_eval", "Results: 2/5 correct (nan%)\n"),
        ("llama_eval", "Results: 0/0 correct (0.0%)\n"),
        ("llama_eval", "Results: 2/5 correct (60.0%)\n"),
        ("llama_bench", "| model | test | t/s |\n| a | pp512 | nan ± 1.0 |\n"),
        ("llama_bench", "| model | test | t/s |\n| a | pp512 | -5.0 ± 1.0 |\n"),
    ],
)
def test_a_score_that_cannot_be_true_is_no_result(parser: str, text: str) -> None:
    """No number, above 100 percent, of a metric that is no share, or against its own counts."""
    with pytest.raises(ParseError, match="looked for") as caught:
        get_parser(parser).parse(text)
    assert caught.value.log


@pytest.mark.parametrize(
    ("parser", "file"),
    [
        ("evalplus", "evalplus/one_eval_results.json"),
        ("lm_eval", "lm_eval/results_2026-11-21T10-18-35.531823.json"),
        ("human_eval_official", "human_eval_official/samples.jsonl_results.jsonl"),
        ("lcb_runner", "lcb_runner/Scenario.codegeneration_1_0.2_eval_all.json"),
        ("bigcode", "bigcode/evaluation_results.json"),
        ("llama_eval", "llama_eval/llama-eval-state.json"),
        ("inspect", "inspect/epochs.json"),
        ("inspect", "inspect/demo.eval"),
    ],
)
def test_results_of_several_models_are_refused(parser: str, file: str, tmp_path: Path) -> None:
    """Two result files of one run: which of them is meant cannot be known."""
    for model in "ab":
        (tmp_path / model).mkdir()
        shutil.copy(LEFT / file, tmp_path / model)
    with pytest.raises(ParseError, match=r"there are 2 .*, and a run has one"):
        get_parser(parser).parse("", tmp_path)


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        ("aider", "".join(f"- dirname: d\n  model: {m}\n  pass_rate_1: 1\n  total_cost: 0\n" for m in "xy")),
        ("llama_bench", "| model | test | t/s |\n| a | pp512 | 5 ± 1 |\n| b | pp512 | 5 ± 1 |\n"),
    ],
)
def test_a_text_about_several_models_is_refused(parser: str, text: str) -> None:
    """As llama-bench prints with two `-m`, and aider's --stats with two folders."""
    with pytest.raises(ParseError, match="there are 2 models"):
        get_parser(parser).parse(text)


def test_evalplus_tells_base_and_plus_and_each_verdict(tmp_path: Path) -> None:
    """A task is passed when both are; of two samples a task the share counts."""
    shutil.copy(LEFT / "evalplus/one_eval_results.json", tmp_path)
    one = get_parser("evalplus").parse("", tmp_path)
    assert (one.total_passed, one.total_problems, one.metrics["base_score"]) == (2, 5, 60.0)
    assert one.failed_tasks == ("HumanEval/2", "HumanEval/28", "HumanEval/31")
    two = get_parser("evalplus").parse("", LEFT / "evalplus" / "two_eval_results.json")
    assert two.verdicts["HumanEval/2"] == (WRONG, PASSED)
    assert two.failed_tasks == ()
    base = get_parser("evalplus").parse("", LEFT / "evalplus" / "base_eval_results.json")
    assert base.metrics["tests"] == "base"


def test_evalplus_that_shows_a_former_run_is_no_result() -> None:
    """It then judged nothing, and says so in its first line."""
    with pytest.raises(ParseError, match="former run"):
        get_parser("evalplus").parse((LEFT / "evalplus" / "again.txt").read_text())


def test_evalplus_of_older_versions_is_read(tmp_path: Path) -> None:
    """Dicts below `Base` and `Base + Extra`, and files with lists of [status, details]."""
    text = "Base\n{'pass@1': 0.75, 'pass@10': 0.9}\nBase + Extra\n{'pass@1': 0.5}\n"
    results = get_parser("evalplus").parse(text)
    assert (results.score, results.metrics["base_score"]) == (50.0, 75.0)
    older = {"nfiles": 1, "base": [["success", []]], "plus": [["timed out", []]]}
    (tmp_path / "eval_results.json").write_text(json.dumps({"eval": {"HumanEval/0": older}}))
    results = get_parser("evalplus").parse("", tmp_path)
    assert (results.score, results.verdicts) == (0.0, {"HumanEval/0": (TIMEOUT,)})


def test_evalplus_progress_is_counted_from_its_lines() -> None:
    """While it asks it prints a line a task, while it judges a bar."""
    parser = get_parser("evalplus")
    seen = [parser.progress(line) for line in (LEFT / "evalplus" / "live.txt").read_text().splitlines()]
    told = [one for one in seen if one is not None]
    assert [one.done for one in told[:5]] == [1, 2, 3, 4, 5]
    assert Progress(5, 5) in told


@pytest.mark.parametrize(
    ("parser", "line", "progress"),
    [
        ("lm_eval", "Requesting API:  20%|##        | 2/10 [00:00<00:01,  4.60it/s]", Progress(2, 10)),
        (
            "inspect",
            "generate | Steps:   3/3 100% | Samples:   1/  3 | accuracy:  n/a | openai-api:  0/20 | HTTP",
            Progress(1, 3),
        ),
        ("llama_bench", "llama-bench: benchmark 1/2: prompt run 2/3", Progress(1, 2)),
        ("llama_bench", "build: 0c1e570 (1)", None),
    ],
)
def test_progress_is_that_of_the_whole_benchmark(parser: str, line: str, progress: Progress | None) -> None:
    """Other counts in the same line are not taken for it."""
    assert get_parser(parser).progress(line) == progress


def test_llama_eval_tells_each_case_as_progress() -> None:
    """The count at the line's beginning, not that of the solved ones at its end."""
    text = (LEFT / "llama_eval" / "printed.txt").read_text()
    seen = [get_parser("llama_eval").progress(line) for line in text.splitlines()]
    assert [one for one in seen if one] == [Progress(done, 5) for done in range(1, 6)]


def test_lm_eval_takes_the_first_filter_and_keeps_the_deviation(tmp_path: Path) -> None:
    """With the logged samples each verdict is known."""
    for path in (LEFT / "lm_eval").glob("*2026*"):
        shutil.copy(path, tmp_path)
    results = get_parser("lm_eval").parse("", tmp_path)
    assert results.metrics["filter"] == "strip"
    assert results.metrics["stderr"] == pytest.approx(24.49, abs=0.01)
    assert results.failed_tasks == ("demo_a/1", "demo_a/3", "demo_a/4")
    assert (results.total_passed, results.total_problems) == (2, 5)


def test_lm_eval_rows_without_a_name_belong_to_the_task_above() -> None:
    """And the table of groups is not a second result."""
    table = (LEFT / "lm_eval" / "group.txt").read_text()
    results = get_parser("lm_eval").parse(table)
    assert (results.score, results.metrics["stderr"]) == (40.0, pytest.approx(17.32))
    with pytest.raises(ParseError, match="the table of groups is missing"):
        get_parser("lm_eval").parse(table[: table.rindex("|  Groups")])


def test_lm_eval_tells_several_tasks_and_their_mean() -> None:
    """Where no group stands for them."""
    table = (
        "|Tasks|Version|Filter|n-shot|Metric|Value|\n|a|1|none|0|acc|0.5|\n|b|1|none|0|exact_match|0.25|\n"
    )
    results = get_parser("lm_eval").parse(table)
    assert results.score == 37.5
    assert results.metrics["task_scores"] == {"a": 50.0, "b": 25.0}
    assert results.metrics["score_is"] == "mean of 2 tasks"


def test_lm_eval_reads_a_group_from_its_file(tmp_path: Path) -> None:
    """The group stands for its tasks."""
    shutil.copy(LEFT / "lm_eval" / "group.json", tmp_path / "results_1.json")
    results = get_parser("lm_eval").parse("", tmp_path)
    assert (results.score, results.metrics["stderr"]) == (40.0, pytest.approx(17.32, abs=0.01))


NESTED = {
    "results": {
        "all": {"acc,none": 0.5},
        "part": {"acc,none": 0.25},
        "bare": {"alias": "bare"},
        **{task: {"acc,none": 0.1} for task in ("deep", "beside", "of_bare")},
        "alone": {"acc,none": 0.7},
    },
    "groups": {"all": {"acc,none": 0.5}, "part": {"acc,none": 0.25}},
    "group_subtasks": {"all": ["part", "beside"], "part": ["deep"], "bare": ["of_bare"]},
}


def test_lm_eval_takes_no_task_twice_and_leaves_none_out(tmp_path: Path) -> None:
    """A group in a group is told by the outer one; a task beside a group has a score of its own."""
    (tmp_path / "results_1.json").write_text(json.dumps(NESTED))
    results = get_parser("lm_eval").parse("", tmp_path)
    assert results.metrics["task_scores"] == {"all": 50.0, "alone": 70.0, "of_bare": 10.0}
    head = "|{}|Version|Filter|n-shot|Metric|Value|\n"
    rows = "|all|1|none|0|acc|0.5|\n| - part|1|none|0|acc|0.25|\n|  - deep|1|none|0|acc|0.1|\n"
    alone = "|alone|1|none|0|acc|0.7|\n"
    table = head.format("Tasks") + rows + alone + head.format("Groups") + rows.rpartition("|  -")[0]
    assert get_parser("lm_eval").parse(table).metrics["task_scores"] == {"all": 50.0, "alone": 70.0}


def test_lm_eval_rows_without_a_number_are_passed_over() -> None:
    """A metric that could not be computed is no score, and takes nothing from the others."""
    head = "|Tasks|Version|Filter|n-shot|Metric|Value|\n"
    table = head + "|a|1|none|0|acc_norm|N/A|\n| |1|none|0|acc|0.5|\n"
    assert get_parser("lm_eval").parse(table).score == 50.0


def test_lcb_runner_tells_difficulties_and_why_answers_failed(tmp_path: Path) -> None:
    """As its grader noted; printed lines have the difficulties too."""
    case = next(case for case in CASES if case.parser == "lcb_runner")
    case.put(tmp_path)
    results = get_parser("lcb_runner").parse("", tmp_path)
    assert results.difficulty_scores == {"easy": 50.0, "medium": 50.0, "hard": 50.0}
    assert {one for (one,) in results.verdicts.values()} == {PASSED, WRONG, TIMEOUT, Verdict.ERROR}
    assert get_parser("lcb_runner").parse(case.printed()).difficulty_scores == results.difficulty_scores


def test_lcb_runner_refuses_pass_at_k_beyond_the_samples(tmp_path: Path) -> None:
    """The metrics file tells pass@5 of one sample as well, where it means nothing."""
    metrics = [{"pass@1": 0.5, "pass@5": 1.0, "detail": {}}, {"0": [[True, True]], "1": [[True, -2]]}, []]
    (tmp_path / "x_eval.json").write_text(json.dumps(metrics))
    results = get_parser("lcb_runner").parse("", tmp_path)
    assert results.metrics == {"pass_at_k": {"pass@1": 50.0}}
    assert results.verdicts == {"0": (PASSED,), "1": (WRONG,)}
    printed = get_parser("lcb_runner").parse((LEFT / "lcb_runner" / "scores.txt").read_text())
    assert printed.metrics == {}


def test_bigcode_leaves_out_pass_at_k_beyond_the_samples() -> None:
    """pass@10 of five samples is none; several tasks have a score each."""
    results = get_parser("bigcode").parse((LEFT / "bigcode" / "printed.txt").read_text())
    assert results.metrics == {"pass_at_k": {"pass@1": pytest.approx(34.1463414)}, "samples": 5}
    two = {"a": {"pass@1": 0.5}, "b": {"pass@1": 0.25}, "config": {"n_samples": 1}}
    results = get_parser("bigcode").parse(json.dumps(two, indent=2) + "\n")
    assert (results.score, results.metrics["task_scores"]) == (37.5, {"a": 50.0, "b": 25.0})


def test_official_human_eval_tells_time_outs(tmp_path: Path) -> None:
    """Its own sample file beside the results is not mistaken for them."""
    file = LEFT / "human_eval_official" / "samples.jsonl_results.jsonl"
    shutil.copy(file, tmp_path)
    (tmp_path / "samples.jsonl").write_text("{}\n")
    results = get_parser("human_eval_official").parse("", tmp_path)
    assert results.verdicts["HumanEval/2"] == (TIMEOUT,)
    assert results.failed_tasks == ("HumanEval/2", "HumanEval/28", "HumanEval/31")


def test_aider_tells_each_try_and_each_exercise(tmp_path: Path) -> None:
    """The score is that after the last try."""
    shutil.copytree(LEFT / "aider", tmp_path / "aider")
    results = get_parser("aider").parse("", tmp_path)
    assert results.metrics == {"pass_rate_1": 40.0, "pass_rate_2": 60.0}
    assert results.verdicts["python/bowling"] == (PASSED,)
    assert results.verdicts["rust/wordy"] == (TIMEOUT,)
    printed = get_parser("aider").parse((LEFT / "aider" / "stats.txt").read_text())
    assert (printed.total_passed, printed.total_problems) == (results.total_passed, results.total_problems)
    assert printed.metrics["percent_cases_well_formed"] == "100.0"


def test_two_runs_of_aider_are_refused(tmp_path: Path) -> None:
    """The same exercise in two folders: neither is counted for the other."""
    for run in ("one", "two"):
        shutil.copytree(LEFT / "aider" / "2026-11-20-10-00-00--demo", tmp_path / run)
    with pytest.raises(ParseError, match="an exercise is there twice"):
        get_parser("aider").parse("", tmp_path)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "md"])
def test_llama_bench_tells_speeds_with_their_deviation(form: str) -> None:
    """In each form it prints; it has no score."""
    noise = "load_backend: loaded CPU backend\n"
    results = get_parser("llama_bench").parse(noise + (LEFT / "llama_bench" / f"bench.{form}").read_text())
    assert results.score is None
    assert [test["test"] for test in results.metrics["tests"]] == ["pp64", "tg16"]
    prompt, generated = results.metrics["tests"]
    assert results.metrics["prompt_tokens_per_second"] == prompt["tokens_per_second"] > 1000
    assert results.metrics["tokens_per_second"] == generated["tokens_per_second"] > 1000
    assert all(test["deviation"] > 0 for test in results.metrics["tests"])


def test_llama_eval_shows_cases_that_were_cut_short_or_never_answered(tmp_path: Path) -> None:
    """The score stays the tool's own, which counts them as not solved."""
    state = json.loads((LEFT / "llama_eval" / "llama-eval-state.json").read_text())
    unsolved = [case for case in state["task_states"]["cases"].values() if not case["correct"]]
    unsolved[0]["status"], unsolved[1]["status"] = "error: finish_reason=length", "pending"
    (tmp_path / "state.json").write_text(json.dumps(state))
    results = get_parser("llama_eval").parse("", tmp_path)
    assert results.score == 40.0
    assert results.metrics["counts"] == {"passed": 2, "wrong": 1, "truncated": 1, "infrastructure": 1}


def test_inspect_logs_are_read_in_both_forms() -> None:
    """The archive as it is written today, and the JSON log with two epochs a sample."""
    archive = get_parser("inspect").parse("", LEFT / "inspect" / "demo.eval")
    assert archive.score == pytest.approx(66.67, abs=0.01)
    assert (archive.total_passed, archive.total_problems) == (2, 3)
    assert archive.metrics["completion_tokens"] == 48
    epochs = get_parser("inspect").parse("", LEFT / "inspect" / "epochs.json")
    assert epochs.score == 50.0
    assert epochs.verdicts == {"a": (PASSED, PASSED), "b": (WRONG, WRONG)}


def test_inspect_reads_the_log_that_the_output_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it was not told to write into the run's folder."""
    text = (LEFT / "inspect" / "demo.txt").read_text()
    named = re.search(r"Log: (\S+)", text)
    assert named is not None
    (tmp_path / "logs").mkdir()
    shutil.copy(LEFT / "inspect" / "demo.eval", tmp_path / named[1])
    monkeypatch.chdir(tmp_path)
    assert get_parser("inspect").parse(text).total_passed == 2


@pytest.mark.parametrize("status", ["error", "cancelled", "started"])
def test_inspect_counts_only_success(status: str, tmp_path: Path) -> None:
    """A log of an evaluation that did not end well has scores too."""
    log = json.loads((LEFT / "inspect" / "epochs.json").read_text())
    log |= {"status": status, "error": {"message": "the server went away\nTraceback"}}
    (tmp_path / "log.json").write_text(json.dumps(log))
    with pytest.raises(ParseError, match=f"its status is '{status}': the server went away"):
        get_parser("inspect").parse("", tmp_path)


def test_inspect_archives_cut_at_any_byte_are_no_result(tmp_path: Path) -> None:
    """An archive that was not closed has no header."""
    whole = (LEFT / "inspect" / "demo.eval").read_bytes()
    for end in range(0, len(whole), 53):
        (tmp_path / "log.eval").write_bytes(whole[:end])
        with pytest.raises(ParseError):
            get_parser("inspect").parse("", tmp_path)
    scores = []
    for place in range(0, len(whole), 53):
        (tmp_path / "log.eval").write_bytes(whole[:place] + b"\xff\x00" + whole[place + 2 :])
        with suppress(ParseError):
            scores.append(get_parser("inspect").parse("", tmp_path).score)
    assert scores, "some bytes are of no importance"
    assert scores == pytest.approx([66.67] * len(scores), abs=0.01)


@pytest.mark.parametrize(
    ("parser", "file", "name"),
    [
        ("evalplus", "evalplus/one_eval_results.json", "humaneval+"),
        ("evalplus", "evalplus/base_eval_results.json", "humaneval"),
        ("evalplus", "evalplus/one.txt", "humaneval+"),
        ("lm_eval", "lm_eval/results_2026-11-21T10-18-35.531823.json", "demo_a"),
        ("lm_eval", "lm_eval/group.json", "demo_group"),
        ("lm_eval", "lm_eval/task.txt", "demo_a"),
        ("inspect", "inspect/epochs.json", "epochs"),
        ("inspect", "inspect/demo.eval", "demo"),
        ("bigcode", "bigcode/evaluation_results.json", "humaneval"),
        ("llama_eval", "llama_eval/llama-eval-state.json", "gsm8k"),
    ],
)
def test_what_was_asked_is_named(parser: str, file: str, name: str, tmp_path: Path) -> None:
    """So that results of one harness on different tasks are not compared."""
    path = tmp_path / ("results_1.json" if Path(file).stem == "group" else Path(file).name)
    shutil.copy(LEFT / file, path)
    text = path.read_text() if path.suffix == ".txt" else ""
    problem_set = get_parser(parser).parse(text, None if text else path).problem_set
    assert problem_set is not None
    assert problem_set["name"] == name


def test_lm_eval_tells_how_many_it_asked_without_logged_samples() -> None:
    """With --limit it asks fewer: such a result is not compared with that of a whole task."""
    file = LEFT / "lm_eval" / "results_2026-11-21T10-18-35.531823.json"
    results = get_parser("lm_eval").parse("", file)
    assert (results.total_problems, results.total_passed) == (5, None)


def test_inspect_counts_no_sample_that_broke_and_every_token_that_was_read(tmp_path: Path) -> None:
    """As its own score: what was not scored is shown, and is not the model's fault."""
    log = json.loads((LEFT / "inspect" / "epochs.json").read_text())
    log["samples"] = [sample for sample in log["samples"] if sample["epoch"] == 1]
    log["samples"].append({"id": "c", "epoch": 1, "error": {"message": "broke"}})
    log["stats"]["model_usage"] = {
        "m": {"input_tokens": 3, "input_tokens_cache_read": 51, "output_tokens": 7, "total_tokens": 61}
    }
    (tmp_path / "log.json").write_text(json.dumps(log))
    results = get_parser("inspect").parse("", tmp_path)
    assert (results.total_passed, results.total_problems, results.failed_tasks) == (1, 2, ("b",))
    assert results.verdicts["c"] == (Verdict.INFRASTRUCTURE,)
    assert results.metrics["further"] == {"unjudged": ["c"]}
    assert (results.metrics["prompt_tokens"], results.metrics["completion_tokens"]) == (54, 7)


def test_inspect_without_a_scorer_is_no_result(tmp_path: Path) -> None:
    """A task may be asked and not be scored."""
    log = json.loads((LEFT / "inspect" / "epochs.json").read_text())
    log["results"]["scores"] = []
    (tmp_path / "log.json").write_text(json.dumps(log))
    with pytest.raises(ParseError, match="nothing in it was scored"):
        get_parser("inspect").parse("", tmp_path)


def _is_right_or_base(results: Results, case: Case) -> bool:
    """The score to the digits printed; evalplus tells that of the base tests first, and so named."""
    if results.score is None or case.score is None:
        return results.score == case.score and bool(results.metrics["tests"])
    if math.isclose(results.score, case.score, abs_tol=0.06):
        return True
    return case.parser == "evalplus" and results.metrics["tests"] == "base"
