"""What a GGUF file says of itself, and that a broken one is told by one line that names the next step."""

import os
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest

from benchkit.errors import BenchError, ModelFileError, UsageError
from benchkit.serving.gguf import read_model_facts, read_model_file
from tests.serving.gguf.writing import (
    F16,
    F32,
    Q8_0,
    Shape,
    Tensors,
    header,
    metadata_of,
    tensors_of,
    write,
    write_model,
)


def test_facts_of_a_whole_file(tmp_path: Path) -> None:
    """Name, architecture, quantization, parameters, layers and context come from the file."""
    model = read_model_file(write_model(tmp_path / "m.gguf"))
    assert (model.name, model.architecture, model.quantization) == ("all zero", "llama", "F16")
    assert (model.layers, model.context_length, model.kind) == (2, 2048, "model")
    assert model.size_bytes == (tmp_path / "m.gguf").stat().st_size
    # Two embeddings, three norms' worth of 64s and per layer q, k, v, o and three matrices of 64 x 128.
    assert model.parameters == 2 * 64 * 300 + 5 * 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128)


def test_quantization_without_a_name(tmp_path: Path) -> None:
    """Where the file names no quantization, the type of most of its weights stands in."""
    tensors = {"a": ((256, 8), Q8_0), "b": ((256,), F32), "c": ((256, 2), F16)}
    path = write(tmp_path / "m.gguf", {"general.architecture": "llama"}, tensors)
    assert read_model_file(path).quantization == "Q8_0"


@pytest.mark.parametrize(
    ("metadata", "tensors", "kind"),
    [
        ({"general.architecture": "clip"}, {"v": ((8,), F32)}, "projector"),
        ({"general.architecture": "llama", "general.type": "mmproj"}, {"v": ((8,), F32)}, "projector"),
        ({"general.architecture": "llama", "general.type": "adapter"}, {"v": ((8,), F32)}, "adapter"),
        ({"general.architecture": "llama"}, {}, "vocabulary"),
    ],
)
def test_files_that_are_no_language_model(
    tmp_path: Path, metadata: dict[str, str], tensors: Tensors, kind: str
) -> None:
    """A projector, an adapter and a vocabulary are told apart from a model."""
    assert read_model_file(write(tmp_path / "m.gguf", metadata, tensors)).kind == kind


def test_a_cut_at_any_byte_is_told(tmp_path: Path) -> None:
    """Wherever a download stopped, the file is called truncated or empty, never read as whole."""
    path = tmp_path / "m.gguf"
    tensors = {"a": ((32, 2), F16), "b": ((64,), F32)}
    data = write(path, {"general.architecture": "llama"}, tensors).read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(ModelFileError, match=r"truncated|empty|not a GGUF"):
            read_model_file(path)


def test_a_truncated_model_of_40_gb_is_told_at_once(tmp_path: Path) -> None:
    """The header and the file's length suffice: no weight is read."""
    shape = Shape(layers=40, embedding=8192, heads=64, kv_heads=8, feed_forward=28672, vocabulary=128256)
    path = write_model(tmp_path / "huge.gguf", shape)
    size = path.stat().st_size
    assert size > 40e9
    assert read_model_file(path).size_bytes == size
    with path.open("r+b") as file:
        file.truncate(size - 1000)
    started = time.process_time()
    with pytest.raises(ModelFileError, match=f"truncated at {size - 1000:,} bytes.*promises.*again"):
        read_model_file(path)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"GGUF", "truncated"),
        (b"GGUF\x00\x00\x00\x03" + bytes(40), "big-endian"),
        (b"GGUF\x01\x00\x00\x00" + bytes(40), "version 1"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n", "git lfs pull"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"tjgg" + bytes(40), "before GGUF"),
        (b"{}" * 30, "not a GGUF file"),
    ],
)
def test_other_files(tmp_path: Path, data: bytes, said: str) -> None:
    """What is no readable GGUF is named for what it is, in one line with the path."""
    path = tmp_path / "m.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=said) as caught:
        read_model_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    """A missing path and a folder are mistakes in what was typed: exit code 2."""
    with pytest.raises(UsageError, match="no such file"):
        read_model_file(tmp_path / "absent.gguf")
    with pytest.raises(UsageError, match="is a folder"):
        read_model_file(tmp_path)


@pytest.mark.parametrize("where", [Path("/dev/null"), Path("/dev/zero")])
def test_what_is_no_regular_file_is_not_called_empty(tmp_path: Path, where: Path) -> None:
    """A device, or a pipe that nobody writes into: neither has a size, and neither is waited for."""
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    for path in (where, pipe):
        with pytest.raises(ModelFileError, match=f"{path} is no regular file: name a .gguf file"):
            read_model_file(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """A file of somebody else's is told as that."""
    path = write_model(tmp_path / "m.gguf")
    path.chmod(0)
    with pytest.raises(ModelFileError, match="cannot be read: Permission denied"):
        read_model_file(path)


def test_damage_is_never_a_crash(tmp_path: Path) -> None:
    """Whatever bytes of the header are changed, reading succeeds or ends in an error for people."""
    source = random.Random(20260101)
    shape = Shape(layers=1, vocabulary=260)
    start, weights = header({"general.alignment": 32} | metadata_of(shape), tensors_of(shape))
    path, whole = tmp_path / "m.gguf", 0
    for _ in range(600):
        damaged = bytearray(start)
        for _ in range(source.choice((1, 1, 4))):
            place = source.randrange(4, len(damaged))
            damaged[place] = source.choice((0, 1, 9, 127, 255, source.randrange(256)))
        path.write_bytes(bytes(damaged) + bytes(weights))
        for read in (read_model_file, read_model_facts):
            with suppress(BenchError):
                read(path)
                whole += 1
    assert 100 < whole < 1100, "neither all nor none of them is too damaged to be read"


@pytest.mark.parametrize(
    "wrong", [{"general.alignment": 0}, {"general.alignment": "x"}, {"llama.block_count": "many"}]
)
def test_facts_of_the_wrong_kind(tmp_path: Path, wrong: dict[str, object]) -> None:
    """A fact of another kind than it must be is an error for people too."""
    path = write(tmp_path / "m.gguf", metadata_of(Shape()) | wrong, tensors_of(Shape()))
    with pytest.raises(ModelFileError, match=r"damaged|no layers"):
        read_model_facts(path)


def _split(folder: Path) -> list[Path]:
    names = [folder / f"big-{number:05}-of-00003.gguf" for number in (1, 2, 3)]
    tensors = list(tensors_of(Shape()).items())
    for number, name in enumerate(names):
        metadata = {"split.no": number, "split.count": 3} | (metadata_of(Shape()) if number == 0 else {})
        write(name, metadata, dict(tensors[number::3]))
    return names


def test_parts_count_as_one(tmp_path: Path) -> None:
    """Any part stands for the whole: the path is the first, sizes and parameters are of all."""
    names = _split(tmp_path)
    whole = read_model_file(write_model(tmp_path / "whole.gguf"))
    model = read_model_file(names[1])
    assert model.path == names[0]
    assert model.parts == tuple(names)
    assert model.parameters == whole.parameters
    assert model.size_bytes == sum(name.stat().st_size for name in names)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    """The error names the part that is not there; with none there at all, the file is missing."""
    names = _split(tmp_path)
    names[1].unlink()
    with pytest.raises(ModelFileError, match=r"part missing: big-00002-of-00003\.gguf"):
        read_model_file(names[0])
    with pytest.raises(UsageError, match="no such file"):
        read_model_file(tmp_path / "other-00001-of-00002.gguf")


def test_a_renamed_part(tmp_path: Path) -> None:
    """A part under a name that hides the others is refused, as llama.cpp would, but with the reason."""
    renamed = _split(tmp_path)[0].rename(tmp_path / "model.gguf")
    with pytest.raises(ModelFileError, match="one part of 3"):
        read_model_file(renamed)


def test_a_path_that_no_engine_takes(tmp_path: Path) -> None:
    """A name that is not UTF-8, and one that is too long, are told in a line."""
    name = os.fsdecode(b"model-\xff.gguf")
    write(tmp_path / name, {"general.architecture": "llama"}, {})
    with pytest.raises(ModelFileError, match="rename it"):
        read_model_file(tmp_path / name)
    with pytest.raises(ModelFileError, match="File name too long"):
        read_model_file(tmp_path / ("m" * 300))
