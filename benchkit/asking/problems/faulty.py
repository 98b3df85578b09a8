"""Problems that are known to be wrong themselves: scores are shown with and without them.

Each reason can be checked with the official files: a prompt against its own test, or HumanEval's canonical
solution on one input. tests/asking/problems/test_faulty.py does so.
"""

from __future__ import annotations

CONTRADICTORY = {
    "HumanEval/47": "the second example gives 15.0, the test wants 8.0, which is the median",
    "HumanEval/116": "the examples sort by value, text and test by the number of ones in binary",
}

HUMANEVAL = CONTRADICTORY | {
    "HumanEval/44": "the canonical solution gives '' for 0, which no test looks at",
    "HumanEval/49": "the canonical solution gives 1 for modp(0, 1); what is left of a division by 1 is 0",
    "HumanEval/76": "the canonical solution denies that -2 is a power of -2; no test has negative numbers",
    "HumanEval/91": "the canonical solution takes a sentence after a leading space for none of its own",
    "HumanEval/95": "the canonical solution looks at two keys only; the tests have no mixture further on",
    "HumanEval/97": "the canonical solution takes 4 for the last digit of -6; the tests have -15 alone",
    "HumanEval/115": "`import math` stands before the docstring, which thereby is none",
    "HumanEval/122": "the canonical solution counts the minus sign as a digit; no test has -10 or less",
    "HumanEval/124": "the canonical solution refuses 12-31-1999: `and` binds closer than `or` in it",
    "HumanEval/132": "the canonical solution finds [][][] nested; the tests stop at [][]",
    "HumanEval/140": "the canonical solution loses a space at the end of a text",
    "HumanEval/150": "the canonical solution takes numbers below 1 for primes, all but 1 itself",
}

FAULTY: dict[str, dict[str, str]] = {"humaneval": HUMANEVAL, "humaneval+": CONTRADICTORY}
