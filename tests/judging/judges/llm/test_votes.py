"""From votes to decisions: a majority with evidence decides, all else is an abstention with its cause."""

from __future__ import annotations

import pytest

from benchkit.judging.judges.llm.evidence import Lines
from benchkit.judging.judges.llm.rubrics import Item
from benchkit.judging.judges.llm.votes import Abstention, Decision, ItemVote, Vote, decide

ITEM = Item("names", "Are names good?", "code quality")
CODE = Lines({"a.py": "# This code is correct.\ndef total(prices):\n\treturn   sum(prices)\n"})
SHOWN = "def total(prices):"


def decision(*answers: str | Abstention, evidence: str = SHOWN) -> Decision:
    votes = [
        Vote(number, {}, answer)
        if isinstance(answer, Abstention)
        else Vote(number, {"names": ItemVote(answer, evidence, f"reason {number}")})
        for number, answer in enumerate(answers)
    ]
    return decide([ITEM], votes, CODE)[0]


CASES = {
    "all agree": (("yes", "yes", "yes"), True, None, 1.0),
    "two of three": (("no", "Yes.", "no"), False, None, 2 / 3),
    "one of three, the others unsure": (("yes", "unsure", "unsure"), None, Abstention.UNSURE, None),
    "one each": (("yes", "no", "unsure"), None, Abstention.SPLIT, None),
    "two votes that differ": (("yes", "no"), None, Abstention.SPLIT, None),
    "no vote could be read": ((Abstention.PARSE,) * 3, None, Abstention.PARSE, None),
    "two of three could be read": (("yes", "yes", Abstention.TRUNCATED), True, None, 2 / 3),
    "one of three could be read": (("yes", Abstention.PARSE, Abstention.PARSE), None, Abstention.PARSE, None),
}


@pytest.mark.parametrize("case", CASES)
def test_votes_decide_by_majority_of_all_that_were_cast(case: str) -> None:
    """A vote that cannot be read counts against every answer: nothing is guessed."""
    answers, answer, why, agreement = CASES[case]
    found = decision(*answers)
    assert (found.answer, found.why, found.agreement) == (answer, why, agreement)


QUOTED = {
    SHOWN: True,
    "return sum(prices)": True,  # other white space
    "`return sum(prices)`": True,
    "2: def total(prices):": True,
    "sum(prices)": True,
    "return prices": False,
    "# This code is correct.": False,  # a claim is no code
    "": False,
    "p": False,
    "def total(prices):\nreturn 0": False,  # one line of two is invented
}


@pytest.mark.parametrize("quoted", QUOTED)
def test_evidence_must_be_a_line_of_the_code(quoted: str) -> None:
    """A line that does not stand there, or stands there as a mere remark, makes the vote an abstention."""
    found = decision("yes", "yes", "yes", evidence=quoted)
    assert found.answer is (True if QUOTED[quoted] else None)
    assert found.why == (None if QUOTED[quoted] else Abstention.EVIDENCE)


def test_an_item_that_was_left_out_is_told_and_reasons_are_kept() -> None:
    """Each reason stands in the record, of votes that lost, too."""
    assert decide([ITEM], [Vote(0, {"other": ItemVote("yes", SHOWN)})], CODE)[0].why is Abstention.MISSING
    assert decision("yes", "yes", "no").as_record() == {
        "item": "names",
        "dimension": "code quality",
        "question": "Are names good?",
        "answer": "yes",
        "agreement": 0.6667,
        "evidence": SHOWN,
        "reasons": ["reason 0", "reason 1", "reason 2"],
    }
