"""What compare and report tell of runs of tasks: scores by group, and both codes of what flipped."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from benchkit.commands.compare import command as compare_command
from benchkit.commands.report import command as report_command
from benchkit.records import Run
from tests.telling.comparison.nights import a_history, a_run, with_files

TASKS = ("go_easy_a", "html_easy_b", "python_hard_c")
SOLVED = {"A": (True, False, False), "B": (True, True, True)}
SECRET = "not of this run"


def of_tasks(folder: Path, name: str) -> Run:
    """A run of three tasks with what it leaves behind; its html task changed two files."""
    solved = SOLVED[name]
    scores = {
        "language": dict(zip(("go", "html", "python"), solved, strict=True)),
        "area": {"feature": solved[0], "frontend": solved[1]},
    }
    groups = {
        fact: {group: {"score": 100.0 * passed} for group, passed in found.items()}
        for fact, found in scores.items()
    }
    verdicts = [(task, "passed" if passed else "wrong") for task, passed in zip(TASKS, solved, strict=True)]
    run = a_run(
        name,
        benchmark="tasks",
        problem_set={"name": "tasks", "version": None, "sha256": "ab" * 32},
        results={
            "score": 100 * sum(solved) / 3,
            "total_passed": sum(solved),
            "total_problems": 3,
            "difficulty_scores": {"easy": 50.0, "hard": 100.0 * solved[2]},
            "failed_tasks": [task for task, passed in zip(TASKS, solved, strict=True) if not passed],
            "further": {"groups": groups},
        },
    )
    run = with_files(folder, run, verdicts)
    place = folder / "runs" / run.id
    (place.parent / "secret.txt").write_text(SECRET)
    rows = [json.loads(line) for line in (place / "verdicts.jsonl").read_text().splitlines()]
    for row in rows:
        attempt = f"{row['task_id']}__{name}__sample00"
        files = place / "attempts" / attempt / "files"
        (files / "css").mkdir(parents=True)
        (files / "index.html").write_text(f"<p>{name}</p>\n")
        (files / "css" / "page.css").write_text("p { margin: 0 }\n")
        row |= {"attempt": attempt, "changed": ["css/page.css", "index.html", "../../../../secret.txt"]}
    (place / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run


def shown(folder: Path, *words: str) -> str:
    path = a_history(folder, of_tasks(folder, "A"), of_tasks(folder, "B"))
    done = CliRunner().invoke(compare_command, [*words, "--history", str(path)], env={"COLUMNS": "100"})
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_compare_tells_scores_by_language_area_and_difficulty(tmp_path: Path) -> None:
    text = shown(tmp_path)
    by_language = text.partition("By language\n\n")[2].splitlines()
    assert by_language[0].split() == ["model", "go", "%", "html", "%", "python", "%"]
    assert by_language[2].split() == ["B", "100.0", "100.0", "100.0"]
    assert by_language[3].split() == ["A", "100.0", "0.0", "0.0"]
    assert "frontend %" in text.partition("By area\n")[2]
    assert "hard %" in text.partition("By difficulty\n")[2]


def test_the_groups_are_in_the_forms_for_programs_and_documents(tmp_path: Path) -> None:
    (page,) = json.loads(shown(tmp_path, "--format", "json"))
    assert page["groups"]["language"][1] == {"model": "A", "go": 100.0, "html": 0.0, "python": 0.0}
    output = str(tmp_path / "report.html")
    done = CliRunner().invoke(
        report_command, ["--output", output, "--history", str(tmp_path / "benchmark_results.json")]
    )
    assert done.exit_code == 0, done.stderr
    text = Path(output).read_text()
    assert "<h3>By language</h3>" in text
    assert "&lt;p&gt;A&lt;/p&gt;" in text  # the file that was judged, beside the other model's
    assert SECRET not in text


def test_codes_of_flipped_tasks_stand_side_by_side(tmp_path: Path) -> None:
    """All files that an answer changed, none from outside of its folder, in lines that fit."""
    text = shown(tmp_path, "--codes").partition("models disagree on 2 problems")[2]
    assert "html_easy_b: solved by B; not by A" in text
    lines = text.partition("html_easy_b")[2].splitlines()
    assert f"{'<p>A</p>':48} ≠ <p>B</p>" in lines
    assert f"{'── css/page.css':48} │ ── css/page.css" in lines
    assert SECRET not in text
    assert max(map(len, lines)) <= 100


def test_codes_are_for_the_terminal(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        compare_command, ["--codes", "--format", "csv", "--history", str(tmp_path / "none.json")]
    )
    assert done.exit_code != 0
    assert "leave out --format" in str(done.exception or done.stderr)
