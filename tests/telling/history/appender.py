"""A process that appends runs (`appender.py HISTORY PREFIX COUNT`) and prints each id that is on the disk."""

from __future__ import annotations

import sys

from benchkit.errors import BenchError
from benchkit.telling.history import open_store
from tests.telling.history.runs import a_run


def main() -> int:
    path, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for number in range(count):
        name = f"{prefix}-{number}"
        try:
            open_store(path).append(a_run(name, telemetry={"noise": "x" * (number * 997 % 9000)}))
        except BenchError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        print(name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
