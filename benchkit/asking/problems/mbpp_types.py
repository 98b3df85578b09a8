"""MBPP+ inputs as Python values: JSON has no tuple, set or complex number, so tasks have rules.

A task's rule gives one maker for each argument; tasks that are not here take what JSON says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Maker = Callable[[Any], Any]
Rule = Callable[[Sequence[Any]], Sequence[Any]]


def typed_inputs(task_id: str, inputs: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The inputs of "Mbpp/N" with the types that its function is meant to get."""
    rule = RULES.get(int(task_id.rpartition("/")[2]))
    return inputs if rule is None else [rule(arguments) for arguments in inputs]


def every(make: Maker) -> Rule:
    """One maker for all arguments, however many there are."""
    return lambda arguments: [make(argument) for argument in arguments]


def each(*makers: Maker) -> Rule:
    """A maker for each argument; what lies beyond is dropped."""
    return lambda arguments: [make(argument) for make, argument in zip(makers, arguments, strict=False)]


def same(value: Any) -> Any:
    return value


def rows(value: Iterable[Any]) -> list[tuple[Any, ...]]:
    """A list of tuples."""
    return [tuple(row) for row in value]


def table(value: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    """A tuple of tuples."""
    return tuple(rows(value))


def mixed(value: Iterable[Any]) -> tuple[Any, ...]:
    """A tuple in which lists are tuples."""
    return tuple(tuple(item) if isinstance(item, list) else item for item in value)


def deep(value: Any) -> Any:
    """Tuples all the way down."""
    return tuple(deep(item) for item in value) if isinstance(value, list) else value


def sets(value: Iterable[Any]) -> list[Any]:
    """A list of sets; an empty one is the empty dict that its literal `{}` makes."""
    return [set(item) if isinstance(item, list) and item else {} for item in value]


def rows_by_key(value: dict[Any, Iterable[Any]]) -> dict[Any, tuple[Any, ...]]:
    return {key: tuple(item) for key, item in value.items()}


def _rules(*entries: tuple[Rule, Iterable[int]]) -> dict[int, Rule]:
    return {task: rule for rule, tasks in entries for task in tasks}


RULES: dict[int, Rule] = _rules(
    (every(tuple), (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424)),
    (every(tuple), (429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809)),
    (every(rows), (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780)),
    (every(table), (259, 401, 445)),
    (every(deep), (580, 615, 791)),
    (each(rows, same), (75, 413, 444, 753)),
    (each(same, tuple), (106, 750)),
    (each(tuple, same), (250, 405, 446, 617, 720, 763, 808)),
    (each(tuple, same, same), (307,)),
    (each(sets), (115,)),
    (each(float, complex), (124,)),
    (each(complex), (252,)),
    (each(mixed), (278,)),
    (each(rows_by_key, same, same), (722,)),
)
