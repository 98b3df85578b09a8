"""The providers of models that are asked over the network: what each is called, wants, tells and refuses.

table.py      the table, one row a provider; add one there
preset.py     what a row holds
names.py      `openrouter/google/gemini-pro` to provider, model, address and the key's variable
keys.py       the key of a provider: its own variable, and never that of another
listing.py    a provider's list of models, and names that are not in it
parameters.py   what a request may say to a model: the rest is left out or renamed, and it is told
usage.py      what a reply tells of tokens and cost
refusals.py   refusals that no further request mends
pace.py       what a reply's headers say about when to ask again
limiter.py    how fast all askers together ask one provider; shared_state.py shares that between processes
lms.py        LM Studio's command line: what else it has loaded makes room
base.py       the Protocol of a dialect
dialects/     one file a dialect (most providers speak OpenAI's), and their table
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
