"""How fast a running server answers, whatever its kind: asked over HTTP, by its own timings and by our clock.

streaming.py   one request, and when its tokens came
prompts.py     texts of about so many tokens, no two alike
measuring.py   several requests at once, again and again; what disturbed them
slots.py       how many at once are worth it
"""
