"""NHRP for DMVPN, sans-IO: one `Nhrp` machine (machine.py) per tunnel interface.

    machine   the verbs of the router: what happened, handed to the part it concerns
    settings  what the machine is told to do
    link      what all parts share: settings, desk, sending, authentication, sockets, request ids
    cache     who is where: the entries, and the mappings and routes that follow from them
    statics   the entries the configuration names
    client    registering with next hop servers
    server    registrations of others
    redirect  traffic indications: sent when data took a detour, obeyed when received
    resolver  asking who stands behind an address, shortcuts, their refresh
    answer    answering such questions
    transit   passing other routers' messages on, hop by hop
    purge     saying, and hearing, that an answer is no longer true
    describe  the lines of `debug nhrp packet`, IOS's words for types and codes
    effects   what only NHRP asks of the router

RFC 2332 with Cisco's additions (NAT extension, traffic indication, clear-text authentication). Not here: IPv6 overlay
or transport, `nhs dynamic` on the client, NHS clusters with `max-connections`, summary maps, BFD, per-tunnel QoS
groups, and RFC 2332's own authentication (SPI other than 1). Peers are told apart by NBMA address, and those that
one NAT shows under the same address by their IPsec session (`Shared`): they meet at the hub, not directly.
"""
