"""Rust: compiled by rustc itself, against those crates that are here."""

from __future__ import annotations

import os
from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages.base import ContestRules, Syntax
from benchkit.languages.building import Commands, Recipe, Toolchain
from benchkit.languages.finding import as_numbers, find_program, opened, output_of, own_folders, version_of
from benchkit.languages.patterns import PatternSyntax

RUSTC, CARGO = "rustc", "cargo"
EDITION = "2021"
OLDEST = "1.74"
NEEDED = f"rustc {OLDEST} or newer"
ADVICE = (
    "sudo apt install rustc cargo (Debian 13, Ubuntu; on Debian 12 rustc-web cargo-web),"
    " sudo dnf install rust cargo (Fedora), brew install rust (macOS), or rustup"
)
MISSING = MissingDependency(NEEDED, ADVICE)


class Rust:
    """Compiled by `rustc`, found on PATH or where rustup puts it."""

    name = "rust"
    title = "Rust"
    labels: tuple[str, ...] = ("rust", "rs")
    suffix = ".rs"
    comment = "//"
    stops_after_body: tuple[str, ...] = (
        "\nfn ",
        "\npub fn ",
        "\nimpl ",
        "\nstruct ",
        "\n```",
        "\n#[cfg(test)]",
    )
    stops_after_definition: tuple[str, ...] = ("\n```", "\n#[cfg(test)]")
    preloaded = False
    contests: ContestRules | None = None
    syntax: Syntax = PatternSyntax(
        definition=(
            r"(?:pub(?:\([^)]*\))? +)?(?:async +|const +|unsafe +)*"
            r"(?:fn|struct|enum|trait|impl|type|mod) +{name}\b"
        ),
        code_line=r"[ \t]*(?:use |fn |pub |let |impl |struct |enum |mod |#\[|\S.*[;{}][ \t]*$)",
        ignored=r"//[^\n]*|/\*[\s\S]*?\*/|\"(?:[^\"\\]|\\[\s\S])*\"|'(?:[^'\\\n]|\\.[^'\n]{0,8})'",
    )

    def find_toolchain(self) -> Toolchain:
        """rustup's program on PATH only starts the compiler: it is asked where the compiler lies."""
        starter = find_program(RUSTC, (Path.home() / ".cargo" / "bin",), MISSING)
        root = Path(output_of(starter, "--print", "sysroot"))
        version = version_of(root / "bin" / RUSTC, "--version")
        if as_numbers(version) < as_numbers(OLDEST):
            raise MissingDependency(NEEDED, f"{starter} is {version}; {ADVICE}")
        folders = [opened(root / part, f"rust-{version}/{part}") for part in ("bin", "lib")]
        programs = {RUSTC: folders[0] / RUSTC}
        import shutil  # like compile_crates, loaded when it is used: a script's help needs none

        if cargo := shutil.which(CARGO, path=f"{folders[0]}{os.pathsep}{os.environ.get('PATH', '')}"):
            programs[CARGO] = Path(cargo)
        return Toolchain(version, programs, own_folders(*folders))

    def fill_caches(self, toolchain: Toolchain) -> None:
        """The standard library comes compiled; what single exercises need beyond it does not."""
        from benchkit.languages.crates import compile_crates

        if CARGO in toolchain.executables:
            compile_crates(toolchain.executables[CARGO], toolchain.executables[RUSTC], toolchain.version)

    def program(self, source: str) -> Recipe:
        build = (RUSTC, "--edition", EDITION, "-O", "-o", "main", "main.rs")
        return Recipe({"main.rs": source.encode()}, run=("./main",), build=build, products=("main",))

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe:
        main = f'fn main() {{ check({entry_point}); println!("{token}"); }}'
        return self.program(f"{source}\n{test}\n{main}\n")

    def workspace(self) -> Commands:
        return Commands(test=(("cargo", "test", "--offline"),))
