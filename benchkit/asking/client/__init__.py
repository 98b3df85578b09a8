"""Asking a model over the network: in OpenAI's form, or in that of its provider.

asking.py     one model asked by a script, all questions together: this is what scripts use
endpoint.py   the address: what it serves, how many slots it has, one kept-alive connection a thread
client.py     one question to one answer: the request, retries, limits
target.py     who is asked: by the name of a provider, or by an address
limiter.py    how fast all askers together ask; shared_state.py has it for several processes
earlier.py    answers of earlier runs to the very same request
costs.py      what an answer cost, and the end of asking before a sum is passed
patience.py   how long to wait for what, and when to ask again
bodies.py     the bytes of a reply, in bounded memory and time; budget.py says how much of an answer is read
stream.py     the bytes of a reply to its events, cheaply
partial_answer.py   an answer while it arrives: events to an Answer
failures.py   what a refusal means: stop, try again, or an answer cut off at the context's end
prompts.py    the prompt styles by name; add one there as a Style and in STYLES; contest_prompts.py has the
              words for a contest's problems

The protocol is that of https://platform.openai.com/docs/api-reference/chat and, for `timings`, `/props` and
the wording of errors, of llama.cpp's tools/server/README.md.
"""
