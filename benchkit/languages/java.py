"""Java: compiled by javac, tested by JUnit 5 and AssertJ from jars of this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages.base import ContestRules, Syntax
from benchkit.languages.building import Commands, Recipe, Toolchain
from benchkit.languages.finding import (
    as_numbers,
    find_program,
    is_open_to_all,
    output_of,
    own_folders,
    shared_folder,
)
from benchkit.languages.patterns import PatternSyntax

JAVA, JAVAC = "java", "javac"
ADVICE = (
    "sudo apt install default-jdk-headless junit5 libassertj-core-java (Debian, Ubuntu),"
    " sudo dnf install java-devel junit5 assertj-core (Fedora)"
)
OLDEST = "17"
NEEDED_JDK = f"javac {OLDEST} or newer"
MISSING = MissingDependency(NEEDED_JDK, ADVICE)
# Artifact -> group; without these no test runs.
NEEDED = {
    **dict.fromkeys(
        ("junit-jupiter-api", "junit-jupiter-engine", "junit-jupiter-params"), "org.junit.jupiter"
    ),
    **dict.fromkeys(
        ("junit-platform-commons", "junit-platform-engine", "junit-platform-launcher"), "org.junit.platform"
    ),
    "opentest4j": "org.opentest4j",
    "apiguardian-api": "org.apiguardian",
    "assertj-core": "org.assertj",
}
# What some versions of these need, and what single exercises import.
FURTHER = {
    "byte-buddy": "net.bytebuddy",
    "reactive-streams": "org.reactivestreams",
    "json": "org.json",
    "rxjava": "io.reactivex.rxjava2",
}
# What a source says -> the artifact that it needs, of this version or newer.
USES = {
    r"^import org\.json\.": ("json", "0"),
    r"^import io\.reactivex\.": ("rxjava", "2"),
    r"\.hasDimensions\(": ("assertj-core", "3.17"),
}
HOW_TO_BRING = {"json": "sudo apt install libandroid-json-org-java (Debian, Ubuntu)"}
OTHER_NAMES = {"json": "json-latest"}  # Debian's json.jar is Android's, which differs
SYSTEM = Path("/usr/share/java")
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_IMPORT = re.compile(r"^[ \t]*import [^;\n]+;\n?", re.MULTILINE)


class Java:
    """Compiled by `javac`, found on PATH or in JAVA_HOME, with the jars of `find_jars`."""

    name = "java"
    title = "Java"
    labels: tuple[str, ...] = ("java",)
    suffix = ".java"
    comment = "//"
    stops_after_body: tuple[str, ...] = ("\n    public ", "\n    private ", "\n}\n", "\n```")
    stops_after_definition: tuple[str, ...] = ("\n```",)
    preloaded = False
    contests: ContestRules | None = None
    syntax: Syntax = PatternSyntax(
        definition=(
            r"[ \t]{0,40}(?:@\w+\s{1,40}){0,8}"
            r"(?:(?:public|protected|private|static|final|abstract|sealed|default) +)*"
            r"(?:class +|interface +|enum +|record +|(?:<[^\n>]*> +)?[\w.<>,?\[\]]+ +){name}\b"
        ),
        code_line=r"[ \t]*(?:import |package |public |private |protected |return\b|@\w+|\S.*[;{}][ \t]*$)",
        ignored=r"//[^\n]*|/\*[\s\S]*?\*/|'(?:[^'\\\n]|\\.)*'|\"\"\"[\s\S]*?\"\"\"|\"(?:[^\"\\\n]|\\.)*\"",
    )

    def find_toolchain(self) -> Toolchain:
        home = os.environ.get("JAVA_HOME")
        javac = find_program(JAVAC, (Path(home, "bin"),) if home else (), MISSING).resolve()
        java = javac.with_name(JAVA)
        match = re.search(r"\d+(?:\.\d+)*", output_of(javac, "-version"))  # a first release is plainly "21"
        version = match[0] if match else "0"
        if as_numbers(version) < as_numbers(OLDEST):
            raise MissingDependency(NEEDED_JDK, f"{javac} is {version}; {ADVICE}")
        root = javac.parent.parent
        folders = own_folders(root, *_settings(root), *find_jars().values())
        return Toolchain(version, {JAVA: java, JAVAC: javac}, folders)

    def fill_caches(self, toolchain: Toolchain) -> None:
        """Nothing to fill: what tests share is compiled by their harness."""

    def program(self, source: str) -> Recipe:
        """The launcher compiles one file in memory, whatever its first class is called."""
        return Recipe({"Main.java": source.encode()}, run=(JAVA, *QUICK, "Main.java"))

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe:
        """Both are static methods: `check` takes any functional interface."""
        imports = "".join(match[0] for text in (source, test) for match in _IMPORT.finditer(text))
        body = _IMPORT.sub("", f"{source}\n{test}\n")
        main = f'check(Main::{entry_point}); System.out.println("{token}");'
        head = "public static void main(String[] words)"
        return self.program(f"{imports}class Main {{\n{body}\n{head} {{ {main} }}\n}}\n")

    def workspace(self) -> Commands:
        return Commands()


def jars_folder() -> Path:
    """Where anybody may put jars that this machine's packages lack."""
    return shared_folder() / "jars"


@cache
def find_jars() -> Mapping[str, Path]:
    """By artifact, those that are there; MissingDependency where no test can run."""
    jars = {name: _find_jar(name, group) for name, group in {**NEEDED, **FURTHER}.items()}
    if missing := [name for name in NEEDED if jars[name] is None]:
        raise MissingDependency(f"{missing[0]}.jar", f"{ADVICE}, or put it into {jars_folder()}")
    return {name: path for name, path in jars.items() if path is not None}


def missing_library(source: str) -> str:
    """What the source needs of the jars and is not here, and what brings it; empty where all is."""
    for pattern, (artifact, least) in USES.items():
        if re.search(pattern, source, re.MULTILINE) and not _is_there(artifact, least):
            how = HOW_TO_BRING.get(artifact, "no package of Debian has it")
            wanted = f"{artifact}.jar" if least == "0" else f"{artifact}.jar {least} or newer"
            return f"{wanted} is not there: {how}, or put it into {jars_folder()}"
    return ""


def _is_there(artifact: str, least: str) -> bool:
    jar = find_jars().get(artifact)
    version = as_numbers(jar.name) if jar else ()
    return jar is not None and (not version or version >= as_numbers(least))


def _find_jar(artifact: str, group: str) -> Path | None:
    """The newest, of the first place that has one."""
    for place, pattern in _places(artifact, group):
        jars = [path for path in place.glob(pattern) if _is_of(artifact, path)]
        if jars:
            return _within_reach(max(jars, key=lambda path: (as_numbers(path.name), path.name)))
    return None


def _places(artifact: str, group: str) -> Iterator[tuple[Path, str]]:
    """Ours, the system's packages, and what Maven and Gradle have fetched for somebody."""
    yield jars_folder(), f"{artifact}*.jar"
    for name in filter(None, (OTHER_NAMES.get(artifact), artifact)):
        yield SYSTEM, f"{name}*.jar"
        yield SYSTEM, f"*/{name}*.jar"
    yield Path.home() / ".m2" / "repository" / group.replace(".", "/") / artifact, f"*/{artifact}*.jar"
    yield Path.home() / ".gradle/caches/modules-2/files-2.1" / group / artifact, f"*/*/{artifact}*.jar"


def _is_of(artifact: str, path: Path) -> bool:
    names = "|".join(map(re.escape, filter(None, (artifact, OTHER_NAMES.get(artifact)))))
    return re.fullmatch(rf"(?:{names})(?:-\d[\d.]*)?\.jar", path.name) is not None


def _within_reach(path: Path) -> Path:
    """The jar, or a copy of it where root's home hides it from who runs tests."""
    if os.getuid() != 0 or is_open_to_all(path.parent):
        return path
    copy = shared_folder() / "java" / path.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return copy


def _settings(root: Path) -> Iterator[Path]:
    """The folders in which packages keep what a JDK reads at its start, such as jvm.cfg."""
    for link in (root / "conf", root / "lib" / "security", root / "lib" / "jvm.cfg"):
        for path in (link, *(link.iterdir() if link.is_dir() else ())):
            target = path.resolve()
            if not target.is_relative_to(root):
                yield target if target.is_dir() else target.parent
