"""Bytes to messages and back, one file per protocol, the layout drawn in each docstring.

Every decoder raises `Malformed` and nothing else; every message is a `NamedTuple` with `decode` and `encode`.
Here is no state and no judgement: whether a message makes sense is its machine's business.
"""
