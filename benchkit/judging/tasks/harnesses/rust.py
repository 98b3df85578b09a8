"""Rust: rustc compiles the crate and its integration tests; our test runner reports."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Run, Trial, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.finding import shared_folder
from benchkit.languages.rust import EDITION, RUSTC

HARNESS = "bench_harness"
NAME = re.compile(r"^\s*name\s*=\s*\"([\w-]+)\"", re.MULTILINE)
EDITIONS = re.compile(r"^\s*edition\s*=\s*\"(\d{4})\"", re.MULTILINE)
# The runner needs the compiler's own test library, which a stable one gives out only when told so.
ALLOWED = {"RUSTC_BOOTSTRAP": "1"}
SCRIPT = "bench_build.sh"


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
        return (folder,)

    def missing(self, _files: Files) -> str:
        return ""

    def plan(self, trial: Trial, toolchain: Toolchain) -> BuildPlan:
        tests = sorted(name for name in trial.tests if re.fullmatch(r"tests/[^/]+\.rs", name))
        if not tests:
            raise Unfit("no tests/*.rs among the tests")
        crate, edition = crate_of(trial.files), edition_of(trial.files)
        products = tuple(f"bench_{PurePosixPath(test).stem}" for test in tests)
        rustc = (
            str(toolchain.executables[RUSTC]),
            "--edition",
            edition,
            "--cap-lints",
            "warn",
            "-C",
            "debuginfo=0",
        )
        library = (
            *rustc,
            "--crate-type",
            "rlib",
            "--crate-name",
            crate,
            "-o",
            f"lib{crate}.rlib",
            "src/lib.rs",
        )
        folder = _folder(toolchain)
        lines = ["set -e", shlex.join(library)]
        for test, product in zip(tests, products, strict=True):
            command = (
                *("/usr/bin/env", *(f"{name}={value}" for name, value in ALLOWED.items()), *rustc, "--test"),
                *(
                    "-Zcrate-attr=feature(custom_test_frameworks)",
                    f"-Zcrate-attr=test_runner({HARNESS}::runner)",
                ),
                *(
                    "--crate-name",
                    PurePosixPath(test).stem.replace("-", "_"),
                    "--extern",
                    f"{crate}=lib{crate}.rlib",
                ),
                *("--extern", f"{HARNESS}={folder}/lib{HARNESS}.rlib", "-o", product, test),
            )
            lines.append(shlex.join(command))
        files = {**trial.files, SCRIPT: "\n".join([*lines, ""]).encode()}
        runs = tuple(Run({}, argv=(f"./{product}",), executable=(product,)) for product in products)
        return BuildPlan(runs, files, ("/bin/sh", SCRIPT), products)


def crate_of(files: Files) -> str:
    """The name that other crates use for it."""
    if "src/lib.rs" not in files:
        raise Unfit("no src/lib.rs in the workspace")
    match = NAME.search(files.get("Cargo.toml", b"").decode("utf-8", "replace"))
    if match is None:
        raise Unfit("no package's name in Cargo.toml")
    return match[1].replace("-", "_")


def edition_of(files: Files) -> str:
    match = EDITIONS.search(files["Cargo.toml"].decode("utf-8", "replace"))
    return match[1] if match else EDITION


def _folder(toolchain: Toolchain) -> Path:
    ours = sha256(support(f"{HARNESS}.rs")).hexdigest()[:12]
    return shared_folder() / "rust" / f"{toolchain.version}-{ours}"
