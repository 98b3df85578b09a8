"""MultiPL-E: one whole program of solution and tests, in five languages."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.answers import extract
from benchkit.asking.problems import ProblemSet, load
from benchkit.asking.problems.multipl_e import WholeProgramProblem
from benchkit.errors import MissingDependency
from benchkit.judging.judges.go_programs import in_one_package
from benchkit.judging.sandbox import Sandbox, open_sandbox
from benchkit.judging.scoring import Judged, judge_answer, open_judge
from benchkit.judging.scoring.answering import judge_code
from benchkit.languages import LANGUAGES, Toolchain
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Sample:
    """One problem, twice(x), in one language."""

    language: str
    prompt: str
    tests: str
    right: str
    wrong: str
    early_end: str


_C_MAIN = "    auto candidate = twice;\n    assert(candidate((2)) == (4));\n}\n"
_JS_TEST = (
    "const assert = require('node:assert');\n\n\nfunction test() {\n  let candidate = twice;\n"
    "  assert.deepEqual(candidate(2),4);\n}\n\ntest();"
)
_GO_TEST = (
    "func TestTwice(t *testing.T) {\n  candidate := twice\n"
    '  if fmt.Sprintf("%v", candidate(2)) != "4" {\n    t.Errorf("not 4")\n  }\n}\n'
)
SAMPLES = {
    "js": Sample(
        "js",
        "//Twice x.\nfunction twice(x){\n",
        _JS_TEST,
        "    return 2 * x;\n}\n",
        "    return x;\n}\n",
        "    process.exit(0);\n}\n",
    ),
    "ts": Sample(
        "ts",
        "//Twice x.\nfunction twice(x: number): number {\n",
        f"declare var require: any;\n{_JS_TEST}",
        "    const y: string = 2 * x;\n    return y as any;\n}\n",  # the type is wrong, the program is not
        "    return x;\n}\n",
        "    (globalThis as any).process.exit(0);\n}\n",
    ),
    "cpp": Sample(
        "cpp",
        "#include<assert.h>\n#include<cstdlib>\n// Twice x.\nlong twice(long x) {\n",
        "}\nint main() {\n" + _C_MAIN,
        "    return 2 * x;\n}\n",
        "    return x;\n}\n",
        "    exit(0);\n}\n",
    ),
    "rs": Sample(
        "rs",
        "/// Twice x.\nfn twice(x: isize) -> isize {\n",
        "}\n\nfn main() {\n    let candidate = twice;\n    assert_eq!(candidate(2), 4);\n}\n",
        "    2 * x\n}\n",
        "    x\n}\n",
        "    std::process::exit(0)\n}\n",
    ),
    "go": Sample(
        "go_test.go",
        'package twice_test\n\nimport (\n    "testing"\n    "fmt"\n)\n\n'
        "// Twice x.\nfunc twice(x int) int {\n",
        _GO_TEST,
        "    return 2 * x\n}\n",
        "    return x\n}\n",
        "    syscall.Exit(0)\n    return x\n}\n",
    ),
}
CRASHES = {
    "js": "    throw new TypeError('stopped');\n}\n",
    "ts": "    throw new TypeError('stopped');\n}\n",
    "cpp": "    throw 1;\n",
    "rs": '    panic!("stopped")\n',
    "go": '    panic("stopped")\n}\n',
}
_JS_THIEF = """\
const fs = require("node:fs");
console.log(fs.readFileSync(0, "utf8"));
console.log(fs.readFileSync("main.cjs", "utf8"), fs.readFileSync("runner.cjs", "utf8"));
globalThis.process.exit(0);
"""
THIEVES = {
    "js": _JS_THIEF,
    "ts": f"declare var require: any;\n{_JS_THIEF}".replace("globalThis", "(globalThis as any)"),
    "cpp": """\
#include <cassert>
#include <iostream>
#include <string>
#include <cstdlib>
struct Thief {
  Thief() {
    for (std::string line; std::getline(std::cin, line);) std::cout << line << std::endl;
    std::exit(0);
  }
};
static Thief thief;
long twice(long x) { return 2 * x; }
""",
    "rs": """\
extern "C" fn steal() {
    let mut text = String::new();
    while std::io::stdin().read_line(&mut text).unwrap_or(0) > 0 {}
    println!("{}\\n{}", text, include_str!("main.rs"));
    std::process::exit(0);
}
#[used]
#[link_section = ".init_array"]
static STEAL: extern "C" fn() = steal;
fn twice(x: isize) -> isize { 2 * x }
""",
    "go": """\
package twice_test

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
)

var _ = steal()

func steal() int {
	text, _ := io.ReadAll(os.Stdin)
	fmt.Println(string(text))
	syscall.Exit(0)
	return 0
}

func twice(x int) int { return 2 * x }
""",
}
NAMES = {"js": "javascript", "ts": "typescript", "cpp": "cpp", "rs": "rust", "go": "go"}
GO_EARLY_END = 'package main\n\nimport "syscall"\n\nfunc twice(x int) int {\n'
PUBLISHED = {
    "js": ("HumanEval_23_strlen", "HumanEval_89_encrypt", "HumanEval_95_check_dict_case", "HumanEval_85_add"),
    "ts": ("HumanEval_23_strlen", "HumanEval_95_check_dict_case", "HumanEval_127_intersection"),
    "cpp": ("HumanEval_23_strlen", "HumanEval_95_check_dict_case", "HumanEval_151_double_the_difference"),
}


def toolchain(short: str) -> Toolchain:
    try:
        return LANGUAGES[NAMES[short]].find_toolchain()
    except MissingDependency as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module", params=SAMPLES)
def short(request: pytest.FixtureRequest) -> str:
    toolchain(request.param)
    return str(request.param)


@pytest.fixture(scope="module")
def sandbox(short: str) -> Iterator[Sandbox]:
    """Two workers that are told of the language's toolchain."""
    found, language = toolchain(short), LANGUAGES[NAMES[short]]
    language.fill_caches(found)
    folders = [*map(str, found.folders)]
    with open_sandbox(workers=2, toolchains=folders) as opened:
        yield opened


def row(sample: Sample, **changes: Any) -> dict[str, Any]:
    known = {"name": "HumanEval_0_twice", "language": sample.language, "prompt": sample.prompt}
    return {**known, "tests": sample.tests, "stop_tokens": ["\n}"], **changes}


def problems(folder: Path, short: str) -> ProblemSet:
    path = folder / "problems.jsonl"
    path.write_text(json.dumps(row(SAMPLES[short])) + "\n")
    return load(file=path)


def judged(sandbox: Sandbox, problem_set: ProblemSet, answer: str, *, continues: bool = False) -> Judged:
    judge = open_judge(problem_set, sandbox)
    return judge_answer(judge, problem_set.problems[0], answer, continues=continues)


def test_answers_of_all_kinds(sandbox: Sandbox, tmp_path: Path, short: str) -> None:
    """A whole function in a fence passes, so does a completion, with its last bracket or without."""
    sample, problem_set = SAMPLES[short], problems(tmp_path, short)
    whole = f"Here it is:\n```{short}\n{sample.prompt}{sample.right}```\n"
    assert judged(sandbox, problem_set, whole).verdict is Verdict.PASSED
    unclosed = sample.right.removesuffix("\n}\n")
    for text in (sample.right, unclosed):
        found = judged(sandbox, problem_set, text, continues=True)
        assert found.verdict is Verdict.PASSED, found.detail
    judge = open_judge(problem_set, sandbox)
    given = judge_code(judge, problem_set.problems[0], sample.prompt + unclosed)
    closed_by_tests = short in ("cpp", "rs")
    assert (given.verdict is Verdict.PASSED) == closed_by_tests
    assert list(judge.conditions()["toolchains"]) == [NAMES[short]]


def test_wrong_answers_and_early_ends_do_not_pass(sandbox: Sandbox, tmp_path: Path, short: str) -> None:
    """An exit code of 0 proves nothing: the program must have come to the end of its tests."""
    sample, problem_set = SAMPLES[short], problems(tmp_path, short)
    wrong = judged(sandbox, problem_set, sample.wrong, continues=True)
    assert wrong.verdict is Verdict.WRONG, wrong.detail
    if short == "go":
        early = judged(sandbox, problem_set, f"```go\n{GO_EARLY_END}{sample.early_end}```")
    else:
        early = judged(sandbox, problem_set, sample.early_end, continues=True)
    assert (early.verdict, early.detail) == (Verdict.WRONG, "the program ended before its tests did")


def test_code_that_does_not_compile_is_an_error(sandbox: Sandbox, tmp_path: Path, short: str) -> None:
    """It is told as one, and not as a failed test."""
    broken = judged(sandbox, problems(tmp_path, short), "    return ((;\n}\n))\n}\n", continues=True)
    assert broken.verdict in (Verdict.ERROR, Verdict.EMPTY)
    problem_set = problems(tmp_path, short)
    code = SAMPLES[short].prompt + "    return ((;\n}\n"
    given = judge_code(open_judge(problem_set, sandbox), problem_set.problems[0], code)
    assert (given.verdict, "rror" in given.detail or ".go:" in given.detail) == (Verdict.ERROR, True), given


def test_an_exception_is_an_error_and_told(sandbox: Sandbox, tmp_path: Path, short: str) -> None:
    """Not a failed test, and with what the program says of it."""
    problem_set = problems(tmp_path, short)
    crash = CRASHES[short]
    given = judge_code(
        open_judge(problem_set, sandbox), problem_set.problems[0], SAMPLES[short].prompt + crash
    )
    assert given.verdict is Verdict.ERROR
    assert "stopped" in given.detail or short == "cpp", given


def test_the_token_is_gone_before_the_solution_runs(sandbox: Sandbox, tmp_path: Path, short: str) -> None:
    """What reads stdin and its own source before the tests, prints both and ends, does not pass."""
    problem_set = problems(tmp_path, short)
    given = judge_code(open_judge(problem_set, sandbox), problem_set.problems[0], THIEVES[short])
    assert (given.verdict, given.detail) == (Verdict.WRONG, "the program ended before its tests did"), given


def test_published_verdicts(sandbox: Sandbox, shared_data: Path, short: str) -> None:
    """A few of Qwen2.5-Coder-1.5B's; measurements/multipl_e.py has all of them."""
    if short not in PUBLISHED:
        pytest.skip("none was published")
    folder = shared_data / "verdicts/qwen2.5-coder-1.5b-base/multipl-e"
    published = json.loads(gzip.decompress((folder / f"humaneval-{short}-details.json.gz").read_bytes()))
    problem_set = load(f"multipl-e-{short}", shared_data / f"multipl-e/humaneval-{short}.jsonl.gz")
    problem_set = problem_set.select(PUBLISHED[short])
    judge = open_judge(problem_set, sandbox)
    for problem in problem_set.problems:
        assert isinstance(problem, WholeProgramProblem)
        theirs = published[problem.id][0][1]
        source = theirs["code"].removesuffix("\n" + problem.tests)
        assert source != theirs["code"]
        ours = judge_code(judge, problem, source)
        assert (ours.verdict is Verdict.PASSED) == theirs["passed"], (problem.id, ours)


def test_a_go_answer_brings_its_own_package_and_imports() -> None:
    """One clause and each import once are left; what is right as it is stays as it is."""
    own = 'package main\n\nimport (\n\t"fmt"\n\t"sort"\n)\n\nfunc f() {}\n'
    both = in_one_package(SAMPLES["go"].prompt.partition("//")[0] + own)
    assert both.startswith('package twice_test\n\nimport (\n\t"testing"\n\t"fmt"\n\t"sort"\n)\n')
    assert both.count("package ") == both.count("import ") == both.count('"fmt"') == 1
    whole = SAMPLES["go"].prompt + SAMPLES["go"].right
    assert in_one_package(whole) == whole


@pytest.mark.parametrize("name", ["cpp", "rust"])
def test_a_completion_without_its_last_bracket_is_closed(name: str) -> None:
    """As it comes from a server that was told to stop there."""
    sample = SAMPLES["cpp" if name == "cpp" else "rs"]
    unclosed = sample.right.removesuffix("\n}\n")
    found = extract(
        unclosed, prompt=sample.prompt, entry_point="twice", continues=True, language=LANGUAGES[name]
    )
    assert found.source == sample.prompt + unclosed + "\n}\n"
