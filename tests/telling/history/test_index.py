"""The index of a history file: the same answers as the file gives, without reading the whole of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import pytest
from click.testing import CliRunner

from benchkit.commands import find_command
from benchkit.errors import HistoryError
from benchkit.files import cache_folder, locked
from benchkit.records import Run, Status
from benchkit.telling.history import open_store, to_record
from benchkit.telling.history.finding import ORDERS, Filter, Page, SortOrder, find_among
from benchkit.telling.history.index import building
from benchkit.telling.history.index.history import IndexedHistory, open_indexed
from benchkit.telling.history.index.reader import current_index
from benchkit.telling.history.json_file import document, file
from tests.telling.history.runs import a_run


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A history of some runs, each a little different."""
    path = tmp_path / "h.json"
    write(path, various_runs(40))
    return path


def write(path: Path, runs: list[Run]) -> None:
    path.write_bytes(document.render(document.Document([to_record(run) for run in runs])))


def various_runs(count: int) -> list[Run]:
    chance = random.Random(7)
    return [
        a_run(
            f"run-{number}",
            timestamp=f"2026-01-{chance.randrange(1, 28):02}T10:00:00+01:00" if number % 9 else "yesterday",
            model=chance.choice(["Qwen-7B-Q4_K_M", "qwen-7b-Q8_0", "Straße-3b", "x\ud800y"]),
            benchmark=chance.choice(["human_eval", "lcb"]),
            status=chance.choice([Status.OK, Status.FAILED]),
            error=chance.choice([None, "server: DIED early"]),
            config={"gpu_layers": chance.choice(["auto", 7, None])},
            results={"score": chance.choice([None, 10, 50.0, 50.0, 90.5]), "total_passed": 7},
            telemetry={"tokens_per_second": chance.choice([None, 10.0, 20])},
            model_file={
                "size_bytes": chance.choice([None, 10, 20]),
                "quantization": chance.choice([None, "Q2"]),
            },
        )
        for number in range(count)
    ]


FILTERS = [
    Filter(),
    Filter(benchmark="lcb", status="ok"),
    Filter(text="straße"),
    Filter(text="died", min_score=50),
    Filter(text="100% absent_"),
    Filter(family="Qwen-7B"),
    Filter(quantization="Q8_0", max_size_bytes=10),
    Filter(gpu_layers="7", max_vram_mb=1e6),
    Filter(since=datetime(2026, 1, 9, tzinfo=UTC), until=datetime(2026, 1, 20, tzinfo=UTC)),
    Filter(tag="night"),
    Filter(tag="nobody's"),
    Filter(min_tokens_per_second=20, max_score=50),
]


def test_answers_equal_those_of_the_file(path: Path) -> None:
    """Every filter with every order, in both directions and by pages; whole runs, also after appends."""
    history = open_indexed(path)
    history.annotate("run-3", tags=["night"])
    for more in (a_run("later", model="Qwen-7B-Q2"), a_run("latest", benchmark="lcb")):
        runs, notes, page = open_store(path).runs(), history.notes(), Page(1, 7)
        for wanted, by, descending in product(FILTERS, ORDERS, (False, True)):
            order = SortOrder(by, descending)
            expected, found = find_among(runs, wanted, order, page, notes), history.find(wanted, order, page)
            names = [run.id for run in found.runs]
            assert (names, found.total) == ([run.id for run in expected.runs], expected.total), (
                wanted,
                order,
            )
        assert history.find(page=Page(0, 100)).runs == runs
        assert history.heads() == open_store(path).heads()
        history.append(more)
        assert history.get(more.id) == open_store(path).get(more.id)


def test_names_for_menus_and_the_latest_runs(path: Path) -> None:
    """What a page offers to filter by, and of each model the runs that a leaderboard chooses among."""
    from benchkit.telling.comparison.selection import latest_good

    history = open_indexed(path)
    assert history.values_of("quantization") == ["Q2", "Q4_K_M", "Q8_0"]
    latest = history.latest_heads()
    by_time = attrgetter("when")
    assert sorted(latest_good(latest), key=by_time) == sorted(
        latest_good(open_store(path).heads()), key=by_time
    )
    assert len(latest) < 40


def test_models_are_counted(path: Path, tmp_path: Path) -> None:
    """How often each was run, how often not well, and when last; the same without an index."""
    history = open_indexed(path)
    counts, heads = history.counts(), open_store(path).heads()
    assert {one.model: one.runs for one in counts} == Counter(head.model for head in heads)
    assert sum(one.not_ok for one in counts) == sum(not head.ok for head in heads)
    assert history.heads_of("Straße-3b") == [head for head in heads if head.model == "Straße-3b"]
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    assert open_indexed(plain).counts() == counts
    assert open_indexed(plain).heads_of("Straße-3b") == history.heads_of("Straße-3b")


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each time an index is made anew."""
    made: list[Path] = []
    build = building._build

    def noting(file: BinaryIO, place: Path, report: building.Report | None) -> None:
        made.append(place)
        build(file, place, report)

    monkeypatch.setattr(building, "_build", noting)
    return made


def ids(history: IndexedHistory) -> list[str]:
    return [run.id for run in history.find(page=Page(0, 1000)).runs]


def test_an_append_is_followed_and_a_rewritten_file_read_anew(path: Path, builds: list[Path]) -> None:
    """Appends never build again; a deleted run, an edit in place and a smaller file do."""
    history = open_indexed(path)
    assert len(ids(history)) == 40
    for number in range(3):
        open_store(path).append(a_run(f"more-{number}"))
        assert ids(history)[-1] == f"more-{number}"
    assert len(builds) == 1
    open_store(path).delete("run-3")
    assert "run-3" not in ids(history)
    assert len(builds) == 2
    path.write_bytes(path.read_bytes().replace(b'"run-5"', b'"RUN-5"'))
    assert "RUN-5" in ids(history)
    write(path, various_runs(2))
    assert ids(history) == ["run-0", "run-1"]
    assert open_indexed(path).find().total == 2
    assert len(builds) == 4


def test_runs_that_were_read_are_not_read_again_after_an_append(path: Path) -> None:
    """They are the same; but not of an id that was added once more, nor where the file was written anew."""
    history = open_indexed(path)
    first, other = history.get("run-1"), history.get("run-2")
    open_store(path).append(a_run("run-2", model="new"))
    assert history.get("run-1") is first
    assert history.get("run-2").model == "new"
    open_store(path).delete("run-0")
    again = history.get("run-1")
    assert (again, again is first) == (first, False)
    assert other.model != "new"


def test_an_index_that_is_gone_damaged_or_older_is_made_again(path: Path, builds: list[Path]) -> None:
    """It is a cache: whatever happens to it, the answers stay."""
    history = open_indexed(path)
    everything = ids(history)
    place = builds[0]
    damages = (
        place.unlink,
        lambda: place.write_bytes(b"no database"),
        lambda: place.write_bytes(place.read_bytes()[:5000]),
        lambda: place.write_bytes(b""),
    )
    for damage in damages:
        damage()
        assert ids(history) == everything
    assert len(builds) == 5
    assert [one.name for one in place.parent.iterdir() if one.suffix == ".tmp"] == []


def test_a_half_written_last_line_is_left_until_it_is_whole(path: Path, builds: list[Path]) -> None:
    """While somebody appends, or after a crash: the runs before it are there, and nothing is built again."""
    history, whole = open_indexed(path), path.read_bytes()
    assert len(ids(history)) == 40
    store = open_store(path)
    store.append(a_run("next"))
    longer = path.read_bytes()
    with path.open("r+b") as writing:
        for cut in (len(whole), len(whole) + 20, len(longer) - 5, len(longer) - 2):
            writing.seek(len(whole) - len(document.TAIL))
            writing.write(longer[len(whole) - len(document.TAIL) : cut].ljust(len(longer) - len(whole) + 4))
            writing.flush()
            assert ids(history) == [f"run-{number}" for number in range(40)]
            assert current_index(path) is None
        writing.seek(0)
        writing.write(longer)
        writing.flush()
    assert ids(history)[-1] == "next"
    assert len(builds) == 1


def test_an_empty_history_and_one_that_is_not_there(tmp_path: Path) -> None:
    """No runs, then one."""
    history = open_indexed(tmp_path / "none.json")
    assert ids(history) == []
    history.append(a_run("first"))
    assert ids(history) == ["first"]
    history.delete("first")
    assert (ids(history), history.heads()) == ([], [])
    history.append(a_run("second"))
    assert ids(history) == ["second"]


def test_another_layout_is_read_as_a_whole(path: Path) -> None:
    """A file that an editor laid out anew has no lines to index, and is shown all the same."""
    path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
    assert len(ids(open_indexed(path))) == 40
    assert current_index(path) is None


def test_a_broken_line_is_named(path: Path) -> None:
    """As reading the file says it: which file, which run, what to do."""
    lines = path.read_bytes().split(b"\n")
    lines[4] = b'{"id": ],'
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(
        HistoryError, match=r"history .*h\.json: run 4 is no JSON .*: mend it, or move the file away"
    ):
        open_indexed(path).find()


def test_a_missing_comma_is_named(path: Path) -> None:
    """Never is only the part before it shown."""
    path.write_bytes(path.read_bytes().replace(b"},\n", b"}\n", 1))
    with pytest.raises(HistoryError, match=r"h\.json: a comma is missing at byte \d+: mend it"):
        open_indexed(path).find()


def test_without_a_cache_folder_the_index_goes_with_the_process(path: Path, tmp_path: Path) -> None:
    """A folder that cannot be written, here one that is no folder."""
    (tmp_path / "cache").write_text("no folder")
    history = open_indexed(path)
    assert len(ids(history)) == 40
    reader = history.follow()
    assert reader is not None
    assert reader.place.exists()
    assert tmp_path not in reader.place.parents


def test_a_cache_folder_that_is_deleted_meanwhile(path: Path, tmp_path: Path) -> None:
    """Is made again."""
    history = open_indexed(path)
    everything = ids(history)
    shutil.rmtree(tmp_path / "cache")
    assert ids(history) == everything
    assert history.get("run-7").id == "run-7"


def test_a_link_that_is_turned_to_another_history(path: Path, tmp_path: Path) -> None:
    """Shows what it leads to now."""
    write(tmp_path / "other.json", various_runs(2))
    link = tmp_path / "link.json"
    link.symlink_to(path)
    history = open_indexed(link)
    assert len(ids(history)) == 40
    link.unlink()
    link.symlink_to(tmp_path / "other.json")
    assert ids(history) == ["run-0", "run-1"]


def test_a_full_disk_leaves_the_answers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the file itself is read."""

    def full(*_arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(building, "insert_runs", full)
    history = open_indexed(path)
    assert len(ids(history)) == 40
    assert history.follow() is None
    monkeypatch.undo()


def test_indexes_that_nobody_uses_are_forgotten(path: Path, tmp_path: Path) -> None:
    """And what a build that was killed left behind."""
    open_indexed(path).follow()
    folder = cache_folder() / "index"
    old, draft, recent = folder / "a.sqlite3", folder / ".b.sqlite3.12.tmp", folder / "c.sqlite3"
    for place in (old, draft, recent):
        place.touch()
    for place in (old, draft):
        os.utime(place, (0, 0))
    write(tmp_path / "other.json", various_runs(1))
    open_indexed(tmp_path / "other.json").follow()
    assert [place.exists() for place in (old, draft, recent)] == [False, False, True]
    assert current_index(path) is not None


def test_many_look_while_one_appends(path: Path) -> None:
    """Each look, of whichever process, shows every run that was recorded before it, once."""
    wrong: list[object] = []
    appended = [0]

    def look() -> None:
        history = open_indexed(path)
        while appended[0] < 30 and not wrong:
            least = 40 + appended[0]
            found = ids(history)
            if len(found) < least or len(set(found)) != len(found):
                wrong.append((least, found))

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for one in lookers:
        one.start()
    for number in range(30):
        open_store(path).append(a_run(f"more-{number}"))
        appended[0] = number + 1
    for one in lookers:
        one.join()
    assert wrong == []


def test_a_look_waits_for_the_end_of_an_append(path: Path) -> None:
    """While its end is overwritten the file does not tell its last run, which was recorded before."""
    whole = path.read_bytes()
    with ThreadPoolExecutor(1) as pool:
        with locked(path):
            path.write_bytes(whole.removesuffix(document.TAIL) + b",")
            found = pool.submit(ids, open_indexed(path))
            with pytest.raises(TimeoutError):
                found.result(0.3)
            path.write_bytes(whole)
        assert found.result() == [run.id for run in open_store(path).runs()]


@pytest.fixture
def short_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "WORTH_AN_INDEX_BYTES", 0)


@pytest.mark.usefixtures("short_is_long")
def test_commands_take_names_and_runs_from_a_current_index(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers without reading the file; once it has changed, from the file again."""
    expected, last = open_store(path).heads(), open_store(path).get("run-39")
    open_indexed(path).follow()
    with monkeypatch.context() as patched:
        patched.setattr(file.JsonFile, "_content", lambda _self: pytest.fail("the file was read"))
        store = open_store(path)
        assert store.heads() == expected
        assert store.get("run-39") == last
        with pytest.raises(HistoryError, match=r"h\.json: it holds no run 'x'"):
            store.get("x")
    open_store(path).append(a_run("next"))
    assert open_store(path).heads()[-1].id == "next"
    assert open_store(path).get("next") == open_store(path).runs()[-1]


@pytest.mark.usefixtures("short_is_long")
def test_list_prints_the_same_with_an_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the index alone, also of records that nobody but a hand could have written."""
    odd = {"id": 7, "error": ["x"], "results": {"score": "9", "total_passed": 3.0, "total_problems": 2.5}}
    newer = {"id": "n", "status": "postponed", "telemetry": {"vram_peak_mb": 1e400}, "model": None}
    whole = document.parse(path.read_bytes())
    path.write_bytes(document.render(document.Document([*whole.records, odd, newer, {}], whole.beside)))
    plainly = printed(path)
    open_indexed(path).follow()
    monkeypatch.setattr(file.JsonFile, "_content", lambda _self: pytest.fail("the file was read"))
    assert printed(path) == plainly


def printed(path: Path) -> str:
    name, command, words = find_command(["list", "--history", str(path)])
    done = CliRunner().invoke(command, words, prog_name=name, standalone_mode=False, env={"COLUMNS": "300"})
    assert done.exception is None
    return done.output


@pytest.mark.usefixtures("short_is_long")
def test_a_damaged_index_never_fails_a_command(path: Path) -> None:
    """It is passed over."""
    open_indexed(path).follow()
    for place in (cache_folder() / "index").glob("*.sqlite3"):
        place.write_bytes(b"no database")
    assert len(open_store(path).heads()) == 40


@pytest.mark.parametrize("count", [2**63, 10**400, -(2**70)])
def test_a_count_that_no_database_holds_is_unknown(tmp_path: Path, count: int) -> None:
    """A run with a number of nonsense costs neither the index nor the lists of the other runs."""
    path = tmp_path / "history.json"
    open_store(path).append(a_run("good"))
    open_store(path).append(a_run("odd", results={"total_passed": count, "total_problems": count}))
    history = open_indexed(path)
    assert history.follow() is not None
    assert [run.id for run in history.find().runs] == ["good", "odd"]
    assert history.get("odd").results.total_passed is None
