"""Asking a model over the network: in OpenAI's form, or in that of its provider.

asking.py     one model asked by a script, all questions together: this is what scripts use
endpoint.py   the address: what it serves, how many slots it has, one kept-alive connection a thread
client.py     one question to one answer: the request, retries, limits
target.py     where requests go: a provider by its name, or an address
earlier.py    answers of earlier runs to identical requests
costs.py      what an answer cost; asking stops before a cost limit is exceeded
patience.py   time limits and retries
bodies.py     the bytes of a reply, in bounded memory and time; budget.py limits how much is read
stream.py     parses the bytes of a reply into events, cheaply
partial_answer.py   an answer while it arrives: events to an Answer
failures.py   what an error reply means: stop, retry, or an answer cut off at the context's end
prompts.py    the prompt styles by name; add one there as a Style and in STYLES; contest_prompts.py has
              those for contests

The protocol is that of https://platform.openai.com/docs/api-reference/chat and, for `timings`, `/props` and
the wording of errors, of llama.cpp's tools/server/README.md.
"""
