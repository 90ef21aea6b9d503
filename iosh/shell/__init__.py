"""The program `iosh`: command line, keyboard and screen, and the pump that moves a world in real time.

`door` and `main` are the ways in, `console` one router, `lab` a lab, `check` a compiler's eye on configs. A `session`
is somebody at consoles, by a terminal (`repl`) or a pipe (`plain`); `lab_commands` are those that begin with a colon,
`script` those from options and files. Remote shells (SSH) are not here yet.
"""
