"""Checks all answers of a language, many in one process of the sandbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from benchkit.errors import SandboxError
from benchkit.judging.sandbox import Limits, Outcome, Sandbox
from benchkit.judging.scoring.composite.base import OpenSandbox
from benchkit.judging.scoring.composite.checkers.base import Checker, CodeToCheck, Findings
from benchkit.judging.scoring.composite.lint import ToolFailed
from benchkit.verdict import Verdict

ABSENT = "absent"
AT_ONCE = 50
TRIES = 3  # of a sandbox whose worker fails
# Of one process, in seconds: short enough to find by halves the piece that a compiler is never done with.
CPU_S, CPU_S_OF_EACH = 10.0, 0.5
WAITING = 6.0  # wall time allowed for each second of processor time, on a busy machine
LIMITS = Limits(
    memory_mb=3072,
    output_bytes=64 << 20,
    file_bytes=512 << 20,
    processes=64,
    threads=256,
)


@dataclass(frozen=True)
class LinterFindings:
    """What a linter found in pieces of code, by their keys; None: it cannot read the code."""

    version: str = ABSENT
    findings: Mapping[Hashable, Findings | None] = field(default_factory=dict)

    def __getitem__(self, code: CodeToCheck) -> Findings | None:
        return self.findings.get(code.key)


def check_all(
    checker: Checker, codes: Sequence[CodeToCheck], start_sandbox: OpenSandbox | None
) -> LinterFindings:
    """Equal ones once; absent, too, where it does not find what its probe holds: it cannot work there."""
    version = checker.version()
    if version is None or start_sandbox is None:
        return LinterFindings()
    if not codes:
        return LinterFindings(version)
    try:
        sandbox = start_sandbox()
    except SandboxError:  # of a machine that lets others judge
        return LinterFindings()
    groups: dict[Hashable, dict[Hashable, CodeToCheck]] = defaultdict(dict)
    for code in (checker.probe, *codes):
        kind = checker.kind(code)
        if kind is not None:
            groups[kind][code.key] = code
    found: dict[Hashable, Findings | None] = {}
    with ThreadPoolExecutor(sandbox.workers) as pool:
        for checked in pool.map(partial(_check, checker, sandbox), _parts(groups.values())):
            found |= checked
    probed = found.get(checker.probe.key)
    return LinterFindings(version, found) if probed is not None and probed.total() == 1 else LinterFindings()


def _parts(groups: Iterable[Mapping[Hashable, CodeToCheck]]) -> Iterator[Sequence[CodeToCheck]]:
    """No larger than AT_ONCE."""
    for group in groups:
        pieces = list(group.values())
        yield from (pieces[start : start + AT_ONCE] for start in range(0, len(pieces), AT_ONCE))


def _check(
    checker: Checker, sandbox: Sandbox, codes: Sequence[CodeToCheck]
) -> dict[Hashable, Findings | None]:
    """By halves where the whole fails, down to the one that fails by itself."""
    outcome = _run(checker, codes, sandbox)
    if outcome.verdict is Verdict.PASSED:
        return {code.key: found for code, found in zip(codes, checker.findings(codes, outcome), strict=True)}
    if len(codes) == 1:
        return {codes[0].key: None}
    middle = len(codes) // 2
    return _check(checker, sandbox, codes[:middle]) | _check(checker, sandbox, codes[middle:])


def _run(checker: Checker, codes: Sequence[CodeToCheck], sandbox: Sandbox) -> Outcome:
    program = checker.program(codes)
    cpu_s = CPU_S + CPU_S_OF_EACH * len(codes)
    limits = replace(LIMITS, cpu_s=cpu_s, wall_s=WAITING * cpu_s)
    for _ in range(TRIES):
        outcome = sandbox.run(program, limits)
        if not outcome.sandbox_failed:
            return outcome
    raise ToolFailed(f"{checker.name}: {outcome.detail or 'the sandbox failed'}")
