"""GGUF model files: what they hold, whether they are whole, and the memory they will need.

container.py  one file's metadata and tensor infos, checked against the file's size, no weight read
types.py      the format's numbers and what they stand for
model.py      a model from all its parts: ModelFile for the record, ModelFacts for the estimate
memory.py     how much a server will take, and how many layers fit on a GPU
hashing.py    the model's SHA-256, remembered in the cache folder
page_cache.py how much of a file lies in memory already; reading_ahead.py brings it there
"""

from benchkit.serving.gguf.container import GgufHeader, read_container
from benchkit.serving.gguf.hashing import sha256_of
from benchkit.serving.gguf.memory import MemoryEstimate, layers_that_fit, least_cpu_moe, memory_needed
from benchkit.serving.gguf.model import ModelFacts, read_model_facts, read_model_file

__all__ = [
    "GgufHeader",
    "MemoryEstimate",
    "ModelFacts",
    "layers_that_fit",
    "least_cpu_moe",
    "memory_needed",
    "read_container",
    "read_model_facts",
    "read_model_file",
    "sha256_of",
]
