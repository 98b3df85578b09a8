"""Installed as a wheel, away from the clone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support import ROOT

BUILD = "from setuptools.build_meta import build_wheel; build_wheel('wheel')"
CHECK = "import run_eval; run_eval.main()"
ASK = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--check"]


def test_a_wheel_holds_what_the_commands_need(tmp_path: Path) -> None:
    """The demo's problems and the sandbox's programs come with it: a script's check finds all it reads."""
    for name in ("benchkit", "parsers", "demo"):
        shutil.copytree(ROOT / name, tmp_path / "clone" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*ROOT.glob("*.py"), *(ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE"))):
        shutil.copy(path, tmp_path / "clone")
    subprocess.run([sys.executable, "-c", BUILD], cwd=tmp_path / "clone", capture_output=True, check=True)
    (wheel,) = (tmp_path / "clone" / "wheel").iterdir()
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    found = "from benchkit.benchmarks import BENCHMARKS; print(*BENCHMARKS['demo'].args, sep='\\n')"
    args = _python(site, found).stdout.split()
    assert str(site) in args[1]
    checked = _python(site, CHECK, *args, *ASK)
    assert checked.returncode == 0, checked.stderr


def _python(site: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-P",
        "-c",
        f"import sys; sys.path.insert(0, {str(site)!r}); {program}",
        *words,
    ]
    return subprocess.run(command, cwd=site.parent, capture_output=True, text=True)
