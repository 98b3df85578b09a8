"""Which inputs are heavy: for each problem of a + set, one that keeps its reference busy for 0.05 s or more.

    .venv/bin/python measurements/heavy_inputs.py FILE.jsonl.gz TABLE.json

An input of the problem is made larger (lists and texts repeated, numbers multiplied where there is neither)
until the reference's processor time is enough; the problem's contract must hold for it, and the reference
must give the same result twice. The table is what efficiency is measured on. Takes a few minutes.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import re
import resource
import sys
import time
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

ENOUGH_S, TOO_MUCH_S = 0.05, 1.0
TRIED = 6  # inputs of a problem
SENTENCE = re.compile(r"[A-Za-z]{2} [A-Za-z]{2}")  # prose of other people
LONGEST = 100  # characters of an input that is repeated
FACTORS = (3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)


def main(source: Path, table: Path) -> None:
    rows = [json.loads(line) for line in gzip.decompress(source.read_bytes()).splitlines()]
    with ThreadPool(2) as pool:
        expressions: dict[str, str] = {}
        for pair in pool.imap(search, rows):
            if pair is not None:
                expressions[pair[0]] = pair[1]
                table.write_text(json.dumps(expressions, indent=1) + "\n")
    print(f"{len(expressions)} of {len(rows)} problems have a heavy input: {table}")


def search(row: dict[str, Any]) -> tuple[str, str] | None:
    """The problem's id and its heavy arguments."""
    for arguments in [*row["base_input"], *row["plus_input"]][:TRIED]:
        if len(repr(arguments)) > LONGEST or SENTENCE.search(repr(arguments)):
            continue
        for expression in grown(arguments):
            seconds = seconds_of(row, expression)
            if seconds is None or seconds > TOO_MUCH_S:
                break
            if seconds >= ENOUGH_S:
                return row["task_id"], expression
    return None


def grown(arguments: list[Any]) -> Iterator[str]:
    """The arguments made larger, as expressions; none where nothing in them can grow."""
    sequences = any(isinstance(one, list | str) and one for one in arguments)
    numbers = any(isinstance(one, int) and not isinstance(one, bool) for one in arguments)
    if not sequences and not numbers:
        return
    for factor in FACTORS:
        yield ", ".join(_grown(one, factor, sequences) for one in arguments) + ","


def _grown(value: Any, factor: int, sequences: bool) -> str:
    if isinstance(value, list | str) and value:
        return f"{value!r} * {factor}"
    if not sequences and isinstance(value, int) and not isinstance(value, bool):
        return repr(value * factor)
    return repr(value)


def seconds_of(row: dict[str, Any], expression: str) -> float | None:
    """The reference's processor time; None where the contract does not hold or it comes to no end."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(row, expression, sending))
    process.start()
    sending.close()
    try:
        return receiving.recv() if receiving.poll(30) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


def guarded(row: dict[str, Any]) -> str:
    """The reference with its contract at the beginning of the function's body."""
    head = re.compile(rf"^def {re.escape(row['entry_point'])}\(.*:[^\n]*\n", re.MULTILINE)
    if not head.search(row["canonical_solution"]):
        return str(row["prompt"] + row["contract"] + row["canonical_solution"])
    return str(row["prompt"]) + head.sub(
        lambda match: f"{match[0]}{row['contract']}\n", row["canonical_solution"], 1
    )


def _run(row: dict[str, Any], expression: str, sending: Any) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    sys.stdout = sys.stderr = Path("/dev/null").open("w")  # noqa: SIM115
    body = row["prompt"] + row["canonical_solution"]
    with_contract: dict[str, Any] = {}
    if "contract" in row:
        exec(guarded(row), with_contract)
        with_contract[row["entry_point"]](*eval(expression))
    plain: dict[str, Any] = {}
    exec(body, plain)
    results, seconds = [], []
    for _ in range(2):
        arguments = eval(expression)
        begun = time.process_time()
        result = plain[row["entry_point"]](*arguments)
        seconds.append(time.process_time() - begun)
        results.append(result)
    if repr(results[0]) == repr(results[1]) and results[0] is not None:
        sending.send(min(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
