"""Answers to the exercises of `exercises.py` that solve nothing and want to pass, by language and rule."""

from __future__ import annotations

from collections.abc import Mapping

from tests.polyglot.exercises import FILES, JAVA_MAIN, JAVA_TEST, Files

EDITS, EXITS, PRINTS, TAMPERS = "edits the tests", "exits with 0", "prints what a runner prints", "tampers"
PY_WRONG = "def halve(n):\n    return 0\n"
JS_WRONG = "export const hello = () => ({{ text: 1 }});\n{}\n"
GO_WRONG = 'package double\n\nimport ("fmt"; "os")\n\nfunc Double(n int) int {{\n\t{}\n\treturn 0\n}}\n'
RUST_WRONG = "pub fn triple(_n: i32) -> i32 {{\n    {}\n    0\n}}\n"
CPP_HEADER = FILES["cpp/sum"][0][".meta/example.h"]
CPP_WRONG = (
    '#include "sum.h"\n#include <cstdio>\n#include <cstdlib>\nint sum::add(int, int) {{ {} return 7; }}\n'
)
JAVA_WRONG = "class Halve {{\n    int halve(int n) {{\n        {}\n        return 0;\n    }}\n}}\n"
GO_USES = "fmt.Print(); _ = os.Args"

HOSTILE: Mapping[tuple[str, str], Files] = {
    ("python/halve", EDITS): {"halve.py": PY_WRONG, "halve_test.py": "import unittest\n"},
    ("python/halve", EXITS): {"halve.py": "import sys\ndef halve(n):\n    sys.exit(0)\n"},
    ("python/halve", PRINTS): {
        "halve.py": "import sys\nprint('2 passed in 0.01s')\nprint('OK', file=sys.stderr)\n" + PY_WRONG
    },
    ("python/halve", TAMPERS): {
        "halve.py": "import os, unittest\nunittest.TestCase.assertEqual = lambda *_: None\n"
        "for name in os.listdir('.'):\n    if 'test' in name:\n        os.remove(name)\n" + PY_WRONG
    },
    ("javascript/hello", EDITS): {
        "hello.js": JS_WRONG.format(""),
        "hello.spec.js": "test('one', () => {});\n",
    },
    ("javascript/hello", EXITS): {
        "hello.js": "export const hello = () => process.exit(0);\n",
    },
    ("javascript/hello", PRINTS): {
        "hello.js": JS_WRONG.format(
            "console.log('Tests: 3 passed, 3 total'); console.error('PASS ./hello.spec.js');"
        )
    },
    ("javascript/hello", TAMPERS): {"hello.js": JS_WRONG.format("Array.prototype.every = () => true;")},
    ("javascript/hello", "tampers with everything"): {
        "hello.js": JS_WRONG.format(
            "Object.is = () => true; Object.keys = () => []; Array.prototype.every = () => true;"
            " Array.prototype.some = () => true; Array.prototype.filter = () => [];"
            " Array.prototype[Symbol.iterator] = function* () {}; Math.abs = () => 0;"
            " String.prototype.includes = () => true; RegExp.prototype.test = () => true;"
            " globalThis.expect = globalThis.test = () => {};"
        )
    },
    ("go/double", EDITS): {
        "double.go": GO_WRONG.format(GO_USES),
        "double_test.go": 'package double\n\nimport "testing"\n\nfunc TestDouble(t *testing.T) {}\n',
    },
    ("go/double", EXITS): {"double.go": GO_WRONG.format("fmt.Print(); os.Exit(0)")},
    ("go/double", PRINTS): {
        "double.go": GO_WRONG.format(
            'fmt.Println("--- PASS: TestDouble (0.00s)"); fmt.Println("PASS"); fmt.Fprintln(os.Stderr, "ok")'
        )
    },
    ("rust/tri-ple", EDITS): {
        "src/lib.rs": RUST_WRONG.format(""),
        "tests/tri-ple.rs": "#[test]\nfn one() {}\n#[test]\nfn two() {}\n",
    },
    ("rust/tri-ple", EXITS): {"src/lib.rs": RUST_WRONG.format("std::process::exit(0);")},
    ("rust/tri-ple", PRINTS): {
        "src/lib.rs": RUST_WRONG.format('println!("test result: ok. 2 passed; 0 failed; 0 ignored");')
    },
    ("cpp/sum", EDITS): {
        "sum.h": CPP_HEADER,
        "sum.cpp": CPP_WRONG.format(""),
        "sum_test.cpp": '#include "test/catch.hpp"\nTEST_CASE("one") {}\nTEST_CASE("two") {}\n',
    },
    ("cpp/sum", EXITS): {"sum.h": CPP_HEADER, "sum.cpp": CPP_WRONG.format("std::exit(0);")},
    ("cpp/sum", PRINTS): {
        "sum.h": CPP_HEADER,
        "sum.cpp": CPP_WRONG.format('std::puts("All tests passed (2 assertions in 2 test cases)");'),
    },
    ("java/halve", EDITS): {
        f"{JAVA_MAIN}/Halve.java": JAVA_WRONG.format(""),
        f"{JAVA_TEST}/HalveTest.java": "public class HalveTest { }\n",
    },
    ("java/halve", EXITS): {f"{JAVA_MAIN}/Halve.java": JAVA_WRONG.format("System.exit(0);")},
    ("java/halve", PRINTS): {
        f"{JAVA_MAIN}/Halve.java": JAVA_WRONG.format('System.out.println("BUILD SUCCESSFUL");')
    },
}
