"""How often a simulated power loss spoils the history: `python measurements/history_power.py [LOSSES]`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.telling.history.power import lose_power


def main() -> None:
    losses = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    wrong = {seed: what for seed in range(losses) if (what := lose_power(seed))}
    print(f"{losses} simulated power losses: {len(wrong)} failures {dict(list(wrong.items())[:5]) or ''}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
