"""Neighbour discovery on a cable: CDP and LLDP, one machine for both."""
