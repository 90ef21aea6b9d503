"""The running configuration as typed, passive values, and the store that keeps running and startup.

Here is no syntax (that is `grammar/` and `iosh.cli`) and nothing that runs (that is `iosh.router`).
"""
