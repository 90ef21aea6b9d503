"""The protocols as machines: bytes, facts and deadlines in, effects and named deadlines out.

Here is no socket, clock, randomness of its own, thread or `async`. Packages in here never import one another:
what one protocol means for another is the router's business (`iosh.router`).
"""
