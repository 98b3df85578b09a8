"""Charts as SVG: well-formed, told without colour, whole for any name."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from resvg_py import svg_to_bytes

from benchkit.telling.reports.charts import Moment, Point, Score, by_difficulty, ranking, timeline, trade_off
from benchkit.telling.reports.fonts import font_files
from benchkit.telling.reports.gallery import SAVERS, natural
from benchkit.telling.reports.png import as_svg_with_our_fonts
from benchkit.telling.reports.profiles import Metric, Series, problem_grid, radar, resources
from benchkit.telling.reports.svg import DARK, LIGHT, SERIES_DARK, SERIES_LIGHT, Canvas, scale
from benchkit.telling.tables.width import shown_width

ODD = "<b>&\"'模型\x1b[2J" + "x" * 200
SVG = "{http://www.w3.org/2000/svg}"


def every_chart() -> dict[str, Canvas | None]:
    """One of each kind, with a name that is hard to show."""
    names = [ODD, "B", "C"]
    start = datetime(2026, 11, 1, tzinfo=UTC)
    scores = [Score(name, 50 + 10 * n, 45 + 10 * n, 55 + 10 * n, "82/164") for n, name in enumerate(names)]
    points = [Point(name, 4.0 * n + 1, 50 + n, n == 0) for n, name in enumerate(names)]
    metrics = [Metric(f"m{n}, s", (1.0, 2.0, None), n % 2 == 0) for n in range(5)]
    tasks = [f"HumanEval/{n}" for n in range(164)]
    shares = [
        (name, {task: (n + place) % 3 / 2 for n, task in enumerate(tasks)})
        for place, name in enumerate(names)
    ]
    curve = tuple((float(n), float(n % 7)) for n in range(900))
    return {
        "ranking": ranking("title " + ODD, scores),
        "trade_off": trade_off("title", points, "peak VRAM, GiB", lower_is_better=True),
        "timeline": timeline(
            "title", [Moment(start + timedelta(days=n), one) for n, one in enumerate(scores)]
        ),
        "difficulty": by_difficulty("title", [(name, {"easy": 90.0, "hard": 5.0}) for name in names]),
        "radar": radar("title", names, metrics),
        "resources": resources("title", [Series("VRAM, GiB", curve), Series("power, W", curve)]),
        "grid": problem_grid("title", shares, tasks),
    }


@pytest.mark.parametrize("kind", list(every_chart()))
def test_a_chart_is_well_formed_and_within_its_frame(kind: str) -> None:
    """XML that parses, no name as markup, every text within the picture's frame."""
    canvas = every_chart()[kind]
    assert canvas is not None
    root = ET.fromstring(canvas.svg())
    assert root.tag == f"{SVG}svg"
    assert not root.findall(f".//{SVG}b")
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.attrib["x"]) <= canvas.width
        assert 0 <= float(text.attrib["y"]) <= canvas.height
    assert "\x1b" not in canvas.svg()
    assert "http" not in canvas.svg().replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("ranking", "score, % (line: 95% interval)"),
        ("trade_off", "peak VRAM, GiB (less is better)"),
        ("timeline", "time of the run"),
        ("difficulty", "score, %"),
        ("radar", "m0, s"),
        ("resources", "minutes since the start"),
        ("grid", "HumanEval/0"),
    ],
)
def test_axes_are_named_with_their_units(kind: str, told: str) -> None:
    """What an axis measures stands beside it."""
    canvas = every_chart()[kind]
    assert canvas is not None
    assert told in [text.text for text in ET.fromstring(canvas.svg()).iter(f"{SVG}text")]


def test_series_differ_without_colour() -> None:
    """On the radar each model has a dash and a marker of its own."""
    canvas = every_chart()["radar"]
    assert canvas is not None
    paths = [path.attrib for path in ET.fromstring(canvas.svg()).iter(f"{SVG}path")]
    lines = [p for p in paths if re.fullmatch(r"line s\d", p["class"])]
    assert len({p.get("stroke-dasharray", "") for p in lines}) == 3
    shapes = {re.sub(r"[\d.\- ]+", "", p["d"]) for p in paths if p["class"].startswith("f")}
    assert len(shapes) == 3


def luminance(colour: str) -> float:
    """As WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("paper", "series"), [(LIGHT, SERIES_LIGHT), (DARK, SERIES_DARK)])
def test_everything_stands_out_in_light_and_dark(paper: tuple[str, ...], series: tuple[str, ...]) -> None:
    """Text has a contrast of 4.5 to the paper, shapes one of 3."""

    def contrast(colour: str) -> float:
        high, low = sorted((luminance(colour), luminance(paper[0])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert all(contrast(colour) >= 4.5 for colour in paper[1:3])
    assert all(contrast(colour) >= 3 for colour in series)


def test_peaks_survive_thinning() -> None:
    """One high moment among 10,000 is still in the curve and in its words."""
    curve = tuple((n / 2, 900.0 if n == 7777 else 5.0) for n in range(10_000))
    canvas = resources("title", [Series("VRAM, GiB", curve)])
    assert canvas is not None
    assert "VRAM, GiB, peak 900" in canvas.svg()
    assert len(canvas.svg()) < 20_000


def test_charts_without_data_are_not_drawn() -> None:
    """Nothing known, nothing drawn; never an empty frame."""
    assert ranking("t", []) is None
    assert trade_off("t", [Point("A", 1, 1)], "x", lower_is_better=True) is None
    assert timeline("t", []) is None
    assert by_difficulty("t", [("A", {})]) is None
    assert radar("t", ["A"], [Metric("m", (None,))] * 5) is None
    assert resources("t", [Series("x", ((0.0, 1.0),))]) is None
    assert problem_grid("t", [], []) is None


@pytest.mark.parametrize("values", [(0.0,), (70.1, 70.1), (0.0001, 0.0002), (-5.0, 1e9), (62.7, 76.6)])
def test_scales_hold_their_values(values: tuple[float, ...]) -> None:
    """Round ticks, all values between the ends, for one value as for many."""
    found = scale(values, 0, 100)
    assert all(0 <= found(value) <= 100 for value in values)
    assert 2 <= len(found.ticks) <= 12


def test_problems_are_in_natural_order() -> None:
    """9 comes before 10, and a name without number is no error."""
    assert sorted(["HumanEval/10", "HumanEval/9", "abc", "1/x"], key=natural) == [
        "1/x",
        "HumanEval/9",
        "HumanEval/10",
        "abc",
    ]


def a_chart(name: str) -> Canvas:
    canvas = every_chart()[name]
    assert canvas is not None
    return canvas


@pytest.mark.parametrize(("style", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
@pytest.mark.parametrize("name", every_chart())
def test_png_and_pdf(style: str, magic: bytes, name: str) -> None:
    """Every chart becomes a picture and a page."""
    assert SAVERS[style](a_chart(name)).startswith(magic)


@pytest.mark.parametrize("name", every_chart())
def test_pictures_need_no_font_of_the_machine(name: str) -> None:
    """Also for the few signs that only our second font has; without the machine's fonts nothing changes."""
    canvas = a_chart(name)
    files = [str(path) for path in font_files().values()]
    alone = svg_to_bytes(
        svg_string=as_svg_with_our_fonts(canvas), zoom=2.0, skip_system_fonts=True, font_files=files
    )
    assert SAVERS["png"](canvas) == bytes(alone)


def test_a_page_holds_its_fonts() -> None:
    """Its texts can be searched; what no font has is a box, and nothing fails."""
    canvas = Canvas(300, 100, "模型 ≠ ▄ plain")
    canvas.text(10, 60, "fixed − 模", "ink mono", "end")
    page = SAVERS["pdf"](canvas)
    assert page.count(b"/FontFile2") == 2
    assert page.count(b"/ToUnicode") == 2


def test_a_page_knows_every_path_of_ours() -> None:
    """A command that it would pass over unsaid would leave shapes out."""
    canvas = Canvas(300, 100, "curve")
    canvas.path("M0 0C1 1 2 2 3 3", "s0")
    with pytest.raises(ValueError, match="no path of ours has 'C'"):
        SAVERS["pdf"](canvas)


def test_file_on_disk_is_what_was_drawn(tmp_path: Path) -> None:
    """The SVG file is UTF-8 and parses."""
    canvas = every_chart()["ranking"]
    assert canvas is not None
    (tmp_path / "a.svg").write_bytes(SAVERS["svg"](canvas))
    assert ET.parse(tmp_path / "a.svg").getroot().attrib["role"] == "img"


def boxes(canvas: Canvas) -> list[tuple[str, float, float, float, float]]:
    """Each level text with the room that it takes at least."""
    found = []
    for text in ET.fromstring(canvas.svg()).iter(f"{SVG}text"):
        style, words = text.attrib["class"], text.text or ""
        size = 15.0 if "big" in style else 10.5 if "small" in style else 12.0
        width = 0.5 * size * shown_width(words)
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        x -= {"middle": width / 2, "end": width}.get(text.get("text-anchor", ""), 0)
        if "transform" not in text.attrib:
            found.append((words, x, y - 0.7 * size, x + width, y))
    return found


def charts_of(models: int, problem: str = "HumanEval/{}") -> dict[str, Canvas | None]:
    """Every chart of so many models on one card with a long name."""
    scores = [Score(f"Model-{n}-7B-Q4_K_M", 40 + n * 0.9, 35.0, 99.0, "12950/14042") for n in range(models)]
    points = [Point(one.name, 120 + n * 37 % 10 / 10, one.score, n % 9 == 0) for n, one in enumerate(scores)]
    tasks = [problem.format(n) for n in range(164)]
    moments = [Moment(datetime(2026, 11, 1, 9 * n % 24, tzinfo=UTC), one) for n, one in enumerate(scores[:3])]
    metrics = [Metric(f"metric {n}, GiB", tuple(n + 1.0 + m for m in range(models))) for n in range(6)]
    parts = {"a level with a long name": 50.0, "easy": 80.0}
    return {
        "ranking": ranking("HumanEval+ " * 12, scores),
        "trade_off": trade_off(
            "HumanEval+: score against generation speed on NVIDIA GeForce RTX 4090 Laptop GPU",
            points, "generation speed, tokens/s", lower_is_better=False,
        ),
        "timeline": timeline("title", moments),
        "difficulty": by_difficulty("title", [(one.name, parts) for one in scores]),
        "radar": radar("title", [one.name for one in scores], metrics),
        "grid": problem_grid("title", [(one.name, dict.fromkeys(tasks, 1.0)) for one in scores], tasks),
    }  # fmt: skip


@pytest.mark.parametrize("models", [1, 2, 20, 60])
def test_no_text_lies_on_another(models: int) -> None:
    """With few models and many, with long titles, long names of problems and levels; all is in the frame."""
    drawn = charts_of(models, "some/path/to/a/problem/number/{}")
    for kind, canvas in {**charts_of(models), "long": drawn["grid"]}.items():
        found = boxes(canvas) if canvas else []
        for n, (one, left, top, right, bottom) in enumerate(found):
            assert canvas is not None
            assert 0 <= left < right <= canvas.width, (kind, one)
            assert 0 <= top < bottom <= canvas.height, (kind, one)
            for other, left2, top2, right2, bottom2 in found[n + 1 :]:
                apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
                assert apart, (kind, one, other)


@pytest.mark.parametrize(
    "values", [(120.1, 121.3), (10.05, 10.2), (99.2, 100.0), (1e-6, 3e-6), (0.0, 14_042.0), (1234.5, 1236.0)]
)
def test_no_two_ticks_read_the_same(values: tuple[float, float]) -> None:
    """However close the values are, the numbers at the axis tell the lines apart, and are true."""
    found = scale(values, 0, 100)
    words = found.labels()
    assert len(set(words)) == len(found.ticks)
    step = found.ticks[1] - found.ticks[0]
    for word, tick in zip(words, found.ticks, strict=True):
        assert float(word.replace(",", "")) == pytest.approx(tick, abs=step / 100)


def test_days_of_a_short_history_tell_their_hours() -> None:
    """Five runs in a day and a half: no two marks of the axis read the same."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    moments = [Moment(start + timedelta(hours=9 * n), Score("A", 60.0 + n)) for n in range(5)]
    canvas = timeline("title", moments)
    assert canvas is not None
    days = [words for words, *_ in boxes(canvas) if words.startswith("11-0")]
    assert len(days) == len(set(days)) == 5
