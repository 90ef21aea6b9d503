"""Many routers from one topology file: reading it, building it, running it, breaking it."""
