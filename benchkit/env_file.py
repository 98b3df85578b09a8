"""`.env` in the current folder: keys and defaults for every command started there; the shell wins over it."""

from __future__ import annotations

import os
from pathlib import Path

from benchkit.contract import Variable

NAME = ".env"


def read_env_file() -> list[str]:
    """Take the variables over into the environment; returns what is wrong with the file, a line each.

    A script that the runner starts has them from the runner already, and does not read the file again.
    """
    path = Path(NAME).absolute()
    if os.environ.get(Variable.ENV_FILE) or not path.is_file():
        return []
    os.environ[Variable.ENV_FILE] = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [f"{path} is not read: it is no text in UTF-8"]
    except OSError as error:
        return [f"{path} is not read: {error.strerror}"]
    return [f"{path}, line {line} is passed over: write it as NAME=value" for line in _take_over(text)]


def _take_over(text: str) -> list[int]:
    """Set what the shell has not set; the numbers of the lines that are no variable.

    What such a line says is not repeated: it may be half a key.
    """
    from io import StringIO

    from dotenv.main import resolve_variables
    from dotenv.parser import parse_stream

    bindings = list(parse_stream(StringIO(text)))
    named = [(one.key, one.value) for one in bindings if one.key and not one.error]
    for name, value in resolve_variables(named, override=False).items():
        if value and "\0" not in name + value:  # NAME= alone is a line that nobody has filled in yet
            os.environ.setdefault(name, value)
    return [one.original.line for one in bindings if one.error]
