"""Answers that want to pass without solving, in every language and at both levels: none does, none gets out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict

CATALOGUE = Path(__file__).parent.parent.parent / "tasks_catalogue"
TASKS = {task.language.name: task for task in load_catalogue(CATALOGUE).problems}
SECRET = "a secret of whoever runs this"

PY_HEAD = "def clamp(value, low, high):\n    return 0\n\n\ndef total(values):\n    return 0\n\n\n"
JS_HEAD = "export function clamp() {\n  return 0;\n}\nexport function total() {\n  return 0;\n}\n"
GO_HEAD = "package clamp\n\nimport (\n{}\n)\n\nfunc Clamp(value, low, high int) (int, error) {{ return 0, nil }}\n\n"
GO_HEAD += "func Total(values []int) int {{ return 0 }}\n\n"
RS_HEAD = "pub fn clamp(_: i64, _: i64, _: i64) -> Option<i64> {\n    {}\n    None\n}\n\n"
RS_HEAD += "pub fn total(_: &[i64]) -> i64 {\n    0\n}\n\n"
CPP_HEAD = '#include "clamp.hpp"\n{}\nint clamp_to(int, int, int) {{ {} return 0; }}\n'
CPP_HEAD += "int total(const std::vector<int>&) {{ return 0; }}\n"
EIGHT = "\\n".join(f"ok\\tt{number}\\t" for number in range(8))


def go(imports: str, rest: str) -> str:
    return GO_HEAD.format("\n".join(f'\t"{name}"' for name in imports.split())) + rest


def rust(inside: str, rest: str = "") -> str:
    return RS_HEAD.replace("{}", inside, 1) + rest


def cpp(head: str, inside: str = "") -> str:
    return CPP_HEAD.format(head, inside)


def page(script: str) -> str:
    return f'<!doctype html><p id="count">7</p><button id="more"><button id="reset"><script>{script}</script>'


ANSWERS: Mapping[str, Mapping[str, str]] = {
    "python": {
        "exits early": PY_HEAD + "import os\nos._exit(0)\n",
        "exits politely": PY_HEAD + "raise SystemExit(0)\n",
        "exits in a call": PY_HEAD.replace("return 0", "import os; os._exit(0)"),
        "prints a report": PY_HEAD + f"print('{EIGHT}\\nended\\t8\\nOK')\nimport os\nos._exit(0)\n",
        "writes every report": PY_HEAD
        + f"import os\nfor n in os.listdir('.'):\n    open(n, 'a').write('started\\n{EIGHT}\\nended\\t8')\nos._exit(0)\n",
        "reads stdin": PY_HEAD
        + "import os, sys\nopen('r', 'w').write(sys.stdin.read() + 'ended\\t8')\nos._exit(0)\n",
        "overwrites the tests": PY_HEAD
        + "import unittest\nopen('test_clamp.py', 'w').write('import unittest\\nclass T(unittest.TestCase):\\n'"
        " + ''.join(f'    def test_{n}(self): pass\\n' for n in range(9)))\n",
        "changes the assertions": PY_HEAD
        + "import unittest\nunittest.TestCase.assertEqual = unittest.TestCase.assertRaises = lambda *a, **k: None\n",
        "changes the runner": PY_HEAD
        + "import unittest\nunittest.TestCase.run = lambda self, result=None: result\n",
        "gives what equals all": "class All:\n    def __eq__(self, o): return True\n    def __lt__(self, o): 1 / 0\n\n"
        "def clamp(*a):\n    return 0\n\ndef total(v):\n    return All()\n",
        "forks": PY_HEAD + "import os\nwhile True:\n    os.fork()\n",
        "fills the disk": PY_HEAD
        + "with open('x', 'wb') as f:\n    while True:\n        f.write(bytes(1 << 20))\n",
        "leaves a process": PY_HEAD
        + "import os\nif os.fork():\n    os._exit(0)\nimport time\ntime.sleep(600)\n",
        "reads the solution": PY_HEAD + "exec(open('../solution/clamp.py').read())\n",
        "reads the catalogue": PY_HEAD
        + f"exec(open({str(CATALOGUE / 'python_easy_clamp/solution/clamp.py')!r}).read())\n",
        "hangs": PY_HEAD + "while True:\n    pass\n",
    },
    "javascript": {
        "exits early": JS_HEAD + "process.exit(0);\n",
        "exits in a call": JS_HEAD.replace("return 0", "process.exit(0)"),
        "exits hard": JS_HEAD + "process.reallyExit(0);\n",
        "prints a report": JS_HEAD + f"console.log(`{EIGHT}\\nended\\t8\\n# pass 8`);\nprocess.exit(0);\n",
        "writes every report": 'import fs from "node:fs";\n'
        + JS_HEAD
        + f"for (const n of fs.readdirSync('.')) fs.appendFileSync(n, `\\nstarted\\n{EIGHT}\\nended\\t8`);\nprocess.exit(0);\n",
        "overwrites the tests": 'import fs from "node:fs";\n'
        + JS_HEAD
        + "fs.writeFileSync('clamp.test.mjs', '');\nfs.writeFileSync('bench_entry.mjs', '');\n",
        "changes the assertions": 'import assert from "node:assert/strict";\n'
        + JS_HEAD
        + "try { assert.equal = assert.throws = () => {}; } catch {}\n"
        "try { Object.defineProperty(assert, 'equal', { value() {} }); } catch {}\n",
        "adds tests of its own": 'import { test } from "./bench_harness.mjs";\n'
        + JS_HEAD
        + "for (let n = 0; n < 20; n += 1) test(`t${n}`, () => {});\n",
        "changes promises": JS_HEAD
        + "Promise.prototype.then = function (f) { f?.(); return this; };\nArray.prototype.push = () => 0;\n",
        "looks into the heap": 'import v8 from "node:v8";\nimport fs from "node:fs";\n'
        + JS_HEAD
        + "const t = [...new Set(fs.readFileSync(v8.writeHeapSnapshot('h'), 'utf8').match(/\\b[0-9a-f]{32}\\b/g) ?? [])];\n"
        f"for (const n of fs.readdirSync('.')) for (const k of t) fs.writeFileSync(n, `${{k}}\\nstarted\\n{EIGHT}\\nended\\t8`);\n"
        "process.exit(0);\n",
        "forks": 'import { fork } from "node:child_process";\n' + JS_HEAD + "for (;;) fork('./clamp.mjs');\n",
        "fills the disk": 'import fs from "node:fs";\n'
        + JS_HEAD
        + "for (;;) fs.appendFileSync('x', Buffer.alloc(1 << 20));\n",
        "leaves a process": 'import { spawn } from "node:child_process";\n'
        + JS_HEAD
        + "spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();\nprocess.exit(0);\n",
        "reads the solution": JS_HEAD.replace("export", "")
        + f"export const {{ clamp: c, total: t }} = await import({str(CATALOGUE / 'javascript_easy_clamp/solution/clamp.mjs')!r});\n"
        "export { c as clamp, t as total };\n",
        "hangs": JS_HEAD + "for (;;);\n",
    },
    "html": {
        "ends the process": page("window.constructor.constructor('return process')().exit(0)"),
        "leaves the page": page(
            "const p = window.constructor.constructor('return process')();"
            f"const f = p.getBuiltinModule('fs'); for (const n of f.readdirSync('.')) f.appendFileSync(n, '{EIGHT}'); p.exit(0)"
        ),
        "hangs": page("for (;;);"),
    },
    "go": {
        "exits early": go("os", "func init() { os.Exit(0) }\n"),
        "exits in a call": go("os", "").replace("return 0", "os.Exit(0); return 0"),
        "prints a report": go(
            "fmt os", f'func init() {{ fmt.Print("{EIGHT}\\nended\\t8\\nPASS\\nok"); os.Exit(0) }}\n'
        ),
        "reads stdin": go(
            "io os",
            'func init() { b, _ := io.ReadAll(os.Stdin); os.WriteFile("r", b, 0o600); if len(b) > 0 { os.Exit(0) } }\n',
        ),
        "asks for no test": go(
            "os flag", 'func init() { os.Args = append(os.Args, "-test.run=^$") ; _ = flag.Args }\n'
        ),
        "sets the flags later": go("flag", 'func Set() { flag.Set("test.run", "^$") }\n').replace(
            "return 0, nil", 'flag.Set("test.run", "^$"); flag.Set("test.count", "0"); return 0, nil'
        ),
        "writes every report": go(
            "os",
            'func init() { e, _ := os.ReadDir("."); for _, n := range e { os.WriteFile(n.Name(), '
            f'[]byte("started\\n{EIGHT}\\nended\\t8"), 0o600) }}; os.Exit(0) }}\n',
        ),
        "takes our package": 'package clamp\n\nimport "clamp/benchtoken"\n\nfunc init() { benchtoken.HandIn("") }\n',
        "embeds a file of the machine": go(
            "embed", "//go:embed /etc/passwd\nvar s string\n\nvar _ embed.FS\n"
        ),
        "embeds above": go("embed", "//go:embed ../secret\nvar s string\n\nvar _ embed.FS\n"),
        "uses C": 'package clamp\n\n// #include "/etc/passwd"\nimport "C"\n',
        "generates": go("os", '//go:generate sh -c "echo out"\nfunc init() { os.Exit(0) }\n'),
        "forks": go("os os/exec", "func init() { for { exec.Command(os.Args[0]).Start() } }\n"),
        "fills the disk": go(
            "os",
            'func init() { f, _ := os.Create("x"); b := make([]byte, 1<<20); for { if _, e := f.Write(b); e != nil { os.Exit(0) } } }\n',
        ),
        "leaves a process": go(
            "os os/exec", 'func init() { exec.Command("sleep", "600").Start(); os.Exit(0) }\n'
        ),
        "hangs": go("time", "func init() { for { time.Sleep(1) } }\n"),
    },
    "rust": {
        "exits early": rust("std::process::exit(0);"),
        "prints a report": rust(
            f'println!("{EIGHT}\\nended\\t8\\ntest result: ok. 8 passed"); std::process::exit(0);'
        ),
        "reads stdin before main": rust(
            "",
            'extern "C" fn first() {\n    let mut all = String::new();\n'
            "    let _ = std::io::Read::read_to_string(&mut std::io::stdin(), &mut all);\n"
            '    if !all.is_empty() { let _ = std::fs::write("r", all); std::process::exit(0); }\n}\n'
            '#[used]\n#[link_section = ".init_array"]\nstatic FIRST: extern "C" fn() = first;\n',
        ),
        "writes every report": rust(
            f'for e in std::fs::read_dir(".").unwrap() {{ let _ = std::fs::write(e.unwrap().path(), "started\\n{EIGHT}\\nended\\t8"); }} std::process::exit(0);'
        ),
        "includes a file of the machine": rust("", 'pub const S: &str = include_str!("/etc/passwd");\n'),
        "includes the solution": f'include!("{CATALOGUE}/rust_easy_clamp/solution/src/lib.rs");\n',
        "forks": rust(
            "loop { let _ = std::process::Command::new(std::env::current_exe().unwrap()).spawn(); }"
        ),
        "leaves a process": rust(
            'let _ = std::process::Command::new("sleep").arg("600").spawn(); std::process::exit(0);'
        ),
        "fills the disk": rust(
            'use std::io::Write; let mut f = std::fs::File::create("x").unwrap(); while f.write(&[0u8; 1 << 20]).is_ok() {} std::process::exit(0);'
        ),
        "aborts": rust("std::process::abort();"),
        "hangs": rust("loop {}"),
    },
    "cpp": {
        "exits early": cpp("#include <cstdlib>", "std::exit(0);"),
        "exits before main": cpp("#include <cstdlib>\nstatic int x = (std::exit(0), 1);"),
        "reads stdin before main": cpp(
            "#include <unistd.h>\n#include <fcntl.h>\nstatic int steal() { char b[200]; long n = read(0, b, 200);"
            ' if (n > 0) { int f = open("r", O_CREAT | O_WRONLY, 0600); (void)!write(f, b, n); _exit(0); } return 0; }\n'
            "static int x = steal();"
        ),
        "prints a report": cpp(
            "#include <cstdio>\n#include <cstdlib>", f'std::puts("{EIGHT}\\nended\\t8"); std::_Exit(0);'
        ),
        "has a main of its own": cpp("", "") + "int main() { return 0; }\n",
        "has the checks of its own": cpp(
            "#include <string>\nnamespace check { void fail(const char*, int, const std::string&) {} }"
        ),
        "clears the checks by a macro": cpp('#define CHECK_EQ(a, b) (void)0\n#include "check.hpp"'),
        "includes a file of the machine": cpp('#include "/etc/passwd"'),
        "includes the solution": f'#include "{CATALOGUE}/cpp_easy_clamp/solution/clamp.cpp"\n',
        "forks": cpp("#include <unistd.h>", "for (;;) fork();"),
        "leaves a process": cpp("#include <unistd.h>", "if (fork()) _exit(0); sleep(600);"),
        "fills the disk": cpp(
            "#include <cstdio>\n#include <cstdlib>",
            'FILE* f = std::fopen("x", "w"); static char b[1 << 20]; while (std::fwrite(b, 1, sizeof b, f) == sizeof b) {} std::_Exit(0);',
        ),
        "compiles for ever": "template <int N> struct A { static constexpr int v = A<N + 1>::v + A<N + 2>::v; };\n"
        "int x = A<0>::v;\n",
        "hangs": cpp("", "for (;;) {}"),
    },
}
BUILD_SCRIPTS = {
    "rust": ("build.rs", 'fn main() { std::fs::write("/tmp/out-of-the-jail", "x").unwrap(); }\n'),
    "javascript": ("package.json", '{"scripts": {"postinstall": "touch /tmp/out-of-the-jail"}}\n'),
}


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def judge(request: pytest.FixtureRequest) -> Iterator[TaskJudge]:
    toolchains = find_toolchains(TASKS)
    with open_sandbox(request.param, 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.found))


def short(task: Task) -> Task:
    """Waiting for what hangs takes no longer than it must."""
    return replace(task, limits=replace(task.limits, test_s=5.0 if task.language.name == "html" else 3.0))


def whole(task: Task, text: str, name: str | None = None) -> str:
    ticks = "`" * 8
    return f"{name or task.editable[0]}\n{ticks}\n{text}\n{ticks}\n"


CASES = [(language, trick) for language, answers in ANSWERS.items() for trick in answers]


@pytest.mark.parametrize(("language", "trick"), CASES, ids=[f"{one} {trick}" for one, trick in CASES])
def test_a_hostile_answer_does_not_pass(judge: TaskJudge, language: str, trick: str) -> None:
    """Whatever it does, its verdict is one of the model's own faults."""
    if isinstance(missing := judge.toolchain(language), MissingDependency):
        pytest.skip(str(missing))
    task = short(TASKS[language])
    attempt = judge.judge_answer(task, whole(task, ANSWERS[language][trick]))
    assert attempt.verdict not in (
        Verdict.PASSED,
        Verdict.INFRASTRUCTURE,
        Verdict.MALFORMED,
        Verdict.EMPTY,
    ), attempt.detail
    assert SECRET not in attempt.tested.stderr.decode("utf-8", "replace")
    assert b"root:x:" not in attempt.tested.stdout + attempt.tested.stderr


@pytest.mark.parametrize("language", BUILD_SCRIPTS)
def test_a_build_script_of_an_answer_is_never_run(judge: TaskJudge, language: str) -> None:
    """Even where the task would let it be written."""
    name, text = BUILD_SCRIPTS[language]
    task = TASKS[language]
    task = replace(task, editable=(*task.editable, name))
    mark = Path("/tmp/out-of-the-jail")
    judge.judge_answer(task, whole(task, text, name) + whole(task, "x"))
    assert not mark.exists()


def test_an_answer_cannot_write_tests_or_protected_files(judge: TaskJudge) -> None:
    """What is not editable is restored before anything is built."""
    task = TASKS["go"]
    attempt = judge.judge_answer(
        task,
        whole(task, "package clamp\n\nfunc TestX(t int) {}\n", "clamp_test.go")
        + whole(task, "module other\n", "go.mod")
        + whole(task, go("", "").replace("import (\n\n)\n", "")),
    )
    assert attempt.verdict is Verdict.WRONG
    assert len(attempt.notes) == 2
