"""The outside world behind a router's ports: `sim`, a world of cables and switches in virtual time."""
