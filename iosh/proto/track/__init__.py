"""Enhanced object tracking: states of other things, named by a number, that routes hang from."""
