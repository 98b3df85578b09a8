"""Reports as files, from histories with and without the runs' folders."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchkit.commands.report import command as report_command
from benchkit.records import Run, Status
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.selection import sections
from benchkit.telling.history import open_store
from benchkit.telling.reports import pdf
from benchkit.telling.reports.flips import flips
from benchkit.telling.reports.gallery import _tokens, histories
from benchkit.telling.reports.html import Html
from benchkit.telling.reports.material import Material
from benchkit.telling.reports.svg import Canvas
from tests.support import Bench
from tests.telling.comparison.nights import HISTORY, a_history, a_run, with_files, worked_example

EVIL = "<script>alert('x')</script>"
GOOD_CODE = "def f(x):\n    y = x + 1\n    return y"
BAD_CODE = f"def f(x):\n    # {EVIL}\n    y = x + 2\n    return y"


def two_models(folder: Path) -> list[Run]:
    """A fails t1 with a wrong answer, B solves it; both kept what they said."""
    rows = [("t0", "passed"), ("t1", "wrong"), ("t2", "passed")]
    one = with_files(
        folder, a_run(f"A{EVIL}", id="a"), rows, {"t1": f"Sure!\n```python\n{BAD_CODE}\n```\nDone."}
    )
    rows = [("t0", "passed"), ("t1", "passed"), ("t2", "passed")]
    other = with_files(folder, a_run("B", id="b"), rows, {"t1": f"```python\n{GOOD_CODE}\n```"})
    (folder / "runs" / "b" / "telemetry.jsonl").write_text(
        "".join(
            json.dumps({"seconds": n / 2, "vram_used_mb": 1000 + n, "power_w": None}) + "\n"
            for n in range(50)
        )
    )
    return [one, other]


class Outline(HTMLParser):
    """The tags of a page, and whether each was closed."""

    VOID = frozenset({"meta", "br", "col", "rect", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_html_is_one_escaped_page(tmp_path: Path, bench: Bench) -> None:
    """No script, no link, every tag closed; table, verdict, charts, the flipped problem's codes."""
    a_history(tmp_path, *two_models(tmp_path))
    done = bench("report")
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "report.html").read_text()
    page = Outline()
    page.feed(text)
    assert page.open == []
    assert "script" not in page.tags
    assert page.links == []
    assert EVIL not in text
    assert page.tags.count("svg") >= 3
    assert "1 fixed, 0 broken" in text
    assert "Flipped problems: 1" in text
    assert "<tr class=c><td>    y = x + 2</td><td class=m>−</td><td></td></tr>" in text
    assert "resources over the run" in text


def test_flip_shows_failing_and_solving_code(tmp_path: Path) -> None:
    """Lines that differ are marked, lines of one side alone too."""
    path = a_history(tmp_path, *two_models(tmp_path))
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    (flip,) = flips(section.contestants, open_store(tmp_path / HISTORY))
    assert (flip.task, flip.failed.code, flip.solved.code) == ("t1", BAD_CODE, GOOD_CODE)
    assert [line[0] for line in flip.side_by_side()] == ["=", "≠", "−", "="]


@pytest.mark.parametrize(
    ("style", "name", "benchmark"),
    [
        ("markdown", "r.md", "HumanEval+"),
        ("text", "r.txt", "HumanEval+"),
        ("html", "r.html", "HumanEval+"),
        ("csv", "r.csv", "human_eval_plus"),
        ("jsonl", "r.jsonl", "human_eval_plus"),
    ],
)
def test_format_follows_the_files_ending(tmp_path: Path, style: str, name: str, benchmark: str) -> None:
    """The ending is enough, --format says it too, and both write the same kind."""
    path = a_history(tmp_path, *worked_example())
    for words in (
        ["--output", str(tmp_path / name)],
        ["--format", style, "--output", str(tmp_path / "again")],
    ):
        assert CliRunner().invoke(report_command, [*words, "--history", str(path)]).exit_code == 0
    first, second = (tmp_path / name).read_text(), (tmp_path / "again").read_text()
    assert first[:15] == second[:15]
    assert benchmark in first


def test_rows_hold_every_run(tmp_path: Path, bench: Bench) -> None:
    """Failed runs and runs under other conditions too: rows are data, not a comparison."""
    a_history(
        tmp_path,
        a_run("A", [1], id="a1"),
        a_run("A", [2], id="a2", config={"temperature": 0.8}),
        a_run("B", id="b1", status=Status.FAILED, error="out of VRAM: x", results={"score": None}),
    )
    assert bench("report", "--output", "r.csv").returncode == 0
    with (tmp_path / "r.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["status"], row["error"]) for row in rows] == [
        ("a1", "ok", ""),
        ("a2", "ok", ""),
        ("b1", "failed", "out of VRAM: x"),
    ]
    lines = bench("report", "A", "--format", "jsonl", "--output", "-").stdout.splitlines()
    assert [json.loads(line)["run"] for line in lines] == ["a1", "a2"]


def test_rows_of_attempts(tmp_path: Path, bench: Bench) -> None:
    """One row a problem, from the verdicts, else from the failed tasks."""
    a_history(tmp_path, *two_models(tmp_path), a_run("C", [7], id="c"))
    lines = bench("report", "--format", "jsonl", "--attempts", "--output", "-").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["run"], row["task_id"], row["verdict"]) for row in rows] == [
        ("a", "t0", "passed"), ("a", "t1", "wrong"), ("a", "t2", "passed"),
        ("b", "t0", "passed"), ("b", "t1", "passed"), ("b", "t2", "passed"),
        ("c", "HumanEval/7", "not passed"),
    ]  # fmt: skip


def test_what_failed_is_in_the_report(tmp_path: Path) -> None:
    """A model that never ended well is named with its cause; one that was repaired later is not."""
    path = a_history(
        tmp_path,
        a_run(
            "A",
            [1],
            id="a1",
            status=Status.FAILED,
            error="server died: y",
            timestamp="2026-11-18T01:00:00+01:00",
        ),
        a_run("A", [1], id="a2", timestamp="2026-11-19T01:00:00+01:00"),
        a_run("B", [1], id="b1", status=Status.FAILED, error="out of VRAM: x"),
    )
    assert [run.id for run in Material(Catalog(open_store(path))).failures] == ["b1"]


def test_a_report_without_any_folder(tmp_path: Path, bench: Bench) -> None:
    """The runs' folders are gone: scores, verdict lines and the grid of failures are still there."""
    a_history(tmp_path, *worked_example())
    assert bench("report").returncode == 0
    text = (tmp_path / "report.html").read_text()
    assert "17 fixed, 8 broken" in text
    assert "problems that some model failed" in text
    assert "the codes were not kept" in text


def test_output_that_cannot_be_written(tmp_path: Path, bench: Bench) -> None:
    """One line that names the file and the next step."""
    a_history(tmp_path, *worked_example())
    done = bench("report", "--output", "/proc/nowhere/r.html")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "/proc/nowhere/r.html" in done.stderr
    assert "--output" in done.stderr


def test_pdf(tmp_path: Path, bench: Bench) -> None:
    """Text and charts on pages of A4, as many as it takes."""
    a_history(tmp_path, *two_models(tmp_path))
    done = bench("report", "--output", "r.pdf")
    assert done.returncode == 0, done.stderr
    content = (tmp_path / "r.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    pages = re.findall(rb"/MediaBox \[ ([^]]+) \]", content)
    assert len(pages) > 1
    assert set(pages) == {b"0 0 841.89 595.28"}


def test_pages_of_a_pdf_lose_nothing() -> None:
    """Each line and chart is on one page, in their order and within it, but for a chart that is taller."""
    lines = [f"line {number}" for number in range(100)]
    pages = list(pdf._pages_of_lines(lines))
    assert [part for page in pages for _, part in page] == lines
    assert max(top for page in pages for top, _ in page) < pdf.HEIGHT - pdf.BOTTOM
    charts = [Canvas(300, height, "chart") for height in (200, 300, 300, 2000, 100)]
    pages = list(pdf._pages_of_charts(charts))
    assert [[part for _, part in page] for page in pages] == [
        charts[:2],
        charts[2:3],
        charts[3:4],
        charts[4:],
    ]
    heights = [pdf._page(1, 1, page).height for page in pages]
    assert [height > pdf.HEIGHT for height in heights] == [False, False, True, False]


@pytest.mark.parametrize("name", ["r.png", "r.json", "r.xlsx"])
def test_an_ending_of_another_kind_of_file_is_refused(name: str, tmp_path: Path, bench: Bench) -> None:
    """No HTML under the name of a picture; with --format the name is free."""
    a_history(tmp_path, *two_models(tmp_path))
    done = bench("report", "--output", name)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "no report has the ending" in done.stderr
    assert ("visualize" in done.stderr) is (name == "r.png")
    assert not (tmp_path / name).exists()
    assert bench("report", "--format", "html", "--output", name).returncode == 0
    assert (tmp_path / name).exists()


def test_visualize_draws_into_a_folder(tmp_path: Path, bench: Bench) -> None:
    """Each chart is a file of its own, named on stdout."""
    a_history(tmp_path, *two_models(tmp_path))
    done = bench("leaderboard", "visualize", "--output", "pictures")
    assert done.returncode == 0, done.stderr
    files = [tmp_path / line for line in done.stdout.splitlines()]
    assert all(file.read_text().startswith("<svg") for file in files)
    assert {"humaneval+-ranking.svg", "humaneval+-problems.svg"} <= {file.name for file in files}


def test_tokens_a_second_add_up() -> None:
    """Spread over the time each answer took, no token is lost."""
    answers = [{"started": 100.0 + n, "seconds": 7.3, "completion_tokens": 50} for n in range(20)]
    points = _tokens([*answers, {"started": None}, {}])
    assert sum(value * 5 for _, value in points) == pytest.approx(1000)


def test_a_large_report_stays_small(tmp_path: Path, bench: Bench) -> None:
    """20 models of 164 problems with long codes: under a megabyte, what was left out is named."""
    code = "\n".join(f"    value_{n} = compute_something(argument, {n})  # a comment" for n in range(60))
    for number in range(20):
        rows = [(f"HumanEval/{n}", "passed" if (n * 7 + number) % 3 else "wrong") for n in range(164)]
        answers = {
            task: f"```python\ndef f_{number}():\n{code.replace('value', f'v{number}')}\n```"
            for task, _ in rows
        }
        open_store(tmp_path / HISTORY).append(with_files(tmp_path, a_run(f"model-{number}"), rows, answers))
    assert bench("report").returncode == 0
    page = (tmp_path / "report.html").read_bytes()
    assert len(page) < 1_000_000
    assert b"Not shown here, to keep this file small: HumanEval/" in page


def test_tokens_lie_where_the_run_was() -> None:
    """A minute of loading the model comes first, as in the curves beside it; what was answered before the
    run was resumed, or by a clock that was set meanwhile, is on no curve."""
    answers = [
        {"started": start, "seconds": 5.0, "completion_tokens": 50}
        for start in (900.0, 1060.0, 1065.0, 1.8e9)
    ]
    points = dict(_tokens(answers, began=1000.0))
    assert {seconds: rate for seconds, rate in points.items() if rate} == {60.0: 10.0, 65.0: 10.0}
    assert min(points) == 0.0


def test_a_run_without_a_date_is_not_on_the_time_axis(tmp_path: Path) -> None:
    """Nobody knows when it was; the others keep their places."""
    path = a_history(
        tmp_path,
        a_run("A", [1], id="1", timestamp=""),
        a_run("A", [2], id="2", timestamp="2026-11-19T01:00:00+01:00"),
        a_run("A", [3], id="3", timestamp="2026-11-21T01:00:00+01:00"),
    )
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    (canvas,) = histories(Catalog(open_store(path)), section.contestants).values()
    assert canvas.svg().count("<title>") == 2


def test_nan_in_verdicts_is_no_json(tmp_path: Path, bench: Bench) -> None:
    """What is no number in a verdict is null in JSONL and empty in CSV."""
    run = with_files(tmp_path, a_run("A", id="a"), [("t", "passed")])
    file = tmp_path / "runs" / "a" / "verdicts.jsonl"
    file.write_text(file.read_text().replace("0.1", "NaN"))
    a_history(tmp_path, run)
    line = bench("report", "--format", "jsonl", "--attempts", "--output", "-").stdout
    assert json.loads(line, parse_constant=pytest.fail)["seconds"] is None
    assert bench("report", "--format", "csv", "--attempts", "--output", "-").stdout.endswith("passed,,,\n")


def test_attempts_are_rows(tmp_path: Path, bench: Bench) -> None:
    """Asked of a page they would be ignored; where there are none that is told, in either format."""
    a_history(tmp_path, a_run("A"))
    refused = bench("report", "--attempts")
    assert refused.returncode == 2
    assert "--attempts is for rows: add --format csv or jsonl" in refused.stderr
    for style in ("csv", "jsonl"):
        done = bench("report", "--attempts", "--format", style, "--output", "r")
        assert done.returncode == 2
        assert "no attempts are known of these runs" in done.stderr
    assert not (tmp_path / "r").exists()


def test_charts_never_overwrite_one_another(tmp_path: Path, bench: Bench) -> None:
    """Models whose names differ in a sign that no file name bears, and two benchmarks of one problem set."""
    a_history(
        tmp_path,
        *(a_run(model, [1], id=f"{model}{n}") for model in ("A?", "A!") for n in (1, 2)),
        a_run("A", [2], id="2", benchmark="evalplus"),
    )
    files = bench("leaderboard", "visualize").stdout.splitlines()
    assert len(set(files)) == len(files)
    assert {
        "charts/humaneval+-human_eval_plus-history-a.svg",
        "charts/humaneval+-evalplus-ranking.svg",
    } <= set(files)
    assert "charts/humaneval+-human_eval_plus-history-a-2.svg" in files


def test_three_benchmarks_share_one_megabyte(tmp_path: Path) -> None:
    """However many problems and pages: the codes get the room that tables and charts leave."""
    code = "\n".join(f"    value_{n} = compute({n})  # a comment" for n in range(150))
    for name, problems in (("one", 60), ("two", 50), ("three", 40)):
        for model in range(2):
            rows = [(f"{name}/{n}", "passed" if (n + model) % 3 else "wrong") for n in range(problems)]
            answers = {task: f"```python\ndef f_{model}():\n{code}\n```" for task, _ in rows}
            run = with_files(
                tmp_path,
                a_run(f"m{model}", total=problems, id=f"{name}{model}", benchmark=name),
                rows,
                answers,
            )
            open_store(tmp_path / HISTORY).append(run)
    page = Html().render(Material(Catalog(open_store(tmp_path / HISTORY))))
    assert 800_000 < len(page) < 1_000_000
    assert page.count(b"Not shown here, to keep this file small: ") == 3


def test_a_model_that_repeats_itself_costs_no_minute(tmp_path: Path) -> None:
    """An answer of thousands of equal lines is shown cut, and says so: comparing it all takes seconds."""
    said = {"t": "```python\n" + "x\n" * 2900 + "```"}
    path = a_history(
        tmp_path,
        with_files(tmp_path, a_run("A", id="a"), [("t", "passed")], said),
        with_files(tmp_path, a_run("B", id="b"), [("t", "wrong")], {"t": "```python\ny\n```"}),
    )
    (section,) = sections(Catalog(open_store(path)), (), None, repeats=False, anyway=False)
    (flip,) = flips(section.contestants, open_store(tmp_path / HISTORY))
    lines = flip.side_by_side()
    assert len(lines) < 400
    assert lines[-1][2] == "… and so on"
    assert flip.failed.code == "y"
