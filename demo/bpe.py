"""A byte-level BPE tokenizer of a few hundred tokens, in the form llama.cpp calls `gpt2`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

START, END = "<|im_start|>", "<|im_end|>"
# GPT-2's way to cut a text into words, for ASCII; llama.cpp does the same under the name "gpt-2".
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
SPECIAL = re.compile(f"({re.escape(START)}|{re.escape(END)})")

Pair = tuple[str, str]


def _visible_bytes() -> list[str]:
    """GPT-2's printable sign for each of the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    signs = {byte: chr(byte) for byte in plain}
    signs |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [signs[byte] for byte in range(256)]


VISIBLE = _visible_bytes()
BYTES = {sign: byte for byte, sign in enumerate(VISIBLE)}


def _visible(text: str) -> list[str]:
    return [VISIBLE[byte] for byte in text.encode()]


def _joined(signs: list[str], pair: Pair) -> list[str]:
    result: list[str] = []
    for sign in signs:
        if result and (result[-1], sign) == pair:
            result[-1] += sign
        else:
            result.append(sign)
    return result


def learn_merges(texts: Iterable[str], count: int) -> list[Pair]:
    """The pairs to join, most frequent first; ties go by the alphabet, so that the result never varies."""
    words = Counter(word for text in texts for word in WORDS.findall(text))
    spelled = {word: _visible(word) for word in words}
    merges: list[Pair] = []
    while len(merges) < count:
        pairs: Counter[Pair] = Counter()
        for word, signs in spelled.items():
            for pair in pairwise(signs):
                pairs[pair] += words[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        spelled = {word: _joined(signs, best) for word, signs in spelled.items()}
    return merges


class Tokenizer:
    """Text to token numbers and back."""

    def __init__(self, merges: list[Pair]) -> None:
        self.merges = merges
        self.tokens = [*VISIBLE, *(left + right for left, right in merges), START, END]
        self.number = {token: number for number, token in enumerate(self.tokens)}
        self.end = self.number[END]
        self._known: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        numbers: list[int] = []
        for part in SPECIAL.split(text):
            if part in (START, END):
                numbers.append(self.number[part])
            else:
                numbers += [number for word in WORDS.findall(part) for number in self._word(word)]
        return numbers

    def decode(self, numbers: Iterable[int]) -> str:
        signs = "".join(self.tokens[number] for number in numbers if number < self.number[START])
        return bytes(BYTES[sign] for sign in signs).decode(errors="replace")

    def _word(self, word: str) -> list[int]:
        if word not in self._known:
            signs = _visible(word)
            for merge in self.merges:
                signs = _joined(signs, merge)
            self._known[word] = [self.number[sign] for sign in signs]
        return self._known[word]
