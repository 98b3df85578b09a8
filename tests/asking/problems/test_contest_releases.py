"""LiveCodeBench's releases by name, as its own loader names them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from benchkit.asking.problems import fetching
from benchkit.asking.problems.contest_flags import ContestChoice, choose_problems
from benchkit.asking.problems.contest_releases import FILES, NAMES, known_name, releases
from benchkit.asking.problems.reading import file_sha256
from benchkit.errors import ProblemsError, UnknownName
from tests.contest_files import row, write


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("v1", ["test.jsonl"]),
        ("v6", ["test6.jsonl"]),
        ("release_v1", ["test.jsonl"]),
        ("release_v3", ["test.jsonl", "test2.jsonl", "test3.jsonl"]),
        ("v5_v6", ["test5.jsonl", "test6.jsonl"]),
    ],
)
def test_a_release_is_made_of_files(name: str, files: list[str]) -> None:
    """vN is one file, release_vN all up to it, vN_vM those from one to the other; each has its proof."""
    found = releases(name)
    assert [release.filename.removeprefix("livecodebench/") for release in found] == files
    assert all(len(release.sha256) == 64 and release.url.endswith(release.filename[14:]) for release in found)


def test_the_official_names_are_known() -> None:
    """Twenty-eight of them; files with the official hashes are recognised whatever they are called."""
    assert len(NAMES) == 6 + 6 + 1 + 15
    assert known_name([sha256 for _, sha256 in FILES[4:]]) == "v5_v6"
    assert known_name([FILES[0][1]]) == "v1"
    assert known_name(["0" * 64]) is None


def chosen(given: str) -> list[str]:
    with click.Context(click.Command("run_lcb"), info_name="run_lcb.py"):
        return [
            problem.id
            for problem in choose_problems(ContestChoice((given,), None, None, (), ()), None).problems
        ]


def test_a_file_of_that_name_wins_over_the_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies there is taken before anything is fetched."""
    monkeypatch.chdir(tmp_path)
    write(Path("v6"), row(4))
    assert chosen("v6") == ["abc4_a"]
    with pytest.raises(UnknownName, match="release_v6"):
        chosen("release_6")


def test_offline_says_which_file_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network one line names the address and the place in the cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ProblemsError, match=r"livecodebench/test6\.jsonl cannot be fetched") as told:
        chosen("v6")
    place = tmp_path / "bench_runner" / "problems" / "livecodebench" / "test6.jsonl"
    assert f"put it at {place}" in str(told.value)
    assert "https://huggingface.co/datasets/livecodebench/code_generation_lite/resolve/" in str(told.value)


def test_a_release_in_the_cache_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file put there by hand is taken when its hash is right."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = fetching.place_of(releases("v6")[0])
    place.parent.mkdir(parents=True)
    write(place, row(5))
    monkeypatch.setattr(
        "benchkit.asking.problems.contest_releases.FILES",
        (*FILES[:5], ("test6.jsonl", file_sha256(place))),
    )
    assert chosen("v6") == ["abc5_a"]
