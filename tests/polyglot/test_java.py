"""Java exercises of our own, judged by plain javac and JUnit at both levels of the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.feedback import feedback_of
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.languages import LANGUAGES, java
from benchkit.verdict import Verdict
from tests.polyglot.exercises import EXAMPLES, FILES, JAVA_MAIN, answer, write_exercise
from tests.polyglot.hostile_java import HOSTILE
from tests.support import ROOT

JAVA = [name for name in FILES if name.startswith("java/")]
HALVE = f"{JAVA_MAIN}/Halve.java"


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    checkout = tmp_path_factory.mktemp("checkout")
    for name in JAVA:
        write_exercise(checkout, name)
    return {task.id: task for task in load_catalogue(checkout).problems}


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def judge(request: pytest.FixtureRequest) -> Iterator[TaskJudge]:
    toolchains = find_toolchains(["java"])
    if isinstance(missing := toolchains.by_language["java"], MissingDependency):
        pytest.skip(str(missing))
    with open_sandbox(request.param, 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language))


@pytest.mark.heavy
@pytest.mark.parametrize("name", JAVA)
def test_an_answer_passes_by_its_tests_reports(judge: TaskJudge, tasks: dict[str, Task], name: str) -> None:
    """The example in its own files, or joined to those that an answer has; each test was told."""
    task = tasks[name]
    attempt = judge.judge_answer(task, answer(EXAMPLES[name]))
    assert (attempt.verdict, attempt.detail) == (Verdict.PASSED, "")
    assert len(attempt.tested.proof.checks) == task.checks == 2
    assert judge.judge_files(task, {**task.workspace, **task.reference}).verdict is Verdict.PASSED


@pytest.mark.heavy
@pytest.mark.parametrize("trick", HOSTILE)
def test_a_hostile_answer_does_not_pass(judge: TaskJudge, tasks: dict[str, Task], trick: str) -> None:
    """Whatever it does, its verdict is one of the model's own faults."""
    task = tasks["java/halve"]
    task = replace(task, limits=replace(task.limits, test_s=5.0))
    attempt = judge.judge_answer(task, answer({HALVE: HOSTILE[trick]}))
    faults = {
        *(Verdict.WRONG, Verdict.ERROR, Verdict.TIMEOUT, Verdict.MEMORY, Verdict.OUTPUT_LIMIT),
    }
    assert attempt.verdict in faults, (attempt.verdict, attempt.detail)


@pytest.mark.heavy
def test_a_failed_test_is_told_with_its_values_and_lines(judge: TaskJudge, tasks: dict[str, Task]) -> None:
    """And neither with paths of this machine nor with frames of the runner."""
    wrong = "class Halve {\n    int halve(int n) {\n        return n;\n    }\n}\n"
    told = feedback_of(judge.judge_answer(tasks["java/halve"], answer({HALVE: wrong})).tested, 100)
    assert "FAILED even()" in told
    assert "4" in told
    assert "8" in told
    assert "HalveTest.java:" in told
    assert "/tmp/" not in told
    assert "org.junit" not in told


def test_what_is_disabled_runs_and_what_gradle_needs_is_left_out(tasks: dict[str, Task]) -> None:
    """With or without words; an example of two sources becomes one."""
    assert {task.checks for task in tasks.values()} == {2}
    assert not [name for task in tasks.values() for name in task.tests if "gradle" in name]
    assert all(b"@Disabled" not in content for task in tasks.values() for content in task.tests.values())
    assert tasks["java/game"].editable == (f"{JAVA_MAIN}/Game.java",)
    joined = tasks["java/game"].reference[f"{JAVA_MAIN}/Game.java"].decode()
    assert joined.count("import java.util.List;") == 1
    assert "\nclass Points {" in joined
    assert "enum Winner" not in joined


def test_a_first_release_has_a_version_of_one_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As "javac 21" says."""
    (tmp_path / "javac").write_text("#!/bin/sh\necho javac 21\n")
    (tmp_path / "javac").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(java, "find_jars", dict)
    assert LANGUAGES["java"].find_toolchain().version == "21"


@pytest.fixture
def no_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with a JDK and without a jar."""
    monkeypatch.setattr(java, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(java, "shared_folder", lambda: tmp_path / "ours")
    monkeypatch.setenv("HOME", str(tmp_path))
    java.find_jars.cache_clear()
    yield tmp_path
    java.find_jars.cache_clear()


@pytest.mark.usefixtures("no_jars")
def test_a_jar_that_is_missing_is_named_with_what_brings_it() -> None:
    """The packages of Debian, and the folder where anybody may put it."""
    with pytest.raises(MissingDependency, match=r"junit-jupiter-api\.jar.*apt install.*junit5.*ours/jars"):
        java.find_jars()


def test_jars_are_found_where_others_keep_them(no_jars: Path) -> None:
    """Ours before the system's, then Maven's and Gradle's; the newest of several."""
    places = [
        *(no_jars / "system" / f"{name}-5.9.2.jar" for name in java.NEEDED),
        no_jars / "system" / "junit-jupiter-api-5.10.0.jar",
        no_jars / "system" / "junit-jupiter-api-migration-6.0.jar",
        no_jars / "ours" / "jars" / "assertj-core-3.25.1.jar",
        no_jars / ".m2" / "repository" / "org" / "json" / "json" / "20240303" / "json-20240303.jar",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    found = {name: path.name for name, path in java.find_jars().items()}
    assert found["junit-jupiter-api"] == "junit-jupiter-api-5.10.0.jar"
    assert found["assertj-core"] == "assertj-core-3.25.1.jar"
    assert found["json"] == "json-20240303.jar"
    assert java.missing_library("import org.json.JSONObject;\n") == ""
    assert "rxjava.jar 2 or newer is not there" in java.missing_library("import io.reactivex.Observable;\n")
    assert java.missing_library("// import io.reactivex.Observable;\n") == ""


def test_an_old_jdk_is_named_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one failed exercise after the other."""
    (tmp_path / "javac").write_text("#!/bin/sh\necho javac 11.0.21\n")
    (tmp_path / "javac").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(MissingDependency, match=r"javac 17 or newer.*javac is 11\.0\.21; sudo apt install"):
        LANGUAGES["java"].find_toolchain()


@pytest.mark.heavy
def test_two_processes_that_begin_at_once_both_have_java() -> None:
    """Each finds nothing prepared; one compiles what tests share, the other waits for it."""
    if isinstance(find_toolchains(["java"]).by_language["java"], MissingDependency):
        pytest.skip("Java is not here")
    script = (
        "from benchkit.judging.tasks.toolchains import find_toolchains\n"
        "print(find_toolchains(['java']).missing())\n"
    )
    with tempfile.TemporaryDirectory() as cache:
        Path(cache).chmod(0o755)  # as root, a closed one would not be used
        both = [
            subprocess.Popen(
                [sys.executable, "-c", script],
                cwd=ROOT,
                env={**os.environ, "XDG_CACHE_HOME": cache},
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        assert [process.communicate()[0] for process in both] == ["[]\n", "[]\n"]
