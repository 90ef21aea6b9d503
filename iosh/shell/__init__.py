"""The program `iosh`: command line, keyboard and screen, and the pump that moves a world in real time."""
