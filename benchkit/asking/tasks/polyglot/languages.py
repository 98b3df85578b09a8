"""What differs between the languages of an exercise: its test files, and what makes all tests run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchkit.asking.tasks.base import Files


@dataclass(frozen=True)
class PolyglotRules:
    """Where our judging may differ from aider's; what is set is recorded."""

    strict: bool = False  # tests that aider leaves out count, too

    def as_record(self) -> dict[str, bool]:
        return {"strict": self.strict}


Count = Callable[[str], int]
"""How many tests a test file runs at the least; those that are made in loops may be more."""


@dataclass(frozen=True)
class Track:
    """What is special about one language's exercises."""

    count: Count
    needless: re.Pattern[str] = re.compile(r"(?!)")  # files that neither building nor testing needs
    # A test file in which all tests run.
    prepared: Callable[[str, PolyglotRules], str] = lambda text, _rules: text
    # An example of several sources in the one file that an answer has; the file's own source comes first.
    joined: Callable[[Sequence[bytes]], bytes] = lambda sources: sources[-1]


def _matches(pattern: str) -> Count:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda text: len(compiled.findall(text))


_test_cases = _matches(r"^\s*TEST_CASE\(")
_rust_attributes = _matches(r"^\s*#\[test\]")


def _cpp_tests(text: str) -> int:
    """Benchmarks behind a macro of their own are left out."""
    return _test_cases(text.partition("\n#if defined(EXERCISM_INCLUDE")[0])


def _rust_tests(text: str) -> int:
    """Where some wait for a feature, nobody can tell how many; no answer keeps Rust's tests from running."""
    return 1 if "cfg(feature" in text else _rust_attributes(text)


def _rust(text: str, _rules: PolyglotRules) -> str:
    """`--include-ignored`: no test waits for its turn."""
    return re.sub(r"^(\s*)#\[ignore(?:\s*=[^\]]*)?\]", r"\1", text, flags=re.MULTILINE)


def _javascript(text: str, rules: PolyglotRules) -> str:
    """Aider turns each `xtest` into `test`; an `xit` stays left out."""
    text = re.sub(r"\bxtest\b", "test", text)
    if rules.strict:
        text = re.sub(r"\bxit\b", "it", text)
        text = re.sub(r"\b(test|it)\.skip\b", r"\1", text)
    return text


def _java(text: str, _rules: PolyglotRules) -> str:
    """No test waits for its turn."""
    return re.sub(r"^[ \t]*@Disabled(?:\([^)]*\))?\s*\n", "", text, flags=re.MULTILINE)


def _joined_java(sources: Sequence[bytes]) -> bytes:
    """Only the file's own class may be public, and imports come before all."""
    imports = [line for source in sources for line in re.findall(rb"^import .*;$", source, re.MULTILINE)]
    own, *others = (re.sub(rb"^import .*;$", b"", source, flags=re.MULTILINE) for source in sources)
    others = [
        re.sub(rb"^public ((?:\w+ )*(?:class|enum|interface|record)\b)", rb"\1", source, flags=re.MULTILINE)
        for source in others
    ]
    return b"\n".join([*dict.fromkeys(imports), own, *others])


JAVASCRIPT_TESTS = (
    r"^[^\n/]*(?<![\w.])(?:test|it|xtest)(?:\.each\b[^\n]*)?\(\s*$|(?<![\w.])(?:test|it)\s*\(\s*['\"`]"
)

TRACKS: Mapping[str, Track] = {
    "cpp": Track(_cpp_tests, re.compile(r"CMakeLists\.txt|test/tests-main\.cpp")),
    "go": Track(_matches(r"^func Test\w*\(")),
    "java": Track(
        _matches(r"^\s*@Test\b"),
        re.compile(r"build\.gradle|gradlew(?:\.bat)?|gradle/.*"),
        _java,
        _joined_java,
    ),
    "javascript": Track(
        _matches(JAVASCRIPT_TESTS),
        re.compile(r"package\.json|babel\.config\.js|LICENSE|\.npmrc|\.eslintrc"),
        _javascript,
    ),
    "python": Track(_matches(r"^ +def test_?\w*\(")),
    "rust": Track(_rust_tests, re.compile(r"benches/.*"), _rust),
}
"""By the language's name, which is also its folder's in a checkout."""


def prepared_tests(track: Track, files: Files, rules: PolyglotRules) -> Files:
    """What is laid over an answer: tests, and all else that is not the answer's."""
    return {name: _prepared(track, content, rules) for name, content in files.items()}


def _prepared(track: Track, content: bytes, rules: PolyglotRules) -> bytes:
    try:
        return track.prepared(content.decode(), rules).encode()
    except UnicodeDecodeError:
        return content  # no source


def count_tests(track: Track, files: Files, tests: tuple[str, ...]) -> int:
    """How many run at the least: an answer may not keep some from running."""
    return sum(track.count(files[name].decode("utf-8", "replace")) for name in tests)
