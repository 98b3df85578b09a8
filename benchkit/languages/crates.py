"""Rust's crates that exercises name: compiled once from sources that are here, outside of any sandbox.

The sources are those that `make toolchains` brought, else the packages of Debian or Fedora.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchkit.files import new_folder
from benchkit.languages.finding import as_numbers, shared_folder

SYSTEM = Path("/usr/share/cargo/registry")
# What is compiled together shares what it needs: numbers of one crate are those of the other. Versions are
# what a registry is asked for; what a distribution has is taken as it is.
GROUPS: tuple[Mapping[str, str], ...] = (
    {"time": "0.3"},
    {"anyhow": "1.0", "thiserror": "1.0"},
    {"rand": "0.8"},
    {"itertools": "0.10", "permutohedron": "0.2"},
    {"num-bigint": "0.4", "num-traits": "0.2"},
    {"regex": "1"},
    {"counter": "0.5"},
)
# What starters declare; without the others, examples of single exercises fail.
NEEDED = ("time", "anyhow", "rand")
ADVICE = "make toolchains brings it; or sudo apt install librust-{0}-dev (Debian), rust-{0}-devel (Fedora)"
_VERSION = re.compile(r"[@# ](\d+\.\d+[\w.+-]*)")
INDEX = "crates.json"
MANIFEST = '[package]\nname = "bench_crates"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n{}\n'
CONFIG = '[source.crates-io]\nreplace-with = "here"\n\n[source.here]\ndirectory = {}\n'


@dataclass(frozen=True)
class Crates:
    """Compiled crates by the name that a Cargo.toml gives them."""

    folder: Path
    files: Mapping[str, str]  # in its folder `deps`
    versions: Mapping[str, str]

    def flags(self, names: Iterable[str]) -> tuple[str, ...]:
        """For rustc, of those that are here."""
        known = [(name.replace("-", "_"), self.files[name]) for name in names if name in self.files]
        externs = (f"--extern={crate}={self.folder / 'deps' / file}" for crate, file in known)
        return (f"-Ldependency={self.folder / 'deps'}", *externs) if known else ()

    def doubts(self, wanted: Mapping[str, str]) -> str:
        """What is asked for and not here, or here in a version that may differ; empty where all fits."""
        return ", ".join(
            f"{name} {asked}"
            + (f" (here is {self.versions[name]})" if name in self.versions else " (not here)")
            for name, asked in wanted.items()
            if not _fits(asked, self.versions.get(name, ""))
        )


NONE = Crates(Path(), {}, {})


def crates_folder() -> Path:
    """Where `make toolchains` puts sources."""
    return shared_folder() / "rust" / "sources"


def sources() -> Path | None:
    """The folder of all sources that are here."""
    places = (crates_folder(), SYSTEM)
    return next((place for place in places if any(has_source(place, name) for name in NEEDED)), None)


def compiled_crates(version: str) -> Crates:
    """Those that `compile_crates` made for this compiler; none where it was not called."""
    source = sources()
    folder = _folder(source, version) if source else Path()
    if not (folder / INDEX).is_file():
        return NONE
    index = json.loads((folder / INDEX).read_bytes())
    return Crates(
        folder,
        {name: one["file"] for name, one in index.items()},
        {name: one["version"] for name, one in index.items()},
    )


def compile_crates(cargo: Path, rustc: Path, version: str) -> None:
    """All groups whose sources are here, unless these very ones were compiled before."""
    source = sources()
    if source is None or (_folder(source, version) / INDEX).exists():
        return
    folder = _folder(source, version)
    with new_folder(folder) as draft:
        (draft / "deps").mkdir()
        compiled: dict[str, dict[str, str]] = {}
        for group in GROUPS:
            here = tuple(name for name in group if has_source(source, name))
            if here:
                compiled |= _compiled(cargo, rustc, source, here, draft)
        shutil.rmtree(draft / "work", ignore_errors=True)
        (draft / INDEX).write_text(json.dumps(compiled))
        shutil.rmtree(folder, ignore_errors=True)


def _fits(asked: str, version: str) -> bool:
    """Whether it is of the same series, as Cargo counts: 0.8.5 is for 0.8, and not for 0.3."""
    wanted, here = as_numbers(asked), as_numbers(version)
    if not here or not wanted:
        return bool(here)
    series = 1 if wanted[0] else 2
    return wanted[:series] == here[: len(wanted[:series])]


def has_source(source: Path, name: str) -> bool:
    return any(
        path.name == name or path.name[len(name) + 1 :][:1].isdigit() for path in source.glob(f"{name}*")
    )


def _folder(source: Path, version: str) -> Path:
    """Another one for another compiler or other sources."""
    names = "\0".join(sorted(path.name for path in source.iterdir()))
    digest = sha256(f"{source}\0{names}\0{GROUPS}".encode()).hexdigest()[:12]
    return shared_folder() / "rust" / f"crates-{version}-{digest}"


def _compiled(
    cargo: Path, rustc: Path, source: Path, names: Sequence[str], draft: Path
) -> dict[str, dict[str, str]]:
    """By crate, the library's name in `deps`; empty where the sources lack something."""
    place = draft / "work"
    (place / "src").mkdir(parents=True, exist_ok=True)
    (place / ".cargo").mkdir(exist_ok=True)
    (place / "src" / "lib.rs").touch()
    (place / "Cargo.lock").unlink(missing_ok=True)
    (place / "Cargo.toml").write_text(MANIFEST.format("\n".join(f'{name} = "*"' for name in names)))
    (place / ".cargo" / "config.toml").write_text(CONFIG.format(json.dumps(str(source))))
    done = subprocess.run(
        [cargo, "build", "--offline", "--quiet", "--message-format=json"],
        cwd=place,
        env={**os.environ, "RUSTC": str(rustc), "CARGO_PROFILE_DEV_DEBUG": "0"},
        capture_output=True,
    )
    if done.returncode:
        return {}
    libraries = list(_libraries(done.stdout))
    for _, _, path in libraries:
        shutil.copy2(path, draft / "deps" / path.name)
    wanted = {name.replace("-", "_"): name for name in names}
    return {
        wanted[crate]: {"file": path.name, "version": version}
        for crate, version, path in libraries
        if crate in wanted
    }


def _libraries(output: bytes) -> Iterator[tuple[str, str, Path]]:
    """Crate, version, file."""
    for line in output.splitlines():
        message: dict[str, Any] = json.loads(line)
        if message.get("reason") == "compiler-artifact" and "custom-build" not in message["target"]["kind"]:
            for file in map(Path, message["filenames"]):
                if file.suffix in (".rlib", ".so", ".dylib"):
                    version = _VERSION.findall(message["package_id"])
                    yield message["target"]["name"].replace("-", "_"), (version or [""])[-1], file
