"""The official files: where each comes from, and the hash that proves it is the one."""

from __future__ import annotations

from benchkit.asking.problems.base import Release

EVALPLUS = "https://github.com/evalplus/{}_release/releases/download/{}/{}.jsonl.gz"


def _humaneval_plus(version: str, sha256: str) -> Release:
    url = EVALPLUS.format("humanevalplus", version, "HumanEvalPlus")
    return Release(version, f"HumanEvalPlus-{version}.jsonl.gz", sha256, url)


def _mbpp_plus(version: str, sha256: str) -> Release:
    url = EVALPLUS.format("mbppplus", version, "MbppPlus")
    return Release(version, f"MbppPlus-{version}.jsonl.gz", sha256, url)


RELEASES: dict[str, tuple[Release, ...]] = {
    # The first of each is the one that a name alone stands for.
    "humaneval": (
        Release(
            None,
            "HumanEval.jsonl.gz",
            "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef",
            "https://github.com/openai/human-eval/raw/master/data/HumanEval.jsonl.gz",
        ),
    ),
    "humaneval+": (
        _humaneval_plus("v0.1.10", "272720b90ac375502c8ed23cd791c2a93dfb22a911641a494da74a426c09f101"),
        _humaneval_plus("v0.1.9", "e62f4130146963d969da64553f407a66e52d095adbfed4ee6733b4d59e14a3ed"),
    ),
    "mbpp": (
        Release(
            None,
            "mbpp.jsonl",
            "ccf64ceae9c5403bf50a044cb6d505bfd2a2963ee58338ba268fd65beab92a9f",
            "https://github.com/google-research/google-research/raw/master/mbpp/mbpp.jsonl",
        ),
    ),
    "mbpp+": (
        _mbpp_plus("v0.2.0", "af43697e8791c4c149bdfd6b489d8b5412507551ac20e28a439f650b8225db63"),
        _mbpp_plus("v0.1.0", "34dd9f63b498dbdd8ef7974a6a2dd4ad3684eae46399b1e2de5b32f7e756f12d"),
    ),
}


def known_release(sha256: str) -> tuple[str, Release] | None:
    """The set and release that a file with this hash is, whatever it is called."""
    for name, releases in RELEASES.items():
        for release in releases:
            if release.sha256 == sha256:
                return name, release
    return None
