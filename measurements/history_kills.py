"""How many acknowledged runs 1,000 kills lose: `python measurements/history_kills.py [KILLS]`. Bar: none."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchkit.telling.history import open_store
from benchkit.telling.history.json_file import journal
from tests.telling.history.kills import kill_while_appending


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    random, acknowledged, cut_short = Random(0), [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmark_results.json"
        for number in range(kills):
            acknowledged += kill_while_appending(path, f"life{number}", random)
            cut_short += journal.place(path).exists()
        kept = [run.id for run in open_store(path).runs()]
    lost = set(acknowledged) - set(kept)
    print(
        f"{kills} kills, {cut_short} of them within an append: {len(acknowledged)} runs acknowledged,"
        f" {len(lost)} lost, {len(kept) - len(set(kept))} double"
    )
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
