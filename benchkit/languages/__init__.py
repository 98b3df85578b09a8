"""Programming languages: how code in them is asked for, found in an answer, built and run.

base.py      Language, the Syntax that it offers, and the ContestRules that it may offer
building.py  plain data: Toolchain, Cache, Recipe, Commands
patterns.py  a Syntax made of patterns, for languages that are not parsed
finding.py   where programs lie and which version they have
crates.py    Rust's crates that exercises name
bringing.py  brings Go, Node and the packages of tasks into our cache folder; locks/ pins them;
             bringing_crates.py crates
python/      Python; javascript.py, typescript.py, html.py, go.py, rust.py, cpp.py, java.py: the others

To add a language: one file here with a class that has the attributes and methods of `Language`, and one line
in LANGUAGES.
"""

from __future__ import annotations

from benchkit.errors import UnknownName
from benchkit.languages.base import RETURNED, ContestRules, Language, Syntax
from benchkit.languages.building import Cache, Command, Commands, Recipe, Toolchain
from benchkit.languages.cpp import Cpp
from benchkit.languages.go import Go
from benchkit.languages.html import Html
from benchkit.languages.java import Java
from benchkit.languages.javascript import JavaScript
from benchkit.languages.python import Python
from benchkit.languages.rust import Rust
from benchkit.languages.typescript import TypeScript

__all__ = [
    "LANGUAGES",
    "PYTHON",
    "RETURNED",
    "Cache",
    "Command",
    "Commands",
    "ContestRules",
    "Language",
    "Recipe",
    "Syntax",
    "Toolchain",
    "find_language",
]

LANGUAGES: dict[str, Language] = {
    "python": Python(),
    "javascript": JavaScript(),
    "typescript": TypeScript(),
    "html": Html(),
    "go": Go(),
    "rust": Rust(),
    "cpp": Cpp(),
    "java": Java(),
}
PYTHON = LANGUAGES["python"]


def find_language(name: str) -> Language:
    """The language of this name, or the one whose fences carry it as their label."""
    wanted = name.lower()
    for language in LANGUAGES.values():
        if wanted == language.name or wanted in language.labels:
            return language
    raise UnknownName("language", name, LANGUAGES)
