"""ruff over many pieces of Python at once: one process for the findings, one for the formatter's changes."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

LONGEST_LINE = 320  # so long that no line has to be broken
TIMEOUT_S = 300.0
_ENDS = {
    "check": (0,),
    "format": (0, 2),
}  # exit codes of a run to its end; 2: a file that it cannot read

# The rule groups that make sense for a snippet, and what one finding of each counts. Left out: undefined
# names (the prompt defines them), names, annotations and docstrings (the prompt gave them), imports' order.
GROUPS: dict[str, tuple[int, tuple[str, ...]]] = {
    "security": (3, ("S",)),
    "likely mistakes": (2, ("F", "B", "BLE", "PLE", "PLW", "E711", "E712", "E713", "E714", "E721", "E722")),
    "roundabout": (1, ("SIM", "C4", "PERF", "RET", "PIE", "E701", "E702", "E703", "E731")),
}
IGNORED = (
    "F821", "F405", "F403",  # names that the prompt defines
    "S101", "S311",  # assertions, and random numbers that are no secret
    "B007", "B905", "PLW2901", "PLW1514", "RET505", "RET503", "SIM300", "C408",  # taste, and conventions
)  # fmt: skip


class ToolFailed(Exception):
    """The linter itself failed: quality is not measured, and the run goes on."""


class ToolDied(ToolFailed):
    """A signal ended it, as code that is nested too deeply for its stack does."""


@dataclass(frozen=True)
class Linted:
    """Ruff's findings on one piece of code."""

    findings: dict[str, int]  # by group
    reformatted: int  # lines that the formatter changes

    def at_least(self, other: Linted | None) -> Linted:
        """With no fewer findings of any group than `other`: the same code without its dead part."""
        if other is None:
            return self
        names = sorted({*self.findings, *other.findings})
        most = {name: max(self.findings.get(name, 0), other.findings.get(name, 0)) for name in names}
        return Linted(most, self.reformatted)

    @property
    def weighted(self) -> int:
        return weighted(self.findings)


def weighted(findings: Mapping[str, int]) -> int:
    """Findings of all groups, each as its group counts."""
    return sum(GROUPS[group][0] * count for group, count in findings.items())


def lint(sources: Sequence[str]) -> list[Linted | None]:
    """One for each source, in their order; None for code that the linter dies of."""
    if not sources:
        return []
    try:
        return [*_lint_together(sources)]
    except ToolDied:
        if len(sources) == 1:
            return [None]
    middle = len(sources) // 2
    return [*lint(sources[:middle]), *lint(sources[middle:])]


def _lint_together(sources: Sequence[str]) -> list[Linted]:
    with TemporaryDirectory(prefix="bench_quality_") as name:
        folder = Path(name)
        paths = [folder / f"c{number:06}.py" for number in range(len(sources))]
        for path, source in zip(paths, sources, strict=True):
            path.write_text(source, encoding="utf-8", errors="replace")
        findings = _findings(folder)
        _ruff("format", folder, "--config", 'format.quote-style="preserve"')
        return [
            Linted(dict(findings.get(path.name, {})), changed_lines(source, path.read_text(encoding="utf-8")))
            for path, source in zip(paths, sources, strict=True)
        ]


def _findings(folder: Path) -> dict[str, Counter[str]]:
    selected = ",".join(rule for _, rules in GROUPS.values() for rule in rules)
    output = _ruff(
        "check", folder, "--ignore-noqa", "--output-format=json", "--exit-zero",
        f"--select={selected}", f"--ignore={','.join(IGNORED)}",
        "--config", 'lint.dummy-variable-rgx="^$"',
    )  # fmt: skip
    by_file: dict[str, Counter[str]] = {}
    for row in json.loads(output or "[]"):
        group = group_of(str(row["code"] or ""))
        if group is not None:
            by_file.setdefault(Path(row["filename"]).name, Counter())[group] += 1
    return by_file


def group_of(code: str) -> str | None:
    """The group of a rule's code, by the longest beginning that a group names."""
    named = [(len(rule), group) for group, (_, rules) in GROUPS.items() for rule in rules if _is(code, rule)]
    return max(named)[1] if named else None


def _is(code: str, rule: str) -> bool:
    return (code.startswith(rule) and code[len(rule) :].isdecimal()) or code == rule


def _ruff(command: str, folder: Path, *further: str) -> str:
    """Ruff's output; a file that the formatter cannot parse stays unchanged."""
    try:
        done = subprocess.run(
        [
            *_program(), command, "--isolated", "--no-cache", "--quiet",
            f"--line-length={LONGEST_LINE}", *further, str(folder),
        ],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailed(f"ruff {command}: {error}") from None
    if done.returncode < 0:
        raise ToolDied(f"ruff {command} was ended by signal {-done.returncode}: {done.stderr.strip()[-200:]}")
    if done.returncode not in _ENDS[command]:
        raise ToolFailed(f"ruff {command} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    return done.stdout


def _program() -> list[str]:
    """The program itself where it lies beside this Python, which saves starting another one."""
    beside = Path(sysconfig.get_path("scripts"), "ruff")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "ruff"]


def changed_lines(before: str, after: str) -> int:
    """Lines that differ; a line that was split or joined counts as often as the longer side has lines."""
    if before == after:
        return 0
    matcher = SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    return sum(max(b - a, d - c) for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal")
