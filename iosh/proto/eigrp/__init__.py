"""EIGRP for IPv4, sans-IO: one `Eigrp` machine (machine.py) per autonomous system. RFC 7868, else IOS.

    machine   the verbs of the router; packets to the part they concern; what changed, to packets
    settings  what the machine is told to do
    metric    the composite metric, classic (section 5.6.1) and wide (5.6.2)
    topology  what is known of each prefix: its paths, and the state of its computation
    dual      DUAL's finite-state machine as a table (section 3.5), with its actions; stuck in active (section 3.7)
    advert    what is told where: split horizon, stub, summaries, next hop self
    link      one interface: hellos, the reliable transport with conditional receive (sections 4.2 and 5.3)
    peer      one neighbour, its queue and its round-trip time
    digest    MD5 and HMAC-SHA-256 (section 6.6.2; what is hashed is what IOS hashes)
    effects   what only EIGRP asks of the router
    describe  the lines of `debug eigrp packets`, the words for neighbours lost

A path is a successor only if it is the shortest of all and its reported distance is below the feasible distance: where
the shortest path is not feasible the route becomes active, though a longer feasible one be there, as IOS does. Queries
go to every neighbour but stubs and the one who asked, past split horizon; metrics they carry follow it. Updates leave
as soon as something changed and are not paced: one unacknowledged packet per neighbour bounds them, and
`bandwidth-percent` is only shown.

Differs from RFC 7868: a digest of a plain hello covers its header, as IOS's does. Not here: IPv6, service families,
other topologies than base, K6 and its extended attributes (jitter, energy), offset and distribute lists, leak maps,
stub sites, add-paths, BFD, NSF restart, remote neighbours, dampening, and `auto-summary` (off since IOS 15).
"""
