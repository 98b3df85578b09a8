"""Runs the tests of a page in a real browser in the jail, with a screenshot and axe's report.

The result does not change the verdict: in a page, the answer's own scripts run beside those that test it.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.asking.tasks.base import Files, Task
from benchkit.errors import MissingDependency
from benchkit.files import cache_folder
from benchkit.judging.tasks.harnesses.base import TrialProgram, support
from benchkit.judging.tasks.programs import Programs
from benchkit.judging.tasks.proof import Check
from benchkit.languages.javascript import packages_folder
from benchkit.languages.python.language import INTERPRETER
from benchkit.verdict import Verdict

OF_PAGES = "html"  # the language whose tasks a browser can show
PLACES = ("/usr/lib/chromium/chromium-headless-shell",)
NAMES = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
MISSING = MissingDependency(
    "a browser for --browser",
    "sudo apt install chromium-headless-shell (Debian); Chromium itself needs sockets, which are refused",
)
FOLDER, PAGE = "bench_browser", "bench_browser.html"
DRIVER, REPORT, PICTURE = "bench_driver.py", "bench_report.json", "bench_picture.png"
FLAGS = (
    *("--no-sandbox", "--single-process", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--allow-file-access-from-files", "--window-size=1024,768", "--remote-debugging-pipe"),
)
WALL_S = 30.0
ADDRESSES_GIB = 160  # address space that V8 and Blink reserve
STACK_KIB = 2048  # per thread: stacks count against the memory limit
PROVIDED = {
    "node:test": "test",
    "node:assert": "assert",
    "node:assert/strict": "assert",
    "jsdom": "jsdom",
    "node:fs": "fs",
}
COMMON_JS = {
    "react": "react/cjs/react.development.js",
    "react-dom": "react-dom/cjs/react-dom.development.js",
    "react-dom/client": "react-dom/cjs/react-dom-client.development.js",
    "scheduler": "scheduler/cjs/scheduler.development.js",
}
# A page's window cannot be replaced by that of the DOM library, and need not be.
GLOBALS = re.compile(rb"globalThis\.(?=(?:window|document|navigator) =)")
EXPORTED = re.compile(r"^\s*exports\.(\w+) =", re.MULTILINE)


@dataclass(frozen=True)
class BrowserResult:
    """The result of an answer in a browser."""

    verdict: Verdict
    detail: str = ""
    checks: tuple[Check, ...] = ()
    axe: Mapping[str, Any] | None = None
    picture: bytes = b""

    def as_record(self) -> dict[str, Any]:
        reported = self.axe.get("violations") if self.axe else None
        violations = reported if isinstance(reported, list) else None
        return {
            "verdict": str(self.verdict),
            "detail": self.detail,
            "checks": len(self.checks),
            "checks_passed": sum(check.status == "ok" for check in self.checks),
            "axe_violations": len(violations) if violations is not None else None,
        }


def find_browser() -> Path:
    """The browser's executable; MissingDependency where none can run in the jail."""
    places = [Path(place) for place in PLACES if Path(place).exists()]
    places += [Path(place).resolve() for name in NAMES if (place := shutil.which(name))]
    if not places:
        raise MISSING
    return places[0]


def see_in_browser(programs: Programs, browser: Path, task: Task, files: Files) -> BrowserResult:
    """Run the task's tests on the workspace's files, in one page."""
    tests = {name: GLOBALS.sub(b"benchGlobal.", text) for name, text in task.tests.items()}
    whole = {**files, **tests, **_own_files(task)}
    run = TrialProgram(whole, argv=("/bin/sh", "-c", _script(browser)))
    outcome = programs.run(
        task, run, {}, b"", keep=(REPORT, PICTURE), wall_s=WALL_S, addresses_gib=ADDRESSES_GIB
    )
    report = _report(outcome.files.get(REPORT, b""))
    if report is None:
        why = outcome.detail or "the page did not tell how its tests went"
        verdict = Verdict.ERROR if outcome.verdict is Verdict.PASSED else outcome.verdict
        return BrowserResult(verdict, why[:400])
    checks = tuple(_checks(report))
    failed = [check for check in checks if check.status != "ok"]
    sound = not failed and len(checks) >= task.checks
    first = f", such as {failed[0].name}: {failed[0].message}" if failed else ""
    detail = "" if sound else f"{len(failed)} of {len(checks)} checks failed{first}"
    axe = report.get("axe")
    return BrowserResult(
        Verdict.PASSED if sound else Verdict.WRONG,
        detail[:400],
        checks,
        axe if isinstance(axe, dict) else None,
        outcome.files.get(PICTURE, b""),
    )


def _checks(report: Mapping[str, Any]) -> Iterator[Check]:
    """Those with the right form: the answer's scripts can change the report, as they share its page."""
    rows = report.get("checks")
    for each in rows if isinstance(rows, list) else ():
        if isinstance(each, list) and len(each) == 3 and all(isinstance(part, str) for part in each):
            yield Check(*each)


def _script(browser: Path) -> str:
    """Limits the stack size, since a browser has many threads and their stacks count as memory."""
    driver = shlex.join([INTERPRETER, DRIVER, PAGE, REPORT, PICTURE, str(browser), *FLAGS])
    return f"ulimit -s {STACK_KIB}; export HOME=$PWD; exec {driver} --user-data-dir=$PWD/bench_profile"


def _report(text: bytes) -> dict[str, Any] | None:
    """None where it cannot be read: the answer's scripts can change it."""
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return report if isinstance(report, dict) else None


def _own_files(task: Task) -> dict[str, bytes]:
    """Replacements for Node's modules, the packages that the task declares, and the page that loads them."""
    modules = {name: f"./{FOLDER}/{stem}.mjs" for name, stem in PROVIDED.items()}
    files = {f"{FOLDER}/{stem}.mjs": support(f"browser/{stem}.mjs") for stem in PROVIDED.values()}
    tests = json.dumps([f"./{name}" for name in task.tests if re.search(r"\.test\.[cm]?js$", name)])
    files[f"{FOLDER}/run.mjs"] = f"const TESTS = {tests};\n".encode() + support("browser/run.mjs")
    files[f"{FOLDER}/axe.js"] = _axe()
    files[DRIVER] = support("browser/driver.py.txt")
    for name in (each for each in COMMON_JS if each.partition("/")[0] in task.packages):
        modules[name] = f"./{FOLDER}/{name.replace('/', '_')}.mjs"
        files[modules[name][2:]] = _as_module(name)
    loader = _loader() if task.packages else ""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tests</title>'
        "<script>globalThis.benchGlobal = {}; globalThis.setImmediate = (fn) => setTimeout(fn);"
        f"{loader}</script>"
        f'<script type="importmap">{json.dumps({"imports": modules})}</script></head>'
        f'<body><script type="module" src="./{FOLDER}/run.mjs"></script></body></html>'
    )
    return {**files, PAGE: page.encode()}


def _axe() -> bytes:
    """axe-core, installed with the packages of tasks or by `make browser`; empty where it is not."""
    places = [packages_folder() / "axe-core" / "axe.min.js", *cache_folder().glob("axe-core-*/axe.min.js")]
    return next((path.read_bytes() for path in places if path.exists()), b"")


def _loader() -> str:
    """The script that loads CommonJS packages from the packages folder."""
    places = {name: (packages_folder() / file).as_uri() for name, file in COMMON_JS.items()}
    return (
        f"const PLACES = {json.dumps(places)}, LOADED = {{}};"
        "globalThis.process ??= { env: { NODE_ENV: 'development' } };"
        "globalThis.benchRequire = (name) => { if (LOADED[name]) return LOADED[name].exports;"
        "const request = new XMLHttpRequest(); request.open('GET', PLACES[name], false); request.send();"
        "const module = LOADED[name] = { exports: {} };"
        "const run = new Function('module', 'exports', 'require', request.responseText);"
        "run(module, module.exports, benchRequire);"
        "return module.exports; };"
    )


def _as_module(name: str) -> bytes:
    text = (packages_folder() / COMMON_JS[name]).read_text()
    names = ", ".join(dict.fromkeys(EXPORTED.findall(text)))
    lines = (
        f"const all = benchRequire({json.dumps(name)});",
        "export default all;",
        f"export const {{ {names} }} = all;",
    )
    return "\n".join(lines).encode()


def browser_files(seen: BrowserResult | None) -> Iterator[tuple[str, bytes]]:
    """The files that an attempt keeps of it."""
    if seen is None:
        return
    if seen.picture:
        yield "screenshot.png", seen.picture
    if seen.axe is not None:
        with suppress(RecursionError):  # a page can nest it as deeply as it can just be read
            yield "axe.json", (json.dumps(seen.axe, indent=1) + "\n").encode()
