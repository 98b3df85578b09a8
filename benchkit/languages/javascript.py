"""JavaScript: ES modules on Node."""

from __future__ import annotations

from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages.base import RETURNED, ContestRules, Syntax
from benchkit.languages.building import Commands, Recipe, Toolchain
from benchkit.languages.finding import find_program, own_folders, toolchains_folder, version_of
from benchkit.languages.patterns import PatternSyntax

NODE = "node"
MISSING = MissingDependency(
    "node",
    "make toolchains brings it; or sudo apt install nodejs (Debian, Ubuntu),"
    " sudo dnf install nodejs (Fedora), brew install node (macOS)",
)

CALLED = "calledByCases"
# What an answer prints is no part of what it returns. Timers that it leaves are not waited for.
_CALL = """\
import fs from "node:fs";
const given = JSON.parse(fs.readFileSync(0, "utf8"));
const called = (await import("./%s")).%s;
if (typeof called !== "function") throw new TypeError("%s is not a function");
const returned = JSON.stringify(await called(...given));
fs.writeFileSync("%s", returned ?? "null");
process.exit(0);
"""


class JavaScript:
    """Runs on Node, found on PATH or in our cache folder."""

    name = "javascript"
    title = "JavaScript"
    labels: tuple[str, ...] = ("javascript", "js", "mjs", "node", "jsx", "cjs")
    suffix = ".mjs"
    comment = "//"
    stops_after_body: tuple[str, ...] = ("\nfunction ", "\nclass ", "\nconst ", "\n```", "\nconsole.log(")
    stops_after_definition: tuple[str, ...] = ("\n```", "\nconsole.log(")
    preloaded = False
    contests: ContestRules | None = None
    syntax: Syntax = PatternSyntax(
        definition=(
            r"(?:export +(?:default +)?)?(?:async +)?(?:function\*? *|class +|const +|let +|var +){name}\b"
        ),
        code_line=r"[ \t]*(?:import |export |const |let |var |return\b|function |class |\S.*[;{}][ \t]*$)",
        ignored=r"//[^\n]*|/\*[\s\S]*?\*/|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\[\s\S])*`",
    )

    def find_toolchain(self) -> Toolchain:
        node = find_program(NODE, (toolchains_folder() / "node" / "bin",), MISSING)
        real = node.resolve()
        version = version_of(real, "--version")
        return Toolchain(version, {NODE: real}, own_folders(real))

    def fill_caches(self, toolchain: Toolchain) -> None:
        """Nothing to fill: Node compiles in memory."""

    def program(self, source: str) -> Recipe:
        return Recipe({"main.mjs": source.encode()}, run=(NODE, "main.mjs"))

    def calling_program(self, source: str, entry_point: str) -> Recipe | None:
        answer = with_export(source, entry_point).encode()
        files = {"answer.mjs": answer, "main.mjs": call_of("answer.mjs", entry_point)}
        return Recipe(files, run=(NODE, "main.mjs"))

    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe:
        return self.program(f"{source}\n{test}\ncheck({entry_point});\nconsole.log({token!r});\n")

    def workspace(self) -> Commands:
        return Commands(test=((NODE, "--test"),))


def with_export(source: str, entry_point: str) -> str:
    """Exported under a name of ours, so that an answer may export the function or not."""
    return f"{source}\nexport {{ {entry_point} as {CALLED} }};\n"


def call_of(module: str, entry_point: str) -> bytes:
    """The program that calls what the module exports."""
    return (_CALL % (module, CALLED, entry_point, RETURNED)).encode()


def packages_folder() -> Path:
    """Where `make toolchains` puts the packages that tasks may name: jsdom, react, react-dom."""
    return toolchains_folder() / "node_modules"
