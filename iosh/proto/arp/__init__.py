"""Address resolution: `machine` holds the neighbours of one Ethernet interface."""
