"""Arguments for the server that it must not get, or cannot take."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchkit.errors import BadServerFlag
from benchkit.serving.servers import serve
from benchkit.serving.servers.xllamacpp_child import _set
from tests.serving.servers.conftest import Ask


@pytest.mark.parametrize("word", ["--port", "--port=1", "-a", "--model_alias=x", "--api-key=secret"])
def test_what_the_runner_sets_itself_is_refused(word: str, stand_in: Ask) -> None:
    """At once and by name: the server would start, and never be found."""
    request = stand_in(extra_args=("--threads", "1", word))
    with pytest.raises(BadServerFlag, match=f"{word.partition('=')[0]}.*leave it out"), serve(request, print):
        pass
    assert not request.log.exists()


def test_a_number_that_is_too_much(ask: Ask) -> None:
    """More context than a number of xllamacpp holds is a bad flag with its name, no crash."""
    with pytest.raises(BadServerFlag, match="n_ctx"), serve(ask("xllamacpp", context=2**31), print):
        pass


def test_a_field_of_a_field_of_xllamacpp_is_set(ask: Ask) -> None:
    """As many threads as were asked for; an unknown field, and a known one of an unknown group, are named."""
    threads = "--cpuparams.n-threads"
    with serve(ask("xllamacpp", extra_args=(threads, "1")), print) as server:
        assert b"n_threads = 1 " in server.log.read_bytes()
    for unknown in ("--cpuparams.n_thread", "--nothing.n_threads"):
        with (
            pytest.raises(BadServerFlag, match=unknown),
            serve(ask("xllamacpp", extra_args=(unknown, "1")), print),
        ):
            pass


def test_a_flag_of_llama_servers_is_answered_with_how_xllamacpp_spells_its_own() -> None:
    """--threads is cpuparams.n_threads there, which nobody guesses."""
    with pytest.raises(ValueError, match=r"--threads: xllamacpp takes .* such as .*--cpuparams\.n-threads"):
        _set(SimpleNamespace(), "threads", "8")
