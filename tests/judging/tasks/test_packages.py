"""--install-deps: what tasks declare is fetched by pip and npm as they are set up, and found in the jail."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import BenchError
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.packages import install_packages
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.languages import finding
from benchkit.verdict import Verdict
from tests.support import ROOT

TASKS = ROOT / "demo" / "tasks"
PYTHON = "from stand_in_bounds import clamp_it as clamp\n\n\ndef total(values):\n    return sum(values)\n"
LIBRARY = """def clamp_it(value, low, high):
    if low > high:
        raise ValueError("low is above high")
    return max(low, min(value, high))
"""
JAVASCRIPT = """export { clamp } from "stand-in-bounds";
export function total(values) { return values.reduce((sum, each) => sum + each, 0); }
"""
MODULE = """export function clamp(value, low, high) {
  if (low > high) throw new RangeError("low is above high");
  return Math.max(low, Math.min(value, high));
}
"""


@pytest.fixture
def own_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache that all users can reach, and registries that know nothing yet."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        monkeypatch.setattr(finding, "shared_folder", lambda: folder / "cache")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", place)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        yield folder


def task_with(name: str, *packages: str) -> Task:
    return replace(load_catalogue(TASKS / name).problems[0], packages=packages)


def verdict_on(task: Task, file: str, text: str) -> Verdict:
    toolchains = find_toolchains([task.language.name])
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language))
        return judge.judge_answer(task, f"{file}\n```\n{text}```\n").verdict


@pytest.mark.heavy
def test_a_package_for_python_is_brought_by_pip(own_places: Path) -> None:
    """Before, the task cannot be judged; what is there is not fetched again."""
    about = "Metadata-Version: 2.1\nName: stand-in-bounds\nVersion: 1.2\n"
    info = "stand_in_bounds-1.2.dist-info"
    with zipfile.ZipFile(own_places / "stand_in_bounds-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("stand_in_bounds.py", LIBRARY)
        wheel.writestr(f"{info}/METADATA", about)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    task = task_with("python_easy_clamp", "stand-in-bounds==1.2")
    assert verdict_on(task, "clamp.py", PYTHON) is Verdict.INFRASTRUCTURE
    told: list[str] = []
    install_packages([task], told.append)
    install_packages([task], told.append)
    assert told == ["installing stand-in-bounds==1.2 with pip"]
    assert verdict_on(task, "clamp.py", PYTHON) is Verdict.PASSED


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """npm's protocol for one package: its document, and its tarball (docs.npmjs.com, registry)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        about = {
            "name": "stand-in-bounds", "version": "1.2.0", "type": "module", "exports": "./index.js",
            "scripts": {"postinstall": "touch ../../postinstall-was-run"},
        }  # fmt: skip
        for name, text in (("package.json", json.dumps(about)), ("index.js", MODULE)):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    tarball = packed.getvalue()
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://127.0.0.1:{server.server_port}"
            dist = {"tarball": f"{base}/bounds.tgz", "integrity": f"sha512-{digest}"}
            version = {"name": "stand-in-bounds", "version": "1.2.0", "dist": dist}
            whole = {
                "name": "stand-in-bounds",
                "dist-tags": {"latest": "1.2.0"},
                "versions": {"1.2.0": version},
            }
            known = {"/bounds.tgz": tarball, "/stand-in-bounds": json.dumps(whole).encode()}
            body = known.get(self.path, b"{}")
            self.send_response(200 if self.path in known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.heavy
@pytest.mark.usefixtures("registry")
@pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")), reason="npm is not installed")
def test_a_package_for_javascript_is_brought_by_npm(
    own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its install script is not run."""
    monkeypatch.setenv("npm_config_cache", str(own_places / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    task = task_with("javascript_easy_clamp", "stand-in-bounds@1.2.0")
    assert verdict_on(task, "clamp.mjs", JAVASCRIPT) is Verdict.INFRASTRUCTURE
    install_packages([task], lambda _: None)
    assert verdict_on(task, "clamp.mjs", JAVASCRIPT) is Verdict.PASSED
    assert not list(own_places.rglob("postinstall-was-run"))
    with pytest.raises(BenchError, match="nowhere-at-all cannot be installed: "):
        install_packages([task_with("javascript_easy_clamp", "nowhere-at-all")], lambda _: None)


@pytest.mark.heavy
@pytest.mark.usefixtures("own_places")
def test_what_cannot_be_had_is_told_in_one_line() -> None:
    with pytest.raises(BenchError, match="no-such-thing cannot be installed: ERROR: ") as error:
        install_packages([task_with("python_easy_clamp", "no-such-thing")], lambda _: None)
    assert "\n" not in str(error.value)


def test_a_language_without_packages_is_told() -> None:
    with pytest.raises(BenchError, match="go_easy_clamp declares x: packages can be brought for javascript"):
        install_packages([task_with("go_easy_clamp", "x")], lambda _: None)
