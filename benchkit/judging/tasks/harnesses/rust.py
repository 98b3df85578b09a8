"""Rust: rustc compiles the crate and its integration tests; our test runner reports."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.crates import ADVICE, NEEDED, compiled_crates
from benchkit.languages.finding import shared_folder
from benchkit.languages.rust import CARGO, EDITION, RUSTC

HARNESS = "bench_harness"
NAME = re.compile(r"^\s*name\s*=\s*[\"']([\w-]+)[\"']", re.MULTILINE)
EDITIONS = re.compile(r"^\s*edition\s*=\s*[\"'](\d{4})[\"']", re.MULTILINE)
# The runner needs the compiler's own test library, which a stable one gives out only when told so.
ALLOWED = {"RUSTC_BOOTSTRAP": "1"}
SCRIPT = "bench_build.sh"
FLAGS = ("--cap-lints", "warn", "-C", "debuginfo=0")
RUNNER = f"-Zcrate-attr=test_runner({HARNESS}::runner)"
TEST = re.compile(r"tests/[^/]+\.rs")
CALLS_CARGO = b'Command::new("cargo")'


class RustHarness:
    """Compiles the library, then a program for each test file; build scripts of answers are never run."""

    def prepare(self, toolchain: Toolchain) -> Sequence[Path]:
        folder = _folder(toolchain)
        if not (folder / f"lib{HARNESS}.rlib").exists():
            folder.mkdir(parents=True, exist_ok=True)
            source = folder / f"{HARNESS}.rs"
            source.write_bytes(support(f"{HARNESS}.rs"))
            subprocess.run(
                [
                    *(str(toolchain.executables[RUSTC]), "--edition", EDITION, "--crate-type", "rlib"),
                    *("-O", "--cap-lints", "allow", "-o", f"lib{HARNESS}.rlib", source.name),
                ],
                cwd=folder,
                env={**os.environ, **ALLOWED},
                check=True,
                capture_output=True,
            )
        crates = compiled_crates(toolchain.version)
        return (folder, crates.folder) if crates.by_name else (folder,)

    def missing(self, files: Files, toolchain: Toolchain) -> str:
        """A crate that the starter itself declares."""
        here = compiled_crates(toolchain.version).by_name
        lacking = [name for name in dependencies_of(files) if name in NEEDED and name not in here]
        return f"the crate {lacking[0]} is not there: {ADVICE.format(lacking[0])}" if lacking else ""

    def plan(self, trial: Trial, toolchain: Toolchain) -> BuildPlan:
        tests = sorted(name for name in trial.tests if TEST.fullmatch(name))
        if not tests:
            raise Unfit("no tests/*.rs among the tests")
        crate = crate_of(trial.files)
        products = tuple(f"bench_{PurePosixPath(test).stem}" for test in tests)
        wanted, here = dependencies_of(trial.files), compiled_crates(toolchain.version)
        edition = ("--edition", edition_of(trial.files))
        rustc = (str(toolchain.executables[RUSTC]), *edition, *FLAGS, *here.flags(wanted))
        library = ("--crate-type", "rlib", "--crate-name", crate, "-o", f"lib{crate}.rlib", "src/lib.rs")
        lines = ["set -e", shlex.join((*rustc, *library))]
        for test, product in zip(tests, products, strict=True):
            name = PurePosixPath(test).stem.replace("-", "_")
            ours = _folder(toolchain) / f"lib{HARNESS}.rlib"
            command = (
                *("/usr/bin/env", *(f"{name}={value}" for name, value in ALLOWED.items()), *rustc, "--test"),
                *("-Zcrate-attr=feature(custom_test_frameworks)", RUNNER, "--crate-name", name),
                *("--extern", f"{crate}=lib{crate}.rlib", "--extern", f"{HARNESS}={ours}"),
                *("-o", product, test),
            )
            lines.append(shlex.join(command))
        files = {**trial.files, SCRIPT: "\n".join([*lines, ""]).encode()}
        runs = tuple(
            _run(trial, test, product, toolchain) for test, product in zip(tests, products, strict=True)
        )
        doubts = here.doubts(wanted)
        caution = f"Cargo.toml asks for {doubts}, and nothing is fetched" if doubts else ""
        return BuildPlan(runs, files, ("/bin/sh", SCRIPT), products, caution)


def _run(trial: Trial, test: str, product: str, toolchain: Toolchain) -> TrialProgram:
    """In the package's folder; tests that build something find cargo and what it builds with."""
    if CALLS_CARGO not in trial.files[test] or CARGO not in toolchain.executables:
        return TrialProgram({}, argv=(f"./{product}",), executable=(product,))
    files = {name: content for name, content in trial.files.items() if not TEST.fullmatch(name)}
    places = dict.fromkeys(str(toolchain.executables[name].parent) for name in (CARGO, RUSTC))
    path = os.pathsep.join((*places, "/usr/bin", "/bin"))
    start = f'CARGO_HOME="$PWD/bench_cargo" PATH={shlex.quote(path)} exec ./{product}'
    return TrialProgram(files, argv=("/bin/sh", "-c", start), executable=(product,))


def dependencies_of(files: Files) -> dict[str, str]:
    """The crates that Cargo.toml declares, with the version asked for; none where it cannot be read."""
    try:
        manifest = tomllib.loads(files.get("Cargo.toml", b"").decode())
    except (ValueError, RecursionError):  # a number or a nesting that Python has limits for, too
        return {}
    tables = [manifest.get(name) for name in ("dependencies", "dev-dependencies")]
    declared = [each for table in tables if isinstance(table, dict) for each in table.items()]
    return {
        name: str(asked.get("version", "*") if isinstance(asked, dict) else asked) for name, asked in declared
    }


def crate_of(files: Files) -> str:
    """The name that other crates use for it."""
    if "src/lib.rs" not in files:
        raise Unfit("no src/lib.rs in the workspace")
    match = NAME.search(files.get("Cargo.toml", b"").decode("utf-8", "replace"))
    if match is None:
        raise Unfit("no package's name in Cargo.toml")
    return match[1].replace("-", "_")


def edition_of(files: Files) -> str:
    match = EDITIONS.search(files.get("Cargo.toml", b"").decode("utf-8", "replace"))
    return match[1] if match else EDITION


def _folder(toolchain: Toolchain) -> Path:
    ours = sha256(support(f"{HARNESS}.rs")).hexdigest()[:12]
    return shared_folder() / "rust" / f"{toolchain.version}-{ours}"
