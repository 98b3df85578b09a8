"""Linters that compile, for Go and Rust: no trick impresses them, unreadable code harms no other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import pytest

from benchkit.errors import MissingDependency, SandboxError
from benchkit.judging.sandbox import Isolation, Limits, Outcome, Program, Sandbox, open_sandbox
from benchkit.judging.scoring.composite.base import Answered, Measured
from benchkit.judging.scoring.composite.checkers import ABSENT, CHECKERS, CodeToCheck, check_all
from benchkit.judging.scoring.composite.checkers.base import Findings
from benchkit.judging.scoring.composite.checkers.go_vet import GoVet
from benchkit.judging.scoring.composite.lint import ToolFailed
from benchkit.judging.scoring.composite.quality import measure_quality
from benchkit.judging.scoring.composite.tokens import rewritten, tokens_of, without_comments
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict

GO = """package sums

import "fmt"

type Meter struct {
	total int
}

func (m *Meter) Running(numbers []int, start int) []int {
	sums := []int{}
	for place, number := range numbers {
		if number < 0 && place > 0 {
			continue
		}
		start += number
		sums = append(sums, start)
	}
	m.total = start
	return sums
}

func Shown(meter *Meter) string {
	text := fmt.Sprintf("%d", meter.total)
	return text
}
"""
RUST = """use std::collections::HashMap;

pub struct Meter {
    total: i64,
}

impl Meter {
    pub fn running(&mut self, numbers: &[i64], start: i64) -> Vec<i64> {
        let mut sums = Vec::new();
        let mut current = start;
        for (place, number) in numbers.iter().enumerate() {
            if *number < 0 && place > 0 {
                continue;
            }
            current += number;
            sums.push(current);
        }
        self.total = current;
        sums
    }
}

pub fn counted(words: &[String]) -> HashMap<&str, usize> {
    let mut known = HashMap::new();
    for word in words {
        *known.entry(word.as_str()).or_insert(0) += 1;
    }
    known
}
"""
NAMES = {
    "go": ("sums", "place", "number", "start", "meter", "text", "numbers", "m"),
    "rust": ("sums", "place", "number", "start", "current", "known", "word", "words", "numbers"),
}
DEAD = {
    "go": "\nfunc spare(value int) int {\n\treturn value\n}\n",
    "rust": "\nfn spare(value: i64) -> i64 {\n    value\n}\n",
}
# By language: (what is replaced, what makes it worse), each of them one thing that its linter tells.
MISTAKES = {
    "go": [
        ("\tm.total = start\n", "\tm.total = start\n\tm.total = m.total\n"),
        ('"%d", meter', '"%s", meter'),
        ("\t\t\tcontinue\n", "\t\t\tcontinue\n\t\t\tprintln(1)\n"),
        ("place > 0", "place > 0 && place > 0"),
    ],
    "rust": [
        ("        sums\n", "        return sums;\n"),
        ("place > 0 {", "(place > 0) == true {"),
        ("let mut current = start;", "let mut current = start.clone();"),
        ("    known\n", "    let mut spare = words.len();\n    let _ = spare;\n    known\n"),
    ],
}
NESTED = {
    "go": ("\tm.total = start\n", "\tif start != 0 {\n\t\tm.total = start\n\t}\n"),
    "rust": (
        "        self.total = current;\n",
        "        if current != 0 {\n            self.total = current;\n        }\n",
    ),
}
SWITCHES = {
    "go": ("// nolint", "//nolint:all", "//lint:file-ignore * no", "/* a word */", "// go vet: off"),
    "rust": ("// rustfmt-skip", "/* a /* word */ */", "// clippy::all", "/// documented"),
}
FILE = {"go": "sums.go", "rust": "src/lib.rs"}
BESIDE: Mapping[str, Mapping[str, bytes]] = {
    "go": {"go.mod": b"module example.com/sums\n\ngo 1.22\n"},
    "rust": {"Cargo.toml": b'[package]\nname = "sums"\nedition = "2021"\n'},
}
SOURCES = {"go": GO, "rust": RUST}


def with_mistakes(language: str) -> str:
    source = SOURCES[language]
    for before, after in MISTAKES[language][:2]:
        source = source.replace(before, after)
    return source


def renamed(language: str, source: str, new: str) -> str:
    """The source with other names for what it chose itself."""
    for number, name in enumerate(NAMES[language]):
        source = re.sub(rf"(?<![.\w\"]){name}\b(?!\")", new.format(number), source)
    return source


def noted(source: str, comment: str) -> str:
    """With the comment behind and above each line that can have one."""
    return re.sub(r"(?m)^([ \t]*)([^\s\"][^\n]*[;{}),\w])$", rf"\1{comment}\n\1\2 {comment}", source)


def variants(language: str) -> Iterator[tuple[str, str]]:
    """What must change nothing, and what must only lower it, by their names."""
    for kind, source in (("clean", SOURCES[language]), ("bad", with_mistakes(language))):
        yield f"{kind} itself", source
        for new in ("x{}", "_x{}", "a_name_that_is_much_longer_than_any_other_{}"):
            yield f"{kind} renamed {new}", renamed(language, source, new)
        for comment in SWITCHES[language]:
            yield f"{kind} noted {comment}", noted(source, comment)
        yield f"{kind} with dead code", source + DEAD[language]
        yield f"{kind} nested", source.replace(*NESTED[language])
    for number, change in enumerate(MISTAKES[language]):
        yield f"mistake {number}", SOURCES[language].replace(*change)
    if language == "rust":
        bad = with_mistakes(language)
        yield "bad allowed", f"#![allow(clippy::all, unused)]\n{bad}"
        yield "bad denied", f"#![deny(warnings)]\n{bad}"
        yield "bad hidden", bad.replace("    pub fn running", "    #[cfg(not(clippy))]\n    pub fn running")
        yield "bad unformatted", bad.replace("pub fn counted", "#[rustfmt::skip]\npub fn counted")


def measure(answers: Mapping[str, str], languages: Sequence[str]) -> Mapping[str, Mapping[str, Measured]]:
    """By language the answers' quality against the clean source; languages without a linter are left out."""
    toolchains = find_toolchains(languages)
    found: dict[str, Mapping[str, Measured]] = {}
    with open_sandbox(workers=1, toolchains=toolchains.folders) as sandbox:
        for language in languages:
            checker, name = CHECKERS[language], FILE[language]
            if isinstance(toolchains.by_language[language], MissingDependency) or checker.version() is None:
                continue
            reference, beside = {name: SOURCES[language]}, BESIDE[language]
            part = measure_quality(
                [
                    Answered(variant, 0, language, {name: text}, reference, beside=beside)
                    for variant, text in (answers or dict(variants(language))).items()
                ],
                [language],
                partial(_same, sandbox),
            )
            assert f"{checker.name} {checker.version()}" in part.method
            found[language] = {one.task_id: one for one in part.measured}
    return found


@pytest.fixture(scope="module")
def measured() -> Mapping[str, Mapping[str, Measured]]:
    """All variants of both languages, which takes about a second for each."""
    return measure({}, list(CHECKERS))


@pytest.fixture(params=list(CHECKERS))
def of_language(
    request: pytest.FixtureRequest, measured: Mapping[str, Mapping[str, Measured]]
) -> Mapping[str, Measured]:
    if request.param not in measured:
        pytest.skip(f"no linter for {request.param}")
    return measured[request.param]


def _same(sandbox: Sandbox) -> Sandbox:
    return sandbox


def points_of(measured: Mapping[str, Measured], *words: str) -> dict[str, float | None]:
    return {name: one.points for name, one in measured.items() if all(word in name for word in words)}


def test_the_reference_itself_has_75(of_language: Mapping[str, Measured]) -> None:
    assert of_language["clean itself"].points == pytest.approx(75)
    assert of_language["clean itself"].raw["findings"] == 0


@pytest.mark.parametrize("kind", ["clean", "bad"])
@pytest.mark.parametrize("how", ["renamed", "noted"])
def test_renaming_and_comments_change_nothing(
    of_language: Mapping[str, Measured], kind: str, how: str
) -> None:
    """Neither leading underscores, which keep compilers quiet, nor words that switch linters off."""
    found = points_of(of_language, kind, how)
    assert len(found) >= 3
    assert found == dict.fromkeys(found, of_language[f"{kind} itself"].points)


def test_dead_functions_never_raise_it(of_language: Mapping[str, Measured]) -> None:
    for kind in ("clean", "bad"):
        points, own = of_language[f"{kind} with dead code"].points, of_language[f"{kind} itself"].points
        assert points is not None
        assert own is not None
        assert points <= own + 1e-9


def test_mistakes_and_deeper_nesting_lower_it(of_language: Mapping[str, Measured]) -> None:
    worse = {**points_of(of_language, "mistake"), **points_of(of_language, "clean nested")}
    assert len(worse) == 5
    assert all(value is not None and value < 74.9 for value in worse.values()), worse
    mistakes = [of_language[name].raw["findings"] for name in worse if "mistake" in name]
    assert all(mistakes), mistakes


def test_attributes_of_the_code_switch_nothing_off(measured: Mapping[str, Mapping[str, Measured]]) -> None:
    if "rust" not in measured:
        pytest.skip("no clippy")
    rust = measured["rust"]
    own = rust["bad itself"].raw["findings"]
    for trick in ("allowed", "denied", "hidden", "unformatted"):
        assert rust[f"bad {trick}"].raw["findings"] >= own > 0, trick


@pytest.mark.heavy
@pytest.mark.parametrize("language", CHECKERS)
def test_code_that_the_linter_cannot_read_has_none_and_spoils_no_other(language: str) -> None:
    found = measure({"broken": "not code (", "sound": SOURCES[language]}, [language])
    if not found:
        pytest.skip(f"no linter for {language}")
    assert found[language]["sound"].points == pytest.approx(75)
    assert found[language]["broken"].points is None
    assert found[language]["broken"].why == f"{CHECKERS[language].name} cannot check the answer"


def test_comments_go_as_if_they_had_never_been_there() -> None:
    source = (
        "fn f(/* a */ x: u8 /* b /* c */ */) { // d\n    // e\n"
        '    g("// f", \'g\', r#"/*"#);\n\n    /* h */ i();\n}\n'
    )
    plain = 'fn f(x: u8) {\n    g("// f", \'g\', r#"/*"#);\n\n    i();\n}\n'
    assert without_comments("rust", source) == plain
    assert without_comments(
        "go", "//go:build x\n\npackage a // b\n/* c\n*/\nvar d = `// e` /* f */ + 1\n"
    ) == ("//go:build x\n\npackage a\nvar d = `// e` + 1\n")


def test_odd_code_is_no_trouble() -> None:
    """Open strings and comments, lifetimes, signs beyond ASCII: every sign stays somewhere."""
    for source in ("/* open", '"open', "'a, 'b'", 'r#"open', "é + 😀", "`open", "'\\''", "x\0y", "/*" * 9999):
        for language in ("go", "rust"):
            joined = "".join(token.before + token.text for token in tokens_of(language, source))
            assert source.startswith(joined)
            assert rewritten(language, source, lambda tokens, place: tokens[place].text) == joined
            without_comments(language, source)


@pytest.mark.parametrize("folder", ["/tmp/data9", "/tmp/a0/data1/tmp", "/box"])
def test_findings_of_go_vet_count_wherever_the_sandbox_has_its_folder(folder: str) -> None:
    """Without namespaces it lies in TMPDIR under a random name; either may look like an answer's own."""
    row = {"posn": f"{folder}/a1/deep/x.go:4:2", "message": "self-assignment of x"}
    packages = ("bench/a1/deep", "bench/a1/deep [bench/a1/deep.test]")
    output = "# bench/a1\n" + "".join(json.dumps({name: {"assign": [row]}}) for name in packages)
    found = GoVet().findings(
        [CodeToCheck({"x.go": ""}), CodeToCheck({"deep/x.go": ""})],
        Outcome(Verdict.PASSED, stdout=output.encode()),
    )
    assert found == [Counter(), Counter({"likely mistakes": 1})]


@dataclass
class Bench:
    """A sandbox whose programs are judged by a function; it counts them."""

    outcome: Callable[[Program], Outcome]
    isolation: Isolation = field(default_factory=lambda: Isolation("none", ()))
    workers: int = 1
    programs: list[Program] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)  # that each may use

    def run(self, program: Program, limits: Limits) -> Outcome:
        self.programs.append(program)
        self.processor_s.append(limits.cpu_s or 0)
        return self.outcome(program)


@dataclass
class Counting:
    """A linter that finds as many things as a text has signs of `!`, and stumbles over `?`."""

    name: str = "counter"
    how_to_get: str = "nothing brings it"
    probe: CodeToCheck = field(default_factory=lambda: CodeToCheck({"a": "!"}))

    def version(self) -> str | None:
        return "1"

    def kind(self, code: CodeToCheck) -> int | None:
        return None if "-" in code.files["a"] else 0

    def program(self, codes: Sequence[CodeToCheck]) -> Program:
        return Program(argv=("count",), stdin="\n".join(code.files["a"] for code in codes).encode())

    def findings(self, codes: Sequence[CodeToCheck], _outcome: Outcome) -> list[Findings]:
        return [Counter({"roundabout": code.files["a"].count("!")}) for code in codes]


def stumbling(program: Program) -> Outcome:
    return Outcome(Verdict.ERROR if b"?" in program.stdin else Verdict.PASSED)


def test_one_process_for_all_and_equal_answers_once() -> None:
    bench = Bench(stumbling)
    codes = [CodeToCheck({"a": text}) for text in ("!!", "x", "!!", "-")]
    checked = check_all(Counting(), codes, opening(bench))
    assert [checked[code] for code in codes] == [
        *(Counter({"roundabout": count}) for count in (2, 0, 2)),
        None,
    ]
    assert [program.stdin for program in bench.programs] == [b"!\n!!\nx"]


def test_what_fails_is_found_by_halves() -> None:
    bench = Bench(stumbling)
    codes = [CodeToCheck({"a": text}) for text in (*map(str, range(20)), "?", *map(str, range(20, 40)))]
    checked = check_all(Counting(), codes, opening(bench))
    assert [checked[code] is None for code in codes] == [False] * 20 + [True] + [False] * 20
    assert len(bench.programs) <= 14
    assert sum(bench.processor_s) < 250  # so long at most, where one keeps its compiler busy for ever


def test_a_linter_that_finds_nothing_in_its_probe_is_absent() -> None:
    """Such as where the sandbox does not show it: qualities of this run are not those of one with it."""
    bench = Bench(lambda _program: Outcome(Verdict.ERROR, "not found"))
    checked = check_all(Counting(), [CodeToCheck({"a": "x"})], opening(bench))
    assert (checked.version, dict(checked.findings)) == (ABSENT, {})


def test_a_sandbox_that_fails_is_tried_again_and_then_named() -> None:
    bench = Bench(lambda _program: Outcome(Verdict.INFRASTRUCTURE, "worker lost", sandbox_failed=True))
    with pytest.raises(ToolFailed, match=r"^counter: worker lost$"):
        check_all(Counting(), [CodeToCheck({"a": "x"})], opening(bench))
    assert len(bench.programs) == 3


def test_a_machine_that_has_no_sandbox_measures_without() -> None:
    """Such as the head of a cluster whose boxes judge."""

    def none() -> Sandbox:
        raise SandboxError("no safe level")

    assert check_all(Counting(), [CodeToCheck({"a": "x"})], none).version == ABSENT


def test_the_sandbox_is_started_only_for_code_that_is_checked() -> None:
    assert check_all(Counting(), [], lambda: pytest.fail("not needed")).version == "1"


def test_without_a_linter_the_record_says_so_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A comparison tells such qualities from those that it had a part in."""
    monkeypatch.setattr(type(CHECKERS["rust"]), "version", lambda _self: None)
    code = {"src/lib.rs": RUST}
    part = measure_quality([Answered("a", 0, "rust", code, code)], ["rust"], None)
    assert f"clippy {ABSENT}" in part.method
    assert [one.points for one in part.measured] == pytest.approx([75])
    assert "findings" not in part.measured[0].raw


def opening(bench: Bench) -> Callable[[], Sandbox]:
    return lambda: cast("Sandbox", bench)
