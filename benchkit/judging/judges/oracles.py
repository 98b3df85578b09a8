"""When two outputs count as the same, by the + sets' rules; all of it on the trusted side, on plain data.

The rules are evalplus's (0.3.1). Where they accept or refuse by accident, REFERENCES.md says what we do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from benchkit.asking.problems.evalplus import DifferentialProblem

Arguments = Sequence[Any]
Oracle = Callable[[Arguments, Any, Any, float], bool]
"""(arguments, got, expected, atol): asked only where the two are not the same value of the same type."""

FLOAT_ATOL = 1e-6  # from a problem's first expected float on, when it names no tolerance of its own
RTOL = 1e-7


def oracle_of(problem: DifferentialProblem) -> Oracle:
    """The problem's own oracle, or plain comparison."""
    special = MBPP if problem.family == "mbpp" else HUMANEVAL
    return special.get(problem.entry_point or "", equal_or_close)


def shows_presence_only(problem: DifferentialProblem) -> bool:
    """Whether the expected output is only that there is one: the canonical solution returns match objects."""
    return oracle_of(problem) is present


def same(oracle: Oracle, arguments: Arguments, got: Any, expected: Any, atol: float) -> bool:
    """What cannot be compared is not the same."""
    try:
        return oracle(arguments, got, expected, atol)
    except (TypeError, ValueError, OverflowError, RecursionError, ArithmeticError):
        return False


def is_floats(value: Any) -> bool:
    """A float, or a list or tuple of nothing but floats."""
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def equal_or_close(_arguments: Arguments, got: Any, expected: Any, atol: float) -> bool:
    return bool(got == expected) or (atol != 0 and type(got) is type(expected) and close(got, expected, atol))


def close(got: Any, expected: Any, atol: float) -> bool:
    """numpy's allclose for what it takes: numbers, and evenly nested lists and tuples of them."""
    if isinstance(expected, list | tuple):
        if (
            not isinstance(got, list | tuple)
            or len(got) != len(expected)
            or _ragged(expected)
            or _ragged(got)
        ):
            return False
        return all(close(one, other, atol) for one, other in zip(got, expected, strict=True))
    return _close_numbers(_number(got), _number(expected), atol)


def _ragged(items: Sequence[Any]) -> bool:
    return len({len(item) if isinstance(item, list | tuple) else -1 for item in items}) > 1


def _number(value: Any) -> complex | float:
    """As numpy takes it: integers of 64 bits, no text, no None."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise TypeError("an integer this large is no number to numpy")
    if isinstance(value, complex):
        return value
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no number")


def _close_numbers(got: complex | float, expected: complex | float, atol: float) -> bool:
    if got == expected:
        return True
    return math.isfinite(abs(expected)) and abs(got - expected) <= atol + RTOL * abs(expected)


def is_root(arguments: Arguments, got: Any, _expected: Any, atol: float) -> bool:
    """HumanEval/32: any zero of the polynomial will do."""
    value = sum(coefficient * math.pow(got, power) for power, coefficient in enumerate(arguments[0]))
    return bool(abs(value) <= atol)


def anything(_arguments: Arguments, _got: Any, _expected: Any, _atol: float) -> bool:
    """Mbpp/164: the task is ambiguous; whatever returns is right."""
    return True


def equal_or_zero(arguments: Arguments, got: Any, expected: Any, atol: float) -> bool:
    """Mbpp/295: whether the number itself is one of its divisors is left open for 1."""
    return bool(got == 0) or equal_or_close(arguments, got, expected, atol)


def same_surface(arguments: Arguments, got: Any, expected: Any, atol: float) -> bool:
    """Mbpp/581: the height may be the slant height or the pyramid's own."""
    base, height = arguments
    upright = round(base**2 + 2 * base * math.sqrt((base / 2) ** 2 + height**2))
    return (
        bool(got == expected) or abs(got - upright) <= atol or equal_or_close(arguments, got, expected, atol)
    )


def same_digit_distance(arguments: Arguments, got: Any, expected: Any, atol: float) -> bool:
    """Mbpp/558: the distance digit by digit is as good as the digits' sum of the difference."""
    width = max(len(str(number)) for number in arguments)
    one, other = (str(number).zfill(width) for number in arguments)
    distance = sum(abs(int(a) - int(b)) for a, b in zip(one, other, strict=True))
    return bool(got == distance) or equal_or_close(arguments, got, expected, atol)


def same_set(_arguments: Arguments, got: Any, expected: Any, _atol: float) -> bool:
    """Tasks whose words leave the order, and how often an item comes, open.

    What came is looked up and never made a set: its items may have been chosen to share one hash.
    """
    wanted = set(expected)
    return all(item in wanted for item in got) and wanted.issubset(got)


def present(_arguments: Arguments, got: Any, expected: Any, _atol: float) -> bool:
    """Tasks that return a match object or None; a bool must be the right one."""
    return bool(got == expected) if isinstance(got, bool) else expected == (got is not None)


HUMANEVAL: dict[str, Oracle] = {"find_zero": is_root}

MBPP: dict[str, Oracle] = {
    "are_equivalent": anything,
    "sum_div": equal_or_zero,
    "surface_Area": same_surface,
    "digit_distance_nums": same_digit_distance,
    "similar_elements": same_set,
    "find_char_long": same_set,
    "common_in_nested_lists": same_set,
    "extract_singly": same_set,
    "larg_nnum": same_set,
    "intersection_array": same_set,
    "find_dissimilar": same_set,
    "Diff": same_set,
    "check_str": present,
    "text_match_three": present,
    "text_starta_endb": present,
}
