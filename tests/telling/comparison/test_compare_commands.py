"""compare, power, noise and leaderboard as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchkit.commands.compare import command as compare_command
from benchkit.records import Status
from benchkit.telling.history import open_store, to_record
from benchkit.telling.tables.width import shown_width
from tests.support import ROOT, Bench
from tests.telling.comparison.nights import HISTORY, a_history, a_run, with_files, worked_example
from tests.telling.comparison.test_verdicts import WORKED


def test_compare_shows_table_verdict_and_commands(tmp_path: Path, bench: Bench) -> None:
    """The whole page of two models, nothing on stderr."""
    a_history(tmp_path, *worked_example())
    done = bench("compare", COLUMNS="100")
    assert (done.returncode, done.stderr) == (0, "")
    assert WORKED in done.stdout
    assert (
        "  bench_runner.py --model /models/A.gguf --benchmark human_eval_plus --gpu-layers 40" in done.stdout
    )
    table = done.stdout.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= 100
    assert table.splitlines()[2].startswith("B")


@pytest.mark.parametrize("style", ["markdown", "html", "csv", "tsv", "json", "latex"])
def test_compare_in_every_format(tmp_path: Path, style: str) -> None:
    """Each format is written to stdout alone."""
    path = a_history(tmp_path, *worked_example())
    words = ["A", "B", "--format", style, "--sort", "model", "--history", str(path)]
    done = CliRunner().invoke(compare_command, words)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "B" in done.stdout


def test_compare_of_one_run_and_of_none(tmp_path: Path, bench: Bench) -> None:
    """One run is a table with nothing to compare; none is an error with the next step."""
    none = bench("compare")
    assert (none.returncode, none.stdout) == (2, "")
    assert "no runs in benchmark_results.json yet: bench_runner.py --model" in none.stderr
    a_history(tmp_path, a_run("A", [1]))
    one = bench("compare")
    assert one.returncode == 0
    assert "One run: nothing to compare it with yet." in one.stdout


def test_compare_refuses_a_mismatch_in_one_line(tmp_path: Path, bench: Bench) -> None:
    """What differs is named on stderr, with exit code 2; --anyway shows it with a mark."""
    a_history(tmp_path, a_run("A"), a_run("B", config={"temperature": 0.8}))
    done = bench("compare", "A", "B")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "differ in temperature 0 (A) or 0.8 (B)" in done.stderr
    anyway = bench("compare", "A", "B", "--anyway")
    assert anyway.returncode == 0
    assert "≠ not under the same conditions (A: temperature 0 instead of 0.8)" in anyway.stdout


def test_compare_against_a_baseline(tmp_path: Path, bench: Bench) -> None:
    """Only the pairs with it; an unknown one is refused with the known."""
    a_history(tmp_path, *(a_run(name, range(n)) for n, name in ((10, "A"), (20, "B"), (30, "C"))))
    done = bench("compare", "--baseline", "B")
    assert done.stdout.count(" vs B · ") == 2
    assert done.stdout.count(" vs ") == 2
    wrong = bench("compare", "--baseline", "X")
    assert wrong.returncode == 2
    assert "unknown baseline 'X'" in wrong.stderr


def test_repeats_are_averaged(tmp_path: Path, bench: Bench) -> None:
    """Three runs of A count as one model of 164 problems, by the mean."""
    runs = [a_run("A", range(10 * n), id=f"a{n}") for n in (1, 2, 3)]
    a_history(tmp_path, *runs, a_run("B", range(20)))
    (found,) = json.loads(bench("compare", "--repeats", "--format", "json").stdout)
    rows = {row["model"]: row for row in found["rows"]}
    assert rows["A"]["score"] == pytest.approx(100 * 144 / 164)
    assert rows["A"]["runs"] == 3
    assert found["verdicts"][0]["problems"] == [164, 164]


def test_power_tells_what_can_be_seen(bench: Bench) -> None:
    """164 problems at 15% flips show 9 points; five problems show nothing; ten models need more."""
    assert (
        "164 problems, 15% flips: detects 9 points"
        in bench("power", "--problems", "164", "--flips", "0.15").stdout
    )
    assert "nothing: they are too few" in bench("power", "--problems", "5").stdout
    assert "among 10 models (45 pairs)" in bench("power", "--problems", "164", "--models", "10").stdout
    assert bench("power").returncode == 2


def test_noise_of_a_model(tmp_path: Path, bench: Bench) -> None:
    """Two runs tell how many answers change; a single one says how to make another."""
    a_history(tmp_path, a_run("A", [1, 2], id="a1"), a_run("A", [1], id="a2"), a_run("B"))
    told = bench("noise", "A").stdout
    assert "1 of 164 problems (0.6%) did not always get the same verdict" in told
    assert "The least sure: HumanEval/2" in told
    once = bench("noise", "B")
    assert once.returncode == 2
    assert "B was run only once with these settings; run it again: bench_runner.py --model" in once.stderr


def test_leaderboard_list(tmp_path: Path, bench: Bench) -> None:
    """Tiers, front, ladder, notes, and what fits."""
    eight_bits = {"quantization": "Q8_0", "size_bytes": 8 << 30}
    a_history(
        tmp_path,
        a_run("Q-7B-Q8_0", range(20), telemetry={"vram_peak_mb": 9000.0}, model_file=eight_bits),
        a_run("Q-7B-Q4_K_M", range(24), telemetry={"vram_peak_mb": 5000.0}),
        a_run("weak", range(90), telemetry={"vram_peak_mb": None}),
    )
    assert bench("leaderboard", "add", "Q-7B-Q8_0", "--note", "the big one", "--tag", "keep").returncode == 0
    told = bench("leaderboard", "list", COLUMNS="120").stdout
    assert "tier 1   Q-7B-Q8_0" in told
    assert "tier 2   weak" in told
    assert "#keep the big one" in told
    assert "not beaten in score and VRAM: Q-7B-Q4_K_M, Q-7B-Q8_0" in told
    assert "Q-7B: Q8_0 (87.8%, 8.0 GiB) > Q4_K_M (85.4%, −2.4, 5.0 GiB)" in told
    assert (
        "best that fits in 6 GiB of VRAM: Q-7B-Q4_K_M" in bench("leaderboard", "list", "--fits", "6").stdout
    )
    assert "no run is known to fit in 1 GiB" in bench("leaderboard", "list", "--fits", "1").stdout
    rows = json.loads(bench("leaderboard", "list", "--tag", "keep", "--json").stdout)
    assert [(row["model"], row["tier"], row["tags"]) for row in rows] == [("Q-7B-Q8_0", 1, ["keep"])]


def test_leaderboard_models_and_history(tmp_path: Path, bench: Bench) -> None:
    """Every model with its runs; one model's runs with what changed between them."""
    a_history(
        tmp_path,
        a_run("A", [1], id="a1", timestamp="2026-11-18T01:00:00+01:00"),
        a_run("A", [2], id="a2", timestamp="2026-11-19T01:00:00+01:00", config={"temperature": 0.8}),
        a_run(
            "A", id="a3", timestamp="2026-11-20T01:00:00+01:00", status=Status.FAILED, error="server died: x"
        ),
    )
    assert (
        "A · 3 runs, 1 not ended well · last 2026-11-20 · HumanEval+ 99.4%"
        in bench("leaderboard", "models").stdout
    )
    lines = bench("leaderboard", "history", "A").stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["a1", "a2", "a3"]
    assert "changed: temperature 0 (before) or 0.8 (now)" in lines[1]
    assert "failed: server died: x" in lines[2]


def test_leaderboard_add_a_folder_and_a_history(tmp_path: Path, bench: Bench) -> None:
    """A run's folder and another history are taken in once, with their origin."""
    other = tmp_path / "other"
    other.mkdir()
    a_history(other, a_run("C", [1], id="c1"), a_run("D", [2], id="d1"))
    run = a_run("E", [3], id="e1")
    (tmp_path / "e1").mkdir()
    (tmp_path / "e1" / "run.json").write_text(json.dumps(to_record(run)))
    assert "added 2 runs" in bench("leaderboard", "add", other / HISTORY).stdout
    assert "added 0 runs" in bench("leaderboard", "add", other / HISTORY).stdout
    assert bench("leaderboard", "add", "e1", "--note", "from a friend").returncode == 0
    found = {one.id: one for one in open_store(tmp_path / HISTORY).runs()}
    assert set(found) == {"c1", "d1", "e1"}
    assert found["e1"].config.origin == str(tmp_path / "e1")
    assert open_store(tmp_path / HISTORY).notes()["e1"].text == "from a friend"


def test_leaderboard_add_what_a_parser_reads(tmp_path: Path, bench: Bench) -> None:
    """Printed output of a benchmark becomes a run; without the parser's or the model's name it is refused."""
    (tmp_path / "printed.txt").write_text(
        "Results: humaneval+ v0.1.10 (sha256 1234567890ab)\n"
        "pass@1: 70.12% (115/164), 95% interval 62.7–76.6\nTime: 123.4 s\nFailed tasks: none\n"
    )
    refused = bench("leaderboard", "add", "printed.txt")
    assert refused.returncode == 2
    assert "--parser" in refused.stderr
    assert "--model" in bench("leaderboard", "add", "printed.txt", "--parser", "human_eval").stderr
    done = bench("leaderboard", "add", "printed.txt", "--parser", "human_eval", "--model", "M")
    assert done.returncode == 0, done.stderr
    (run,) = open_store(tmp_path / HISTORY).runs()
    assert (run.model, run.benchmark, run.results.score) == ("M", "human_eval", 70.12)
    assert "neither a run of the history nor a file" not in bench("leaderboard", "add", "absent").stderr
    assert "no model or run 'absent'" in bench("leaderboard", "add", "absent").stderr


def test_verdicts_beside_a_moved_history_are_found(tmp_path: Path, bench: Bench) -> None:
    """History and runs folder were copied elsewhere together: pairs are still made from the verdicts."""
    before = with_files(
        tmp_path, a_run("A", results={"failed_tasks": []}), [("t1", "passed"), ("t2", "wrong")]
    )
    after = with_files(
        tmp_path, a_run("B", results={"failed_tasks": []}), [("t1", "wrong"), ("t2", "passed")]
    )
    a_history(tmp_path, before, after)
    assert "2 paired" in bench("compare").stdout


def test_leaderboard_delete_asks_first(tmp_path: Path, bench: Bench) -> None:
    """No answer and a no delete nothing; --yes deletes that one run, its notes, and nothing of its folder."""
    run = with_files(tmp_path, a_run("A", id="a1"), [("t", "passed")])
    path = a_history(tmp_path, run, a_run("B", id="b1"))
    open_store(path).annotate("a1", "to go")
    for answer in ("", "n\n"):
        words = [sys.executable, str(ROOT / "bench_runner.py"), "leaderboard", "delete", "a1"]
        refused = subprocess.run(
            words, cwd=tmp_path, input=answer, capture_output=True, text=True, check=False
        )
        assert "A on human_eval_plus" in refused.stderr
        assert "nothing was deleted" in refused.stdout + refused.stderr
        assert refused.returncode == (0 if answer else 2)
        assert [one.id for one in open_store(path).runs()] == ["a1", "b1"]
    done = bench("leaderboard", "delete", "a1", "--yes")
    assert (done.returncode, done.stdout) == (0, "deleted a1; its files stay in runs/a1\n")
    assert [one.id for one in open_store(path).runs()] == ["b1"]
    assert open_store(path).notes() == {}
    assert (tmp_path / "runs" / "a1" / "verdicts.jsonl").exists()
    assert bench("leaderboard", "delete", "a1", "--yes").returncode == 2


def test_leaderboard_alone_shows_its_commands(bench: Bench) -> None:
    """No command named is a question, not an error."""
    done = bench("leaderboard")
    assert done.returncode == 0
    assert "visualize" in done.stdout


def test_no_columns_named_is_refused(tmp_path: Path, bench: Bench) -> None:
    """An empty list of columns would be an empty table."""
    a_history(tmp_path, a_run())
    done = bench("compare", "--columns", ",")
    assert done.returncode == 2
    assert "--columns names no column: known are model, score" in done.stderr


def test_a_baseline_in_one_of_two_benchmarks(tmp_path: Path, bench: Bench) -> None:
    """The benchmark it has no run of is left out; one that was asked otherwise is told why."""
    lcb = {"name": "lcb", "sha256": "cd" * 32}
    a_history(
        tmp_path,
        *(a_run(name, range(n)) for n, name in enumerate("ABC")),
        *(a_run(name, id=f"{name}-lcb", benchmark="lcb", problem_set=lcb) for name in "BC"),
        a_run("D", config={"temperature": 0.8}),
    )
    done = bench("compare", "--baseline", "A")
    assert done.stdout.count(" vs A · ") == done.stdout.count(" vs ") == 2
    assert "LiveCodeBench" not in done.stdout
    assert bench("report", "--baseline", "A", "--output", "r.txt").returncode == 0
    assert " vs B" not in (tmp_path / "r.txt").read_text()
    refused = bench("compare", "--baseline", "D")
    assert refused.returncode == 2
    assert "D was asked otherwise: temperature 0.8 instead of 0; --anyway compares" in refused.stderr


def test_what_is_no_number_is_refused(bench: Bench) -> None:
    """NaN and infinity pass for numbers in Python, not here."""
    for words in (
        ("compare", "--margin", "nan"),
        ("compare", "--margin", "inf"),
        ("power", "--problems", "9", "--flips", "nan"),
        ("leaderboard", "list", "--fits", "nan"),
    ):
        done = bench(*words)
        assert done.returncode == 2
        assert f"{words[-1]} is no number" in done.stderr


def test_power_of_very_many_problems(bench: Bench) -> None:
    """A difference below a tenth of a point is no difference of 0.0, and one line at least is shown."""
    told = bench("power", "--problems", "1000000", "--flips", "0.005").stdout
    assert "detects 0.02 points" in told
    assert "  0.5 points: about" in told


def test_noise_where_nobody_knows_which_were_solved(tmp_path: Path, bench: Bench) -> None:
    """Two runs of a bare score are two runs: it is their verdicts that are missing."""
    bare: dict[str, object] = {"failed_tasks": [], "total_passed": None, "total_problems": None}
    a_history(tmp_path, *(a_run("A", id=name, results=bare) for name in ("a1", "a2")))
    done = bench("noise", "A")
    assert done.returncode == 2
    assert "which problems its 2 runs solved is not known" in done.stderr


def test_speeds_alone_are_no_leaderboard(tmp_path: Path, bench: Bench) -> None:
    """A speed test has no score; the line says what shows the speeds."""
    speed = {"score": None, "total_passed": None, "total_problems": None}
    a_history(tmp_path, a_run("A", benchmark="llama_bench", results=speed))
    told = bench("leaderboard", "list").stdout
    assert "no run here has a score; its speeds: bench_runner.py compare --benchmark llama_bench" in told


def test_the_history_of_a_model_that_never_ended_well(tmp_path: Path, bench: Bench) -> None:
    """Its failures are its history."""
    a_history(tmp_path, a_run("A", id="a1", status=Status.FAILED, error="server died: x"))
    done = bench("leaderboard", "history", "A")
    assert done.returncode == 0
    assert "failed: server died: x" in done.stdout
    assert bench("leaderboard", "history", "a1").stdout == done.stdout
    assert bench("leaderboard", "history", "A", "--benchmark", "lcb").returncode == 2


def test_wide_names_stand_in_line(tmp_path: Path, bench: Bench) -> None:
    """A name of two columns a letter does not push its score aside."""
    a_history(tmp_path, a_run("模型-日本語", [1]), a_run("plain", [1]))
    for width in ("40", "60", "200"):
        told = bench("leaderboard", "list", COLUMNS=width).stdout
        rows = [line for line in told.splitlines() if "99.4%" in line]
        assert len({shown_width(row.partition("99.4%")[0]) for row in rows}) == 1
        assert max(map(shown_width, rows)) <= int(width)
        assert ("tok/s" in rows[0]) == (width == "200")


def test_a_run_that_is_added_brings_its_verdicts(tmp_path: Path, bench: Bench) -> None:
    """Copied from another machine, its folder lies elsewhere than its record says."""
    for name in "AB":
        other = tmp_path / f"from a friend {name}"
        run = with_files(other, a_run(name, id=name), [("t1", "passed"), ("t2", "wrong")])
        folder = other / "runs" / name
        record = to_record(run) | {"artifacts": f"/home/friend/runs/{name}"}
        (folder / "run.json").write_text(json.dumps(record))
        assert bench("leaderboard", "add", folder).returncode == 0
    assert "2 paired" in bench("compare").stdout
