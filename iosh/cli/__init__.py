"""The IOS command language: lines to model and model to lines, all derived from the files in `grammar/`.

Here is no command by name: what a command is called, what it takes and what it means stands in `grammar/` alone.
"""
