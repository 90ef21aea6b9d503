"""What ICMP is to an operator: `ping` and `traceroute` are machines, `arrival` is what they hear and say.

The errors a router sends, and its answers to echo, are the forwarding path's (`iosh.router.icmp_errors`, `delivery`).
"""
