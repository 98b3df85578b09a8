"""Arguments for the server that it must not get, or cannot take."""

from __future__ import annotations

import pytest

from benchkit.errors import BadServerFlag
from benchkit.serving.servers import serve
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
