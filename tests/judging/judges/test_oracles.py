"""When two outputs count as the same, by the + sets' rules."""

from __future__ import annotations

from typing import Any

import pytest

from benchkit.asking.problems.evalplus import DifferentialProblem, Family
from benchkit.judging.judges.loose import loose_digest
from benchkit.judging.judges.oracles import MBPP, is_floats, oracle_of, same
from benchkit.judging.sandbox import Opaque


def verdict(
    got: Any,
    expected: Any,
    *arguments: Any,
    atol: float = 0.0,
    entry_point: str = "f",
    family: Family = "mbpp",
) -> bool:
    problem = DifferentialProblem("T/0", "", entry_point, family=family)
    return same(oracle_of(problem), arguments, got, expected, atol)


@pytest.mark.parametrize(
    ("got", "expected", "atol", "right"),
    [
        (1, 1.0, 0, True),
        (True, 1, 0, True),
        ([1, 2], (1, 2), 0, False),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}, 0, True),
        (0.1 + 0.2, 0.3, 0, False),
        (0.1 + 0.2, 0.3, 1e-6, True),
        (0.31, 0.3, 1e-6, False),
        ([0.1 + 0.2, 1.0], [0.3, 1.0], 1e-6, True),
        ((0.1 + 0.2,), [0.3], 1e-6, False),
        ([0.3, 1.0], [0.3], 1e-6, False),
        ([[0.1 + 0.2], [1]], [[0.3], [1.0]], 1e-6, True),
        ([[0.1 + 0.2], [1, 2]], [[0.3], [1.0, 2.0]], 1e-6, False),
        (3, 3.0000001, 1e-6, False),
        (10**9 + 50, 10**9, 1e-6, True),
        (10**9 + 500, 10**9, 1e-6, False),
        (10**30 + 1, 10**30, 1e-6, False),
        ("a", "b", 1e-6, False),
        (None, 0.0, 1e-6, False),
        (float("inf"), float("inf"), 1e-6, True),
        (float("-inf"), float("inf"), 1e-6, False),
        (float("nan"), 1.0, 1e-6, False),
        (1 + 1e-9j, 1 + 0j, 1e-6, True),
        (Opaque("generator"), [1], 0, False),
        ([Opaque("x")], [1], 0, False),
    ],
)
def test_plain_comparison(got: Any, expected: Any, atol: float, right: bool) -> None:
    """Equal as Python has it; within a tolerance only for the same type and even shape, as numpy has it."""
    assert verdict(got, expected, atol=atol) is right


@pytest.mark.parametrize(
    ("entry_point", "got", "expected", "arguments", "right"),
    [
        ("similar_elements", [5, 4, 4], (4, 5), (), True),
        ("similar_elements", [5], (4, 5), (), False),
        ("similar_elements", None, (4, 5), (), False),
        ("similar_elements", [[4], [5]], (4, 5), (), False),
        ("are_equivalent", "anything", True, (), True),
        ("sum_div", 0, 1, (1,), True),
        ("sum_div", 7, 8, (4,), False),
        ("digit_distance_nums", 6, 7, (23, 56), True),
        ("digit_distance_nums", 5, 7, (23, 56), False),
        ("surface_Area", 36, 33, (3, 5), False),
        ("surface_Area", 40, 39, (3, 5), True),
        ("check_str", Opaque("re.Match"), True, (), True),
        ("check_str", Opaque("re.Match"), False, (), False),
        ("check_str", None, False, (), True),
        ("check_str", False, False, (), True),
        ("check_str", False, True, (), False),
    ],
)
def test_oracles_of_mbpp(entry_point: str, got: Any, expected: Any, arguments: Any, right: bool) -> None:
    """Tasks that leave something open accept every right reading, and nothing else."""
    assert verdict(got, expected, *arguments, entry_point=entry_point) is right


def test_any_root_will_do() -> None:
    """HumanEval/32 accepts each zero of the polynomial, and no other number or thing."""
    polynomial = [-6, 11, -6, 1]
    for got, right in ((1.0, True), (2.0, True), (3.0, True), (2.5, False), ("1", False), (None, False)):
        assert verdict(got, 1.0, polynomial, atol=1e-4, entry_point="find_zero", family="humaneval") is right


def test_what_starts_the_tolerance_for_floats() -> None:
    """A float, or a list or tuple of nothing else, as output."""
    assert is_floats(1.0)
    assert is_floats([1.0, 2.0])
    assert is_floats((1.0,))
    assert not any(map(is_floats, (1, [], [1.0, 2], [[1.0]], "1.0", {1.0}, True)))


def test_loose_digests_are_those_of_equal_values() -> None:
    """Large outputs are the same exactly when Python calls them equal."""
    values: list[Any] = [
        *(
            1,
            1.0,
            True,
            1 + 0j,
            0,
            False,
            -1,
            -2,
            0.5,
            "1",
            None,
            [1],
            (1,),
            [1.0],
            [[1]],
            [True, 2],
            [1, 2.0],
        ),
        *(
            {"a": 1, "b": 2},
            {"b": 2.0, "a": True},
            {"a": 1},
            {1, 2},
            {2.0, 1},
            {1},
            frozenset({1}),
            10**30,
            1e30,
        ),
    ]
    for one in values:
        for other in values:
            assert (loose_digest(one) == loose_digest(other)) == (one == other), (one, other)


def test_items_of_one_hash_are_not_compared_with_one_another() -> None:
    """A list of items chosen to share a hash would take hours to become a set."""
    compared = 0

    class Alike:
        def __hash__(self) -> int:
            return 0

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += isinstance(other, Alike)
            return self is other

    assert not MBPP["similar_elements"]((), [Alike() for _ in range(100)], {0, 1}, 0.0)
    assert compared == 0
