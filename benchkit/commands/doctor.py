"""bench_runner.py doctor: what this machine has, and what to do about what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from benchkit.commands.options import history_option
from benchkit.errors import BenchError
from benchkit.pip_commands import install_extra, pip_install
from benchkit.terminal import counted

LOW_DISK_GB = 20


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, whether it is well, and the next step where it is not."""

    area: str
    what: str
    state: str  # ok, missing, warning
    detail: str
    advice: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as a list.")
@click.option(
    "--fix", type=click.Choice(["toolchains"]), help="Bring what is missing: Go, Node, their packages."
)
@history_option
def command(as_json: bool, fix: str | None, history: str) -> None:
    """What this machine has: GPU, servers, sandbox, toolchains, linters, judges, problem sets, disk.

    And what to do about what is missing.
    """
    from benchkit.terminal import print_json_list

    if fix:
        from benchkit.languages.bringing import bring_toolchains

        bring_toolchains(print)
        return
    if as_json:
        print_json_list(vars(finding) for finding in _findings(history))
    else:
        _print(_findings(history))


def _print(findings: Iterator[Finding]) -> None:
    area = ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            print(f"\n{area}" if area != "machine" else area)
        mark = {"ok": "✓", "missing": "–", "warning": "!"}[finding.state]
        print(f"  {mark} {finding.what:18} {finding.detail.replace(chr(10), f'{chr(10):<24}')}")
        if finding.advice:
            print(f"    {'':18} → {finding.advice}")


def _findings(history: str) -> Iterator[Finding]:
    looks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("machine", _machine),
        ("servers", _servers),
        ("sandbox", _sandbox),
        ("toolchains", _toolchains),
        ("quality", _quality),
        ("judge", _judging),
        ("judge", partial(_judges, history)),
        ("problem sets", _problem_sets),
        ("history", _waiting),
        ("disk", _disk),
    )
    for area, look in looks:
        yield from _guarded(area, look)


def _guarded(area: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """One part that cannot be looked at must not hide the others: that is when a doctor is called."""
    try:
        yield from look()
    except Exception as error:
        text = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
        yield Finding(area, "cannot be told", "warning", text)


def _machine() -> Iterator[Finding]:
    from benchkit.serving.servers.hardware import gpus
    from benchkit.serving.telemetry import machine_facts

    facts = machine_facts()
    memory = f"{facts['ram_mb'] / 1024:,.0f} GB RAM" if facts.get("ram_mb") else ""
    yield Finding("machine", "system", "ok", _joined(facts.get("os"), facts.get("cpu"), memory))
    if facts.get("gpu"):
        memory = f"{facts['vram_mb'] / 1024:,.0f} GB VRAM" if facts.get("vram_mb") else ""
        driver = f"driver {facts['driver']}" if facts.get("driver") else ""
        yield Finding("machine", "GPU", "ok", _joined(facts["gpu"], memory, driver))
    elif present := gpus():
        silent = f"{present[0]}, which does not answer: its VRAM and energy stay unknown"
        yield Finding(
            "machine", "GPU", "warning", silent, "install its driver, for NVIDIA until nvidia-smi works"
        )
    else:
        yield Finding(
            "machine", "GPU", "missing", "none seen: models run on the CPU", "NVIDIA: install the driver"
        )


def _waiting() -> Iterator[Finding]:
    """Where no shared history is behind, nothing is said."""
    from benchkit.telling.history.postgresql.spool import all_spools

    for url, count in all_spools().items():
        advice = f"bench_runner.py list --history '{url}' sends them, and says what is in the way"
        yield Finding(
            "history",
            "waiting runs",
            "warning",
            f"{counted(count, 'run waits', 'runs wait')} here for {url}",
            advice,
        )


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _servers() -> Iterator[Finding]:
    from benchkit.serving.servers import installed
    from benchkit.serving.servers.hardware import gpus

    for engine in installed():
        if engine.version is None:
            yield Finding("servers", engine.kind, "missing", "not installed", engine.how_to_get)
            continue
        detail = f"{engine.version}, on the CPU only" if engine.gpu_capable is False else engine.version
        if engine.gpu_capable is False and gpus():
            yield Finding("servers", engine.kind, "warning", detail, engine.how_to_get)
        else:
            yield Finding("servers", engine.kind, "ok", detail)


def _sandbox() -> Iterator[Finding]:
    from benchkit.judging.sandbox import probe

    for fact in probe():
        state = "ok" if fact.available else "missing"
        detail = "\n".join(fact.layers) if fact.available else fact.reason
        yield Finding("sandbox", fact.level, state, detail, fact.advice)


def _toolchains() -> Iterator[Finding]:
    """What answers in each language are built and tested with."""
    from benchkit.errors import MissingDependency
    from benchkit.languages import LANGUAGES

    for language in LANGUAGES.values():
        try:
            toolchain = language.find_toolchain()
        except MissingDependency as missing:
            yield Finding("toolchains", language.title, "missing", "not installed", missing.command)
        else:
            where = ", ".join(str(path) for path in toolchain.executables.values())
            yield Finding("toolchains", language.title, "ok", f"{toolchain.version} at {where}")


def _quality() -> Iterator[Finding]:
    """What the quality of passing answers is measured with."""
    from benchkit.judging.scoring.composite.checkers import CHECKERS
    from benchkit.judging.scoring.composite.complexity import installed
    from benchkit.judging.scoring.composite.figures import RADON
    from benchkit.judging.scoring.composite.quality import missing_tools

    tools = missing_tools()
    if tools:
        advice = f"{pip_install(*tools)}; without it runs have no quality"
        yield Finding("quality", ", ".join(tools), "missing", "not installed", advice)
    else:
        yield Finding("quality", "Python's tools", "ok", "ruff, complexipy, lizard")
    if installed(RADON) is None:
        advice = f"{pip_install(RADON)}; without it `maintainability` and `cyclomatic` are n/a"
        yield Finding("quality", RADON, "missing", "not installed", advice)
    else:
        yield Finding("quality", RADON, "ok", installed(RADON) or "")
    for checker in CHECKERS.values():
        version = checker.version()
        if version is None:
            yield Finding("quality", checker.name, "missing", "not installed", checker.how_to_get)
        else:
            yield Finding("quality", checker.name, "ok", version)


def _judging() -> Iterator[Finding]:
    """What models judge with."""
    from benchkit.judging.scoring.composite.complexity import installed

    version = installed("dspy")  # told without loading it, which takes seconds
    if version is None:
        yield Finding("judge", "DSPy", "missing", "not installed: no model can judge", install_extra("judge"))
    else:
        yield Finding("judge", "DSPy", "ok", version)


def _judges(history: str) -> Iterator[Finding]:
    """Which judges' points count, by their latest checks."""
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.judge_identity import identity_of
    from benchkit.telling.comparison.judgements import latest_checks, why_failed
    from benchkit.telling.history import open_store

    checks = latest_checks(Catalog(open_store(history)))
    for check in checks:
        failed, name = why_failed(check), identity_of(check).label
        state = f"uncalibrated by {check.id}: {failed}" if failed else f"calibrated by {check.id}"
        yield Finding("judge", name, "warning" if failed else "ok", state)
    if not checks:
        advice = "bench_runner.py judge check MODEL, before a judge's points count"
        yield Finding("judge", "judges", "missing", f"none was checked in {history}", advice)


def _problem_sets() -> Iterator[Finding]:
    from benchkit.asking.problems.fetching import place_of
    from benchkit.asking.problems.releases import RELEASES

    for name, releases in RELEASES.items():
        place = place_of(releases[0])
        if place.exists():
            yield Finding("problem sets", name, "ok", str(place))
        else:
            yield Finding("problem sets", name, "missing", "not here yet", "fetched at its first run")


def _disk() -> Iterator[Finding]:
    from benchkit.files import cache_folder

    for what, place in (("runs and history", Path.cwd()), ("cache", cache_folder())):
        free = shutil.disk_usage(place).free / 1e9
        low = free < LOW_DISK_GB
        advice = "a night's logs and a model's download need more" if low else ""
        yield Finding("disk", what, "warning" if low else "ok", f"{free:,.0f} GB free at {place}", advice)
