"""The engine: forwarding, the glue between machines, and reconciling what runs with what is configured.

Here is no syntax, no text for people and nothing of the outside world: a router meets the world through the two
narrow doors in `ports.py`.
"""
