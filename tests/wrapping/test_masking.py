"""Keys and tokens: *** in logs and records, wherever they came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.masking import Mask, Stream
from tests.support import F16, Bench, runs_in

KEY = "sk-4f9a8b7c6d5e"


def streamed(mask: Mask, text: str, size: int) -> str:
    stream, data = Stream(mask), text.encode()
    pieces = [stream.feed(data[begin : begin + size]) for begin in range(0, len(data), size)]
    return b"".join([*pieces, stream.rest()]).decode()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 15, 16, 1000])
def test_across_the_borders_of_pieces(size: int) -> None:
    """A key is hidden however the output is cut; what only begins like one is kept to the last letter."""
    mask = Mask((), {"OPENAI_API_KEY": KEY, "HF_TOKEN": f"{KEY}-longer"})
    text = f"a {KEY} b{KEY}{KEY}\nsk-4f {KEY[:-1]} {KEY}-longer {KEY}-lon é {KEY[:4]}"
    assert streamed(mask, text, size) == f"a *** b******\nsk-4f {KEY[:-1]} *** ***-lon é {KEY[:4]}"


def test_of_keys_that_overlap_nothing_is_left_whole() -> None:
    """One key that ends as another begins: neither can be read."""
    mask = Mask((), {"A_TOKEN": "abcdefgh", "B_TOKEN": "ghijklmn"})
    for size in range(1, 20):
        shown = streamed(mask, "-abcdefghijklmn-", size)
        assert "abcdefgh" not in shown
        assert "ghijklmn" not in shown


def test_what_is_no_secret_stays() -> None:
    """Numbers of tokens, short values, names of variables and the usual placeholders are left alone."""
    harmless = [
        "--max-tokens",
        "4096000",
        "--max_tokens=4096000",
        "--tokenizer",
        "none-at-all",
        "--api-key",
        "$MY_KEY",
    ]
    environment = {
        "MAX_TOKENS": "1000000",
        "OPENAI_API_KEY": "none",
        "X_TOKEN": "not-needed",
        "PATH": "/usr/bin",
    }
    mask = Mask(harmless, environment)
    assert mask.secrets == []
    assert mask.words(harmless) == harmless


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--api-key", KEY], ["--api-key", "***"]),
        (["--api_key", "x"], ["--api_key", "***"]),
        ([f"--hf-token={KEY}"], ["--hf-token=***"]),
        (["--model_args", f"model=m,api_key={KEY},n=1"], ["--model_args", "model=m,api_key=***,n=1"]),
        (["-H", f"Authorization: Bearer {KEY}"], ["-H", "Authorization: Bearer ***"]),
        ([f"http://me:{KEY}@host/v1"], ["http://me:***@host/v1"]),
        ([f"OPENAI_API_KEY={KEY}", "run"], ["OPENAI_API_KEY=***", "run"]),
        (['{"api_key": "' + KEY + '"}'], ['{"api_key": "***"}']),
        (["--api-key", KEY, "--note", f"with {KEY}"], ["--api-key", "***", "--note", "with ***"]),
    ],
)
def test_in_a_command(words: list[str], shown: list[str]) -> None:
    """However a command line is given a key, it is hidden there, and the same in what is printed."""
    mask = Mask(words, {})
    assert mask.words(words) == shown
    if any(KEY in word for word in words):
        assert mask.text(f"it said {KEY}.") == "it said ***."


TELLTALE = """import os, sys, time
key = os.environ["OPENAI_API_KEY"]
for part in (key[:5], key[5:], "\\n", *sys.argv[1:]):
    sys.stdout.write(part + " " * (part == "\\n"))
    sys.stdout.flush()
    time.sleep(0.05)
print(f"\\ngot {len(key)}\\n", os.environ["HF_TOKEN"], file=sys.stderr)
sys.exit(int(sys.argv[-1]))
"""


@pytest.mark.parametrize("code", ["0", "3"])
def test_nothing_of_a_run_holds_a_key(code: str, bench: Bench, tmp_path: Path) -> None:
    """A harness that prints every key, in pieces, when it works and when it fails: none is kept or shown."""
    (tmp_path / "tell.py").write_text(TELLTALE)
    typed, token = "typed-0123456789", "hf_0123456789"
    done = bench(
        "--model", F16, "--benchmark", "mine", "--server", "xllamacpp",
        "--score-pattern", r"got (?P<score>\d+)",
        "--script", f"python3 {tmp_path}/tell.py --token {typed}", "--api-key", "typed-too-98765", code,
        OPENAI_API_KEY=KEY, HF_TOKEN=token,
    )  # fmt: skip
    assert done.returncode == (0 if code == "0" else 1), done.stderr
    secrets = (KEY, token, typed, "typed-too-98765")
    kept = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.suffix in (".log", ".json", ".jsonl")
    ]
    assert len(kept) >= 4
    for content in (done.stdout, done.stderr, *(path.read_text(errors="replace") for path in kept)):
        assert not [secret for secret in secrets if secret in content]
    assert "***" in done.stdout


def test_a_password_in_an_address(bench: Bench, tmp_path: Path) -> None:
    """Neither the address in the record nor the error that names it holds the endpoint's password."""
    done = bench("--base-url", f"http://me:{KEY}@127.0.0.1:9/v1", "--name", "x", "--benchmark", "mine",
                 "--score-pattern", r"(?P<score>\d+)", "--script", "echo 1", "--token", "short")  # fmt: skip
    assert done.returncode == 1
    (run,) = runs_in(tmp_path)
    assert run["config"]["base_url"] == "http://me:***@127.0.0.1:9/v1"
    assert run["config"]["script_args"] == ["--token", "***"]
    assert KEY not in (tmp_path / "benchmark_results.json").read_text() + done.stdout + done.stderr


def test_a_dry_run_shows_no_key(bench: Bench) -> None:
    """What would be started is shown without keys, the server's own among them."""
    done = bench("--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--server-arg=--api-key",
                 f"--server-arg={KEY}", "--dry-run", "--api-key", "of-the-script")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout
    assert "of-the-script" not in done.stdout


def test_a_log_that_another_program_wrote(tmp_path: Path) -> None:
    """A server's log is gone through when the server has ended; one without keys is not touched."""
    mask = Mask((), {"A_TOKEN": KEY})
    told, clean = tmp_path / "server.log", tmp_path / "server-2.log"
    told.write_text(f"key {KEY}\n")
    clean.write_text("nothing\n")
    before = clean.stat()
    for log in (told, clean, tmp_path / "absent.log"):
        mask.file(log)
    assert told.read_text() == "key ***\n"
    assert clean.stat().st_mtime_ns == before.st_mtime_ns
    assert not (tmp_path / "absent.log").exists()
