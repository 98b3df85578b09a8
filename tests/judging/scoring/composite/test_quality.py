"""Quality cannot be had by tricks: what says nothing of the code changes nothing, what is worse lowers it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchkit.contract import Figure
from benchkit.judging.scoring.composite import complexity, quality
from benchkit.judging.scoring.composite import lint as lint_module
from benchkit.judging.scoring.composite.base import Answered
from benchkit.judging.scoring.composite.canonical import DEEPEST, canonical
from benchkit.judging.scoring.composite.dead import dead_statements
from benchkit.judging.scoring.composite.figures import radon_figures
from benchkit.judging.scoring.composite.formatters import count_formatter_changes, formatter_version
from benchkit.judging.scoring.composite.lint import GROUPS, group_of, lint
from benchkit.judging.scoring.composite.quality import count_all, measure_quality, method_of, points
from benchkit.judging.scoring.composite.tokens import without_comments
from tests.support import ROOT

REFERENCES = {
    "running": (
        "running_total",
        '''def running_total(numbers, start=0):
    """The sums so far."""
    sums = []
    for number in numbers:
        if number is not None:
            start += number
        sums.append(start)
    return sums
''',
    ),
    "words": (
        "longest_word",
        """import re


def words_of(text: str) -> list[str]:
    return re.findall(r"\\w+", text)


def longest_word(text: str, default: str = "") -> str:
    best = default
    for word in words_of(text):
        if len(word) > len(best):
            best = word
    return f"{best:>3}" if best == "a" else best
""",
    ),
    "class": (
        "area",
        """class Shape:
    def __init__(self, sides):
        self.sides = sides

    def area(self):
        a, b = self.sides
        return a * b


def area(sides):
    try:
        return Shape(sides).area()
    except ValueError as error:
        raise KeyError(str(error)) from error
""",
    ),
}


def qualities(*answers: tuple[str, str]) -> list[float]:
    """The points of answers, each against the reference of its name."""
    units = [("python", {"a.py": answer}, REFERENCES[name][0]) for answer, name in answers]
    units += [("python", {"a.py": REFERENCES[name][1]}, REFERENCES[name][0]) for _, name in answers]
    counts = count_all(units)
    found = []
    for own, theirs in zip(counts[: len(answers)], counts[len(answers) :], strict=True):
        assert own is not None
        assert theirs is not None
        found.append(points(own, theirs))
    return [value for value in found if value is not None]


def renamed(source: str, new: str) -> str:
    """The source with a name of its own for each that it chose itself."""
    tree = ast.parse(source)
    chosen = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    chosen |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for number, name in enumerate(sorted(chosen - {"self"})):
        source = re.sub(rf"(?<![.\w]){name}\b", new.format(number), source)
    ast.parse(source)
    return source


def nested(source: str, entry: str) -> str:
    """The function's statements one level deeper."""
    tree = ast.parse(source)
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == entry)
    lines = source.splitlines()
    first = function.body[1] if isinstance(function.body[0], ast.Expr) else function.body[0]
    start, end = first.lineno - 1, function.end_lineno
    deeper = [f"    {line}" if line else line for line in lines[start:end]]
    return "\n".join(
        [*lines[:start], f"    if {function.args.args[0].arg} is not None:", *deeper, *lines[end:]]
    )


def test_the_reference_itself_has_75() -> None:
    assert qualities(*((source, name) for name, (_, source) in REFERENCES.items())) == pytest.approx([75] * 3)


def test_renaming_changes_nothing() -> None:
    variants = [
        (renamed(source, new), name)
        for name, (_, source) in REFERENCES.items()
        for new in ("x{}", "_{}", "a_name_that_is_much_longer_than_any_other_{}")
    ]
    assert all(text != REFERENCES[name][1] for text, name in variants)
    assert qualities(*variants) == pytest.approx([75] * len(variants))


def test_comments_change_nothing() -> None:
    """Nor do those by which a tool is switched off, on lines that it would complain about."""
    for name, (_, source) in REFERENCES.items():
        bad = source + '\nprint(eval("1")  ,2)\n'
        noted = [
            f"{comment}\n" + re.sub(r"(?m)^(.*[^\n:\"])$", rf"\1  {comment}", bad)
            for comment in (
                "# a word",
                "# noqa",
                "# ruff: noqa",
                "# fmt: off",
                "# fmt: skip",
                "# complexipy: ignore",
            )
        ]
        first, *others = qualities((bad, name), *((text, name) for text in noted))
        assert first < 75
        assert others == pytest.approx([first] * len(others))


def test_dead_functions_lower_it() -> None:
    dead = "def spare(value):\n    return value\n"
    whole = [(f"{dead}\n\n{source}", name) for name, (_, source) in REFERENCES.items()]
    whole += [(f"{source}\n\n{dead}", name) for name, (_, source) in REFERENCES.items()]
    assert max(qualities(*whole)) < 75


def test_what_only_dead_code_uses_is_as_bad_as_what_nothing_uses() -> None:
    """A function that nobody calls makes no import and no variable useful; nor does a dead branch."""
    _, source = REFERENCES["running"]
    imported = f"import os\n\n\n{source}"
    assigned = source.replace("    return sums", "    spare = 3\n    return sums")
    both = [
        (imported, f"{imported}\n\ndef spare():\n    return os.sep\n"),
        (imported, f"{imported}\n\nspare = lambda: os.sep\n"),
        (imported, f"{imported}\n\nclass Spare:\n    def one(self):\n        return os.sep\n"),
        (
            assigned,
            assigned.replace("    return sums", "    if False:\n        print(spare)\n    return sums"),
        ),
    ]
    for plain, padded in both:
        bad, worse = qualities((plain, "running"), (padded, "running"))
        assert worse < bad < 70


def test_a_lambda_that_is_called_is_not_dead() -> None:
    """Nor one that is the function itself which was asked for, or the key of a sort."""
    for source in (
        "def f(x):\n    twice = lambda y: 2 * y\n    return twice(x)\n",
        "f = lambda x: g(x)\ng = lambda x: x\n",
        "def f(x):\n    key = lambda y: y\n    return sorted(x, key=key)\n",
    ):
        assert dead_statements(ast.parse(source), "f") == 0
    assert dead_statements(ast.parse("f = lambda x: x\ng = lambda x: h(x)\nh = lambda x: x\n"), "f") == 2


def test_functions_that_only_dead_code_calls_are_dead() -> None:
    source = REFERENCES["running"][1]
    one, two = qualities(
        (f"{source}\n\ndef one():\n    return 1\n", "running"),
        (f"{source}\n\ndef one():\n    return two()\n\n\ndef two():\n    return one()\n", "running"),
    )
    assert two < one < 75


def test_an_eval_a_bare_except_and_deeper_nesting_lower_it() -> None:
    worse = []
    for name, (entry, source) in REFERENCES.items():
        head = f"def {entry}("
        worse.append((source.replace(head, f'LIMIT = eval("10")\n\n\n{head}'), name))
        worse.append((f"{source}\n\ntry:\n    LIMIT = 1\nexcept:\n    LIMIT = 2\n", name))
        worse.append((nested(source, entry), name))
    assert all(text != REFERENCES[name][1] and ast.parse(text) for text, name in worse)
    assert max(qualities(*worse)) < 75


def test_unreachable_statements_and_branches_of_a_constant_lower_it() -> None:
    source = REFERENCES["running"][1]
    branch = source.replace("    sums = []", "    sums = []\n    if False:\n        sums = [1]")
    assert max(qualities((source + "    print(1)\n", "running"), (branch, "running"))) < 75


def test_line_wraps_change_nothing_and_bad_spacing_lowers_it() -> None:
    source = REFERENCES["words"][1]
    wrapped = source.replace('(text: str, default: str = "")', '(\n    text: str,\n    default: str = "",\n)')
    spaced = source.replace("best = word", "best=word")
    same, less = qualities((wrapped, "words"), (spaced, "words"))
    assert same == pytest.approx(75)
    assert less < 75


def test_simpler_code_has_more_than_the_reference() -> None:
    simple = (
        "from itertools import accumulate\n\n\n"
        "def running_total(numbers, start=0):\n    return list(accumulate(numbers))\n"
    )
    (more,) = qualities((simple, "running"))
    assert 75 < more < 100


def test_renaming_reaches_into_f_strings() -> None:
    """Else a name that only an f-string uses would count as unused."""
    form = canonical("def f(width):\n    text = 3\n    return f'{text:>{width}} {{text}} {text.real!r}'\n")
    assert (
        form.text
        == "def n0000(n0001):\n    n0002 = 3\n    return f'{n0002:>{n0001}} {{text}} {n0002.real!r}'\n"
    )


def test_names_of_builtins_imports_and_arguments_of_calls_stay() -> None:
    form = canonical("import os\n\nkey = sorted(os.sep, key=len)\nlist = key\n")
    assert form.text == "import os\n\nn0000 = sorted(os.sep, key=len)\nlist = n0000\n"


def test_each_rule_counts_in_one_group_and_undefined_names_do_not_count() -> None:
    assert group_of("S307") == "security"
    assert group_of("BLE001") == "likely mistakes"
    assert group_of("SIM102") == "roundabout"
    assert group_of("E501") is None
    (linted,) = lint(["print(nowhere)\n"])
    assert linted is not None
    assert linted.findings == {}
    assert set(GROUPS) == {"security", "likely mistakes", "roundabout"}


def test_code_that_no_parser_reads_has_none_and_says_why() -> None:
    entry, reference = REFERENCES["running"]
    broken = Answered("a", 0, "python", {"a.py": "def f(:"}, {"a.py": reference}, entry)
    without = Answered("b", 0, "python", {"a.py": reference}, {}, entry)
    foreign = Answered("c", 0, "cobol", {"a.cob": "x"}, {"a.cob": "x"})
    part = measure_quality([broken, without, foreign], ["python"])
    assert [one.points for one in part.measured] == [None, None, None]
    assert [one.why for one in part.measured] == [
        "the answer cannot be read by this Python's parser",
        "the problem has no reference solution with code in it",
        "nothing here measures cobol",
    ]


def test_lines_end_where_python_says_so_and_odd_code_is_no_trouble() -> None:
    """Form feeds, separators, carriage returns, signs beyond ASCII; code too deep for a parser has none."""
    odd = [
        "x = 1\n\x0c\ndef f():\n    return 1\n",
        "x = 'a\u2028b'\ndef f(q):\n    return q\n",
        "x = 1\rdef f():\r    return 2\r",
        "def f(é):\n    return '😀' + é  # ü\n",
        "def f(x):\n    match x:\n        case [a, *b]:\n            return a, b\n    return (y := x) + y\n",
        "# nothing\n",
        "x = (\n    1,\n)\n",
    ]
    deep = ["x = 1" + "+1" * 20_000, "x = " + "not " * 3000 + "1", "x = 1\0", "x = '\udce4'"]
    counts = count_all([("python", {"a.py": source}, None) for source in (*odd, *deep)])
    assert [one is not None for one in counts] == [True] * len(odd) + [False] * len(deep)


def test_code_that_ruff_dies_of_costs_no_other_its_findings() -> None:
    """So deep a sum overflows ruff's stack; the others are checked without it."""
    too_deep = "x = 1" + "+1" * 20_000
    others = ["x = 1", "print(f'')", "y = 2 if x == True else 3"]
    assert lint([others[0], too_deep, *others[1:]]) == [*lint(others[:1]), None, *lint(others[1:])]
    assert None not in lint(others)


def test_how_deep_code_may_be_does_not_hang_on_the_interpreter() -> None:
    """Newer Pythons, and a raised limit, read code on whose depth complexipy would end the whole process."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    try:
        sums = ["x = 1" + "+1" * length for length in (DEEPEST - 10, DEEPEST + 10, 20_000)]
        counts = count_all([("python", {"a.py": source}, None) for source in sums])
    finally:
        sys.setrecursionlimit(limit)
    assert [one is not None for one in counts] == [True, False, False]


def test_code_too_deep_for_lizard_has_no_quality(capsys: pytest.CaptureFixture[str]) -> None:
    """It left the rest of such code out, which counted as free of branches, and printed a line of its own."""
    branches = "function f(x) { if (x) { return 1; } return 2; }\n"
    deep = f"function g(x) {{ return {'(' * 5000}x{')' * 5000}; }}\n{branches}"
    answers = [
        Answered(code, 0, "javascript", {"a.mjs": code}, {"a.mjs": branches}) for code in (deep, branches)
    ]
    measured = measure_quality(answers, ["javascript"]).measured
    assert [(one.points, one.why) for one in measured] == [
        (None, "the answer cannot be read by lizard"),
        (75, ""),
    ]
    assert capsys.readouterr().err == ""


def test_a_linter_that_fails_costs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said stands where the quality would."""
    code = "import sys; sys.exit('no room left')"
    monkeypatch.setattr(lint_module, "_program", lambda: [sys.executable, "-c", code])
    part = measure_quality([Answered("a", 0, "python", {"a.py": "x = 1"}, {"a.py": "x = 1"})], ["python"])
    assert (part.measured, part.why) == ((), "not measured: ruff check ended with 1: no room left")


def test_a_full_disk_costs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_sources: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(quality, "lint", full)
    part = measure_quality([Answered("a", 0, "python", {"a.py": "x = 1"}, {"a.py": "x = 1"})], ["python"])
    assert (part.measured, part.why) == ((), "not measured: [Errno 28] No space left on device")


def test_code_that_lizard_stumbles_over_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(_language: str, _text: str) -> int:
        raise IndexError("list index out of range")

    monkeypatch.setattr(complexity, "of_other", stumble)
    part = measure_quality([Answered("a", 0, "go", {"a.go": "x"}, {"a.go": "x"})], ["go"])
    assert [one.points for one in part.measured] == [None]


def test_without_the_tools_there_is_none_and_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complexity, "installed", lambda name: None if name == "ruff" else "1")
    part = measure_quality([], ["python"])
    assert (part.measured, part.why) == ((), "not measured: ruff not installed, see bench_runner.py doctor")


def test_other_languages_are_measured_by_their_branches() -> None:
    """lizard's own words for being switched off do not reach it."""
    plain = "func Add(a, b int) int {\n\treturn a + b\n}\n"
    forked = plain.replace("{\n", "{\n\t// #lizard forgives\n\tif a > 0 {\n\t\treturn b\n\t}\n")
    part = measure_quality(
        [
            Answered(
                "a", number, "go", {"a.go": f"package main\n\n{text}"}, {"a.go": f"package main\n\n{plain}"}
            )
            for number, text in enumerate((plain, forked))
        ],
        ["go"],
    )
    same, worse = (one.points for one in part.measured)
    assert same == pytest.approx(75)
    assert worse is not None
    assert worse < 75
    assert "lizard" in part.method


FORMATTED = {
    "go": [
        ("package main\nfunc main(){\n}\n", 1),
        ("package main\n\nfunc main() {\n}\n", 0),
        ("no go", None),
        ("package main\n\nfunc main() { // a word\n\t/* and */ x( /* more */ 1)\n}\n", 0),
        ("package main\n\nfunc main() {\n    x(1)\n\t\ty( 2 )\n}\n", 2),
    ],
    "rust": [
        ("fn main(){\nf( 1 );\n}\n", 2),
        ("fn main() {\n    f(1);\n}\n", 0),
        ("fn main( {", None),
        ("fn main() {\n    // words\n    f(/* and */ 1); // more\n}\n", 0),
        ("fn main() {\n    f(\n        1,\n        2,\n    )\n    .g(|x| {\n        h(x);\n    });\n}\n", 0),
        ("#[rustfmt::skip]\nfn main() { f( 1 ); g(2); }\n", 3),
    ],
}


@pytest.mark.parametrize("language", FORMATTED)
def test_other_languages_are_laid_out_by_their_own_formatters(language: str) -> None:
    """What it cannot read has no such count."""
    if formatter_version(language) is None:
        pytest.skip(f"no formatter for {language}")
    assert count_formatter_changes(language, [text for text, _ in FORMATTED[language]]) == [
        changed for _, changed in FORMATTED[language]
    ]


def test_a_formatter_touches_no_file_that_an_answer_names(tmp_path: Path) -> None:
    """Rust's `mod` may name any file of this machine; code that uses one passes as any other."""
    if formatter_version("rust") is None:
        pytest.skip("no formatter for rust")
    other = tmp_path / "other.rs"
    other.write_text("fn   f( ){}\n")
    answer = f'pub fn f() {{}}\n\n#[cfg(any())]\n#[path = "{other}"]\nmod other;\n'
    assert count_formatter_changes("rust", [answer]) == [0]
    assert other.read_text() == "fn   f( ){}\n"


def test_code_that_ends_the_formatter_spoils_no_other() -> None:
    """Parentheses so deep that rustfmt dies of them: the answers beside it are measured."""
    if formatter_version("rust") is None:
        pytest.skip("no formatter for rust")
    deep = f"pub const Y: i32 = {'(' * 9000}1{')' * 9000};\n"
    (before, _), (after, _) = FORMATTED["rust"][:2]
    assert count_formatter_changes("rust", [before, deep, after, before]) == [2, None, 0, 2]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("row", [" " * 60_000, "/**/" * 30_000, "/**/ " * 30_000 + "x"])
def test_long_rows_of_blanks_and_comments_take_no_time(row: str) -> None:
    """Models end answers with them until their tokens are used up."""
    for language in FORMATTED:
        assert "\0" not in without_comments(language, f"x {row}\n{row}y {row}z\n")


@pytest.mark.heavy
def test_a_thousand_answers_take_less_than_three_seconds() -> None:
    """Of processor time, references included: nobody notices it at a run's end."""

    def seconds() -> float:
        done = subprocess.run(
            [sys.executable, "measurements/quality.py"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found = re.fullmatch(r"1000 answers: ([\d.]+) s of processor time\n", done.stdout)
        assert found is not None
        return float(found[1])

    # Beside others it takes up to twice as long now and then; what is slow by itself is so each time.
    assert any(seconds() < 3 for _ in range(6))


def test_the_method_names_rule_and_versions() -> None:
    complexipy, ruff = (complexity.installed(name) for name in ("complexipy", "ruff"))
    assert method_of(["python"], {}) == f"rule {quality.VERSION}, complexipy {complexipy}, ruff {ruff}"


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path) -> None:
    code = "from benchkit.judging.scoring.composite.lint import lint; lint(['x=1\\n'])"
    subprocess.run([sys.executable, "-c", code], env={"TMPDIR": str(tmp_path), "PATH": ""}, check=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_nested_beyond_all_stacks_is_not_measured_and_ends_nothing() -> None:
    """Python's parser has no memory left for it; an answer may hold such a file that nothing runs."""
    answer = {"a.py": REFERENCES["words"][1], "b.py": f"x = {'-' * 9_000}1\n"}
    assert count_all([("python", answer, "longest_word")]) == [None]
    assert radon_figures([Answered("a", 0, "python", answer, {})])[Figure.CYCLOMATIC]["points"] == {}
