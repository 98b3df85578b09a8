"""Rows in every format, in as much room as there is."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from benchkit.errors import UnknownName
from benchkit.telling.comparison.columns import BY_NAME, COLUMNS, chosen, informative, ordered
from benchkit.telling.comparison.outcomes import Outcomes
from benchkit.telling.comparison.page import FORMAT_NAMES, ComparisonPage, page, rendered
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.comparison.verdicts import verdicts
from benchkit.telling.tables.text import as_text, fitted
from benchkit.telling.tables.width import shown_width
from tests.telling.comparison.nights import a_contestant, a_section, changed

LONG = "very-long-model-name-" * 8 + "Q4_K_M"


def a_page(*contestants: Contestant, columns: str | None = None) -> ComparisonPage:
    section = a_section(*contestants)
    return page(section, verdicts(section), BY_NAME["score"], columns)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(width: int) -> None:
    """Columns go, the least needed first; the model and its score stay; long names lose their middle."""
    rows = [a_contestant(LONG, range(30)), a_contestant("模型-日本語" * 5, range(50)), a_contestant("C", [])]
    columns, dropped = fitted(informative(chosen(None), rows), rows, width)
    table = as_text(columns, rows, width)
    assert max(shown_width(line) for line in table.splitlines()) <= width
    assert {"model", "score"} <= {column.name for column in columns}
    assert {column.name for column in (*columns, *dropped)} == {
        c.name for c in informative(chosen(None), rows)
    }
    least_kept = max(column.need for column in columns)
    assert all(column.need >= least_kept for column in dropped)
    assert len(table.splitlines()) == 2 + len(rows)


def test_more_room_shows_more() -> None:
    """A wide terminal shows all that is known, and a pipe has no width at all."""
    rows = [a_contestant("A", [1])]
    known = informative(chosen(None), rows)
    assert (
        len(fitted(known, rows, 60)[0]) < len(fitted(known, rows, 90)[0]) < len(fitted(known, rows, None)[0])
    )
    assert fitted(known, rows, None)[1] == []


def test_shortened_names_keep_their_end() -> None:
    """The quantization, which tells most, is at the end."""
    assert "…" in as_text([BY_NAME["model"]], [a_contestant(LONG, [])], 30)
    assert "Q4_K_M" in as_text([BY_NAME["model"]], [a_contestant(LONG, [])], 30)


def test_a_name_cannot_move_the_cursor() -> None:
    """Escape sequences and line breaks in a model's name are shown as what they are not."""
    text = rendered([a_page(a_contestant("evil\x1b[2J\n\r\u202ename", []))], "table", 120)
    assert "\x1b" not in text
    assert "\r" not in text
    assert "\u202e" not in text
    assert "evil�[2J���name" in text


@pytest.mark.parametrize("style", FORMAT_NAMES)
def test_every_format_holds_every_row(style: str) -> None:
    """Also for names with what the format takes for its own."""
    names = ["A", "b|c <b>&amp;", 'd,e"f', "g_h%$#"]
    text = rendered([a_page(*(a_contestant(name, [n]) for n, name in enumerate(names)))], style, None)
    held = {"table": names, "json": names[:2], "csv": ["A", "b|c <b>&amp;", '"d,e""f"', "g_h%$#"]}.get(
        style, ["A"]
    )
    assert all(name in text for name in held)


def test_html_is_escaped() -> None:
    """A tag in a model's name stays text, in the table and in the verdict lines."""
    rows = [a_contestant("<script>x</script>", [1]), a_contestant("B", [])]
    html, markdown = (rendered([a_page(*rows)], style, None) for style in ("html", "markdown"))
    told, code = markdown.split("```sh")
    assert "<script>" not in html
    assert "<script>" not in told
    assert html.count("&lt;script&gt;") == 2
    assert told.count("&lt;script>") == 2
    assert code.count("\n") == 3  # a block of code, which nobody renders, of one line a run


def test_csv_reads_back() -> None:
    """Every column by its name, numbers as numbers, unknown ones empty; the mark of the odd one too."""
    rows = [a_contestant("A", [1]), a_contestant("B, the second", [], telemetry={"energy_wh": None})]
    found = list(csv.DictReader(io.StringIO(rendered([a_page(*rows)], "csv", None))))
    assert list(found[0]) == [column.name for column in COLUMNS]
    by_model = {row["model"]: row for row in found}
    assert float(by_model["A"]["vram"]) == 8.0
    assert by_model["B, the second"]["wh_per_solved"] == ""
    assert by_model["A"]["command"].startswith(
        "bench_runner.py --model /models/A.gguf --benchmark human_eval_plus"
    )


def test_json_holds_rows_verdicts_and_conditions() -> None:
    """One object a comparison, its verdicts with their numbers."""
    (found,) = json.loads(
        rendered([a_page(a_contestant("A", range(40)), a_contestant("B", range(20)))], "json", None)
    )
    assert {row["model"] for row in found["rows"]} == {"A", "B"}
    (verdict,) = found["verdicts"]
    assert (verdict["verdict"], verdict["fixed"], verdict["broken"]) == ("better", 20, 0)
    assert verdict["score_intervals"][0][0] < 75.6 < verdict["score_intervals"][0][1]


def test_nulls_and_nan_never_break_a_table() -> None:
    """A run of which nothing is known but a name still is a row in every format."""
    bare = changed(
        a_contestant("bare", []).run,
        config={"gpu_layers": None, "path": None, "context_per_slot": float("nan"), "temperature": None},
        telemetry={"vram_peak_mb": float("nan"), "energy_wh": "much", "tokens_per_second": None},
        results={"score": None, "time_taken": float("inf"), "counts": None, "difficulty_scores": None},
        model_file={},
        machine={},
    )
    one = Contestant("bare", (bare,), a_contestant("bare", []).outcomes.__class__(None))
    for style in FORMAT_NAMES:
        for sort in COLUMNS:
            section = a_section(one, a_contestant("A", [1]))
            text = rendered([page(section, verdicts(section), sort, None)], style, 100)
            assert "bare" in text
            assert "nan" not in text.lower().replace("nan_", "")


def test_order_is_best_first_and_unknown_last() -> None:
    """High scores first, small memory first; whoever has no value comes last."""
    small = a_contestant("small", range(50), telemetry={"vram_peak_mb": 1000.0})
    large = a_contestant("large", range(10), telemetry={"vram_peak_mb": 9000.0})
    unknown = a_contestant("unknown", range(30), telemetry={"vram_peak_mb": None})
    rows = [small, unknown, large]
    assert [one.label for one in ordered(rows, BY_NAME["score"])] == ["large", "unknown", "small"]
    assert [one.label for one in ordered(rows, BY_NAME["vram"])] == ["small", "large", "unknown"]


def test_speeds_of_different_gpus_are_not_ranked() -> None:
    """Sorted by speed, each GPU's runs stay together, and the table says why."""
    rows = [
        a_contestant(f"{gpu} {speed}", [], machine={"gpu": gpu}, telemetry={"tokens_per_second": speed})
        for gpu, speed in (("RTX 4090", 50.0), ("RTX 3060", 90.0), ("RTX 4090", 150.0), ("RTX 3060", 20.0))
    ]
    found = [one.label for one in ordered(rows, BY_NAME["tokens_per_second"])]
    assert found == ["RTX 3060 90.0", "RTX 3060 20.0", "RTX 4090 150.0", "RTX 4090 50.0"]
    text = rendered([a_page(*rows)], "table", None)
    assert "speeds are of different machines and not ranked: RTX 3060, RTX 4090" in text
    assert "GPU" in text.splitlines()[2]


def test_an_unknown_column_lists_the_known() -> None:
    """With the nearest name first."""
    with pytest.raises(UnknownName, match="unknown column 'vramm': did you mean vram"):
        chosen("model,vramm")


def test_named_columns_stand_as_named() -> None:
    """Just these, in this order, however narrow the terminal."""
    text = rendered([a_page(a_contestant("A", [1]), columns="score,model,command")], "table", 30)
    assert text.splitlines()[2].split() == ["score", "%", "model", "command"]


def test_many_models_show_the_pairs_with_the_first() -> None:
    """Of 66 pairs the 11 with the best are shown; the correction is over all, and that is said."""
    rows = [a_contestant(f"m{n}", range(2 * n)) for n in reversed(range(12))]
    text = rendered([a_page(*rows)], "table", None)
    assert text.count(" paired · ") == text.count(" vs m0 · ") == 11
    assert "BETTER" not in text
    assert "66 pairs in all" in text
    (found,) = json.loads(rendered([a_page(*rows)], "json", None))
    assert (len(found["verdicts"]), found["pairs"]) == (11, 66)
    assert "among 66 pairs" in text


def test_hundreds_of_models_are_judged_as_far_as_pairs_can_be() -> None:
    """Of 320 models the 300 best are judged, the best among them, and the page says so."""
    rows = [a_contestant(f"m{n}", range(160 - n // 2), 164) for n in range(320)]
    one = a_page(*rows)
    assert len(one.verdicts) == 300 * 299 // 2
    text = rendered([one], "table", None)
    assert "the 300 best are judged" in text
    assert text.count(" paired · ") == 299


def test_a_table_without_rows_is_its_head() -> None:
    """Two lines, no error."""
    assert as_text([BY_NAME["model"], BY_NAME["score"]], [], 80).splitlines()[0] == "model  score %"
    assert fitted([BY_NAME["model"]], [], 80)[1] == []


def test_a_backslash_before_a_bar_does_not_open_a_cell() -> None:
    """Markdown would take the second of two signs for itself."""
    row = rendered([a_page(a_contestant("a\\|b", [1]))], "markdown", None).splitlines()[4]
    assert r"a\\\|b" in row


def test_rows_without_scores_say_so() -> None:
    """A table of speeds needs no verdicts, and one run is not several."""
    bare = [Contestant(n, a_contestant(n, []).runs, Outcomes(None)) for n in "AB"]
    assert "No run here has a score: nothing to judge." in rendered([a_page(*bare)], "table", None)
    assert "One run: nothing to compare it with yet." in rendered([a_page(bare[0])], "table", None)


def test_latex_holds_no_sign_that_latex_does_not_know() -> None:
    """Neither a name's own signs nor the mark of a run under other conditions."""
    odd = replace(a_contestant("50%_of#1&2", [1]), mark="temperature 0.8 instead of 0")
    text = rendered([a_page(odd, a_contestant("B", []))], "latex", None)
    assert r"50\%\_of\#1\&2" in text
    assert text.isascii()
