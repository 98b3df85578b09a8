"""A solution in Go and its tests as one test program, with a TestMain of ours beside them."""

from __future__ import annotations

import re
import secrets

from benchkit.languages import Recipe
from benchkit.languages.go import GO, Go, build_script

SCRIPT = "build.sh"
_CLAUSE = re.compile(r"^package[ \t]+(\w+)[ \t]*;?[ \t]*(?://.*)?$", re.MULTILINE)
_IMPORT = re.compile(r"^import[ \t]*(?:\(([^)]*)\)|(.+))$", re.MULTILINE)
_NEEDED = ('"testing"', '"fmt"')  # by the tests
# Packages are initialized after those that they import: this one reads the token before the solution's.
_TOKEN = """\
package NAME

import "syscall"

var token = take()

func take() []byte {
	buffer := make([]byte, 64)
	length, _ := syscall.Read(0, buffer)
	return buffer[:max(0, length)]
}

func Print() {
	syscall.Write(1, append([]byte{10}, token...))
}
"""
# What flags the solution may have set, all tests run.
_MAIN = """\
package PACKAGE

import (
	benchflag "flag"
	benchos "os"
	benchtesting "testing"

	benchtoken "main/NAME"
)

func TestMain(m *benchtesting.M) {
	benchos.Args = benchos.Args[:1]
	benchflag.CommandLine.Parse(nil)
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		benchflag.Set(name, "")
	}
	code := m.Run()
	if code == 0 {
		benchtoken.Print()
	}
	benchos.Exit(code)
}
"""


def go_program(source: str, tests: str) -> Recipe:
    """The test program, which prints at its end what it reads at its start."""
    name = f"bench{secrets.token_hex(8)}"
    text = in_one_package(source)
    clause = _CLAUSE.search(text)
    main = _MAIN.replace("PACKAGE", clause[1] if clause else "main_test").replace("NAME", name)
    toolchain = Go().find_toolchain()
    go = toolchain.executables[GO]
    files = {
        "go.mod": b"module main\n\ngo 1.22\n",
        "main_test.go": f"{text}\n{tests}\n".encode(),
        "runner_test.go": main.encode(),
        f"{name}/token.go": _TOKEN.replace("NAME", name).encode(),
        SCRIPT: build_script(toolchain, [f"{go} test -c -vet=off -ldflags=-s -o main ."]),
    }
    return Recipe(files, run=("./main",), build=("/bin/sh", SCRIPT), products=("main",))


def in_one_package(source: str) -> str:
    """The source with one package clause and each import once, also where an answer brings its own."""
    clauses, imports = _CLAUSE.findall(source), _IMPORT.findall(source)
    named = [line.strip() for group, one in imports for line in (group or one).splitlines() if line.strip()]
    if len(clauses) == 1 and len(imports) == 1 and set(_NEEDED) <= set(named):
        return source
    package = next((name for name in clauses if name.endswith("_test")), "main_test")
    every = "".join(f"\t{line}\n" for line in dict.fromkeys((*_NEEDED, *named)))
    rest = _IMPORT.sub("", _CLAUSE.sub("", source))
    return f"package {package}\n\nimport (\n{every})\n{rest}"
