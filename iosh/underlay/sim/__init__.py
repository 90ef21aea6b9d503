"""A world in virtual time: nodes, cables between their ports, and one heap of what happens next.

`world` owns time, ports and the digest; `cable` is what lies between two ports, built from wires that lose, delay,
queue, reorder, corrupt or record; `switch`, `nat` and `station` are nodes; `tap` writes a cable's frames to a file;
`fault` makes bad frames. Frames are bytes on every cable, so a router cannot tell this world from a real one.

Not here: ticks, threads, clocks. Nothing happens between two events, and an idle node costs nothing. The one thing
from outside is the file a tap writes to, and it never changes what happens.
"""
