"""Go: modules without dependencies, compiled offline."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages.base import ContestRules, Syntax
from benchkit.languages.building import Cache, Commands, Recipe, Toolchain
from benchkit.languages.finding import (
    find_program,
    output_of,
    own_folders,
    shared_folder,
    toolchains_folder,
    version_of,
)
from benchkit.languages.patterns import PatternSyntax

GO = "go"
MISSING = MissingDependency(
    "go",
    "make toolchains brings it; or sudo apt install golang-go (Debian, Ubuntu),"
    " sudo dnf install golang (Fedora), brew install go (macOS)",
)
OFFLINE = {
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=mod -trimpath",
    "GOTELEMETRY": "off",
    "CGO_ENABLED": "0",
    "GOENV": "off",
    "GOWORK": "off",
}
BUILD = "bench_build.sh"
VET = ("vet", "-json")  # what it learns of the standard library is kept by these very words
FILLED = "filled-3"  # another name whenever more is compiled
LATER_S = 3500  # Go believes a time that is up to an hour ahead
# What tasks commonly import; anything else is compiled together with the answer.
_COMMON = (
    "bufio", "bytes", "cmp", "container/heap", "container/list", "context", "crypto/sha256",
    "encoding/base64", "encoding/binary", "encoding/csv", "encoding/hex", "encoding/json", "errors",
    "flag", "fmt", "io", "iter", "maps", "math", "math/rand", "net/http", "net/http/httptest",
    "net/url", "os", "path/filepath", "reflect", "regexp", "runtime", "slices", "sort", "strconv",
    "strings", "sync", "sync/atomic", "testing/fstest", "testing/iotest", "text/tabwriter",
    "text/template", "time", "unicode", "unicode/utf8",
)  # fmt: skip


class Go:
    """Compiled by `go`, found on PATH or in our cache folder, against a cache of the standard library."""

    name = "go"
    title = "Go"
    labels: tuple[str, ...] = ("go", "golang")
    suffix = ".go"
    comment = "//"
    stops_after_body: tuple[str, ...] = ("\nfunc ", "\ntype ", "\n```")
    stops_after_definition: tuple[str, ...] = ("\n```",)
    preloaded = False
    contests: ContestRules | None = None
    syntax: Syntax = PatternSyntax(
        definition=r"(?:func +(?:\([^)\n]*\) *)?|type +|var +|const +){name}\b",
        code_line=r"[ \t]*(?:package |import |func |type |var |const |return\b|\S.*[{}][ \t]*$)",
        ignored=r"//[^\n]*|/\*[\s\S]*?\*/|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`",
    )

    def find_toolchain(self) -> Toolchain:
        go = find_program(GO, (toolchains_folder() / "go" / "bin",), MISSING)
        root = Path(output_of(go, "env", "GOROOT"))
        version = version_of(go, "version")
        from hashlib import sha256

        # The cache holds an index of this very folder, which is wrong once another one lies in its place.
        folder = root.stat()
        place = sha256(str(root).encode()).hexdigest()[:8]
        cache = shared_folder() / "go" / f"build-{place}-{version}-{folder.st_ino}-{folder.st_mtime_ns:x}"
        return Toolchain(
            version,
            {GO: root / "bin" / GO},
            own_folders(root, cache),
            OFFLINE | {"GOROOT": str(root)},
            (Cache("GOCACHE", cache),),
        )

    def fill_caches(self, toolchain: Toolchain) -> None:
        """Compile and vet the standard library's common packages, as a test of a module would have them."""
        import shutil  # loaded here, for a script's help compiles nothing

        folder = toolchain.caches[0].folder
        done = folder / FILLED
        if not done.exists():
            for old in set(folder.parent.glob(f"{'-'.join(folder.name.split('-')[:2])}-*")) - {folder}:
                shutil.rmtree(old, ignore_errors=True)  # of a toolchain that lay in this one's place
            self._compile_common(toolchain, folder)
            done.touch()
        # Go trims a cache once a day; a recent time keeps it from trying that where the cache is read-only.
        (folder / "trim.txt").write_text(str(int(time.time()) + LATER_S))

    def _compile_common(self, toolchain: Toolchain, folder: Path) -> None:
        import subprocess
        import tempfile

        folder.mkdir(parents=True, exist_ok=True)
        imports = "".join(f'\t_ "{name}"\n' for name in _COMMON)
        main = "func TestMain(m *testing.M) { m.Run() }"
        source = f'package warm\n\nimport (\n{imports}\t"testing"\n)\n\n{main}\n'
        with tempfile.TemporaryDirectory() as place:
            Path(place, "go.mod").write_text("module warm\n\ngo 1.22\n")
            Path(place, "warm.go").write_text("package warm\n")
            Path(place, "warm_test.go").write_text(source)
            build = ("test", "-c", "-o", os.devnull)
            for command in (build, (*build, "-cover"), VET):
                subprocess.run(
                    [toolchain.executables[GO], *command],
                    cwd=place,
                    env={**os.environ, **toolchain.environment, "GOCACHE": str(folder)},
                    check=True,
                    capture_output=True,
                )

    def program(self, source: str) -> Recipe:
        toolchain = self.find_toolchain()
        build = f"{toolchain.executables[GO]} build -ldflags=-s -o main ."
        files = {
            "main.go": source.encode(),
            "go.mod": b"module main\n\ngo 1.22\n",
            BUILD: build_script(toolchain, [build]),
        }
        return Recipe(files, run=("./main",), build=("/bin/sh", BUILD), products=("main",))

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe:
        return self.program(f"{source}\n{test}\nfunc main() {{ check({entry_point}); println({token!r}) }}\n")

    def workspace(self) -> Commands:
        return Commands(build=((GO, "vet", "./..."),), test=((GO, "test", "./..."),))


def build_script(toolchain: Toolchain, commands: Sequence[str]) -> bytes:
    """A script for sh that uses the read-only cache: what is compiled stays in the private folder."""
    warm = {cache.variable: str(cache.folder) for cache in toolchain.caches}
    environment = {**toolchain.environment, **warm, "HOME": "$PWD", "TMPDIR": "$PWD/bench_tmp"}
    telemetry = "bench_config/go/telemetry"  # off, so that no process stays behind to send it
    lines = [
        "set -e",
        f"mkdir -p bench_tmp {telemetry}",
        f"echo off >{telemetry}/mode",
        'export XDG_CONFIG_HOME="$PWD/bench_config"',
        *(f'export {name}="{value}"' for name, value in environment.items()),
        *commands,
    ]
    return "\n".join([*lines, ""]).encode()
