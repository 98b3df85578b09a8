"""Programming languages: found by name or label, asked for, extracted, built, run and judged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.asking.answers import Rung, extract
from benchkit.asking.client.contest_prompts import contest_prompt
from benchkit.asking.client.prompts import find_style
from benchkit.asking.problems import ProblemSet, load
from benchkit.asking.problems.livecodebench import ContestProblem, Test
from benchkit.errors import ProblemsError, UnknownName
from benchkit.judging.judges.contest import ContestJudge
from benchkit.judging.sandbox import Sandbox, open_sandbox
from benchkit.judging.scoring import judge_answer, open_judge
from benchkit.languages import LANGUAGES, PYTHON, Language, Recipe, find_language
from benchkit.verdict import Verdict
from tests.languages.awk import Awk

AWK: Language = Awk()
PROMPT = "# The sum of the whole numbers from 1 to n.\nfunction total(n,    sum) {\n"
BODY = "    while (n > 0) sum += n--\n    return sum\n}\n"
TEST = """\
BEGIN {
    if (total(4) != 10) { print "total(4) is " total(4) > "/dev/stderr"; exit 1 }
    if (total(0) != 0) { print "total(0) is " total(0) > "/dev/stderr"; exit 1 }
}
"""
ROW = {
    "task_id": "Awk/0",
    "language": "awk",
    "prompt": PROMPT,
    "entry_point": "total",
    "test": TEST,
}
ANSWERS = {
    "labelled fence": (f"Here:\n```awk\n{PROMPT}{BODY}```\nIt adds.", Rung.LABELLED_FENCE, Verdict.PASSED),
    "other label": (f"```\n{PROMPT}{BODY}```", Rung.FENCE_WITH_ENTRY_POINT, Verdict.PASSED),
    "body in a fence": (f"```awk\n{BODY}```", Rung.BODY, Verdict.PASSED),
    "bare code": (f"Sure!\n\n{PROMPT}{BODY}\nThat is all of it.", Rung.BARE_CODE, Verdict.PASSED),
    "helper in another block": (
        "```awk\nfunction more(a, b) { return a + b }\n```\n"
        "```awk\nfunction total(n,  s) { while (n > 0) s = more(s, n--); return s + 0 }\n```",
        Rung.LABELLED_FENCE,
        Verdict.PASSED,
    ),
    "a wrong sum": ("```awk\nfunction total(n) { return n }\n```", Rung.LABELLED_FENCE, Verdict.ERROR),
    "an early end": (
        "```awk\nfunction total(n) { exit 0 }\nBEGIN { exit 0 }\n```",
        Rung.LABELLED_FENCE,
        Verdict.WRONG,
    ),
    "no code": ("I cannot do that.", Rung.NONE, Verdict.EMPTY),
}


@pytest.fixture
def awk(monkeypatch: pytest.MonkeyPatch) -> Language:
    """AWK has its one line in the table."""
    monkeypatch.setitem(LANGUAGES, AWK.name, AWK)
    return AWK


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox(workers=2) as opened:
        yield opened


def problems(folder: Path, **changes: str) -> ProblemSet:
    path = folder / "problems.jsonl"
    path.write_text(json.dumps(ROW | changes) + "\n")
    return load(file=path)


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_is_found_by_its_name_and_its_labels(name: str) -> None:
    """The table's key is the language's own name, and every label of its fences leads to it."""
    language = LANGUAGES[name]
    assert language.name == name
    assert all(find_language(label.upper()) is language for label in (name, *language.labels))


def test_an_unknown_language_lists_the_known_ones(tmp_path: Path) -> None:
    """In a problems file, the line is named as well."""
    with pytest.raises(UnknownName, match=r"known are cpp, .*python"):
        find_language("cobol")
    with pytest.raises(ProblemsError, match=r"line 1: unknown language 'cobol': known are cpp, .*python"):
        problems(tmp_path, language="cobol")


def test_a_problem_without_a_language_is_in_python(tmp_path: Path) -> None:
    """Files of HumanEval's form do not name one."""
    row = {name: value for name, value in ROW.items() if name != "language"}
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(row) + "\n")
    assert load(file=path).problems[0].language is PYTHON


def test_a_prompt_names_the_problems_language(awk: Language, tmp_path: Path) -> None:
    """In the words, in the fence's label, in what the answer begins with, and in what ends a completion."""
    problem = problems(tmp_path).problems[0]
    plain = find_style("plain").chat(problem.prompt, problem.language).parts[0][1]
    assert "AWK code" in plain
    assert "```awk\n# The sum" in plain
    assert "ython" not in plain
    assert find_style("lm-eval").chat(problem.prompt, awk).prefill_head == "function total"
    assert find_style("evalplus").for_completion()(problem.prompt, awk).stop == awk.stops_after_body
    asked = contest_prompt("lcb", "Add.", "", awk).parts
    assert "You write AWK programs" in asked[0][1]
    assert "```awk\n# YOUR CODE HERE\n```" in asked[1][1]


@pytest.mark.usefixtures("awk")
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_a_second_language_is_judged(sandbox: Sandbox, tmp_path: Path, answer: str) -> None:
    """From the file's row by extraction, build, run and test to the verdict."""
    response, rung, verdict = ANSWERS[answer]
    problem_set = problems(tmp_path)
    judge = open_judge(problem_set, sandbox)
    judged = judge_answer(judge, problem_set.problems[0], response)
    assert (judged.rung, judged.verdict) == (rung, verdict), judged.detail
    assert ("test_ran_inside" in judged.further) == (verdict is not Verdict.EMPTY)


def test_a_raw_completion_ends_with_its_function(awk: Language) -> None:
    """What a base model adds after the closing bracket is cut off; brackets in strings do not count."""
    text = '    print "}"  # }\n' + BODY + "\nfunction other() { print 1 }\n"
    code = extract(text, prompt=PROMPT, entry_point="total", continues=True, language=awk)
    assert code.rung is Rung.CONTINUATION
    assert code.source == PROMPT + '    print "}"  # }\n' + BODY


def test_a_failed_build_is_told(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails is the answer's error, and says that it was the build."""

    class Broken(Awk):
        def program(self, source: str) -> Recipe:
            return Recipe({"main.awk": source.encode()}, run=("true",), build=("cp", "missing", "there"))

    monkeypatch.setitem(LANGUAGES, AWK.name, Broken())
    problem_set = problems(tmp_path)
    judged = judge_answer(open_judge(problem_set, sandbox), problem_set.problems[0], ANSWERS["bare code"][0])
    assert judged.verdict is Verdict.ERROR
    assert judged.detail.startswith("the build failed: ")


def test_a_contest_answer_in_a_second_language_is_run_as_it_is(awk: Language, sandbox: Sandbox) -> None:
    """Its program reads stdin and writes stdout."""
    problem = ContestProblem("C/0", "Add.", language=awk)
    judge = ContestJudge(sandbox)
    tests = [Test("1 2\n", "3\n"), Test("5 5\n", "10\n")]
    assert judge.judge_tests(problem, "{ print $1 + $2 }", tests).verdict is Verdict.PASSED
    assert judge.judge_tests(problem, "{ print $1 * $2 }", tests).verdict is Verdict.WRONG


@pytest.mark.parametrize("language", [PYTHON, AWK], ids=lambda language: language.name)
def test_the_recipes_run_with_the_toolchain_that_was_found(language: Language, tmp_path: Path) -> None:
    """Every command's first word is one of its executables or the system's, and the program runs."""
    toolchain = language.find_toolchain()
    assert toolchain.version
    assert all(os.access(path, os.X_OK) for path in toolchain.executables.values())
    hello = {"python": "print('hello')", "awk": 'BEGIN { print "hello" }'}[language.name]
    recipe = language.program(hello)
    for name, content in recipe.files.items():
        assert Path(name).suffix == language.suffix
        (tmp_path / name).write_bytes(content)
    if recipe.build:
        subprocess.run(recipe.build, cwd=tmp_path, check=True)
    done = subprocess.run(recipe.run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "hello\n"


def test_a_python_program_that_tests_itself_prints_its_token_last(tmp_path: Path) -> None:
    """Only after its check has run to the end."""
    for source, printed in (("def one(): return 1", ["token"]), ("def one(): return 2", [])):
        recipe = PYTHON.tested_program(source, "def check(f): assert f() == 1", "one", "token")
        (tmp_path / "main.py").write_bytes(recipe.files["main.py"])
        done = subprocess.run(recipe.run, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout.split() == printed


def test_the_runners_wing_may_know_languages() -> None:
    """Their import brings neither prompts nor sandboxes, nor a library beyond the standard one."""
    script = "import sys, benchkit.languages; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    rooms = re.compile(r"benchkit\.(asking|judging|serving|telling|running|commands)")
    assert not [name for name in loaded if rooms.match(name)]
    assert not {"click", "requests", "rich", "yaml"} & set(loaded)


@pytest.mark.parametrize("language", [PYTHON, AWK], ids=lambda language: language.name)
def test_no_text_is_too_odd_to_be_looked_at(language: Language) -> None:
    """Every cut of an answer, brackets that close nothing, NUL bytes and names that are patterns."""
    whole = f'```awk\n{PROMPT}{BODY}```\n\x00 }})] é😀 " function ('
    for place in range(len(whole)):
        for text in (whole[:place], whole[place:]):
            for name in ("total", "$(", None):
                extract(text, prompt=PROMPT, entry_point=name, language=language)
                extract(text, prompt=text, entry_point=name, continues=True, language=language)


def test_a_huge_answer_is_looked_at_in_bounded_time() -> None:
    """Megabytes of brackets, of words or of half strings."""
    began = time.process_time()
    for piece in ("{", "}", "word ", '"', "function f() {}\n", "    x\n"):
        extract(piece * 300_000, prompt=PROMPT, entry_point="total", language=AWK)
    assert time.process_time() - began < 20
