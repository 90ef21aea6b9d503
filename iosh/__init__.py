"""iosh: a Cisco-IOS-style DMVPN router in Python. ARCHITECTURE.md is the map."""
