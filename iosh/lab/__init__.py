"""Many routers from one topology file: reading it, building it, running it, breaking it.

`file` reads containerlab's format into a `topology`, with the interface names of each of its `kinds`; `build` makes a
world of it: a `box` per router, a `host` per station, cables with `link_settings`. `run` types commands, `checks` say
whether a cloud has formed and why not, `keys` keeps what decrypts captures, `swarm` makes big clouds. Here is no
screen, no keyboard and no wall clock.
"""
