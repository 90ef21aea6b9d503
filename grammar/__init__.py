"""The command language as data; README.md explains the notation. `iosh.cli` reads these files."""
