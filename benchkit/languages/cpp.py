"""C++20, compiled by g++."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages.base import ContestRules, Syntax
from benchkit.languages.building import Commands, Recipe, Toolchain
from benchkit.languages.finding import find_program, own_folders, toolchains_folder, version_of
from benchkit.languages.patterns import PatternSyntax

GXX = "g++"
FLAGS = ("-std=c++20", "-O1", "-Wall", "-pthread")
MISSING = MissingDependency(
    "g++",
    "sudo apt install g++ (Debian, Ubuntu), sudo dnf install gcc-c++ (Fedora), brew install gcc (macOS)",
)


def boost_folder() -> Path:
    """Where `make toolchains` puts Boost's headers; the system's come first."""
    return toolchains_folder() / "boost"


def has_boost(gxx: Path) -> bool:
    """Whether a program that includes Boost compiles."""
    return boost_version(gxx) != ""


@cache
def boost_version(gxx: Path) -> str:
    """Of the headers that a program includes, such as "1_74"; empty where there are none."""
    import subprocess  # loaded here: a script's help compiles nothing

    command = [str(gxx), "-E", "-P", "-x", "c++", "-idirafter", str(boost_folder()), "-"]
    program = "#include <boost/version.hpp>\nBOOST_LIB_VERSION\n"
    done = subprocess.run(command, input=program, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


class Cpp:
    """Compiled by the system's g++."""

    name = "cpp"
    title = "C++"
    labels: tuple[str, ...] = ("cpp", "c++", "cc", "cxx", "hpp", "h", "c")
    suffix = ".cpp"
    comment = "//"
    stops_after_body: tuple[str, ...] = ("\nint main", "\n}\n\n", "\n```")
    stops_after_definition: tuple[str, ...] = ("\nint main", "\n```")
    preloaded = False
    contests: ContestRules | None = None
    syntax: Syntax = PatternSyntax(
        definition=(
            r"(?:template *<[^\n]{0,500}>\s{0,40})?"
            r"(?:class +|struct +|enum +(?:class +)?|namespace +|[\w:<>,*&\[\] ]{1,300}?[ *&]){name}\b"
        ),
        code_line=r"[ \t]*(?:#include|#define|#pragma|using |namespace |template|\S.*[;{}][ \t]*$)",
        ignored=r"//[^\n]*|/\*[\s\S]*?\*/|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"",
    )

    def find_toolchain(self) -> Toolchain:
        gxx = find_program(GXX, (), MISSING)
        folders = own_folders(gxx, boost_folder())
        return Toolchain(version_of(gxx, "-dumpfullversion"), {GXX: gxx}, folders)

    def fill_caches(self, toolchain: Toolchain) -> None:
        """Nothing to fill: each program brings its own headers."""

    def program(self, source: str) -> Recipe:
        build = (GXX, *FLAGS, "-o", "main", "main.cpp")
        return Recipe({"main.cpp": source.encode()}, run=("./main",), build=build, products=("main",))

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe:
        main = f'#include <cstdio>\nint main() {{ check({entry_point}); std::puts("{token}"); }}'
        return self.program(f"{source}\n{test}\n{main}\n")

    def workspace(self) -> Commands:
        return Commands()
