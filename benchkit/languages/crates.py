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
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchkit.files import new_folder
from benchkit.languages.finding import as_numbers, shared_folder

SYSTEM = Path("/usr/share/cargo/registry")
# What is compiled together shares what it needs: numbers of one crate are those of the other. Versions are
# what a registry is asked for; what a distribution has is taken as it is, but for those of a second series.
GROUPS: tuple[Mapping[str, str], ...] = (
    {"time": "0.3"},
    {"anyhow": "1.0", "thiserror": "1.0"},
    {"rand": "0.8"},
    {"itertools": "0.10", "permutohedron": "0.2"},
    {"num-bigint": "0.4", "num-traits": "0.2"},
    {"regex": "1"},
    {"counter": "0.5"},
)
SECOND_SERIES: Mapping[str, str] = {"rand": "0.3"}
"""Of a crate above: examples ask for either, and each gets its own."""
# What starters declare; without the others, examples of single exercises fail.
NEEDED = ("time", "anyhow", "rand")
ADVICE = "make toolchains brings it; or sudo apt install librust-{0}-dev (Debian), rust-{0}-devel (Fedora)"
_VERSION = re.compile(r"[@# ](\d+\.\d+[\w.+-]*)")
INDEX = "crates.json"
MANIFEST = '[package]\nname = "bench_crates"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n{}\n'
CONFIG = '[source.crates-io]\nreplace-with = "here"\n\n[source.here]\ndirectory = {}\n'


@dataclass(frozen=True)
class Compiled:
    """One version of a crate."""

    version: str
    file: str  # in the folder `deps`


@dataclass(frozen=True)
class Crates:
    """Compiled crates by the name that a Cargo.toml gives them."""

    folder: Path
    by_name: Mapping[str, Sequence[Compiled]]

    def flags(self, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """For rustc, of those that are here: the version asked for, else whatever there is."""
        known = [(name.replace("-", "_"), self._best(name, asked)) for name, asked in wanted.items()]
        deps = self.folder / "deps"
        externs = [f"--extern={crate}={deps / one.file}" for crate, one in known if one is not None]
        return (f"-Ldependency={deps}", *externs) if externs else ()

    def doubts(self, wanted: Mapping[str, str]) -> str:
        """What is asked for and not here, or here in a version that may differ; empty where all fits."""
        found = [(name, asked, self._best(name, asked)) for name, asked in wanted.items()]
        return ", ".join(
            f"{name} {asked}" + (f" (here is {one.version})" if one else " (not here)")
            for name, asked, one in found
            if one is None or not _fits(asked, one.version)
        )

    def _best(self, name: str, asked: str) -> Compiled | None:
        here = self.by_name.get(name, ())
        return next((one for one in here if _fits(asked, one.version)), here[0] if here else None)


NONE = Crates(Path(), {})


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
    index: dict[str, list[dict[str, str]]] = json.loads((folder / INDEX).read_bytes())
    return Crates(folder, {name: [Compiled(**one) for one in several] for name, several in index.items()})


def compile_crates(cargo: Path, rustc: Path, version: str) -> None:
    """All groups whose sources are here, unless these very ones were compiled before."""
    source = sources()
    if source is None or (_folder(source, version) / INDEX).exists():
        return
    folder = _folder(source, version)
    with new_folder(folder) as draft:
        (draft / "deps").mkdir()
        index: dict[str, list[dict[str, str]]] = {}
        for group in (*GROUPS, SECOND_SERIES):
            series = SECOND_SERIES if group is SECOND_SERIES else {}
            here = {
                name: series.get(name, "*")
                for name in group
                if has_source(source, name, series.get(name, ""))
            }
            for name, one in _compiled(cargo, rustc, source, here, draft).items() if here else ():
                index.setdefault(name, []).append(asdict(one))
        shutil.rmtree(draft / "work", ignore_errors=True)
        (draft / INDEX).write_text(json.dumps(index))
        shutil.rmtree(folder, ignore_errors=True)


def _fits(asked: str, version: str) -> bool:
    """Whether it is of the same series, as Cargo counts: 0.8.5 is for 0.8, and not for 0.3."""
    wanted, here = as_numbers(asked), as_numbers(version)
    if not here or not wanted:
        return bool(here)
    series = 1 if wanted[0] else 2
    return wanted[:series] == here[: len(wanted[:series])]


def has_source(source: Path, name: str, series: str = "") -> bool:
    """Whether sources of the crate are there, of this series where one is named."""
    versions = [path.name[len(name) + 1 :] for path in source.glob(f"{name}*")]
    return any(
        version[:1].isdigit() and version.startswith(f"{series}." if series else "") for version in versions
    ) or (not series and (source / name).exists())


def dependencies(wanted: Iterable[tuple[str, str]]) -> str:
    """Lines of a Cargo.toml: one crate may be asked for in several versions."""
    return "\n".join(
        f'wanted_{number} = {{ package = "{name}", version = "{version}" }}'
        for number, (name, version) in enumerate(wanted)
    )


def _folder(source: Path, version: str) -> Path:
    """Another one for another compiler or other sources."""
    names = "\0".join(sorted(path.name for path in source.iterdir()))
    digest = sha256(f"{source}\0{names}\0{GROUPS}{SECOND_SERIES}".encode()).hexdigest()[:12]
    return shared_folder() / "rust" / f"crates-{version}-{digest}"


def _compiled(
    cargo: Path, rustc: Path, source: Path, wanted: Mapping[str, str], draft: Path
) -> dict[str, Compiled]:
    """By crate, the library's name in `deps`; empty where the sources lack something."""
    place = draft / "work"
    (place / "src").mkdir(parents=True, exist_ok=True)
    (place / ".cargo").mkdir(exist_ok=True)
    (place / "src" / "lib.rs").touch()
    (place / "Cargo.lock").unlink(missing_ok=True)
    (place / "Cargo.toml").write_text(MANIFEST.format(dependencies(wanted.items())))
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
    names = {name.replace("-", "_"): name for name in wanted}
    return {
        names[crate]: Compiled(version, path.name)
        for crate, version, path in libraries
        if crate in names and _fits(wanted[names[crate]], version)
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
