"""go vet over many answers: each is a package, or several, of one module."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import Outcome, Program
from benchkit.judging.scoring.composite.checkers.base import CodeToCheck, Findings
from benchkit.judging.scoring.composite.tokens import without_comments
from benchkit.languages import find_language
from benchkit.languages.go import GO, MISSING, VET, build_script

MODULE_FILE, SCRIPT, OURS = "go.mod", "bench_vet.sh", "bench"
OLDEST = "1.22"
_MODULE = re.compile(r"^module[ \t]+\"?([^\s\"]+)", re.MULTILINE)
_VERSION = re.compile(r"^go[ \t]+(\S+)", re.MULTILINE)
_CLAUSE = re.compile(r"^package\s", re.MULTILINE)
_PACKAGE = re.compile(rf"{OURS}/a(\d+)\b")
_PLACE = re.compile(r"(.+?)(:\d+)?:\d+$")
GROUP = "likely mistakes"
# Left out: what hangs on names (methods, tests), on comments (directives), and on the platform.
ANALYZERS = frozenset({
    "appends", "assign", "atomic", "bools", "composites", "copylocks", "defers", "errorsas", "httpresponse",
    "ifaceassert", "loopclosure", "lostcancel", "nilfunc", "printf", "shift", "sigchanyzer", "slog",
    "sortslice", "stringintconv", "structtag", "testinggoroutine", "timeformat", "unmarshal", "unreachable",
    "unsafeptr", "unusedresult", "waitgroup",
})  # fmt: skip


class GoVet:
    """Runs nothing of the code, and no cgo."""

    name = "go vet"
    how_to_get = f"it comes with Go: {MISSING.command}"
    probe = CodeToCheck({"probe.go": "package probe\n\nfunc Probe(x int) int {\n\tx = x\n\treturn x\n}\n"})

    def version(self) -> str | None:
        try:
            return find_language("go").find_toolchain().version
        except MissingDependency:
            return None

    def kind(self, code: CodeToCheck) -> Hashable | None:
        """The version that the module asks for, which decides what some statements mean."""
        if not any(_CLAUSE.search(text) for text in code.files.values()):
            return None
        found = _VERSION.search(_module_file(code))
        return found[1] if found else OLDEST

    def program(self, codes: Sequence[CodeToCheck]) -> Program:
        toolchain = find_language("go").find_toolchain()
        command = f"{shlex.quote(str(toolchain.executables[GO]))} {shlex.join(VET)} ./..."
        files = {
            MODULE_FILE: f"module {OURS}\n\ngo {self.kind(codes[0])}\n".encode(),
            SCRIPT: build_script(toolchain, [f"{command} 2>&1"]),
        }
        for number, code in enumerate(codes):
            module = _MODULE.search(_module_file(code))
            for name, content in code.whole().items():
                if name.endswith(".go"):
                    content = _moved(content, module[1] if module else "", number)
                if name not in (MODULE_FILE, "go.sum", "go.work"):
                    files[f"a{number}/{name}"] = content
        return Program(argv=("/bin/sh", SCRIPT), files=files)

    def findings(self, codes: Sequence[CodeToCheck], outcome: Outcome) -> list[Findings]:
        places = {
            (int(package[1]), str(row.get("posn")), analyzer)
            for path, analyzer, row in _rows(outcome.stdout.decode("utf-8", "replace"))
            if analyzer in ANALYZERS and (package := _PACKAGE.match(path))
        }  # a package and its tests are checked together and alone: the same place counts once
        found: list[Findings] = [Counter() for _ in codes]
        for number, place, _ in places:
            file = _PLACE.sub(r"\1", place)  # in a folder of any name
            if any(file.endswith(f"/a{number}/{name}") for name in codes[number].files):
                found[number][GROUP] += 1
        return found


def _module_file(code: CodeToCheck) -> str:
    return code.beside.get(MODULE_FILE, b"").decode("utf-8", "replace")


def _moved(content: bytes, module: str, number: int) -> bytes:
    """Without comments, and importing its own packages from where they lie."""
    text = without_comments("go", content.decode("utf-8", "replace"))
    if module:
        text = re.sub(rf'"{re.escape(module)}(?=["/])', f'"{OURS}/a{number}', text)
    return text.encode("utf-8", "replace")


def _rows(output: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each finding, with its package and the analyzer that made it, of the JSON objects among the lines."""
    decoder, at = json.JSONDecoder(), 0
    while (at := output.find("{", at)) >= 0:
        try:
            packages, at = decoder.raw_decode(output, at)
        except ValueError:
            at += 1
            continue
        for path, analyzers in packages.items():
            for analyzer, rows in analyzers.items():
                if isinstance(rows, list):  # else why it failed
                    yield from ((path, analyzer, row) for row in rows)
