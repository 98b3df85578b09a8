"""Where the present version prints something else than version 0.1.0 did, and is meant to.

The frozen texts stay as they were; a deliberate change is an entry here, in which a reader sees what it was.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


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
        "the list says what its tiers are corrected for",
        "history-leaderboard-list",
        "demo-q2_k     55.0%  [34.2–74.2]               482 tok/s\n\n"
        "Models of one tier cannot be told apart from its first by these runs.\n",
        "demo-q2_k     55.0%  [34.2–74.2]               482 tok/s\n\n"
        "Models of one tier cannot be told apart from its first by these runs.\n"
        "(2 comparisons with a tier's first, corrected for how far the best of 3 "
        "equal models is ahead by luck: at most 5% risk that any split is by chance)\n",
    ),
)


def as_meant(name: str, frozen: str) -> str:
    """The frozen text with every intended difference made to it."""
    for one in INTENDED:
        if one.concerns(name):
            frozen = frozen.replace(one.old, one.new)
    return frozen
