"""Brings the sources of Rust's crates, where they are not here yet, and compiles them once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages import LANGUAGES
from benchkit.languages.crates import (
    GROUPS,
    MANIFEST,
    NEEDED,
    SECOND_SERIES,
    SYSTEM,
    compiled_crates,
    crates_folder,
    dependencies,
    has_source,
)
from benchkit.languages.rust import CARGO

WANTED = {name: version for group in GROUPS for name, version in group.items()}  # of distributions, too
NAMES = ", ".join(NEEDED)
ONLY_RECOMMENDED = ("aho-corasick",)  # by Debian's package of regex, which does not compile without it
_TO_INSTALL = re.compile(r"^Inst (librust-\S+)", re.MULTILINE)

Tell = Callable[[str], None]


def bring_crates(tell: Tell) -> None:
    """Tells what cannot be had: no other toolchain waits for it."""
    rust = LANGUAGES["rust"]
    try:
        toolchain = rust.find_toolchain()
    except MissingDependency as missing:
        tell(f"no crates for Rust, which is not here: {missing.command}")
        return
    if CARGO not in toolchain.executables:
        tell("no crates for Rust: cargo is not here")
        return
    if not any(all(has_source(place, name) for name in NEEDED) for place in (crates_folder(), SYSTEM)):
        tell(f"fetching crates for Rust: {', '.join(WANTED)}")
        failed = _fetch(toolchain.executables[CARGO])
        if failed:
            tell(f"exercises in Rust that need {NAMES} will be left out: {failed}")
    tell("compiling Rust's crates, once")
    rust.fill_caches(toolchain)
    lacking = [name for name in NEEDED if name not in compiled_crates(toolchain.version).by_name]
    if lacking:
        tell(f"these crates could not be compiled: {', '.join(lacking)}")


def _fetch(cargo: Path) -> str:
    """From cargo's registry, which has each series, else from the distribution's packages; else why not."""
    draft = crates_folder().with_name(".sources")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        failures = []
        for way in (_from_registry, _from_packages):
            failed = way(cargo, draft)
            if not failed:
                shutil.rmtree(crates_folder(), ignore_errors=True)
                (draft / "crates").rename(crates_folder())
                return ""
            failures.append(failed)
        return "; ".join(failures)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _from_packages(_cargo: Path, draft: Path) -> str:
    """Unpacked, not installed: root is not needed. Apt checks their signatures."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "there is no apt"
    packages = [f"librust-{name}-dev" for name in (*WANTED, *ONLY_RECOMMENDED)]
    known = [name for name in packages if not _run(draft, "apt-cache", "show", name)[0]]
    simulated = ("apt-get", "-s", "-o", "Debug::NoLocking=1", "--no-install-recommends", "install")
    code, output = _run(draft, *simulated, *known)
    names = _TO_INSTALL.findall(output)
    if code or not names:
        return "apt knows no packages of them (sudo apt update may help)"
    code, output = _run(draft, "apt-get", "download", *names)
    if code:
        return f"apt could not fetch them: {_last_line(output)}"
    for package in draft.glob("*.deb"):
        _run(draft, "dpkg-deb", "-x", package.name, "root")
    (draft / "root" / SYSTEM.relative_to("/")).rename(draft / "crates")
    if SYSTEM.is_dir():  # what is installed was not fetched again
        for crate in SYSTEM.iterdir():
            if not (draft / "crates" / crate.name).exists():
                shutil.copytree(crate, draft / "crates" / crate.name, symlinks=False)
    return ""


def _from_registry(cargo: Path, draft: Path) -> str:
    """The newest of each series; cargo compares each with the hash that its registry's index has."""
    (draft / "src").mkdir(exist_ok=True)
    (draft / "src" / "lib.rs").touch()
    wanted = (*WANTED.items(), *SECOND_SERIES.items())
    (draft / "Cargo.toml").write_text(MANIFEST.format(dependencies(wanted)))
    vendor = (str(cargo), "vendor", "--quiet", "--versioned-dirs", "--respect-source-config", "crates")
    code, output = _run(draft, *vendor)
    return f"cargo could not fetch them: {_last_line(output)}" if code else ""


def _run(folder: Path, *command: str) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C", "CARGO_NET_RETRY": "0", "CARGO_HTTP_TIMEOUT": "10"},
    )
    return done.returncode, done.stdout + done.stderr


def _last_line(output: str) -> str:
    lines: Sequence[str] = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it did not say why"
