"""Where the present version prints something else than version 0.1.0 did, and is meant to.

The frozen texts stay as they were; a deliberate change is an entry here, in which a reader sees what it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from benchkit.telling.comparison.columns import BY_NAME


class Difference(NamedTuple):
    why: str
    cases: str  # pattern of the names in v0_1_0/expected, without .txt; `options` is the list of options
    old: str
    new: str

    def concerns(self, name: str) -> bool:
        return fnmatchcase(name, self.cases)


_ONE_ORDER = "batch and compare print the command for running again alike: the settings in the table's order"
_F16, _Q2_K = (f"--model /proc/self/cwd/models/demo-{kind}.gguf" for kind in ("f16", "q2_k"))

INTENDED: tuple[Difference, ...] = (
    *(
        Difference(
            _ONE_ORDER,
            "everything-batch-plan.yaml",
            f"--benchmark {benchmark} {model} --script",
            f"{model} --benchmark {benchmark} --script",
        )
        for benchmark in ("in-a-shell", "by-a-pattern")
        for model in (_Q2_K, f"{_F16} --name strictly", f"{_F16} --name with-sh")
    ),
    *(
        Difference(
            _ONE_ORDER,
            "everything-batch-plan.yaml",
            f"--server {server} --gpu-layers {layers}",
            f"--gpu-layers {layers} --server {server}",
        )
        for server, layers in (("xllamacpp", "all"), ("xllamacpp", 0), ("llama-server", "all"))
    ),
    Difference(
        "what must be equal to compare stands in the order of the settings: the token budget moves up",
        "history-compare-benchmark-demo-format-json",
        '   "further sampling": "unknown",\n   "token budget": "300"\n',
        '   "further sampling": "unknown"\n',
    ),
    Difference(
        "… to behind the temperature",
        "history-compare-benchmark-demo-format-json",
        '   "temperature": "0",\n',
        '   "temperature": "0",\n   "token budget": "300",\n',
    ),
    Difference(
        "the quality of passing answers stands beside their number",
        "history-run_eval.py-rejudge-*",
        "Verdicts: 17 passed, 2 wrong, 1 error\n",
        "Verdicts: 17 passed, 2 wrong, 1 error\n"
        "Quality: 75.0 of 100 (75 equals the references), 95% interval 75.0–75.0, 17 problems\n",
    ),
    Difference(
        "status tells how far a race has asked a run, which box of a cluster does it, whom a judge judges",
        "*-status-json",
        ', "now": null}',
        ', "answered": null, "problems": null, "box": null, "judged": null, "now": null}',
    ),
    Difference(
        "the list says what its tiers are corrected for",
        "history-leaderboard-list",
        "demo-q2_k     55.0%  [34.2–74.2]               482 tok/s\n\n"
        "Models of one tier cannot be told apart from its first by these runs.\n",
        "demo-q2_k     55.0%  [34.2–74.2]               482 tok/s\n\n"
        "Models of one tier cannot be told apart from its first by these runs.\n"
        "(2 comparisons with a tier's first, corrected for how far the best of 3 "
        "equal models is ahead by luck: at most 5% risk that any split is by chance)\n",
    ),
    Difference(
        "a comparison groups its problems where they have a language or an area",
        "history-compare-benchmark-demo-format-json",
        '  ],\n  "verdicts": [',
        '  ],\n  "groups": {},\n  "verdicts": [',
    ),
)


# Columns for programs that version 0.1.0 did not have, each with the one behind which it stands: what models
# cost, how many drafted tokens they took, their score on expert tasks. No frozen run knows a value of them.
NEW_COLUMNS = {
    "expert": "hard",
    "draft": "time_to_first_token_s",
    "cost": "wh_per_solved",
    "cost_per_solved": "cost",
}
_SEPARATORS = {"csv": ",", "tsv": "\t"}


def _with_new_columns(name: str, frozen: str) -> str:
    """Of tables, of lists of objects on a line or on many, and where the columns are listed."""
    if name.endswith("-no-such"):  # sorted; none of those that there were is missing
        head, known_are, names = frozen.partition("known are ")
        return head + known_are + ", ".join(sorted({*names.strip().split(", "), *BY_NAME})) + "\n"
    for kind, separator in _SEPARATORS.items():
        if f"format-{kind}" in name:
            return "".join(_with_new_cells(frozen.splitlines(keepends=True), separator))
    for new, before in NEW_COLUMNS.items():
        if "format-json" in name:
            frozen = re.sub(
                rf'("{before}": [^,\n]*,)(\s+)(?!"{new}")', rf'\g<1>\g<2>"{new}": null,\g<2>', frozen
            )
    return frozen


def _with_new_cells(lines: list[str], separator: str) -> Iterator[str]:
    names: list[str] = []
    for line in lines:
        cells = next(csv.reader([line], delimiter=separator), [])
        names = cells if "wh_per_solved" in cells else names
        if not names or len(cells) != len(names):
            yield line
            continue
        known = dict(zip(names, cells, strict=True))
        order = list(names)
        for new, before in NEW_COLUMNS.items():
            order.insert(order.index(before) + 1, new)
        text = io.StringIO()
        row = [new if cells == names else known.get(new, "") for new in order]
        csv.writer(text, delimiter=separator, lineterminator="\n").writerow(row)
        yield text.getvalue()


def as_meant(name: str, frozen: str) -> str:
    """The frozen text with every intended difference made to it."""
    frozen = _with_new_columns(name, frozen)
    for one in INTENDED:
        if one.concerns(name):
            frozen = frozen.replace(one.old, one.new)
    return frozen
