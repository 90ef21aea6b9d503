"""DHCP (RFC 2131): the client of one interface, the server of a router, and what both ask of it."""
