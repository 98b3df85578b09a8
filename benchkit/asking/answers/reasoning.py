"""Takes off what a model thought aloud, so that a draft is never taken for the answer.

To add a model's way: one pair in PAIRS.
"""

from __future__ import annotations

import re

# What opens and closes a thought. Only at the start of a line does an opening count: code may contain tags.
PAIRS: dict[str, str] = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<|channel>thought": "<channel|>",
    "<unused94>thought": "<unused95>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "Here is my thought process:": "Here is my response:",
}
OPENING = re.compile(rf"^[ \t]*({'|'.join(map(re.escape, PAIRS))})", re.MULTILINE)

HARMONY_FINAL = re.compile(r"<\|channel\|>\s*final[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>")
HARMONY_END = re.compile(r"<\|(?:return|end|start|call)\|>")
STRIPPED_FINAL = "assistantfinal"  # Harmony after a server took the special tokens out of it


def without_reasoning(text: str) -> str:
    """The answer alone; nothing where a thought never ended."""
    return _without_thoughts(_harmony_final(text))


def _harmony_final(text: str) -> str:
    if "<|channel|>" in text:
        finals = list(HARMONY_FINAL.finditer(text))
        return HARMONY_END.split(text[finals[-1].end() :], maxsplit=1)[0] if finals else ""
    if text.startswith("analysis") and STRIPPED_FINAL in text:
        return text.rpartition(STRIPPED_FINAL)[2]
    return text


def _without_thoughts(text: str) -> str:
    text = _after_thought_opened_in_the_prompt(text)
    kept, position = [], 0
    while opening := OPENING.search(text, position):
        kept.append(text[position : opening.start()])
        closing = PAIRS[opening[1]]
        end = text.find(closing, opening.end())
        if end < 0:
            return "".join(kept)
        position = end + len(closing)
    return "".join([*kept, text[position:]])


def _after_thought_opened_in_the_prompt(text: str) -> str:
    """Some chat templates open the thought themselves; then the text only closes it."""
    for opening, closing in PAIRS.items():
        if closing in text and opening not in text.partition(closing)[0]:
            text = text.partition(closing)[2]
    return text
