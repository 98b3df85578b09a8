"""Rust's crates and Boost's headers: used where they are, named where they are not, brought without root."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.harnesses import HARNESSES
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.languages import LANGUAGES, Toolchain, bringing_crates, cpp, crates
from benchkit.languages.cpp import GXX
from benchkit.verdict import Verdict
from tests.polyglot.exercises import RUST, answer, write_exercise
from tests.stand_ins.crates_registry import Crate, crates_registry

TRIPLE = "rust/tri-ple"
WITH_RAND = RUST["Cargo.toml"] + '\n[dependencies]\nrand = "0.8"\n'
USES_RAND = "pub fn triple(n: i32) -> i32 {\n    rand::three() * n\n}\n"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a crate, whose jail can read what is compiled here."""
    monkeypatch.setattr(crates, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(bringing_crates, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(crates, "shared_folder", lambda: tmp_path / "ours")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return tmp_path


def write_crate(folder: Path, name: str, version: str) -> None:
    """As a directory of vendored sources has it."""
    place = folder / f"{name}-{version}"
    (place / "src").mkdir(parents=True)
    (place / "Cargo.toml").write_text(
        f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n'
    )
    (place / "src" / "lib.rs").write_text("pub fn three() -> i32 {\n    3\n}\n")
    (place / ".cargo-checksum.json").write_text(json.dumps({"package": None, "files": {}}))


def read_task(folder: Path, manifest: str) -> Task:
    place = write_exercise(folder, TRIPLE)
    (place / "Cargo.toml").write_text(manifest)
    return load_catalogue(folder).problems[0]


def rust() -> Toolchain:
    try:
        found = LANGUAGES["rust"].find_toolchain()
    except MissingDependency as missing:
        pytest.skip(str(missing))
    if "cargo" not in found.executables:
        pytest.skip("cargo is not installed")
    return found


@pytest.mark.heavy
def test_an_answer_uses_a_crate_that_its_manifest_declares(places: Path) -> None:
    """Compiled once, outside; without a line in Cargo.toml it is not there, as with cargo."""
    rust()
    write_crate(places / "system", "rand", "0.8.9")
    task = read_task(places / "checkout", WITH_RAND)
    toolchains = find_toolchains(["rust"])
    with open_sandbox(workers=1, toolchains=toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language))
        solved = judge.judge_answer(task, answer({"src/lib.rs": USES_RAND}))
        bare = judge.judge_answer(task, answer({"src/lib.rs": USES_RAND, "Cargo.toml": RUST["Cargo.toml"]}))
        other = WITH_RAND.replace("0.8", "0.9") + 'counter = "0.5"\n'
        wrong = USES_RAND.replace("three", "four")
        doubtful = judge.judge_answer(task, answer({"src/lib.rs": wrong, "Cargo.toml": other}))
    assert (solved.verdict, solved.detail) == (Verdict.PASSED, "")
    assert bare.verdict is Verdict.ERROR
    assert "Cargo.toml asks for rand 0.9 (here is 0.8.9), counter 0.5 (not here)" in doubtful.detail


def test_a_starters_crate_that_is_not_here_is_named(places: Path) -> None:
    """With what brings it; what only an answer declares is the answer's affair."""
    task = read_task(places / "checkout", WITH_RAND)
    toolchain = Toolchain("1.95.0", {})
    told = HARNESSES["rust"].missing(task.workspace, toolchain)
    assert told.startswith(
        "the crate rand is not there: make toolchains brings it; or sudo apt install librust-rand"
    )
    other = read_task(places / "other", RUST["Cargo.toml"] + '\n[dependencies]\nserde = "1"\n')
    assert HARNESSES["rust"].missing(other.workspace, toolchain) == ""
    broken = read_task(places / "broken", RUST["Cargo.toml"] + "[dependencies\n")
    assert HARNESSES["rust"].missing(broken.workspace, toolchain) == ""


@pytest.mark.parametrize(
    ("asked", "version", "fits"),
    [
        ("0.8", "0.8.5", True),
        ("0.3.12", "0.8.5", False),
        ("1", "1.7.1", True),
        ("^1.0.3", "2.0.0", False),
        ("*", "0.1.0", True),
        ("0.5", "", False),
    ],
)
def test_a_version_fits_its_series(asked: str, version: str, fits: bool) -> None:
    """As Cargo counts: the first number that is not 0."""
    here = crates.Crates(Path(), {"x": [crates.Compiled(version, "libx.rlib")]} if version else {})
    assert (here.doubts({"x": asked}) == "") is fits


def stand_in(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def use_registry(places: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A machine whose distribution has no crates; calling it says where its Cargo looks for a registry."""
    stand_in(places / "bin", "apt-cache", "exit 1")
    stand_in(places / "bin", "apt-get", "exit 100")
    monkeypatch.setenv("PATH", f"{places / 'bin'}:/usr/bin:/bin")
    home = places / "cargo"
    home.mkdir()
    monkeypatch.setenv("CARGO_HOME", str(home))

    def write_address(address: str) -> None:
        (home / "config.toml").write_text(
            f'[source.crates-io]\nreplace-with = "stand-in"\n\n[source.stand-in]\nregistry = "{address}"\n'
        )

    return write_address


def published(name: str, version: str, three: str = "3", needs: Mapping[str, str] | None = None) -> Crate:
    """A crate whose `three` is this."""
    asked = "".join(f'{each} = "{series}"\n' for each, series in (needs or {}).items())
    manifest = f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n[dependencies]\n{asked}'
    source = f"pub fn three() -> i32 {{\n    {three}\n}}\n"
    return Crate(name, version, {"Cargo.toml": manifest.encode(), "src/lib.rs": source.encode()}, needs or {})


def whole_registry() -> list[Crate]:
    """All that is asked for; the old `rand` needs a newer one, as the real one does."""
    wanted = [
        published(name, f"{version}.9" if "." in version else f"{version}.0.9")
        for name, version in bringing_crates.WANTED.items()
    ]
    return [*wanted, published("rand", "0.4.6"), published("rand", "0.3.23", "30 / 10", {"rand": "0.4"})]


@pytest.mark.heavy
def test_crates_come_from_the_distributions_packages(
    places: Path, use_registry: Callable[[str], None]
) -> None:
    """Where no registry is reached: fetched and unpacked, never installed; then compiled."""
    rust()
    for name in ("time", "anyhow", "rand"):
        write_crate(places / "package", name, "0.1.0")
    bin = places / "bin"
    stand_in(bin, "apt-cache", "exit 0")
    stand_in(
        bin, "apt-get", 'case "$1" in -s) echo "Inst librust-rand-dev (0.1.0)" ;; *) touch "$2.deb" ;; esac'
    )
    target = f"root{places}/system"
    stand_in(bin, "dpkg-deb", f'mkdir -p "{target}" && cp -r {places}/package/* "{target}"')
    use_registry("sparse+http://127.0.0.1:9/index/")  # nobody listens there
    told: list[str] = []
    bringing_crates.bring_crates(told.append)
    assert told[-1] == "compiling Rust's crates, once", told
    assert set(crates.compiled_crates(rust().version).by_name) == {"time", "anyhow", "rand"}


@pytest.mark.heavy
def test_crates_come_from_cargos_registry(places: Path, use_registry: Callable[[str], None]) -> None:
    """Where the distribution has none: `cargo vendor` brings each series, and each answer gets its own."""
    toolchain = rust()
    told: list[str] = []
    with crates_registry(whole_registry()) as address:
        use_registry(address)
        bringing_crates.bring_crates(told.append)
    assert told[-1] == "compiling Rust's crates, once", told
    here = crates.compiled_crates(toolchain.version)
    assert set(here.by_name) == set(bringing_crates.WANTED)
    assert [one.version for one in here.by_name["rand"]] == ["0.8.9", "0.3.23"]
    assert here.doubts({"rand": "0.3.12"}) == here.doubts({"rand": "0.8"}) == ""
    (old, new) = (here.flags({"rand": series})[1] for series in ("0.3.12", "0.8"))
    assert old != new
    task = read_task(places / "checkout", WITH_RAND)
    toolchains = find_toolchains(["rust"])
    with open_sandbox(workers=1, toolchains=toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language))
        manifest = WITH_RAND.replace("0.8", "0.3.12")
        solved = judge.judge_answer(task, answer({"src/lib.rs": USES_RAND, "Cargo.toml": manifest}))
    assert (solved.verdict, solved.detail) == (Verdict.PASSED, "")


@pytest.mark.heavy
def test_an_archive_that_is_not_what_the_index_says_is_refused(
    places: Path, use_registry: Callable[[str], None]
) -> None:
    """By Cargo, with the crate's name; nothing of it is kept."""
    rust()
    told: list[str] = []
    with crates_registry(whole_registry(), lie=True) as address:
        use_registry(address)
        bringing_crates.bring_crates(told.append)
    assert "cargo could not fetch them" in told[1]
    assert not list((places / "ours" / "rust").iterdir())


def test_crates_that_cannot_be_had_keep_nothing_else_from_being_brought(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why is told in one line; nothing half is left."""
    toolchain = rust()
    bin = places / "bin"
    stand_in(bin, "apt-cache", "exit 1")
    stand_in(bin, "apt-get", "exit 100")
    stand_in(bin, "cargo", "echo 'error: no network' >&2; exit 101")
    monkeypatch.setenv("PATH", f"{bin}:/usr/bin:/bin")
    with_stand_in = Toolchain(toolchain.version, {**toolchain.executables, "cargo": bin / "cargo"})
    monkeypatch.setattr(type(LANGUAGES["rust"]), "find_toolchain", lambda _self: with_stand_in)
    told: list[str] = []
    bringing_crates.bring_crates(told.append)
    assert told[1] == (
        "exercises in Rust that need time, anyhow, rand will be left out: cargo could not fetch them: error:"
        " no network; apt knows no packages of them (sudo apt update may help)"
    )
    assert not list((places / "ours" / "rust").iterdir())


def test_boosts_headers_are_named_where_they_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only for exercises that include them; a folder of ours will do."""
    gxx = shutil.which(GXX)
    if gxx is None:
        pytest.skip("g++ is not installed")
    toolchain = Toolchain("13", {GXX: Path(gxx)})
    starter = {"gigasecond.h": b"#pragma once\n#include <boost/date_time.hpp>\n"}
    monkeypatch.setattr("benchkit.judging.tasks.harnesses.cpp.has_boost", lambda _gxx: False)
    told = HARNESSES["cpp"].missing(starter, toolchain)
    assert told.startswith("Boost's headers are not there: make toolchains brings them; or sudo apt install")
    assert HARNESSES["cpp"].missing({"sum.h": b"#include <string>\n"}, toolchain) == ""
    monkeypatch.setattr(cpp, "boost_folder", lambda: tmp_path)
    cpp.boost_version.cache_clear()
    (tmp_path / "boost").mkdir()
    (tmp_path / "boost" / "version.hpp").touch()
    assert cpp.has_boost(Path(gxx))
    cpp.boost_version.cache_clear()


CALLS_CARGO = """use std::process::Command;

fn builds(name: &str) -> bool {
    let mut cargo = Command::new("cargo");
    let told = cargo.current_dir("tests/users").args(["build", "--offline", "--bin", name]).output().unwrap();
    told.status.success()
}

#[test]
fn a_right_use_compiles() {
    assert!(builds("right"));
}

#[test]
fn a_wrong_use_does_not() {
    assert!(!builds("wrong"));
}
"""
USERS = """[package]
name = "users"
version = "0.1.0"
edition = "2021"

[dependencies]
tri-ple = { path = "../.." }

[[bin]]
name = "right"
path = "right.rs"

[[bin]]
name = "wrong"
path = "wrong.rs"
"""


@pytest.mark.heavy
@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_tests_that_compile_something_find_cargo(tmp_path: Path, level: str) -> None:
    """It works in the jail: what compiles does, and what does not, does not."""
    rust()
    place = write_exercise(tmp_path, TRIPLE)
    (place / "tests" / "tri-ple.rs").write_text(CALLS_CARGO)
    (place / "tests" / "users").mkdir()
    (place / "tests" / "users" / "Cargo.toml").write_text(USERS)
    for name, argument in (("right", "1"), ("wrong", '"1"')):
        text = f"fn main() {{\n    tri_ple::triple({argument});\n}}\n"
        (place / "tests" / "users" / f"{name}.rs").write_text(text)
    task = load_catalogue(tmp_path).problems[0]
    toolchains = find_toolchains(["rust"])
    with open_sandbox(level, 1, toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language))
        attempt = judge.judge_answer(task, answer({"src/lib.rs": RUST[".meta/example.rs"]}))
    assert (attempt.verdict, attempt.detail) == (Verdict.PASSED, "")
