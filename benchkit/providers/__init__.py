"""The providers of models that are asked over the network: what each is called, wants, tells and refuses.

table.py      the table, one row a provider; add one there
preset.py     what a row holds
names.py      `openrouter/google/gemini-pro` to provider, model, address and the key's variable
usage.py      what a reply tells of tokens and cost
"""

from benchkit.providers.names import RemoteModel, find_remote_model, provider_of_url
from benchkit.providers.preset import Provider
from benchkit.providers.table import PROVIDERS, find_provider
from benchkit.providers.usage import Usage, read_usage

__all__ = [
    "PROVIDERS",
    "Provider",
    "RemoteModel",
    "Usage",
    "find_provider",
    "find_remote_model",
    "provider_of_url",
    "read_usage",
]
