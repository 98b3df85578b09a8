"""The words of engines that cannot be made to fail here, as they print them, and what we make of them."""

from __future__ import annotations

import pytest

from benchkit.errors import (
    BadServerFlag,
    EngineMissing,
    ModelRefused,
    OutOfRAM,
    OutOfVRAM,
    ServerDied,
    ServerError,
    UnknownArchitecture,
)
from benchkit.serving.servers.diagnosis import FailedStart, error_of_failed_start, last_error_lines
from benchkit.serving.servers.llama_log import read_log, without_prefix
from tests.serving.servers.conftest import Ask

# Words of llama.cpp b1-0c1e570: file and line where they are printed.
WORDS: list[tuple[str, type[ServerError], str]] = [
    # ggml/src/ggml-cuda/ggml-cuda.cu:888; HIP and MUSA builds print it too
    ("allocating 9000.50 MiB on device 0: cudaMalloc failed: out of memory", OutOfVRAM, "needs 9,000 MB"),
    # ggml/src/ggml-cuda/common.cuh, while computing
    (
        "CUDA error: out of memory\n  current device: 0, in function alloc",
        OutOfVRAM,
        "take fewer --gpu-layers",
    ),
    # ggml/src/ggml-vulkan/ggml-vulkan.cpp, vk::SystemError::what()
    (
        "Device memory allocation of size 107374 failed.\nvk::Device::allocateMemory: ErrorOutOfDeviceMemory",
        OutOfVRAM,
        "does not fit in VRAM",
    ),
    # ggml/src/ggml-metal/ggml-metal.cpp:209
    ("failed to allocate Metal buffer of 1073741824 bytes (out of memory)", OutOfVRAM, "VRAM"),
    # src/llama-model.cpp:1886
    ("llama_model_load: error loading model: unable to allocate ROCm0 buffer", OutOfVRAM, "VRAM"),
    ("llama_model_load: error loading model: unable to allocate CPU buffer", OutOfRAM, "not fit in memory"),
    # ggml/src/ggml-alloc.c:1134
    ("alloc_tensor_range: failed to allocate CUDA0 buffer of size 21474836480", OutOfVRAM, "VRAM"),
    ("alloc_tensor_range: failed to allocate CPU buffer of size 21474836480", OutOfRAM, "memory"),
    # src/llama-kv-cache.cpp:288 through llama_init_from_model
    (
        "failed to initialize the context: failed to allocate buffer for kv cache",
        OutOfRAM,
        "smaller --context",
    ),
    ("terminate called after throwing an instance of 'std::bad_alloc'", OutOfRAM, "std::bad_alloc"),
    # the dynamic linker
    (
        "llama-server: error while loading shared libraries: libcudart.so.12: cannot open shared object file",
        EngineMissing,
        "lacks the library libcudart.so.12",
    ),
    # src/llama-vocab.cpp
    ("error loading model: unknown pre-tokenizer type: 'new-bpe'", UnknownArchitecture, "'new-bpe'"),
    # common/arg.cpp:873
    ('error while handling argument "-c": stoi\n\nusage:', BadServerFlag, "the value of -c"),
    # argparse, of llama_cpp.server
    ("__main__.py: error: unrecognized arguments: --frobnicate 3", BadServerFlag, "--frobnicate"),
    # tools/server/server-context.cpp:1448
    ("chat template parsing error: Unexpected token", ModelRefused, "chat template of tiny.gguf"),
    # src/llama-kv-cache.cpp
    (
        "failed to initialize the context: K cache type q8_0 with block size 32 does not divide 16",
        BadServerFlag,
        "K cache type q8_0",
    ),
    ("Segmentation fault", ServerDied, "ended with exit code 1 while loading tiny.gguf: Segmentation fault"),
]


@pytest.mark.parametrize(("words", "error", "text"), WORDS)
def test_words_become_one_line(words: str, error: type[ServerError], text: str, ask: Ask) -> None:
    """The cause is found among what comes before and after it, and its line says what to do."""
    after = "" if error is ServerDied else "0.00.000.002 E srv  llama_server: exiting due to an error\n"
    log = f"0.00.000.001 I srv  llama_server: initializing\n{words}\n{after}"
    found = error_of_failed_start(FailedStart("llama-server b1", ask("llama-server"), exit_code=1, log=log))
    assert type(found) is error
    assert text in str(found)
    assert "\n" not in str(found)
    assert words.splitlines()[0] in found.log


@pytest.mark.parametrize(
    ("code", "by_kernel", "error", "text"),
    [
        (137, True, OutOfRAM, "the kernel killed it"),
        (137, False, ServerDied, "killed from outside"),
        (137, None, ServerDied, "killed from outside"),
        (132, None, EngineMissing, "built for another processor"),
        (139, None, ServerDied, "signal 11"),
    ],
)
def test_a_silent_end(
    code: int, by_kernel: bool | None, error: type[ServerError], text: str, ask: Ask
) -> None:
    """Where the log is silent, the way it ended and the kernel's own count speak."""
    found = error_of_failed_start(FailedStart("llama-server b1", ask("llama-server"), code, "", by_kernel))
    assert type(found) is error
    assert text in str(found)


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (
            "CUDA error: an illegal memory access was encountered\n  current device: 0\n"
            "  cudaStreamSynchronize(s)\n/src/ggml-cuda.cu:99: CUDA error\n[Inferior 1 (process 7) detached]",
            "CUDA error: an illegal memory access was encountered",
        ),
        (
            "terminate called after throwing an instance of 'std::error'\n  what():  no slot\n#0 f ()",
            "no slot",
        ),
        ("0.00.000.002 E srv  llama_server: exiting\n\n", "llama_server: exiting"),
    ],
)
def test_the_words_of_a_crash(log: str, cause: str) -> None:
    """What llama.cpp gave up for counts, whatever a debugger wrote below it."""
    assert last_error_lines(log) == cause


LOADED = """\
0.00.002.390 I cmn  common_param: device_info:
0.00.002.397 I cmn  common_param:   - CUDA0   : NVIDIA GeForce RTX 4090 (24080 MiB, 22000 MiB free)
0.00.002.398 I cmn  common_param:   - CPU     : AMD Ryzen 9 (64000 MiB, 64000 MiB free)
0.00.006.258 I load_tensors: offloaded 0/33 layers to GPU
0.00.006.258 I load_tensors: offloading output layer to GPU
0.00.006.258 I load_tensors: offloaded 33/33 layers to GPU
0.00.006.405 I load_tensors:        CUDA0 model buffer size =  4000.00 MiB
0.00.006.405 I load_tensors:   CPU_Mapped model buffer size =   100.00 MiB
0.00.006.609 I llama_kv_cache:      CUDA0 KV buffer size =   512.00 MiB
0.00.006.685 I llama_kv_cache: size =  512.00 MiB (  8192 cells), K (q8_0):  256.00 MiB, V (f16):  256.00 MiB
0.00.008.162 I srv    load_model: initializing, n_slots = 2, n_ctx_slot = 4096, kv_unified = 'false'
"""


def test_facts_from_a_log() -> None:
    """Layers, buffers, KV types, devices and free VRAM; of two loads the last one counts."""
    loaded = read_log(LOADED)
    assert (loaded.layers_offloaded, loaded.layers_total) == (33, 33)
    assert loaded.device == "CUDA0 (NVIDIA GeForce RTX 4090)"
    assert loaded.free_vram_mb == 22000
    assert loaded.kv_types == ("q8_0", "f16")
    assert loaded.context_per_slot == 4096
    assert loaded.buffers_mb == {"CUDA0 model": 4000, "CPU_Mapped model": 100, "CUDA0 KV": 512}


def test_a_log_that_says_nothing() -> None:
    """What the log does not say is not known."""
    loaded = read_log("")
    assert (loaded.layers_offloaded, loaded.device, loaded.free_vram_mb, loaded.kv_types) == (None,) * 4


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("0.00.010.936 I srv  llama_server: model loaded", "llama_server: model loaded"),
        ("0.00.006.585 I llama_context: n_rs_seq = 0", "llama_context: n_rs_seq = 0"),
        ("INFO:     Uvicorn running", "INFO:     Uvicorn running"),
    ],
)
def test_lines_without_their_prefix(line: str, bare: str) -> None:
    """Time, level and module are for logs, not for people."""
    assert without_prefix(line) == bare
