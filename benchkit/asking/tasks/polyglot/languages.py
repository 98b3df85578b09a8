"""What differs between the languages of an exercise: its test files, and what makes all tests run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchkit.asking.tasks.base import Files


@dataclass(frozen=True)
class Rules:
    """Where our judging may differ from aider's; what is set is recorded."""

    strict: bool = False  # tests that aider leaves out count, too

    def as_record(self) -> dict[str, bool]:
        return {"strict": self.strict}


@dataclass(frozen=True)
class Track:
    """The exercises of one language."""

    language: str  # as benchkit.languages names it
    needless: re.Pattern[str]  # files of an exercise that neither building nor testing needs
    test: re.Pattern[
        str
    ]  # in the text of test files: one match a test, or fewer where tests are made in loops
    prepared: Callable[[str, Rules], str] = lambda text, _rules: text  # a test file in which all tests run


def _rust(text: str, _rules: Rules) -> str:
    """`--include-ignored`: no test waits for its turn."""
    return re.sub(r"^(\s*)#\[ignore(?:\s*=[^\]]*)?\]", r"\1", text, flags=re.MULTILINE)


def _javascript(text: str, rules: Rules) -> str:
    """Aider turns each `xtest` into `test`; an `xit` stays left out."""
    text = re.sub(r"\bxtest\b", "test", text)
    if rules.strict:
        text = re.sub(r"\bxit\b", "it", text)
        text = re.sub(r"\b(test|it)\.skip\b", r"\1", text)
    return text


NOTHING = re.compile(r"(?!)")
JAVASCRIPT_TESTS = (
    r"^[^\n/]*(?<![\w.])(?:test|it|xtest)(?:\.each\b[^\n]*)?\(\s*$|(?<![\w.])(?:test|it)\s*\(\s*['\"`]"
)

TRACKS: Mapping[str, Track] = {
    "cpp": Track(
        "cpp",
        re.compile(r"CMakeLists\.txt|test/tests-main\.cpp"),
        re.compile(r"^\s*TEST_CASE\(", re.MULTILINE),
    ),
    "go": Track("go", NOTHING, re.compile(r"^func Test\w*\(", re.MULTILINE)),
    "java": Track(
        "java",
        re.compile(r"gradlew?.*|build\.gradle"),
        re.compile(r"^\s*@(?:Test|ParameterizedTest)\b", re.MULTILINE),
        lambda text, _rules: re.sub(r"@Disabled\b(?:\s*\([^)]*\))?", "", text),
    ),
    "javascript": Track(
        "javascript",
        re.compile(r"package\.json|babel\.config\.js|LICENSE|\.npmrc|\.eslintrc"),
        re.compile(JAVASCRIPT_TESTS, re.MULTILINE),
        _javascript,
    ),
    "python": Track("python", NOTHING, re.compile(r"^ +def test_?\w*\(", re.MULTILINE)),
    "rust": Track("rust", re.compile(r"benches/.*"), re.compile(r"^\s*#\[test\]", re.MULTILINE), _rust),
}
"""By the folder's name in a checkout."""


def prepared_tests(track: Track, files: Files, rules: Rules) -> Files:
    """What is laid over an answer: tests, and all else that is not the answer's."""
    return {name: _prepared(track, content, rules) for name, content in files.items()}


def _prepared(track: Track, content: bytes, rules: Rules) -> bytes:
    try:
        return track.prepared(content.decode(), rules).encode()
    except UnicodeDecodeError:
        return content  # no source


def count_tests(track: Track, files: Files, tests: tuple[str, ...]) -> int:
    """How many run at the least: an answer may not keep some from running."""
    return sum(_count(track, files[name].decode("utf-8", "replace")) for name in tests)


def _count(track: Track, text: str) -> int:
    always, *conditional = re.split(
        r"^#if defined\(EXERCISM_INCLUDE|\bcfg\(feature", text, flags=re.MULTILINE
    )
    return 1 if conditional and track.language == "rust" else len(track.test.findall(always))
