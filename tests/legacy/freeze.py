"""Write what an older version prints into `expected/`: python -m tests.legacy.freeze CHECKOUT_OF_THAT_VERSION

For a new case, with that version's own Python. A frozen text is never written anew for the present version:
what is meant to differ goes into intended.py.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.legacy.box import EXPECTED, options, printed
from tests.legacy.cases import CASES, COMMANDS


def main(program: Path) -> None:
    EXPECTED.mkdir(exist_ok=True)
    for case in CASES:
        path = EXPECTED / f"{case.name}.txt"
        if not path.exists():
            with tempfile.TemporaryDirectory() as place:
                path.write_text(printed(case, Path(place), program))
    with tempfile.TemporaryDirectory() as place:
        lines = [line for command in COMMANDS for line in options(command, Path(place), program)]
    (EXPECTED / "options.txt").write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
