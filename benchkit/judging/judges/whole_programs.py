"""How a solution and the tests after it become one program that proves to have come to the tests' end.

The proof is a token that the program gets on stdin, before a line of the solution runs, and prints when the
tests have returned. The source does not hold it, so that no solution can read it there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from benchkit.judging.judges.go_programs import go_program
from benchkit.languages import Language, Recipe
from benchkit.languages.cpp import GXX
from benchkit.languages.javascript import NODE

RUNNER = "runner.cjs"
# The program is the main module, as where Node is given its name; it has no name for what stands here.
_RUN_JS = """\
"use strict";
{
  const fs = require("node:fs");
  const write = fs.writeSync;
  const token = fs.readFileSync(0);
  require("node:module")._load(require("node:path").resolve("main.cjs"), null, true);
  write(1, "\\n");
  write(1, token);
}
"""
_CPP_STANDARD = "-std=c++17"
_RUN_CPP = """\
extern "C" long read(int, void*, unsigned long);
extern "C" long write(int, const void*, unsigned long);
void TESTS();
static char token[64];
static long length;
static void take(int, char**, char**) { length = read(0, token, sizeof token); }
__attribute__((section(".preinit_array"), used)) static void (*before_all)(int, char**, char**) = take;
int main() {
  TESTS();
  if (write(1, "\\n", 1) == 1 && length > 0 && write(1, token, length) == length) return 0;
  return 3;
}
"""
# In the solution's own crate, by names that no solution can guess.
_RUN_RUST = """\
mod RUNNER {
    extern "C" {
        fn read(file: i32, buffer: *mut u8, count: usize) -> isize;
        fn write(file: i32, buffer: *const u8, count: usize) -> isize;
    }
    static mut TOKEN: [u8; 64] = [0; 64];
    static mut LENGTH: isize = 0;
    extern "C" fn take() {
        unsafe { LENGTH = read(0, ::std::ptr::addr_of_mut!(TOKEN) as *mut u8, 64) }
    }
    #[used]
    #[link_section = ".preinit_array"]
    static BEFORE_ALL: extern "C" fn() = take;
    pub fn print() {
        unsafe {
            write(1, b"\\n".as_ptr(), 1);
            write(1, ::std::ptr::addr_of!(TOKEN) as *const u8, LENGTH.max(0) as usize);
        }
    }
}
fn main() {
    RUNNER_tests();
    RUNNER::print();
}
"""


@dataclass(frozen=True)
class Parts:
    """A solution and its tests."""

    language: Language
    source: str
    tests: str


def proving_program(parts: Parts) -> Recipe:
    """The program of these parts, which prints at its end what it reads at its start."""
    return _PROGRAMS[parts.language.name](parts)


def _javascript(parts: Parts) -> Recipe:
    files = {"main.cjs": _whole(parts), RUNNER: _RUN_JS.encode()}
    return Recipe(files, run=(NODE, RUNNER))


def _typescript(parts: Parts) -> Recipe:
    recipe = parts.language.program(_whole(parts).decode())
    return replace(
        recipe,
        files={**recipe.files, RUNNER: _RUN_JS.encode()},
        run=(NODE, RUNNER),
        products=("main.cjs", RUNNER),
    )


def _cpp(parts: Parts) -> Recipe:
    """The tests' main is a function without a result, where the end of one needs no `return`."""
    name = f"tests_{secrets.token_hex(8)}"
    tests = _beside(parts).replace("int main() {", f"void {name}() {{", 1)
    files = {
        "main.cpp": _whole(replace(parts, tests=tests)),
        "runner.cpp": _RUN_CPP.replace("TESTS", name).encode(),
    }
    build = (GXX, _CPP_STANDARD, "-o", "main", "main.cpp", "runner.cpp")
    return Recipe(files, run=("./main",), build=build, products=("main",))


def _rust(parts: Parts) -> Recipe:
    name = f"bench_{secrets.token_hex(8)}"
    tests = _beside(parts).replace("fn main() {", f"fn {name}_tests() {{", 1)
    runner = _RUN_RUST.replace("RUNNER", name)
    return parts.language.program(_whole(replace(parts, tests=f"{tests}\n{runner}")).decode())


def _go(parts: Parts) -> Recipe:
    return go_program(parts.source, parts.tests)


def _whole(parts: Parts) -> bytes:
    return f"{parts.source}\n{parts.tests}\n".encode()


def _beside(parts: Parts) -> str:
    """The tests without the bracket that ends the solution's function, where the solution ends it itself."""
    if parts.language.syntax.defines(parts.source, None):
        return parts.tests.lstrip().removeprefix("}")
    return parts.tests


_PROGRAMS: Mapping[str, Callable[[Parts], Recipe]] = {
    "javascript": _javascript,
    "typescript": _typescript,
    "cpp": _cpp,
    "rust": _rust,
    "go": _go,
}
