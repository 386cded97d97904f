"""The built-in kinds of steps, one file each; nothing else in the program imports them.

They are found as those of any other package are: see `seccm.program.registry`.
"""
