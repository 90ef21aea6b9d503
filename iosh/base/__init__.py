"""The ground floor: addresses, time, dice, deadlines, errors and log records.

Here is what every other floor speaks in. Here is no protocol, no configuration and no input or output.
"""
