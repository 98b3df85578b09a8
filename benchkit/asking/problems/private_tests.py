"""The private tests of a LiveCodeBench row: plain JSON, or base64 of zlib of a pickle of JSON.

A pickle is a program. This one may make a text and nothing else: whatever names a class or a function is
refused before anything is looked up.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from typing import Any, NoReturn

MOST_BYTES = 512 << 20  # inflated; the largest official ones are well below


def read_private(value: Any) -> list[dict[str, Any]]:
    """The tests; ValueError names what is wrong with them."""
    if value in (None, ""):
        return []
    tests = _parsed(value) if isinstance(value, str) else value
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise ValueError("private_test_cases is no list of tests")
    return tests


def _parsed(text: str) -> Any:
    # base64 never begins with a bracket or a blank.
    if text.lstrip()[:1] in ("[", "{"):
        return json.loads(text)
    unpickled = _unpickled(_inflated(text))
    return json.loads(unpickled) if isinstance(unpickled, str) else unpickled


def _inflated(text: str) -> bytes:
    try:
        packed = base64.b64decode(text, validate=True)
        inflater = zlib.decompressobj()
        data = inflater.decompress(packed, MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"private_test_cases is neither JSON nor base64 of zlib ({error})") from None
    if inflater.unconsumed_tail:
        raise ValueError(f"private_test_cases inflates to more than {MOST_BYTES >> 20} MB: not read")
    if not inflater.eof:
        raise ValueError("private_test_cases is cut short: get the file again")
    return data


class _PlainUnpickler(pickle.Unpickler):
    """Makes texts, lists, dicts and numbers; a class or a function by name is what an attack needs."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, _identity: Any) -> NoReturn:
        raise pickle.UnpicklingError("it asks for something outside of it")


def _unpickled(data: bytes) -> Any:
    try:
        return _PlainUnpickler(io.BytesIO(data)).load()
    except Exception as error:  # a damaged pickle raises whatever it stumbles on
        raise ValueError(f"private_test_cases is no pickle of plain data: {error}") from None
