"""Boxes that judge for runs elsewhere: real ones, with the scripts as a person types them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.contest_files import row, write
from tests.running.boxes.fleet import DESK, Fleet, fleet_in
from tests.running.boxes.network import network
from tests.support import ROOT, free_port, wait_until

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(280)]
BOXES = ("alpha", "beta")
DEMO = ROOT / "demo" / "problems.jsonl"
ROWS = [json.loads(line) for line in DEMO.read_text().splitlines()]
TASKS = ROOT / "demo" / "tasks"
WRONG = ("    return None\n", "    while True: pass\n", "    raise ValueError\n", "    return (\n", "")
MULTIPL_E = {
    "name": "HumanEval_0_twice", "language": "cpp", "prompt": "#include<cassert>\nint twice(int x) {\n",
    "tests": "}\nint main() {\n    assert(twice(2) == 4);\n}\n", "stop_tokens": ["\n}"],
}  # fmt: skip


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two boxes; beta has none of the toolchains that are found by PATH."""
    with fleet_in(tmp_path_factory.mktemp("fleet"), free_port(), *BOXES) as fleet:
        fleet.write_models(1)
        fleet.start_box("alpha")
        fleet.start_box("beta", PATH="/nowhere")
        fleet.wait_for_boxes(*BOXES)
        yield fleet


def command(fleet: Fleet, script: str, *words: str | Path) -> list[str]:
    return [*fleet.inside(DESK), sys.executable, str(ROOT / script), *map(str, words)]


def run(fleet: Fleet, script: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(fleet, script, *words), cwd=fleet.folder(DESK), env=fleet.environment(DESK),
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip


def complaint(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def rows_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]


def verdicts(folder: Path) -> Counter[tuple[str, int, str, str]]:
    """Without what a machine's speed decides: how long a limit was."""
    return Counter(
        (one["task_id"], one["sample"], one["verdict"], one["detail"].partition(" longer than ")[0])
        for one in rows_in(folder)
    )


def boxes_of(folder: Path) -> set[str]:
    return {one["judged_on"]["box"] for one in rows_in(folder) if "judged_on" in one}


def samples_in(folder: Path, completions: Sequence[tuple[str, str]]) -> Path:
    path = folder / "samples.jsonl"
    path.write_text("".join(json.dumps({"task_id": t, "completion": c}) + "\n" for t, c in completions))
    return path


def test_the_verdicts_of_boxes_are_those_of_this_machine(fleet: Fleet, tmp_path: Path) -> None:
    """Right and wrong answers, endless ones, to problems, contests and tasks; each names who judged it."""
    right = [(one["task_id"], one["canonical_solution"]) for one in ROWS]
    wrong = [(one["task_id"], code) for one, code in zip(ROWS, WRONG, strict=False)]
    samples = samples_in(tmp_path, right + wrong)
    contest = write(tmp_path / "p.jsonl", row(1, "2025-01-05"), row(2, "2025-03-09"))
    ids = [json.loads(line)["question_id"] for line in contest.read_text().splitlines()]
    generations = tmp_path / "g.json"
    codes = ("print(int(input()) + 1)", "while True: pass")
    generations.write_text(json.dumps([{"question_id": one, "code_list": [*codes]} for one in ids]))
    answers = tmp_path / "run"
    answers.mkdir()
    (answers / "answers.jsonl").write_text(
        "".join(json.dumps(_answer(task)) + "\n" for task in sorted(TASKS.iterdir()) if task.is_dir())
    )
    cases: dict[str, tuple[str | Path, ...]] = {
        "run_eval.py": ("--problems-file", DEMO, "--samples", samples, "--test-timeout", "1"),
        "evaluate_lcb.py": ("--problems-file", contest, "--generations", generations, "--test-timeout", "1"),
        "run_tasks.py": ("--catalogue", TASKS, "--rejudge", answers),
    }
    for script, words in cases.items():
        here, there = (tmp_path / f"{place}-{script}" for place in ("here", "there"))
        done = run(fleet, script, *words, "--output-dir", here)
        assert done.returncode == 0, done.stderr
        done = run(fleet, script, *words, "--output-dir", there, "--sandbox-on", fleet.address)
        assert done.returncode == 0, done.stderr
        assert verdicts(there) == verdicts(here)
        judged = [one for one in rows_in(there) if one["verdict"] not in ("empty", "infrastructure")]
        assert all(one["judged_on"]["python"] and one["judged_on"]["sandbox"] for one in judged)
        (summary,) = (json.loads((there / "summary.json").read_text()),)
        boxes = summary["further"]["judging"]["boxes"]
        told = {name: one["answers"] for name, one in boxes.items()}
        assert {box: count for box, count in told.items() if count} == Counter(
            one["judged_on"]["box"] for one in judged
        )
    assert boxes_of(tmp_path / "there-run_eval.py") == set(BOXES)
    attempts = sorted((tmp_path / "there-run_tasks.py" / "attempts").iterdir())
    assert [path.name for path in attempts] == sorted(
        path.name for path in (tmp_path / "here-run_tasks.py" / "attempts").iterdir()
    )
    javascript = next(
        one for one in rows_in(tmp_path / "there-run_tasks.py") if one["language"] == "javascript"
    )
    assert set(javascript["judged_on"]["toolchains"]) == {"javascript"}


def _answer(task: Path) -> dict[str, Any]:
    """Its reference as a model would write it."""
    files = [path for path in sorted((task / "solution").rglob("*")) if path.is_file()]
    blocks = [f"{path.relative_to(task / 'solution')}\n```\n{path.read_text()}\n```\n" for path in files]
    return {"task_id": task.name, "sample": 0, "response": "\n".join(blocks)}


def test_a_toolchain_that_one_box_lacks_is_told_before_the_run(fleet: Fleet, tmp_path: Path) -> None:
    """The other judges, and its record names the version; what none has is in tests/judging/elsewhere."""
    problems, samples = tmp_path / "humaneval-cpp.jsonl", tmp_path / "samples.jsonl"
    problems.write_text(json.dumps(MULTIPL_E) + "\n")
    samples.write_text(json.dumps({"task_id": MULTIPL_E["name"], "completion": "  return 2 * x;\n"}) + "\n")
    words = ("--dataset", "multipl-e-cpp", "--problems-file", problems, "--samples", samples)
    done = run(fleet, "run_eval.py", *words, "--output-dir", tmp_path, "--sandbox-on", fleet.address)
    assert done.returncode == 0, done.stderr
    assert "beta: g++ is not installed" in done.stderr
    assert ": it does not judge" in done.stderr
    (row,) = rows_in(tmp_path)
    assert (row["verdict"], row["judged_on"]["box"]) == ("passed", "alpha")
    assert row["judged_on"]["toolchains"]["cpp"]


def test_wrong_addresses_and_other_clusters_are_told_in_one_line(fleet: Fleet) -> None:
    """With the right exit code, before any problem is read."""
    words = ("--problems-file", DEMO, "--check", "--sandbox-on")

    def told(address: str, code: int) -> str:
        return complaint(run(fleet, "run_eval.py", *words, address), code)

    assert "it is no address of a head: give HOST or HOST:PORT" in told("a b", 2)
    assert "every connection of a cluster is tls" in told("tcp://x", 2)
    assert "no host of the name nowhere.invalid" in told("nowhere.invalid", 1)
    assert "no head listens at 127.0.0.1:1" in told("127.0.0.1:1", 1)
    assert fleet.run("stranger", "cluster", "init", "--name", "stranger").returncode == 0
    done = subprocess.run(
        command(fleet, "run_eval.py", *words, fleet.address),
        env=fleet.environment("stranger"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "belongs to another cluster" in complaint(done, 1)
    none = run(fleet, "run_eval.py", "--check", "--sandbox", "none", "--i-understand", "--sandbox-on", "x")
    assert "boxes judge in isolation only" in complaint(none, 2)
    for flag in ("--verify", "--install-deps"):
        assert "this machine" in complaint(run(fleet, "run_tasks.py", flag, "--sandbox-on", "x"), 2)


def test_a_plan_says_where_its_answers_are_judged(fleet: Fleet) -> None:
    """By its key; the record keeps it with who judged."""
    model = fleet.root / "models" / "m0.gguf"
    fleet.write_plan([model], problems=2)
    plan = json.loads((fleet.folder(DESK) / "plan.yaml").read_text())
    plan["defaults"]["sandbox_on"] = "not an address"
    (fleet.folder(DESK) / "plan.yaml").write_text(json.dumps(plan))
    assert "sandbox_on: not an address: it is no address of a head" in complaint(
        fleet.run(DESK, "batch", "plan.yaml"), 2
    )
    plan["defaults"]["sandbox_on"] = fleet.address
    (fleet.folder(DESK) / "plan.yaml").write_text(json.dumps(plan))
    done = fleet.run(DESK, "batch", "plan.yaml")
    assert done.returncode == 0, done.stderr
    (record,) = fleet.runs
    assert record["config"]["sandbox_on"] == fleet.address
    assert list(record["results"]["further"]["judging"]["boxes"]) == list(BOXES)
    shown = fleet.run(DESK, "show", record["id"]).stdout
    assert re.search(r"boxes\n +alpha\n +sandbox: namespaces\n +python: 3", shown)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_box_that_is_lost_midway_loses_no_answer(number: signal.Signals, tmp_path: Path, port: int) -> None:
    """Killed, or silent: what it had under way is judged by the other, and each answer counts once."""
    with fleet_in(tmp_path, port, *BOXES) as fleet:
        fleet.write_models(1)
        for box in BOXES:
            fleet.start_box(box)
        fleet.wait_for_boxes(*BOXES)
        process, folder = slow_run(fleet)
        wait_until(lambda: (folder / "events.jsonl").read_text().count('"problem"') > 4)
        os.killpg(fleet.processes["alpha"].pid, number)
        assert process.wait(120) == 0, fleet.log(DESK, "judging")
        assert_all_judged(folder)
        assert "alpha judges no more" in fleet.log(DESK, "judging")
        assert boxes_of(folder) == set(BOXES)
        os.killpg(fleet.processes["alpha"].pid, signal.SIGCONT) if number is signal.SIGSTOP else None


def test_a_silent_cut_of_the_link_loses_no_answer(tmp_path: Path, port: int) -> None:
    """Nobody is told; what was under way there is judged elsewhere, and the box is back once its link is."""
    with network(DESK, *BOXES) as net, fleet_in(tmp_path, port, *BOXES, network=net) as fleet:
        fleet.write_models(1)
        for box in BOXES:
            fleet.start_box(box)
        fleet.wait_for_boxes(*BOXES)
        process, folder = slow_run(fleet, seconds=0.6)
        wait_until(lambda: (folder / "events.jsonl").read_text().count('"problem"') > 4)
        net.cut("alpha")
        wait_until(lambda: "alpha judges no more" in fleet.log(DESK, "judging"))
        net.mend("alpha")
        wait_until(lambda: "alpha is back" in fleet.log(DESK, "judging"))
        assert process.wait(240) == 0, fleet.log(DESK, "judging")
        assert_all_judged(folder)


def slow_run(fleet: Fleet, seconds: float = 0.3) -> tuple[subprocess.Popen[bytes], Path]:
    """Two samples of each problem, each of which takes its time; judged on the boxes."""
    folder = fleet.folder(DESK) / "out"
    folder.mkdir()
    (folder / "events.jsonl").touch()
    wait = f"    __import__('time').sleep({seconds})\n"
    samples = samples_in(
        fleet.folder(DESK), [(one["task_id"], wait + one["canonical_solution"]) for one in ROWS for _ in "ab"]
    )
    words = (
        "--problems-file",
        DEMO,
        "--samples",
        samples,
        "--output-dir",
        folder,
        "--sandbox-on",
        fleet.address,
        "--test-timeout",  # of a test that calls the function, which waits, several times
        "30",
    )
    with (fleet.folder(DESK) / "judging.log").open("wb") as log:
        process = subprocess.Popen(
            command(fleet, "run_eval.py", *words, "--sandbox-on", fleet.address),
            cwd=fleet.folder(DESK), stdout=log, stderr=log,
            env={**fleet.environment(DESK), "BENCH_EVENTS": str(folder / "events.jsonl")},
        )  # fmt: skip
    return process, folder


def assert_all_judged(folder: Path) -> None:
    counts = Counter((one["task_id"], one["sample"]) for one in rows_in(folder))
    assert counts == {(one["task_id"], sample): 1 for one in ROWS for sample in (0, 1)}
    assert {one["verdict"] for one in rows_in(folder)} == {"passed"}
