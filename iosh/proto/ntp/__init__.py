"""NTP: the router asks servers for the time, and tells it to those who ask."""
