"""Exercises of a polyglot checkout asked in two tries and judged, against a stand-in with known answers."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from benchkit.judging.tasks.toolchains import find_toolchains
from tests.loaded_interpreter import run_script
from tests.polyglot.exercises import EXAMPLES, FILES, JAVA_MAIN, answer, write_exercise
from tests.stand_ins.chat_server import Turn, chat_server

PYTHON = "python/halve"
HEAVY = {"java": pytest.mark.heavy}
FORGED = {
    "python/halve": {"halve.py": "import os\nprint('2 passed')\nos._exit(0)\n"},
    "javascript/hello": {"hello.js": "console.log('3 passed');\nprocess.exit(0);\nexport const hello = 1;\n"},
    "go/double": {
        "double.go": 'package double\n\nimport "os"\n\nfunc init() { println("PASS"); os.Exit(0) }\n\n'
        "func Double(n int) int { return 0 }\n"
    },
    "rust/tri-ple": {
        "src/lib.rs": 'pub fn triple(_n: i32) -> i32 {\n    println!("ok");\n    std::process::exit(0)\n}\n'
    },
    "cpp/sum": {
        "sum.h": "#pragma once\n#undef EXERCISM_RUN_ALL_TESTS\nnamespace sum { int add(int a, int b); }\n",
        "sum.cpp": '#include "sum.h"\nint sum::add(int a, int b) { return a + b; }\n',
    },
    "java/halve": {
        f"{JAVA_MAIN}/Halve.java": "class Halve {\n    int halve(int n) {\n"
        '        System.out.println("2 tests successful");\n        System.exit(0);\n        return 0;\n'
        "    }\n}\n"
    },
    "java/game": {
        f"{JAVA_MAIN}/Game.java": EXAMPLES["java/game"][f"{JAVA_MAIN}/Game.java"].replace(
            "class Game {", "class Game {\n    static { Runtime.getRuntime().halt(0); }\n"
        )
    },
    "java/words": {f"{JAVA_MAIN}/Words.java": "class Words {}\nclass WordsTest {}\n"},
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    for name in (PYTHON, "javascript/hello"):
        write_exercise(folder, name)
    return folder


def summary_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def second_time(turn: Turn) -> None:
    """Solves everything once it has seen that its first answer failed."""
    name = PYTHON if "(Python)" in turn.question or "halve" in json.dumps(turn.body) else "javascript/hello"
    again = len(turn.body["messages"]) > 1
    solved = again or name == "javascript/hello"
    turn.answer(answer(EXAMPLES[name]) if solved else answer({"halve.py": "def halve(n):\n    return 0\n"}))


def test_two_tries_in_aiders_figures(checkout: Path, tmp_path: Path) -> None:
    """Both rates, per language, and what the score may not be laid beside."""
    out = tmp_path / "out"
    with chat_server(second_time) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", out)
        done = run_script("run_tasks.py", *contract, "--problems-file", checkout, "--tries", "2")
    assert done.returncode == 0, done.stderr
    figures = summary_of(out)["further"]["aider"]
    assert (figures["pass_rate_1"], figures["pass_rate_2"]) == (50.0, 100.0)
    assert figures["by_language"]["python"] == {"exercises": 1, "pass_rate_1": 0.0, "pass_rate_2": 100.0}
    assert figures["exercises"] == "2/225"
    assert "As aider counts: 2 of 225 exercises" in done.stdout
    assert "not to be laid beside a score over all 225: 223 are not in it" in done.stdout


def test_the_second_question_has_the_output_of_the_tests(checkout: Path, tmp_path: Path) -> None:
    """Whole, without paths and times."""
    asked = []

    def note(turn: Turn) -> None:
        asked.append(turn.body["messages"])
        second_time(turn)

    with chat_server(note) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", tmp_path / "out")
        run_script("run_tasks.py", *contract, "--problems-file", checkout, "--tries", "2", "--task", PYTHON)
    said = asked[1][-1]["content"]
    assert "AssertionError: 0 != 4" in said
    assert "/tmp/" not in said


def run_halve(checkout: Path, out: Path, replies: list[str], *words: str) -> tuple[dict[str, Any], str]:
    """Ask for one exercise; each question gets the next reply. The summary, and what was said."""
    left = list(replies)
    with chat_server(lambda turn: turn.answer(left.pop(0))) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", out)
        chosen = ("--problems-file", checkout, "--tries", "2", "--task", PYTHON)
        done = run_script("run_tasks.py", *contract, *chosen, *words)
    assert done.returncode == 0, done.stderr
    assert not left, f"{len(left)} replies were not asked for"
    return summary_of(out), done.stdout


SOLVED = answer(EXAMPLES[PYTHON])
WRONG = answer({"halve.py": "def halve(n):\n    return 0\n"})


def test_a_malformed_answer_may_be_given_back_within_its_try(checkout: Path, tmp_path: Path) -> None:
    """As often as --reflections says; the first try's rate counts what came of it."""
    summary, said = run_halve(checkout, tmp_path / "out", ["I would halve it.", SOLVED], "--reflections", "3")
    figures = summary["further"]["aider"]
    assert (summary["reflections"], figures["reflections"]) == (3, 3)
    assert (figures["pass_rate_1"], figures["num_malformed_responses"]) == (100.0, 1)
    assert figures["percent_cases_well_formed"] == 0.0
    assert "malformed answers are given back" not in said


def test_without_reflections_a_malformed_answer_is_a_failed_try(checkout: Path, tmp_path: Path) -> None:
    """And the summary says that aider would have given it back."""
    summary, said = run_halve(checkout, tmp_path / "out", ["I would halve it.", SOLVED])
    figures = summary["further"]["aider"]
    assert (figures["pass_rate_1"], figures["pass_rate_2"]) == (0.0, 100.0)
    assert "malformed answers are given back 0 times a try, there 3 times (--reflections 3)" in said


def test_each_try_has_its_own_corrections_and_they_end(checkout: Path, tmp_path: Path) -> None:
    """Then the verdict stands."""
    bad = "I would halve it."
    summary, _ = run_halve(checkout, tmp_path / "late", [bad, bad, bad, SOLVED], "--reflections", "1")
    assert summary["further"]["aider"]["pass_rate_2"] == 100.0
    summary, _ = run_halve(checkout, tmp_path / "never", [bad] * 4, "--reflections", "1")
    assert summary["further"]["aider"]["pass_rate_2"] == 0.0


def test_the_second_try_goes_on_from_the_files_of_the_first(checkout: Path, tmp_path: Path) -> None:
    """With edits as aider has it: what the first answer did right need not be said again."""
    block = "halve.py\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
    first = block.format("    pass", "    if n % 2:\n        raise ValueError('even')\n    return n // 2")
    second = block.format("        raise ValueError('even')", "        raise ValueError('odd')")
    summary, _ = run_halve(checkout, tmp_path / "out", [first, second], "--answer", "edits")
    assert summary["further"]["aider"]["pass_rate_2"] == 100.0
    (patch,) = (tmp_path / "out").glob("attempts/*/patch.diff")
    assert "ValueError('odd')" in patch.read_text()
    assert "-    pass" in patch.read_text()


def replay(checkout: Path, name: str, text: str, out: Path) -> dict[str, Any]:
    response = out.with_suffix(".txt")
    response.write_text(text)
    words = ("--catalogue", checkout, "--task", name, "--response-file", response, "--output-dir", out)
    done = run_script("run_tasks.py", *words)
    assert done.returncode == 0, done.stderr
    row: dict[str, Any] = json.loads((out / "verdicts.jsonl").read_text())
    return row


@pytest.mark.parametrize("name", [pytest.param(name, marks=HEAVY.get(name[:4], ())) for name in FILES])
def test_an_example_passes_and_a_forged_end_does_not(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """An early exit, printed success, tests turned off: none is a pass in any language."""
    folder = write_exercise(tmp_path / "checkout", name)
    language = name.partition("/")[0]
    if missing := find_toolchains([language]).missing():
        pytest.skip(f"{missing[0]} is not installed: bench_runner.py doctor says what brings it")
    if language == "cpp":
        lay_down_catch(request.getfixturevalue("shared_data"), folder)
    solved = replay(tmp_path / "checkout", name, answer(EXAMPLES[name]), tmp_path / "solved")
    assert (solved["verdict"], solved["detail"]) == ("passed", "")
    forged = replay(tmp_path / "checkout", name, answer(FORGED[name]), tmp_path / "forged")
    assert forged["verdict"] in ("wrong", "error"), forged


@pytest.mark.heavy
@pytest.mark.parametrize("first", ["", "#include <vector>\n"], ids=["begins as the test", "begins otherwise"])
def test_a_cpp_header_must_do_without_what_catch_includes(
    first: str, tmp_path: Path, shared_data: Path
) -> None:
    """The test includes it before Catch, which we have compiled beforehand."""
    folder = write_exercise(tmp_path / "checkout", "cpp/sum")
    lay_down_catch(shared_data, folder)
    header = "#pragma once\nnamespace sum { int add(int a, int b); int all(std::vector<int> each); }\n"
    files = {"sum.h": header, "sum.cpp": first + EXAMPLES["cpp/sum"]["sum.cpp"]}
    row = replay(tmp_path / "checkout", "cpp/sum", answer(files), tmp_path / "out")
    assert row["verdict"] == "error"
    assert "vector" in row["detail"]


def lay_down_catch(data: Path, folder: Path) -> None:
    name = "./cpp/exercises/practice/diamond/test/catch.hpp"
    with tarfile.open(data / "polyglot" / "polyglot-benchmark-7e0611e-without-java.tar.xz") as tar:
        header = tar.extractfile(name)
        assert header is not None
        (folder / "test").mkdir()
        (folder / "test" / "catch.hpp").write_bytes(header.read())


def test_an_answer_may_not_replace_the_tests(checkout: Path, tmp_path: Path) -> None:
    """They are laid over it afresh."""
    files = {"halve.py": "def halve(n):\n    return 0\n", "halve_test.py": "import unittest\n"}
    row = replay(checkout, PYTHON, answer(files), tmp_path / "out")
    assert row["verdict"] == "wrong"
    assert any("halve_test.py" in note for note in row["refused"])


@pytest.mark.parametrize("text", ["", "I cannot do that.", "```\nx = 1\n```"])
def test_an_answer_that_names_no_file(checkout: Path, tmp_path: Path, text: str) -> None:
    """It fails as empty, or its one block is the one editable file."""
    row = replay(checkout, PYTHON, text, tmp_path / "out")
    assert row["verdict"] in ("empty", "wrong", "error")


def test_verify_tries_examples_and_starters(checkout: Path) -> None:
    """Both rules for exercises without mutants; a starter that passes is told."""
    done = run_script("run_tasks.py", "--catalogue", checkout, "--verify", "--language", "python")
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed"
    starter = checkout / PYTHON.replace("/", "/exercises/practice/") / "halve.py"
    starter.write_text(FILES[PYTHON][0][".meta/example.py"])
    done = run_script("run_tasks.py", "--catalogue", checkout, "--verify", "--language", "python")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "0 passed, 1 failed")
    assert "the starter passes" in done.stdout
